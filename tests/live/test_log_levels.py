"""proxy-config log: the level that ``-r`` goes back to, and several loggers by one request."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator

import pytest
import yaml

from tests.cli import run
from tests.golden.served import Loggers, replay
from tests.live.kube.fake_kube import FakeKube, serve
from tests.live.test_istiod import _pod

LISTING = b"active loggers:\n  admin: debug\n  http: debug\n  router: debug\n"
VALUES = {"global": {"proxy": {"logLevel": "info"}}}


@pytest.fixture
def loggers() -> dict[str, Loggers]:
    return {"web": Loggers(LISTING), "own": Loggers(LISTING), "canary": Loggers(LISTING)}


@pytest.fixture
def kube(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, loggers: dict[str, Loggers]
) -> Iterator[FakeKube]:
    pods = {name: _pod(name, "shop", ("app", "istio-proxy")) for name in loggers}
    pods["own"]["metadata"]["annotations"] = {"sidecar.istio.io/logLevel": "error"}
    pods["canary"]["metadata"]["annotations"] = {"istio.io/rev": "canary"}
    values = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-sidecar-injector", "namespace": "istio-system"},
        "data": {"values": json.dumps(VALUES)},
    }
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "all.yaml").write_text(yaml.safe_dump_all([*pods.values(), values]))
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(serve(str(tmp_path / "m"), out=tmp_path / "kube"))
        for name, pages in loggers.items():
            served.forward("shop", name, 15000, to=stack.enter_context(replay({"/logging": pages})))
        monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
        yield served


@pytest.mark.parametrize(("pod", "level"), [("web", "info"), ("own", "error"), ("canary", "warning")])
def test_reset_goes_back_to_what_the_pod_was_started_with(
    kube: FakeKube, loggers: dict[str, Loggers], pod: str, level: str
) -> None:
    assert run("pc", "log", f"{pod}.shop", "-r").rc == 0
    assert set(loggers[pod].levels.values()) == {level}


def test_several_loggers_are_set_by_one_request(kube: FakeKube, loggers: dict[str, Loggers]) -> None:
    assert run("pc", "log", "web.shop", "--level", "http:info,router:error").rc == 0
    assert loggers["web"].levels == {"admin": "debug", "http": "info", "router": "error"}
    assert loggers["web"].asked == ["/logging", "/logging?paths=http:info,router:error"]


def test_where_an_envoy_knows_no_such_request_they_are_set_one_by_one(
    kube: FakeKube, loggers: dict[str, Loggers]
) -> None:
    loggers["web"].knows_paths = False
    assert run("pc", "log", "web.shop", "--level", "http:info,router:error").rc == 0
    assert loggers["web"].levels == {"admin": "debug", "http": "info", "router": "error"}


def test_labels_that_none_that_runs_has_are_an_error(kube: FakeKube) -> None:
    waiting = _pod("waiting", "shop", ("app", "istio-proxy"), state="waiting")
    waiting["status"]["phase"] = "Pending"
    kube.store.add(waiting)
    found = run("pc", "log", "-l", "state=waiting", "-n", "shop")
    assert (found.rc, found.out) == (1, "") and "runs" in found.err
    assert run("pc", "log", "-l", "state=nope", "-n", "shop").rc == 1


def test_what_was_set_before_a_failure_is_told(kube: FakeKube, loggers: dict[str, Loggers]) -> None:
    loggers["web"].knows_paths = False
    loggers["web"].refuses = "router"
    found = run("pc", "log", "web.shop", "--level", "http:info,router:error")
    assert (found.rc, found.out) == (1, "")
    assert "router is not set" in found.err and "Set before that: http." in found.err
