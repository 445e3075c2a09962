"""check-inject against an API server."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
import yaml

from tests.cli import run
from tests.live.kube.fake_kube import FakeKube, serve

WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "MutatingWebhookConfiguration",
    "metadata": {"name": "istio-sidecar-injector", "labels": {"istio.io/rev": "default"}},
    "webhooks": [
        {
            "name": "namespace.sidecar-injector.istio.io",
            "namespaceSelector": {
                "matchExpressions": [{"key": "istio-injection", "operator": "In", "values": ["enabled"]}]
            },
            "objectSelector": {
                "matchExpressions": [
                    {"key": "sidecar.istio.io/inject", "operator": "NotIn", "values": ["false"]}
                ]
            },
        }
    ],
}
NAMESPACES = [
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "in", "labels": {"istio-injection": "enabled"}},
    },
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "out"}},
]


def _pod(name: str, namespace: str, **labels: str) -> dict:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec = {"nodeName": "n", "containers": [{"name": "app"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": {"phase": "Running"},
    }


PODS = [
    _pod("plain", "in"),
    _pod("plain", "out"),
    _pod("never", "in", **{"sidecar.istio.io/inject": "false"}),
]


@pytest.fixture(params=["webhook", "none"])
def kube(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeKube]:
    (tmp_path / "m").mkdir()
    objects = [*NAMESPACES, *PODS, *([WEBHOOK] if request.param == "webhook" else [])]
    (tmp_path / "m" / "all.yaml").write_text(yaml.safe_dump_all(objects))
    with serve(str(tmp_path / "m"), out=tmp_path / "kube") as served:
        monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
        served.kind = request.param
        yield served


def test_a_pod_of_the_cluster(kube: FakeKube) -> None:
    found = run("-n", "in", "check-inject", "plain")
    if kube.kind == "none":
        assert (found.rc, found.out) == (0, "ERROR: no Istio injection hooks present.\n")
        return
    assert found.rc == 0
    assert "Namespace label istio-injection=enabled matches" in found.out and "\x1b" not in found.out
    assert "runs without a sidecar; started again it would get one of revision default" in found.err
    never = run("check-inject", "never.in")
    assert "Pod has sidecar.istio.io/inject=false label, preventing injection" in never.out
    assert (
        "No matching namespace labels (istio-injection=enabled)" in run("x", "check-inject", "plain.out").out
    )
    assert "Namespace label" in run("check-inject", "-n", "in", "-l", "app=x").out


def test_what_is_not_there(kube: FakeKube) -> None:
    missing = run("-n", "in", "check-inject", "nope")
    assert (missing.rc, missing.out) == (1, "") and "nope" in missing.err
    nowhere = run("-n", "nowhere", "check-inject", "-l", "a=b")
    assert (nowhere.rc, nowhere.out) == (1, "") and "nowhere" in nowhere.err
    assert run("check-inject").rc == 2
    assert run("check-inject", "-n", "in", "-l", "a in (b").rc == 2
