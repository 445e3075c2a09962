"""The stand-in cluster of the live tests: a Kubernetes API server with real Envoys behind its pods."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from tests import envoy
from tests.live.kube.fake_kube import FakeKube, serve

MANIFESTS = pathlib.Path(__file__).parent / "kube" / "manifests"


@pytest.fixture(scope="session")
def admin_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real Envoy's admin port."""
    with envoy.running(
        envoy.static_bootstrap(clusters=40, listeners=10), tmp_path_factory.mktemp("envoy")
    ) as port:
        yield port


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, admin_port: int) -> Iterator[FakeKube]:
    with serve(str(MANIFESTS), out=tmp_path_factory.mktemp("kube")) as kube:
        for pod in ("test-pod", "nginx-abc-1"):
            kube.forward("test", pod, 15000, to=admin_port)
            kube.forward("test", pod, 15020, to=admin_port)
        yield kube


@pytest.fixture
def kube(cluster: FakeKube, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKube]:
    """The cluster without faults, named by $KUBECONFIG."""
    cluster.faults()
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    yield cluster
    cluster.faults()
