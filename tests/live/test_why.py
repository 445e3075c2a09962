"""``why POD``: the log of a pod in the cluster, and the same from its snapshot."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

import pytest

from meshctl.cli import main
from tests.live.kube.fake_kube import FakeKube, serve

LINE = (
    '[2026-01-01T00:00:00.000Z] "GET /{path} HTTP/1.1" 503 UF,URX - - "delayed connect error: Connection refused" 0 91 12 - "-" '
    '"curl/8.5" "id-{path}" "svc-0" "10.1.0.1:8080" outbound|80||svc-0.test.svc.cluster.local 10.0.0.7:34668 10.102.0.1:80 '
    "10.0.0.7:40000 - default"
)
LOG = "\n".join(["2026-01-01T00:00:00Z info starting", *(LINE.format(path=path) for path in "abc"), ""])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, admin_port: int) -> Iterator[FakeKube]:
    folder = tmp_path_factory.mktemp("manifests")

    def pod(name: str, log: str) -> dict:
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "test",
                "annotations": {"livelab.test/log-istio-proxy": log} if log else {},
            },
            "spec": {"nodeName": "n", "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
            "status": {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]},
        }

    documents = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "test"}},
        pod("talks", LOG),
        pod("no-admin", LOG),
    ]
    (folder / "pods.yaml").write_text("\n---\n".join(map(json.dumps, documents)))
    with serve(str(folder), out=pathlib.Path(tmp_path_factory.mktemp("kube"))) as kube:
        kube.forward("test", "talks", 15000, to=admin_port)
        yield kube


@pytest.fixture(autouse=True)
def connected(served: FakeKube, monkeypatch: pytest.MonkeyPatch) -> None:
    served.faults()
    monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))


def test_the_log_of_a_pod_is_grouped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-n", "test", "why", "talks"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 entries, 3 ended badly; 1 other lines\n")
    assert "503 UF,URX: Connection refused" in out


def test_one_request_of_it_is_explained_on_its_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-n", "test", "why", "talks", "--grep", "id-b"]) == 0
    out = capsys.readouterr().out
    assert "(talks.test, outbound)" in out and "In the configuration of talks.test" in out
    assert "connect_timeout" in out and "1s" in out


def test_a_proxy_that_does_not_answer_costs_its_configuration_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["-n", "test", "why", "no-admin"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("3 entries, 3 ended badly")
    assert "the log is read without it" in printed.err


def test_a_log_that_may_not_be_read_is_told(served: FakeKube, capsys: pytest.CaptureFixture[str]) -> None:
    served.faults({"match": "/log", "status": 403})
    assert main(["-n", "test", "why", "talks"]) == 1
    assert "log of istio-proxy" in capsys.readouterr().err


def test_a_snapshot_answers_as_the_cluster(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-n", "test", "why", "talks"]) == 0
    live = capsys.readouterr().out
    archive = str(tmp_path / "mesh.tar.gz")
    assert main(["-n", "test", "snapshot", "talks", "-o", archive]) == 0
    capsys.readouterr()
    assert main(["why", "talks", "-f", archive]) == 0
    assert capsys.readouterr().out == live


def test_an_anonymized_snapshot_has_no_log(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = str(tmp_path / "mesh")
    assert main(["-n", "test", "snapshot", "talks", "--anonymize", "-o", archive]) == 0
    assert not list(pathlib.Path(archive).rglob("istio-proxy.log"))
