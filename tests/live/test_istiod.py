"""proxy-status against istiods behind an API server: several, one of which fails, and what a user is told."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator

import pytest
import yaml

from tests.cli import run
from tests.golden.served import replay
from tests.live.kube.fake_kube import FakeKube, serve

CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
LDS = "type.googleapis.com/envoy.config.listener.v3.Listener"
ADMIN = "type.googleapis.com/envoy.admin.v3."


def _pod(name: str, namespace: str, containers: tuple[str, ...], **labels: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": "n", "containers": [{"name": one} for one in containers]},
        "status": {"phase": "Running"},
    }


def _istiod(name: str, revision: str) -> dict:
    return _pod(name, "istio-system", ("discovery",), app="istiod", **{"istio.io/rev": revision})


def _proxy(name: str, acked: str = "v1", error: str = "") -> dict:
    state = {"sent": "v1", "acked": acked, "sentTime": "2026-01-01T11:00:00Z"}
    resources = {CDS: {"sent": "v1", "acked": "v1"}, LDS: {**state, "lastError": error}}
    return {"proxy": name, "cluster_id": "k", "istio_version": "1.30", "resources": resources}


def _dump(*clusters: str, camel: bool = False) -> bytes:
    key = "dynamicActiveClusters" if camel else "dynamic_active_clusters"
    bodies = [
        {"cluster": {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": name}}
        for name in clusters
    ]
    configs = [
        {"@type": f"{ADMIN}ClustersConfigDump", key: bodies},
        {"@type": f"{ADMIN}ListenersConfigDump"},
        {"@type": f"{ADMIN}RoutesConfigDump"},
    ]
    return json.dumps({"configs": configs}).encode()


@pytest.fixture
def kube(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKube]:
    objects = [
        _istiod("istiod-a", "default"),
        _istiod("istiod-b", "canary"),
        _pod("web", "shop", ("app", "istio-proxy")),
        _pod("gone", "shop", ("app", "istio-proxy")),
        _pod("cart", "shop", ("app", "istio-proxy")),
    ]
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "all.yaml").write_text(yaml.safe_dump_all(objects))
    first = json.dumps([_proxy("web.shop"), _proxy("db.data", "", "listener refused")]).encode()
    second = json.dumps([_proxy("cart.shop", "v0")]).encode()
    path = "/debug/config_dump?proxyID=web.shop"
    unknown = (404, b"Proxy not connected to this Pilot instance.")
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(replay({"/debug/syncz": (200, first), "/debug/config_dump": unknown}))
        other = stack.enter_context(
            replay(
                {
                    "/debug/syncz": (200, second),
                    path: (200, _dump("a", "b", camel=True)),
                    "/debug/config_dump?proxyID=cart.shop": (200, _dump("a", camel=True)),
                    "/debug/config_dump": unknown,
                }
            )
        )
        beside = dict.fromkeys(
            ("/clusters", "/listeners", "/certs", "/server_info", "/init_dump", "/runtime", "/stats"),
            (200, b"{}"),
        )
        envoy = stack.enter_context(replay({"/config_dump": (200, _dump("b", "a")), **beside}))
        served = stack.enter_context(serve(str(tmp_path / "m"), out=tmp_path / "kube"))
        served.forward("istio-system", "istiod-a", 15014, to=one)
        served.forward("istio-system", "istiod-b", 15014, to=other)
        for pod in ("web", "gone", "cart"):
            served.forward("shop", pod, 15000, to=envoy)
        monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
        monkeypatch.setenv("MESHCTL_NOW", "2026-01-01T12:00:00Z")
        yield served


def test_the_proxies_of_all_istiods(kube: FakeKube) -> None:
    found = run("proxy-status")
    assert found.rc == 0
    assert [line.split()[0] for line in found.out.splitlines()] == [
        "NAME",
        "cart.shop",
        "db.data",
        "web.shop",
    ]
    assert (
        "2 of 3 proxies are not in sync: 1 rejected (LDS: listener refused), 1 stale (for 60m)" in found.err
    )
    forwards = [path for _, _, path in kube.requests if "portforward" in path]
    assert len(forwards) == 2  # one request an istiod


def test_a_revision_and_a_namespace(kube: FakeKube) -> None:
    assert "cart.shop" in (one := run("ps", "-r", "canary")).out and "web.shop" not in one.out
    assert "db.data" not in run("ps", "-n", "shop").out
    missing = run("ps", "-r", "nope")
    assert (missing.rc, missing.out) == (1, "") and 'no running Istio pods in "istio-system"' in missing.err


def test_wide_has_the_text_of_the_rejection(kube: FakeKube) -> None:
    row = next(
        line for line in run("ps", "-o", "wide").out.splitlines() if "db.data" in line and "LDS" in line
    )
    assert "ERROR" in row and "never" in row and "listener refused" in row


def test_json_is_an_answer_of_each_istiod(kube: FakeKube) -> None:
    text = run("ps", "-r", "canary", "-o", "json").out
    answer = json.loads(text)
    assert [one["node"]["id"] for one in answer["resources"]] == ["cart.shop"]
    assert answer["resources"][0]["genericXdsConfigs"][1]["configStatus"] == "STALE"


def test_an_istiod_that_cannot_be_asked_costs_the_exit_code(kube: FakeKube) -> None:
    kube.forward("istio-system", "istiod-b", 15014, to=None)
    found = run("ps")
    assert found.rc == 1
    assert "web.shop" in found.out and "cart.shop" not in found.out
    assert "istiod-b" in found.err and "15014" in found.err


def test_a_pod_is_compared_with_the_istiod_that_has_it(kube: FakeKube) -> None:
    found = run("ps", "web.shop", "--exit-code")
    assert (found.rc, found.out) == (0, "Clusters Match\nListeners Match\nRoutes Match\n")


def test_a_pod_that_differs(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    saved = tmp_path / "dump.json"
    saved.write_bytes(_dump("a"))
    found = run("ps", "web.shop", "--file", str(saved))
    assert found.rc == 0
    assert "Clusters Don't Match" in found.out and '-                "name": "b"' in found.out
    assert run("ps", "web.shop", "--file", str(saved), "--exit-code").rc == 1
    values = json.loads(run("ps", "web.shop", "--file", str(saved), "-o", "json").out)
    assert values[0] == {**values[0], "type": "Clusters", "match": False, "differing": ["b"]}


def test_diff_with_istiod_live_and_from_a_snapshot(
    kube: FakeKube, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("diff", "web.shop", "istiod", "--exit-code").rc == 0
    live = run("diff", "cart.shop", "istiod", "--exit-code")
    assert live.rc == 1 and "cluster b" in live.out
    target = tmp_path / "mesh"
    assert run("snapshot", "-n", "shop", "-o", str(target)).rc == 0
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    assert run("diff", "-f", str(target), "cart.shop", "istiod").out == live.out
    refused = run("diff", "-f", str(target), "gone.shop", "istiod")
    assert refused.rc == 1 and "No istiod has gone.shop connected" in refused.err


def test_check_asks_the_istiods_live_and_of_a_snapshot(
    kube: FakeKube, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cart has not acknowledged what its istiod sent an hour ago."""
    target = tmp_path / "mesh"
    assert run("snapshot", "-n", "shop", "-o", str(target)).rc == 0
    live = json.loads(run("check", "-n", "shop", "-o", "json").out)
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    saved = json.loads(run("check", "-f", str(target), "-o", "json").out)
    for report in (live, saved):
        stale = [one for one in report["findings"] if one["code"].startswith("proxy-")]
        assert [(one["code"], one["object"]) for one in stale] == [("proxy-stale", "proxy cart.shop")]
        assert "proxy-stale" not in {one["code"] for one in report["undecided"]}


