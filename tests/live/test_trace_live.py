"""A trace over a live cluster: what it asks for and how often, and what one failure or a missing right costs."""

from __future__ import annotations

import copy
import http.server
import json
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from meshctl.cli import main
from tests.live.kube.fake_kube import FakeKube, serve
from tests.live.test_recorded_mesh import SERVICE, STORY, Recorded, manifest

PEER = "nginx-7c79c4bf97-7985c"
CLUSTER = "outbound|80||nginx.test.svc.cluster.local"


def address(number: int) -> str:
    return f"10.9.{number // 250}.{number % 250 + 1}"


def widened(folder: pathlib.Path, replicas: int) -> pathlib.Path:
    """The story's client, whose service has so many endpoints."""
    for name in ("config_dump.json", "clusters.json"):
        document = json.loads((STORY / "test-pod" / name).read_text())
        for holder, key in _endpoints(document):
            (one,) = holder[key]
            holder[key] = [_moved(one, address(number)) for number in range(replicas)]
        (folder / name).write_text(json.dumps(document))
    return folder


def _endpoints(document: Any) -> Iterator[tuple[Any, str]]:
    for part in document.get("configs", ()):
        for entry in part.get("dynamic_endpoint_configs", ()):
            if entry["endpoint_config"].get("cluster_name") == CLUSTER:
                yield entry["endpoint_config"]["endpoints"][0], "lb_endpoints"
    for status in document.get("cluster_statuses", ()):
        if status["name"] == CLUSTER:
            yield status, "host_statuses"


def _moved(entry: Any, ip: str) -> Any:
    moved = copy.deepcopy(entry)
    place = moved.get("endpoint", moved)
    place["address"]["socket_address"]["address"] = ip
    return moved


class Wide(NamedTuple):
    kube: FakeKube
    replicas: int


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wide]:
    """The story with many replicas of nginx."""
    replicas = 40
    folders = {"test-pod": widened(tmp_path_factory.mktemp("wide"), replicas), PEER: STORY / PEER}
    servers: dict[str, http.server.ThreadingHTTPServer] = {}
    for name, folder in folders.items():
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (Recorded,), {"folder": folder})
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers[name] = server
    with serve(out=tmp_path_factory.mktemp("kube")) as kube:
        kube.store.add(SERVICE)
        kube.store.add(manifest(STORY / "test-pod"))
        kube.forward("test", "test-pod", 15000, to=servers["test-pod"].server_port)
        for number in range(replicas):
            made: Any = manifest(STORY / PEER)
            made["metadata"]["name"] = name = f"nginx-{number:03d}"
            made["status"] = {
                "phase": "Running",
                "podIP": address(number),
                "podIPs": [{"ip": address(number)}],
            }
            kube.store.add(made)
            kube.forward("test", name, 15000, to=servers[PEER].server_port)
        yield Wide(kube, replicas)
    for server in servers.values():
        server.shutdown()


class Run(NamedTuple):
    code: int
    out: str
    err: str
    requests: list[tuple[str, str, str]]

    def of(self, word: str) -> int:
        return sum(word in path for _, _, path in self.requests)


Trace = Callable[..., Run]


@pytest.fixture
def trace(wide: Wide, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Trace]:
    monkeypatch.setenv("KUBECONFIG", str(wide.kube.kubeconfig))

    def run(*faults: dict[str, object], options: tuple[str, ...] = ()) -> Run:
        wide.kube.faults(*faults)
        before = len(wide.kube.requests)
        capsys.readouterr()
        code = main(["-n", "test", *options, "trace", "test-pod", "http://nginx.test/"])
        return Run(code, *capsys.readouterr(), wide.kube.requests[before:])

    yield run
    wide.kube.faults()


def test_peers_are_found_with_one_list_and_asked_at_the_same_time(trace: Trace, wide: Wide) -> None:
    began = time.monotonic()
    result = trace({"match": "portforward", "delay": 1.0})
    took = time.monotonic() - began
    assert result.code == 0
    assert result.of("/pods?") == 1
    assert result.of("portforward") == wide.replicas + 1  # one connection a pod for all of its sections
    assert len(result.requests) <= 2 * wide.replicas + 10
    assert took < wide.replicas * 0.6, "one after the other it takes a second each"


def test_one_pod_that_cannot_be_asked_costs_its_branch_alone(trace: Trace) -> None:
    result = trace(
        {"match": "pods/nginx-007/portforward", "status": 500, "message": "error dialing backend: no route"}
    )
    assert result.code == 3
    assert "nginx-007" in result.out
    assert "could not be read" in result.out
    assert "DELIVERED" in result.out
    assert sum("pods/nginx-007/portforward" in path for _, _, path in result.requests) == 1


def test_without_any_peer_the_clients_half_is_there(trace: Trace) -> None:
    result = trace({"match": "pods/nginx-.*/portforward", "status": 403})
    assert result.code == 3
    assert "test-pod, Envoy outbound" in result.out
    assert CLUSTER in result.out


def forbidden(path: str) -> dict[str, object]:
    return {
        "match": path,
        "status": 403,
        "reason": "Forbidden",
        "message": "may not be listed at the cluster scope",
    }


WHOLE_CLUSTER = [
    forbidden(r"GET /api/v1/pods\?"),
    forbidden(r"GET /api/v1/services\?"),
    forbidden(r"GET /apis/discovery.k8s.io/v1/endpointslices\?"),
]


def test_a_role_of_the_namespace_is_enough(trace: Trace) -> None:
    result = trace(*WHOLE_CLUSTER)
    assert result.code == 0
    assert "DELIVERED" in result.out


def test_what_a_role_does_not_show_is_said(trace: Trace) -> None:
    result = trace(*WHOLE_CLUSTER, forbidden("GET /api/v1/namespaces/test/pods[?]"))
    assert result.code == 3
    assert "no pod of the namespaces that may be listed" in result.out
    assert "may not list the pods of the cluster" in result.err
    assert result.err.count("may not list the pods") == 1


def test_logs_that_may_not_be_read_are_said_once(trace: Trace) -> None:
    result = trace(forbidden("/log"))
    assert result.err.count('may not read the logs of pods (namespace "test")') == 1
    assert result.code == 0
