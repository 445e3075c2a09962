"""version, remote-clusters, waypoint list and zc log against an API server."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator

import pytest
import yaml

from tests.cli import run
from tests.golden.served import Page, replay
from tests.live.kube.fake_kube import FakeKube, serve
from tests.live.test_istiod import _istiod, _pod, _proxy

COMMIT = "016bc46f4a5e0ef3fa135b3c5380ab7765467c1a"
WAYPOINT = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "waypoint", "namespace": "shop"},
    "spec": {"gatewayClassName": "istio-waypoint"},
    "status": {"conditions": [{"type": "Programmed", "status": "True"}]},
}


class Ztunnel:
    """ztunnel's ``/logging``."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, path: str) -> Page:
        self.asked.append(path)
        return 200, b"current log level is info\n"


def _ztunnel(name: str, logging: Ztunnel) -> dict:
    workload = {"name": f"on-{name}", "namespace": "shop", "uid": "1", "workloadIps": ["10.0.0.1"]}
    return {"/logging": logging, "/config_dump": (200, json.dumps({"workloads": [workload]}).encode())}


@pytest.fixture
def ztunnels() -> dict[str, Ztunnel]:
    return {"ztunnel-a": Ztunnel(), "ztunnel-b": Ztunnel()}


@pytest.fixture
def kube(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, ztunnels: dict[str, Ztunnel]
) -> Iterator[FakeKube]:
    pods = [_pod(name, "istio-system", ("istio-proxy",), app="ztunnel") for name in ztunnels]
    pods[1]["spec"]["nodeName"] = "other"
    (tmp_path / "m").mkdir()
    objects = [_istiod("istiod-a", "default"), *pods, WAYPOINT]
    (tmp_path / "m" / "all.yaml").write_text(yaml.safe_dump_all(objects))
    pages: dict[str, Page] = {
        "/version": (200, f"1.30.0-{COMMIT}-Clean".encode()),
        "/debug/syncz": (200, json.dumps([_proxy("web.shop")]).encode()),
        "/debug/mesh": (
            200,
            b'{"rootNamespace": "mesh-root", "defaultConfig": {"password": "hunter2hunter2"}}',
        ),
        "/debug/clusterz": (
            200,
            b'[{"id": "east", "secretName": "istio-system/east", "syncStatus": "timeout"}]',
        ),
    }
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(serve(str(tmp_path / "m"), out=tmp_path / "kube"))
        served.forward("istio-system", "istiod-a", 15014, to=stack.enter_context(replay(pages)))
        for name, one in ztunnels.items():
            served.forward("istio-system", name, 15000, to=stack.enter_context(replay(_ztunnel(name, one))))
        monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
        yield served


def test_version_tells_the_mesh(kube: FakeKube) -> None:
    found = run("version")
    assert found.rc == 0
    assert found.out.endswith("control plane version: 1.30.0\ndata plane version: 1.30 (1 proxy)\n")
    assert json.loads(run("version", "-o", "json").out)["dataPlaneVersion"][0]["ID"] == "web.shop"
    assert "web.shop" in run("x", "version", "--short=false").out
    assert "control plane" not in run("version", "--remote=false").out


def test_version_of_a_mesh_that_does_not_answer_is_still_ours(kube: FakeKube) -> None:
    found = run("--context", "down", "version")
    assert found.rc == 0 and found.out.startswith("meshctl:")
    assert "the versions of the mesh are not known" in found.err


def test_remote_clusters(kube: FakeKube) -> None:
    assert run("remote-clusters").out.splitlines()[1].split() == [
        *("east", "istio-system/east", "timeout", "istiod-a", "default")
    ]


def test_waypoints(kube: FakeKube) -> None:
    assert "waypoint     default      none             True" in run("waypoint", "list", "-n", "shop").out
    assert run("waypoint", "list", "-A").out.splitlines()[1].split()[0] == "shop"
    assert run("waypoint", "list").out == "No waypoints found.\n"


def test_the_log_levels_of_ztunnels(kube: FakeKube, ztunnels: dict[str, Ztunnel]) -> None:
    found = run("zc", "log")
    assert found.out == (
        "ztunnel-a.istio-system:\ncurrent log level is info\n\n"
        "ztunnel-b.istio-system:\ncurrent log level is info\n\n"
    )
    assert run("zc", "log", "ztunnel-a", "--level", "access:debug,warning").rc == 0
    assert run("zc", "log", "--node", "other", "-r").rc == 0
    assert run("zc", "log", "ztunnel-a", "--level", "ztunnel::state:trace").rc == 0
    assert ztunnels["ztunnel-a"].asked[1:] == [
        "/logging?level=access:debug,warn",
        "/logging?level=ztunnel::state:trace",
    ]
    assert ztunnels["ztunnel-b"].asked[1:] == ["/logging?reset=true"]
    for words in (("--level", "loud"), ("-f", "x.json"), ("-o", "json"), ("-r", "--level", "info")):
        assert run("zc", "log", *words).rc == 2


def test_a_snapshot_has_the_ztunnels_and_istiod(
    kube: FakeKube, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "mesh"
    assert run("snapshot", "-A", "-o", str(saved)).rc == 0
    live = {
        words: run(*words).out
        for words in (("version",), ("remote-clusters",), ("zc", "workload", "ztunnel-b"))
    }
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    for words, expected in live.items():
        assert run(*words, "-f", str(saved)).out == expected
    assert "on-ztunnel-b" in run("zc", "workload", "-f", str(saved), "--node", "other").out
    assert run("zc", "workload", "-f", str(saved), "--node", "third").rc == 1
    istiods = (saved / "cluster" / "istiods.json").read_text()
    assert "mesh-root" in istiods and "hunter2" not in istiods
    assert "password" in run("snapshot", "show", str(saved)).out


def test_a_control_plane_that_may_not_be_asked_costs_nothing_else(
    kube: FakeKube, tmp_path: pathlib.Path
) -> None:
    saved = tmp_path / "mesh"
    taken = run("--context", "viewer", "snapshot", "istiod-a.istio-system", "-o", str(saved))
    assert taken.rc == 0
    index = json.loads((saved / "index.json").read_text())
    assert "may not port-forward" in index["cluster_missing"]["istiods"] and index["complete"]
    refused = run("ps", "-f", str(saved))
    assert refused.rc == 1 and "may not port-forward" in refused.err
