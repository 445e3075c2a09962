"""istiod's debug pages over gRPC: a server that speaks ADS on loopback, with TLS, and answers as a real istiod was recorded.

The server is a stand-in: it takes the request that istiod's DebugGen takes (pilot/pkg/xds/debuggen.go), asks who calls as
istiod does, and answers one resource with the page.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc
import yaml

from tests.cli import run
from tests.lab.messages import message_class
from tests.lab.pki import Authority
from tests.live.kube.fake_kube import FakeKube, serve
from tests.live.test_istiod import _dump, _proxy

NAME = "istiod.istio-system.svc"
PAGES = {
    "syncz": json.dumps([_proxy("web.shop"), _proxy("db.data", "", "listener refused")]).encode(),
    "list": b'["list", "syncz"]',
}
CONTROL_PLANE = {
    "Component": "istiod",
    "ID": "istiod-5f7d-abcde",
    "Info": {"version": "1.31.0", "revision": "7c8ba00cb34b1e5d9e4ca0e2d7e5d2f5b1d6a8f0", "status": "Clean"},
}
_DISCOVERY = "envoy.service.discovery.v3."


class Istiod:
    """The stand-in; ``asked``: the requests that came."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if details.method != f"/{_DISCOVERY}AggregatedDiscoveryService/StreamAggregatedResources":
            return None
        return grpc.stream_stream_rpc_method_handler(
            self.stream,
            request_deserializer=message_class(f"{_DISCOVERY}DiscoveryRequest").FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def stream(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        token = dict(context.invocation_metadata()).get("authorization", "")
        if not context.auth_context().get("x509_pem_cert") and token != "Bearer secret":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "authentication failure")
        for request in requests:
            self.asked.append(request)
            response = message_class(f"{_DISCOVERY}DiscoveryResponse")(type_url=request.type_url)
            if (
                request.type_url == "istio.io/debug/syncz"
            ):  # answered by another generator, which names itself
                response.control_plane.identifier = json.dumps(CONTROL_PLANE)
                yield response
                continue
            (page,) = request.resource_names
            body = PAGES.get(page, b"404 page not found\n")
            response.resources.add(type_url="istio.io/debug", value=body)
            yield response


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, istiod: Istiod) -> None:
        self._istiod = istiod

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self._istiod.service(handler_call_details)


class Served:
    def __init__(self, istiod: Istiod, address: str, certs: pathlib.Path) -> None:
        self.istiod = istiod
        self.address = address
        self.certs = str(certs)


@contextlib.contextmanager
def _server(istiod: Istiod, credentials: grpc.ServerCredentials | None) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4), handlers=[_Handler(istiod)])
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.fixture
def served(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    authority = Authority()
    own, client = (
        authority.issue(dns=(NAME,)),
        authority.issue("spiffe://cluster.local/ns/istio-system/sa/default"),
    )
    (tmp_path / "root-cert.pem").write_text(authority.root)
    (tmp_path / "cert-chain.pem").write_text(client.certificate)
    (tmp_path / "key.pem").write_text(client.key)
    credentials = grpc.ssl_server_credentials(
        [(own.key.encode(), own.certificate.encode())], authority.root.encode(), require_client_auth=True
    )
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    monkeypatch.setenv("MESHCTL_NOW", "2026-01-01T12:00:00Z")
    istiod = Istiod()
    with _server(istiod, credentials) as address:
        yield Served(istiod, address, tmp_path)


def test_the_proxies_of_an_istiod_over_verified_tls(served: Served) -> None:
    found = run("ps", "--xds-address", served.address, "--cert-dir", served.certs, "--authority", NAME)
    assert found.rc == 0, found.err
    assert [line.split()[0] for line in found.out.splitlines()] == ["NAME", "db.data", "web.shop"]
    assert "1 of 2 proxies is not in sync" in found.err
    (asked,) = served.istiod.asked
    assert (asked.type_url, list(asked.resource_names)) == ("istio.io/debug", ["syncz"])
    assert "PROXY_CONFIG" not in asked.node.metadata  # istiod does not take it for a proxy


def test_a_certificate_of_another_name_is_refused(served: Served) -> None:
    found = run("ps", "--xds-address", served.address, "--cert-dir", served.certs)
    assert (found.rc, found.out) == (1, "")
    assert "was not reached" in found.err and "--authority" in found.err
    assert served.istiod.asked == []


def test_a_certificate_of_another_root_is_refused(served: Served) -> None:
    (pathlib.Path(served.certs) / "root-cert.pem").write_text(Authority().root)
    words = ("ps", "--xds-address", served.address, "--cert-dir", served.certs, "--authority", NAME)
    found = run(*words)
    assert (found.rc, found.out) == (1, "")
    assert len(found.err.splitlines()) <= 3
    unverified = run(*words, "--insecure")
    assert unverified.rc == 0, unverified.err
    assert "web.shop" in unverified.out


def test_without_tls_istiod_asks_who_calls(served: Served) -> None:
    with _server(served.istiod, None) as address:
        found = run("ps", "--xds-address", address, "--plaintext")
    assert (found.rc, found.out) == (1, "")
    assert "authentication failure" in found.err and "--cert-dir" in found.err


@pytest.mark.parametrize("words", [("--authority", NAME), ("--insecure",)])
def test_a_token_of_the_service_account_is_asked_for_and_istiods_root(
    served: Served, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    authority = Authority()
    own = authority.issue(dns=(NAME,))
    credentials = grpc.ssl_server_credentials([(own.key.encode(), own.certificate.encode())])
    root = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-ca-root-cert", "namespace": "istio-system"},
        "data": {"root-cert.pem": authority.root},
    }
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "all.yaml").write_text(yaml.safe_dump(root))
    with (
        serve(str(tmp_path / "m"), out=tmp_path / "kube") as kube,
        _server(served.istiod, credentials) as address,
    ):
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        found = run("ps", "--xds-address", address, *words)
        assert found.rc == 0, found.err
        assert "web.shop" in found.out
        refused = run("-i", "elsewhere", "--context", "down", "ps", "--xds-address", address, *words)
        assert (refused.rc, refused.out) == (1, "")