def test_a_pod_that_no_istiod_has(kube: FakeKube) -> None:
    found = run("ps", "gone.shop")
    assert (found.rc, found.out) == (1, "")
    assert "unable to find config dump in Istiod responses" in found.err


def test_who_may_not_forward_is_told_so(kube: FakeKube) -> None:
    found = run("--context", "viewer", "ps")
    assert (found.rc, found.out) == (1, "")
    assert 'may not port-forward to pods in namespace "istio-system"' in found.err


def test_internal_debug_of_one_of_all_and_of_a_proxy(kube: FakeKube) -> None:
    one = run("internal-debug", "syncz")
    assert one.rc == 0 and len(json.loads(one.out)) == 2
    every = json.loads(run("x", "internal-debug", "syncz", "--all").out)
    assert {name: len(page) for name, page in every.items()} == {"istiod-a": 2, "istiod-b": 1}
    proxy = json.loads(run("internal-debug", "syncz", "web", "-n", "shop").out)
    assert [item["proxy"] for item in proxy] == ["web.shop"]
    assert len(json.loads(run("internal-debug", "config_dump", "web.shop").out)["configs"]) == 3
    unknown = run("internal-debug", "config_dump", "nope.shop")
    assert (unknown.rc, unknown.out) == (1, "") and "not connected" in unknown.err
    assert run("internal-debug", "nope").rc == 2
    assert run("internal-debug").rc == 2
