"""proxy-config on the lab's Envoys: through the stand-in API server, through ``--admin``, and while they change."""

from __future__ import annotations

import http.server
import os
import pathlib
import threading
from collections.abc import Iterator

import pytest

from meshctl.cli import main
from tests.lab import keep, place
from tests.lab.mesh import Mesh
from tests.lab.resources import CLUSTER, ENDPOINTS
from tests.live.kube.fake_kube import FakeKube, serve

pytestmark = [pytest.mark.root, pytest.mark.envoy]
NGINX = "outbound|80||nginx.test.svc.cluster.local"


@pytest.fixture(scope="module")
def lab() -> Iterator[Mesh]:
    reason = place.why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with keep.mesh(f"v{os.getpid()}") as mesh:
        yield mesh


@pytest.fixture(scope="module")
def admin(lab: Mesh) -> Iterator[int]:
    """A port of the machine that leads to the admin port in test-pod's network namespace."""

    class Forward(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = lab.admin("test-pod", self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def kube(admin: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeKube]:
    with serve(out=tmp_path_factory.mktemp("kube")) as cluster:
        cluster.store.add(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "test-pod", "namespace": "test"},
                "spec": {"nodeName": "n", "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
                "status": {"phase": "Running"},
            }
        )
        cluster.forward("test", "test-pod", 15000, to=admin)
        yield cluster


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["-n", "test", "pc", *arguments]) == 0
    return capsys.readouterr().out


VIEWS = [
    ("listener", "virtualOutbound", ("-o", "name")),
    ("cluster", "nginx.test.svc.cluster.local", ()),
    ("route", "nginx.test.svc.cluster.local:80", ()),
    ("endpoint", "10.244.0.73:80", ()),
    ("secret", "ROOTCA", ()),
]


@pytest.mark.parametrize(("view", "word", "more"), VIEWS, ids=[v[0] for v in VIEWS])
def test_a_view_is_the_same_by_port_forward_and_by_admin_address(
    kube: FakeKube,
    admin: int,
    view: str,
    word: str,
    more: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
    forwarded = shown(capsys, view, "test-pod", *more)
    monkeypatch.setenv("KUBECONFIG", "/no/such/file")
    direct = shown(capsys, view, "--admin", f"localhost:{admin}", *more)
    assert word in forwarded
    assert sorted(forwarded.splitlines()) == sorted(direct.splitlines())


def test_a_dump_fetched_while_endpoints_change_is_whole(
    lab: Mesh, admin: int, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    store = lab.stores["test-pod"]
    stop = threading.Event()

    def endpoints(address: str) -> dict[str, object]:
        socket = {"socket_address": {"address": address, "port_value": 80}}
        return {"cluster_name": NGINX, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket}}]}]}

    def change() -> None:
        index = 0
        while not stop.wait(0.01):
            index += 1
            store.put(ENDPOINTS, endpoints(f"10.9.0.{index % 200 + 1}"))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        seen = set()
        for _ in range(30):
            out = shown(capsys, "eds", "--cluster", NGINX, "--admin", f"localhost:{admin}")
            rows = out.splitlines()
            assert len(rows) == 2, out
            seen.add(rows[1].split()[0])
    finally:
        stop.set()
        thread.join()
    assert len(seen) > 3


def test_a_cluster_that_waits_for_its_endpoints_is_shown_warming(
    lab: Mesh, admin: int, capsys: pytest.CaptureFixture[str]
) -> None:
    store = lab.stores["test-pod"]
    config = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    store.put(
        CLUSTER,
        {
            "name": "slow",
            "type": "EDS",
            "connect_timeout": "1s",
            "eds_cluster_config": {"eds_config": config},
        },
    )
    for _ in range(100):
        out = shown(capsys, "cluster", "--fqdn", "slow", "-o", "wide", "--admin", f"localhost:{admin}")
        if "warming" in out:
            break
    assert "warming" in out
    capsys.readouterr()
    assert main(["pc", "cluster", "--admin", f"localhost:{admin}"]) == 0
    assert "1 warming cluster (slow)" in capsys.readouterr().err
    store.remove(CLUSTER, "slow")
