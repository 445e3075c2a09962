"""describe against an API server: what is asked of whom, and what the user is told where it may not be asked."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

import pytest
import yaml

from tests.cli import run
from tests.golden.served import replay
from tests.live.kube.fake_kube import FakeKube, serve
from tests.live.test_istiod import ADMIN, _pod

DUMP = {
    "configs": [
        {"@type": f"{ADMIN}ClustersConfigDump"},
        {"@type": f"{ADMIN}ListenersConfigDump"},
        {"@type": f"{ADMIN}RoutesConfigDump"},
    ]
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "selector": {"app": "web"},
        "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
    },
}
STRICT = {
    "apiVersion": "security.istio.io/v1",
    "kind": "PeerAuthentication",
    "metadata": {"name": "all", "namespace": "mesh-root"},
    "spec": {"mtls": {"mode": "STRICT"}},
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "istio", "namespace": "istio-system"},
    "data": {"mesh": "rootNamespace: mesh-root\n"},
}


@pytest.fixture
def kube(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKube]:
    objects = [
        _pod("web", "shop", ("app", "istio-proxy"), app="web"),
        _pod("plain", "shop", ("app",), app="web"),
        SERVICE,
        STRICT,
        CONFIG,
    ]
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "all.yaml").write_text(yaml.safe_dump_all(objects))
    with (
        replay({"/config_dump": (200, json.dumps(DUMP).encode())}) as envoy,
        serve(str(tmp_path / "m"), out=tmp_path / "kube") as served,
    ):
        served.forward("shop", "web", 15000, to=envoy)
        monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
        yield served


def test_a_pod(kube: FakeKube) -> None:
    found = run("describe", "pod", "web.shop")
    assert found.rc == 0
    assert "Service: web.shop\n   Port: http 80/HTTP targets pod port 8080\n" in found.out
    assert "   Workload mTLS mode: STRICT\nApplied PeerAuthentication:\n   all.mesh-root\n" in found.out
    assert found.out == run("x", "des", "po", "web.shop").out


def test_a_pod_without_a_sidecar_is_not_asked(kube: FakeKube) -> None:
    found = run("describe", "pod", "plain", "-n", "shop")
    assert found.rc == 0 and "not part of mesh" in found.out
    assert not any("portforward" in path for _, _, path in kube.requests)


def test_what_is_not_there(kube: FakeKube) -> None:
    assert (
        missing := run("describe", "pod", "nope", "-n", "shop")
    ).rc == 1 and 'pods "nope" not found' in missing.err
    assert (missing := run("describe", "svc", "nope")).rc == 1 and 'services "nope" not found' in missing.err
    assert run("describe", "pod").rc == 2


def test_who_may_not_forward_still_reads_the_objects(kube: FakeKube) -> None:
    found = run("--context", "viewer", "describe", "pod", "web.shop")
    assert found.rc == 1
    assert "Service: web.shop" in found.out and "mTLS mode: STRICT" in found.out
    assert "may not port-forward" in found.err


def test_from_files(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    saved = tmp_path / "mesh.tar.gz"
    kube.faults()
    assert run("snapshot", "plain.shop", "-o", str(saved)).rc == 0
    found = run("describe", "pod", "plain.shop", "-f", str(saved))
    assert found.rc == 0 and found.out == run("describe", "pod", "plain.shop").out
