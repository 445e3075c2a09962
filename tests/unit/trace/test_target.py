"""A URL as an application would dial it, in curl's terms, and the address it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.errors import UsageError
from meshctl.match.request_view import Peer
from meshctl.proxy.model import Payload, Tls
from meshctl.trace.target import Wanted, parse, resolve

H1, H2, RAW = Payload.HTTP1, Payload.HTTP2, Payload.RAW
WEB = ("h2", "http/1.1")

DIALLED = [  # a URL, options, (host, port, payload, TLS), (method, authority, path, protocol, scheme) or None
    ("http://a.com/", {}, ("a.com", 80, H1, None), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("a.com/x?q=1", {}, ("a.com", 80, H1, None), ("GET", "a.com", "/x?q=1", "HTTP/1.1", None)),
    ("http://a.com", {}, ("a.com", 80, H1, None), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("http://me:pw@a.com:81/", {}, ("a.com", 81, H1, None), ("GET", "a.com:81", "/", "HTTP/1.1", None)),
    ("HTTP://A.com/", {"method": "PUT"}, ("a.com", 80, H1, None), ("PUT", "A.com", "/", "HTTP/1.1", None)),
    ("ws://a.com/", {}, ("a.com", 80, H1, None), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("https://a.com/", {}, ("a.com", 443, H1, Tls("a.com")), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("wss://a.com/", {}, ("a.com", 443, H1, Tls("a.com")), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("https://10.0.0.1/", {}, ("10.0.0.1", 443, H1, Tls("")), ("GET", "10.0.0.1", "/", "HTTP/1.1", None)),
    ("https://a.com/", {"sni": "b"}, ("a.com", 443, H1, Tls("b")), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("http://a.com/", {"tls": True}, ("a.com", 80, H1, Tls("a.com")), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("http://a.com/", {"http2": True}, ("a.com", 80, H2, None), ("GET", "a.com", "/", "HTTP/2", "http")),
    ("https://a.com/", {"http2": True}, ("a.com", 443, H2, Tls("a.com", WEB)), ("GET", "a.com", "/", "HTTP/2", "https")),
    ("https://a.com/", {"alpn": ("x",)}, ("a.com", 443, H1, Tls("a.com", ("x",))), ("GET", "a.com", "/", "HTTP/1.1", None)),
    ("http://a.com/", {"http10": True}, ("a.com", 80, Payload.HTTP10, None), ("GET", "a.com", "/", "HTTP/1.0", None)),
    ("grpc://a.com/s/m", {}, ("a.com", 80, H2, None), ("POST", "a.com", "/s/m", "HTTP/2", "http")),
    ("grpcs://a.com/s/m", {}, ("a.com", 443, H2, Tls("a.com", WEB)), ("POST", "a.com", "/s/m", "HTTP/2", "https")),
    ("tcp://a.com:5", {}, ("a.com", 5, RAW, None), None),
    ("http://a.com:5", {"tcp": True}, ("a.com", 5, RAW, None), None),
    ("tls://a.com:5", {}, ("a.com", 5, RAW, Tls("a.com")), None),
    ("tcp://a.com:5", {"tls": True}, ("a.com", 5, RAW, Tls("a.com")), None),
    ("https://a.com/", {"cert_san": "spiffe://x"}, ("a.com", 443, H1, Tls("a.com", (), Peer(("spiffe://x",)), True)),
     ("GET", "a.com", "/", "HTTP/1.1", None)),
]  # fmt: skip


@pytest.mark.parametrize(("url", "options", "connection", "request_"), DIALLED)
def test_a_url_is_dialled(
    url: str, options: dict[str, Any], connection: tuple[Any, ...], request_: tuple[Any, ...] | None
) -> None:
    found = parse(Wanted(url, **options))
    tls = found.stream.layers[0] if found.stream.layers else None
    assert (found.host, found.port, found.stream.payload, tls) == connection
    sent = found.stream.request
    assert (sent and (sent.method, sent.authority, sent.path, sent.protocol, sent.scheme)) == request_


HEADERS = [
    (("x-a: 1", "X-B:2"), "http://a.com/", "a.com", (("x-a", "1"), ("X-B", "2"))),
    (("Host: b.com",), "http://a.com/", "b.com", ()),
    ((), "grpc://a.com/", "a.com", (("content-type", "application/grpc"),)),
    (
        ("Content-Type: application/grpc+json",),
        "grpc://a.com/",
        "a.com",
        (("Content-Type", "application/grpc+json"),),
    ),
]


@pytest.mark.parametrize(("given", "url", "authority", "headers"), HEADERS)
def test_headers(given: tuple[str, ...], url: str, authority: str, headers: tuple[Any, ...]) -> None:
    request = parse(Wanted(url, headers=given)).stream.request
    assert request is not None
    assert (request.authority, request.headers) == (authority, headers)


@pytest.mark.parametrize(
    ("url", "carried"), [("http://a.com/", Peer(("spiffe://x",))), ("https://a.com/", None)]
)
def test_a_certificate_without_tls_is_that_of_a_tunnel(url: str, carried: Peer | None) -> None:
    assert parse(Wanted(url, cert_san="spiffe://x")).stream.carried == carried


@pytest.mark.parametrize(("url", "title"), [
    ("http://a.com:81/x?q", "GET http://a.com:81/x?q"), ("tcp://a.com:5", "TCP a.com:5"), ("tls://a.com:5", "TLS a.com:5"),
])  # fmt: skip
def test_the_title(url: str, title: str) -> None:
    assert parse(Wanted(url)).title == title


REFUSED = [
    ({"url": "ftp://a.com/"}, "unknown scheme 'ftp'"), ({"url": "http:///x"}, "names no host"), ({"url": "tcp://a.com"}, "names no port"),
    ({"url": "http://a.com:99999/"}, "is no URL"), ({"url": "http://[::1/"}, "is no URL"),
    ({"url": "http://a.com/", "headers": ("x",)}, "header 'x' has no colon"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "said"), REFUSED)
def test_what_is_no_url(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(Wanted(**wanted))
    assert said in raised.value.what


RESOLVED = [  # a URL, --to, --resolve, where it is dialled
    ("http://a.com/", "10.0.0.9", (), ("10.0.0.9", 80)),
    ("http://a.com/", "10.0.0.9:81", (), ("10.0.0.9", 81)),
    ("http://a.com/", "[::1]:81", (), ("::1", 81)),
    ("http://a.com/", "[::1]", (), ("::1", 80)),
    ("http://a.com/", "::1", (), ("::1", 80)),
    ("http://a.com/", None, ("a.com:80:10.0.0.8",), ("10.0.0.8", 80)),
    ("http://A.com/", None, ("a.COM:80:[::8]",), ("::8", 80)),
    ("http://a.com/", None, ("a.com:81:10.0.0.8", "b.com:80:10.0.0.8"), ("10.0.0.7", 80)),
    ("http://10.0.0.1/", None, (), ("10.0.0.1", 80)),
    ("http://[::2]:81/", None, (), ("::2", 81)),
    ("http://localhost/", None, (), ("127.0.0.1", 80)),
    ("http://a.com/", None, (), ("10.0.0.7", 80)),
]  # fmt: skip


@pytest.mark.parametrize(("url", "to", "resolves", "address"), RESOLVED)
def test_where_it_is_dialled(
    url: str, to: str | None, resolves: tuple[str, ...], address: tuple[str, int]
) -> None:
    found = resolve(parse(Wanted(url)), {"a.com": "10.0.0.7"}.get, to, resolves)  # type: ignore[arg-type]
    assert found == (*address, ())


UNRESOLVED = [
    ("http://b.com/", None, (), "the address of b.com is not known"), ("http://a.com/", "name:80", (), "--to 'name:80' is not IP:PORT"),
    ("http://a.com/", "10.0.0.1:x", (), "is not IP:PORT"), ("http://a.com/", "[::1", (), "is not IP:PORT"),
    ("http://a.com/", None, ("a.com:80",), "is not HOST:PORT:ADDRESS"), ("http://a.com/", None, ("a.com:x:10.0.0.1",), "is not HOST"),
    ("http://a.com/", None, ("a.com:80:name",), "is not HOST"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "to", "resolves", "said"), UNRESOLVED)
def test_an_address_that_is_not_known(url: str, to: str | None, resolves: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        resolve(parse(Wanted(url)), lambda _: "", to, resolves)
    assert said in raised.value.what