def test_a_page_over_grpc(served: Served) -> None:
    words = ("--xds-address", served.address, "--cert-dir", served.certs, "--authority", NAME)
    found = run("internal-debug", "syncz", *words)
    assert found.rc == 0, found.err
    assert [one["proxy"] for one in json.loads(found.out)] == ["web.shop", "db.data"]
    refused = run("internal-debug", "nope", *words)
    assert refused.rc == 2 and "There are: list, syncz" in refused.err


def test_nobody_listens(served: Served) -> None:
    found = run("ps", "--xds-address", "127.0.0.1:1", "--plaintext")
    assert (found.rc, found.out) == (1, "")
    assert "was not reached" in found.err


@pytest.mark.parametrize(
    "words",
    [
        ("--plaintext",),
        ("--xds-address", "a:1", "--plaintext", "--insecure"),
        ("--xds-address", "nothing"),
        ("--xds-address", "a:1", "--xds-label", "app=x"),
        ("--xds-address", "a:1", "--plaintext", "--exit-code"),
    ],
)
def test_options_that_do_not_go_together(words: tuple[str, ...]) -> None:
    assert run("ps", *words).rc == 2


def test_a_folder_without_certificates(tmp_path: pathlib.Path) -> None:
    found = run("ps", "--xds-address", "127.0.0.1:1", "--cert-dir", str(tmp_path))
    assert found.rc == 1 and "root-cert.pem" in found.err


def test_the_versions_of_an_istiod_and_its_proxies(served: Served) -> None:
    words = ("--xds-address", served.address, "--cert-dir", served.certs, "--authority", NAME)
    found = run("version", *words)
    assert found.rc == 0, found.err
    assert "control plane version: 1.31.0" in found.out
    assert "(2 proxies)" in found.out
    (plane,) = json.loads(run("version", "-o", "json", *words).out)["meshVersion"]
    assert (plane["Info"]["version"], plane["Info"]["status"]) == ("1.31.0", "Clean")


@pytest.mark.parametrize(
    "more", [("web.shop",), ("-f", "dump.json"), ("--admin", "http://127.0.0.1:1"), ("-r", "x")]
)
def test_versions_over_grpc_are_those_of_an_istiod_alone(served: Served, more: tuple[str, ...]) -> None:
    assert run("version", "--xds-address", served.address, "--plaintext", *more).rc == 2


def test_a_saved_dump_is_compared_with_what_istiod_would_send(
    served: Served, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PAGES, "config_dump?proxyID=web.shop", _dump("a", camel=True))
    (tmp_path / "same.json").write_bytes(_dump("a"))
    (tmp_path / "other.json").write_bytes(_dump("b", "a"))
    words = ("--xds-address", served.address, "--cert-dir", served.certs, "--authority", NAME, "--exit-code")
    assert run("ps", "web.shop", "-f", str(tmp_path / "same.json"), *words).rc == 0
    other = run("ps", "web.shop", "-f", str(tmp_path / "other.json"), *words)
    assert (other.rc, other.out != "") == (1, True), other.err
    unknown = run("ps", "cart.shop", "-f", str(tmp_path / "same.json"), *words)
    assert unknown.rc == 1
    assert "No istiod has cart.shop connected" in unknown.err


def test_a_pod_is_compared_with_what_istiod_would_send_over_grpc(
    served: Served, admin_port: int, kube: FakeKube, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PAGES, "config_dump?proxyID=test-pod.test", _dump("a", camel=True))
    words = ("--xds-address", served.address, "--cert-dir", served.certs, "--authority", NAME)
    monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
    found = run("ps", "test-pod.test", *words)
    assert "Clusters" in found.out, found.err
