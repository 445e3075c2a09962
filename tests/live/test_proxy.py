"""The API server behind proxies: requests and port-forwards take the same way, and every failure names it."""

from __future__ import annotations

import base64
import http.server
import pathlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import yaml

from meshctl.errors import MeshctlError
from meshctl.sources import Origin, open_snapshots
from meshctl.sources.interface import Globals, Silent
from tests.live.kube.fake_kube import FakeKube, certificates
from tests.live.test_sources import LISTENERS


class Proxy(http.server.ThreadingHTTPServer):
    """A forward proxy that knows CONNECT alone; every host is this machine."""

    def __init__(self, credentials: str = "", tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Connect)
        self.targets: list[str] = []
        self.credentials = credentials
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Connect(http.server.BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.targets.append(self.path)
        wanted = self.server.credentials
        given = self.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
        if wanted and base64.b64decode(given).decode() != wanted:
            self.send_error(407)
            return
        port = int(self.path.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            self.send_response(200)
            self.end_headers()
            pair = {self.connection: upstream, upstream: self.connection}
            while True:
                for source in select.select(list(pair), [], [], 10)[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    pair[source].sendall(data)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.shutdown()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def kubeconfig(kube: FakeKube, folder: pathlib.Path, **cluster: str) -> str:
    """The admin's kubeconfig, with other settings of its cluster; {port} is the server's."""
    document = yaml.safe_load(pathlib.Path(kube.kubeconfig).read_text())
    settings = next(c["cluster"] for c in document["clusters"] if c["name"] == "livelab")
    settings.update({key.replace("_", "-"): value.format(port=kube.port) for key, value in cluster.items()})
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return str(path)


def listeners(path: str) -> int:
    from meshctl.envoy.snapshot import SectionKind

    options = Globals(kubeconfig=path, namespace="test", timeout=3.0)
    (found,) = open_snapshots(Origin(pods=("test-pod",), globals=options), LISTENERS, Silent())
    return len(found.snapshot.resources(SectionKind.LISTENERS))


def refusal(path: str) -> str:
    with pytest.raises(MeshctlError) as caught:
        listeners(path)
    return "\n".join(caught.value.lines())


NAMED = {"server": "https://api.test:{port}", "tls_server_name": "127.0.0.1"}


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_environments_proxy_and_another_name_in_the_certificate(
    kube: FakeKube, proxy: Proxy, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}127.0.0.1:{proxy.server_port}")
    assert listeners(kubeconfig(kube, tmp_path, **NAMED)) == 11
    assert proxy.targets == [f"api.test:{kube.port}"] * 2  # the API's objects, and the port-forward


def test_loopback_is_never_reached_through_the_environments_proxy(
    kube: FakeKube, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
    assert listeners(str(kube.kubeconfig)) == 11
    assert proxy.targets == []


def test_the_kubeconfigs_proxy_takes_loopback_too(
    kube: FakeKube, proxy: Proxy, tmp_path: pathlib.Path
) -> None:
    path = kubeconfig(kube, tmp_path, proxy_url=f"http://127.0.0.1:{proxy.server_port}")
    assert listeners(path) == 11
    assert len(proxy.targets) == 2


def test_the_proxys_credentials_are_sent(kube: FakeKube, proxy: Proxy, tmp_path: pathlib.Path) -> None:
    proxy.credentials = "me:p@ss word"
    path = kubeconfig(kube, tmp_path, proxy_url=f"http://me:p%40ss%20word@127.0.0.1:{proxy.server_port}")
    assert listeners(path) == 11


def test_a_refusing_proxy_is_named_without_its_password(
    kube: FakeKube, proxy: Proxy, tmp_path: pathlib.Path
) -> None:
    proxy.credentials = "me:other"
    text = refusal(kubeconfig(kube, tmp_path, proxy_url=f"http://me:s3cret@127.0.0.1:{proxy.server_port}"))
    assert f"the proxy http://127.0.0.1:{proxy.server_port} refused the connection" in text
    assert "407" in text
    assert "s3cret" not in text


def test_a_proxy_that_is_away_is_named(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    text = refusal(kubeconfig(kube, tmp_path, proxy_url="http://me:s3cret@127.0.0.1:1"))
    assert "cannot connect to http://127.0.0.1:1" in text
    assert "s3cret" not in text


def test_a_proxy_that_is_none_is_named(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    text = refusal(kubeconfig(kube, tmp_path, proxy_url="http://127.0.0.1:{port}"))
    assert f"http://127.0.0.1:{kube.port}" in text
    assert "proxy" in text


@pytest.mark.parametrize(
    "fault",
    [{"hang": True}, {"abort": True}, {"stream": "stall", "after": 500}, {"stream": "drop", "after": 500}],
    ids=str,
)
def test_every_failure_names_the_proxy(
    kube: FakeKube, proxy: Proxy, tmp_path: pathlib.Path, fault: dict[str, object]
) -> None:
    path = kubeconfig(kube, tmp_path, proxy_url=f"http://me:s3cret@127.0.0.1:{proxy.server_port}")
    for match in ("portforward", "pods/test-pod$") if "stream" not in fault else ("portforward",):
        kube.faults({"match": match, **fault})
        text = refusal(path)
        assert f"through proxy http://127.0.0.1:{proxy.server_port}" in text
        assert "s3cret" not in text


def test_a_proxy_that_is_spoken_to_in_tls(
    kube: FakeKube, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pathlib.Path(certificates())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.crt", folder / "server.key")
    proxy = Proxy(tls=tls)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.crt"))  # the system's CAs, as OpenSSL finds them
    path = kubeconfig(kube, tmp_path, proxy_url=f"https://127.0.0.1:{proxy.server_port}")
    assert listeners(path) == 11
    proxy.shutdown()


CERTIFICATES = [
    ({"tls_server_name": "other.test"}, "is for another name"),
    ({"server": "http://127.0.0.1:{port}"}, "broke while asking"),
]


@pytest.mark.parametrize(("settings", "words"), CERTIFICATES)
def test_what_is_wrong_with_the_way_is_said(
    kube: FakeKube, tmp_path: pathlib.Path, settings: dict[str, str], words: str
) -> None:
    assert words in refusal(kubeconfig(kube, tmp_path, **settings))
