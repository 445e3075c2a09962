"""Requests as lines say them: what is sent, at which listener it comes in, as what."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.errors import InputError
from meshctl.match.request_view import Peer
from meshctl.proxy.model import Payload, Request, Tls
from meshctl.trace import requests
from meshctl.trace.streams import Stream
from tests.unit.proxy.build import http, listener, proxy, route, tcp, virtual_host

Json = dict[str, Any]
ME = Peer(("spiffe://cluster.local/ns/default/sa/default",))

READ = [  # a request of a line, what is sent
    ({}, Request("GET", None, "/")),
    ({"method": "PUT", "authority": "a.com", "path": "/x"}, Request("PUT", "a.com", "/x")),
    ({"host": "a.com"}, Request("GET", "a.com", "/")),
    ({"authority": "a.com", "host": "b.com"}, Request("GET", "a.com", "/")),
    ({"authority": None}, Request("GET", None, "/")),
    ({"authority": ""}, Request("GET", "", "/")),
    ({"path": None}, Request("GET", None, None)),
    ({"headers": [["x", "1"], ["y", 2]]}, Request("GET", None, "/", (("x", "1"), ("y", "2")))),
    ({"headers": {"x": ["1", "2"], "y": 3}}, Request("GET", None, "/", (("x", "1"), ("x", "2"), ("y", "3")))),
    ({"scheme": "https"}, Request("GET", None, "/")),
    ({"scheme": "https", "protocol": "HTTP/2"}, Request("GET", None, "/", (), "HTTP/2", "https")),
    ({"scheme": "https", "protocol": "HTTP/3"}, Request("GET", None, "/", (), "HTTP/3", "https")),
    ({"body": "b"}, Request("GET", None, "/", body="b")),
    ({"method": "CONNECT", "path": "a.com:443"}, Request("CONNECT", "a.com:443", None)),
    ({"method": "CONNECT", "authority": "a.com:443", "path": None}, Request("CONNECT", "a.com:443", None)),
    ({"method": "CONNECT", "authority": "a.com:443", "path": "/x"}, Request("CONNECT", "a.com:443", "/x")),
    ({"path": "http://a.com:81/x?q"}, Request("GET", None, "/x?q", absolute_form="http://a.com:81")),
    ({"path": "http://a.com"}, Request("GET", None, "/", absolute_form="http://a.com")),
    ({"path": "/http://a.com"}, Request("GET", None, "/http://a.com")),
    ({"path": "x"}, Request("GET", None, "x")),
    ({"absolute_form": "http://b.com", "path": "/x"}, Request("GET", None, "/x", absolute_form="http://b.com")),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "sent"), READ)
def test_a_request(raw: Json, sent: Request) -> None:
    assert requests.http_request(raw) == sent


@pytest.mark.parametrize("headers", [["x"], [["x"]], [["x", "1", "2"]]])
def test_headers_are_pairs(headers: Any) -> None:
    with pytest.raises(InputError, match=r"must be a list of \[name, value\] pairs"):
        requests.http_request({"headers": headers})


STREAMS = [
    ({}, Payload.HTTP1, "HTTP/1.1", None), ({"kind": "http10"}, Payload.HTTP10, "HTTP/1.0", None),
    ({"kind": "h2c"}, Payload.HTTP2, "HTTP/2", None), ({"kind": "https", "sni": "s"}, Payload.HTTP1, "HTTP/1.1", Tls("s")),
    ({"kind": "https2", "alpn": ["h2"]}, Payload.HTTP2, "HTTP/2", Tls("", ("h2",))), ({"kind": "tcp"}, Payload.RAW, None, None),
    ({"kind": "tcp", "data": "x"}, Payload.RAW, None, None), ({"kind": "tcp", "data": ""}, Payload.NONE, None, None),
    ({"kind": "http1", "data": ""}, Payload.HTTP1, "HTTP/1.1", None), ({"kind": "tls", "tls_max": "TLSv1_2"}, Payload.RAW, None, Tls(max_version="TLSv1_2")),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "payload", "protocol", "tls"), STREAMS)
def test_what_an_application_sends(
    raw: Json, payload: Payload, protocol: str | None, tls: Tls | None
) -> None:
    found = requests.stream(raw)
    assert (found.payload, found.request and found.request.protocol) == (payload, protocol)
    assert found.layers == ((tls,) if tls else ())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="unknown request kind 'quic'"):
        requests.stream({"kind": "quic"})


CERTIFICATES = [
    ({}, None), ({"client_cert": "default"}, ME), ({"client_cert": "client"}, Peer(subject="CN=client")),
    ({"client_cert": "spiffe://x"}, Peer(("spiffe://x",))), ({"cert_san": "spiffe://x"}, Peer(("spiffe://x",))),
    ({"cert_san": ["spiffe://x", "a.com"]}, Peer(("spiffe://x",), ("a.com",))),
    ({"cert_subject": "CN=x"}, Peer(subject="CN=x")), ({"cert_san": "a.com", "client_cert": "default"}, Peer((), ("a.com",))),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "peer"), CERTIFICATES)
def test_the_certificate_of_a_client(raw: Json, peer: Peer | None) -> None:
    (session,) = requests.stream({"kind": "tls", **raw}).layers
    assert (session.peer, session.mesh) == (peer, peer is not None)


HOSTS = [
    {
        **virtual_host(route("r", {"prefix": "/"}), domains=("web.shop.svc", "10.96.0.1")),
        "name": "web.shop.svc:80",
    }
]
OVER = {"use_original_dst": True, "name": "virtualOutbound"}
BUILT = proxy([
    listener([{"filters": tcp("c")}], port=15001, traffic_direction="OUTBOUND", **OVER),
    listener([{"filters": tcp("c")}], port=15006, traffic_direction="INBOUND", name="virtualInbound", use_original_dst=True),
    listener([{"filters": http(HOSTS)}], port=80, bind_to_port=False),
    listener([{"filters": tcp("outbound|7000||db.shop.svc.cluster.local")}], ip="10.96.0.9", port=7000, bind_to_port=False),
    listener([{"filters": tcp("c")}], ip="10.1.1.1", port=9000),
    listener([{"filters": tcp("c")}], ip="::", port=9001),
])  # fmt: skip
AT_PROXY = [  # a request, (listener, destination, socket)
    ({"port": 80}, ("virtualOutbound", ("127.0.0.1", 80), ("127.0.0.1", 15001))),
    ({}, ("virtualOutbound", ("127.0.0.1", 80), ("127.0.0.1", 15001))),
    ({"port": 80, "authority": "10.2.2.2"}, ("virtualOutbound", ("10.2.2.2", 80), ("127.0.0.1", 15001))),
    ({"port": 80, "dst_ip": "10.3.3.3"}, ("virtualOutbound", ("10.3.3.3", 80), ("127.0.0.1", 15001))),
    ({"port": 7000, "authority": "db.shop:7000"}, ("virtualOutbound", ("10.96.0.9", 7000), ("127.0.0.1", 15001))),
    ({"port": 9000}, ("10.1.1.1_9000", ("10.1.1.1", 9000), None)),
    ({"port": 9001}, ("::_9001", ("::1", 9001), None)),
    ({"port": 9999}, (None, ("127.0.0.1", 9999), None)),
    ({"port": 80, "protocol": "HTTP/3"}, (None, ("127.0.0.1", 80), None)),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), AT_PROXY)
def test_where_a_request_comes_in(raw: Json, expected: tuple[Any, ...]) -> None:
    found = requests.at_proxy(BUILT, {"request": raw})
    connection = found.connection
    name = found.listener.name if found.listener is not None else None
    assert (name, (connection.dst_ip, connection.dst_port), connection.socket) == expected


UNREDIRECTED = proxy([
    listener([{"filters": tcp("outbound|7000||db.shop.svc.cluster.local")}], ip="10.96.0.9", port=7000, bind_to_port=False),
    listener([{"filters": tcp("c")}], ip="10.96.0.8", port=7000, name="other", bind_to_port=False),
    listener([{"filters": tcp("c")}], ip="0.0.0.0", port=8000, name="all", bind_to_port=False),
    listener([{"filters": tcp("c")}], ip="10.96.0.7", port=8000, name="one", bind_to_port=False),
    listener([{"filters": tcp("c")}], ip="10.96.0.6", port=9000, name="last", bind_to_port=False),
])  # fmt: skip
BY_HOST = [  # a proxy that nothing is redirected to: by the host's address, by a service's, the wildcard, any of the port
    ({"port": 7000, "authority": "10.96.0.8"}, "other"), ({"port": 7000, "authority": "10.96.0.8:7000"}, "other"), ({"port": 7000, "authority": "db.shop.svc.cluster.local"}, "10.96.0.9_7000"), ({"port": 7000, "authority": "db.shop:7000"}, "10.96.0.9_7000"),
    ({"port": 7000, "authority": "10.96.0.1"}, "10.96.0.9_7000"), ({"port": 8000, "authority": "10.96.0.7"}, "one"), ({"port": 8000, "authority": "10.96.0.1"}, "all"), ({"port": 8000}, "all"), ({"port": 9000, "authority": "no.name"}, "last"),
    ({"port": 9001}, None), ({"port": 7000, "dst_ip": "10.96.0.9", "authority": "10.96.0.8"}, "other"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "name"), BY_HOST)
def test_the_listener_of_a_request_without_a_socket(raw: Json, name: str | None) -> None:
    found = requests.at_proxy(UNREDIRECTED, {"request": raw}).listener
    assert (found.name if found is not None else None) == name


PAYLOADS = [
    ("HTTP/1.1", Payload.HTTP1),
    ("HTTP/1.0", Payload.HTTP10),
    ("HTTP/2", Payload.HTTP2),
    ("HTTP/3", Payload.HTTP3),
]


@pytest.mark.parametrize(("protocol", "payload"), PAYLOADS)
def test_as_what_a_request_comes_in(protocol: str, payload: Payload) -> None:
    raw = {"port": 80, "protocol": protocol, "src_ip": "10.5.5.5"}
    plain = requests.at_proxy(BUILT, {"request": raw}).connection
    assert (plain.src_ip, plain.payload, bool(plain.layers)) == ("10.5.5.5", payload, protocol == "HTTP/3")
    assert requests.at_proxy(BUILT, {"request": {**raw, "tls": True}}).connection.layers == (Tls(),)
    assert requests.at_proxy(BUILT, {"request": {**raw, "sni": "s"}}).connection.layers == (Tls("s"),)
    assert requests.at_proxy(BUILT, {"request": {"port": 80}}).connection.src_ip == "127.0.0.1"


def test_a_line_needs_a_question() -> None:
    with pytest.raises(InputError, match="a line needs a `request` or a `connection` object"):
        requests.at_proxy(BUILT, {"request": "GET"})


FIRST_BYTES = [
    ("raw", Payload.RAW, None, False), ("tls", Payload.RAW, None, True), ("none", Payload.NONE, None, False),
    ("http1", Payload.HTTP1, "GET", False), ("http1.0", Payload.HTTP10, "GET", False), ("http-odd-method", Payload.HTTP1, "FROB", False),
    ("h2c", Payload.HTTP2, None, False),
]  # fmt: skip


@pytest.mark.parametrize(("first", "payload", "method", "tls"), FIRST_BYTES)
def test_a_connection_by_its_first_bytes(first: str, payload: Payload, method: str | None, tls: bool) -> None:
    found = requests.at_proxy(
        BUILT, {"connection": {"dst_ip": "10.1.2.3", "dst_port": 80, "first_bytes": first}}
    )
    assert (found.connection.payload, found.request and found.request.method) == (payload, method)
    assert bool(found.connection.layers) is tls


CONNECTIONS = [  # a connection, (listener, destination, socket)
    ({"dst_ip": "10.1.2.3", "dst_port": 80}, ("virtualOutbound", ("10.1.2.3", 80), ("127.0.0.1", 15001))),
    ({"dst_ip": "fd00::1", "dst_port": 80}, ("virtualOutbound", ("fd00::1", 80), ("::1", 15001))),
    ({"dst_ip": "10.1.2.3", "dst_port": 15001}, ("virtualOutbound", ("10.1.2.3", 15001), ("10.1.2.3", 15001))),
    ({"direction": "inbound", "dst_ip": "10.1.2.3", "dst_port": 80}, ("virtualInbound", ("10.1.2.3", 80), ("10.1.2.3", 15006))),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), CONNECTIONS)
def test_where_a_connection_comes_in(raw: Json, expected: tuple[Any, ...]) -> None:
    found = requests.at_proxy(BUILT, {"connection": raw})
    connection = found.connection
    assert found.listener is not None
    assert (found.listener.name, (connection.dst_ip, connection.dst_port), connection.socket) == expected


def test_a_connection_that_carries_a_request_in_tls() -> None:
    inner = {"method": "PUT", "sni": "s", "alpn": ["h2"]}
    raw = {
        "dst_ip": "10.1.2.3",
        "dst_port": 80,
        "first_bytes": "tls",
        "request": inner,
        "src_ip": "10.5.5.5",
        "src_port": 7,
    }
    found = requests.at_proxy(BUILT, {"connection": raw})
    assert found.request is not None
    assert (found.request.method, found.connection.layers) == ("PUT", (Tls("s", ("h2",)),))
    assert (found.connection.src_ip, found.connection.src_port) == ("10.5.5.5", 7)
    plain = requests.at_proxy(BUILT, {"connection": {**raw, "tls": False}})
    assert plain.connection.layers == ()


PROXY_HEADERS = [
    (None, None, 0), ("PROXY TCP4 10.5.5.5 10.6.6.6 7 8", ("10.5.5.5", 7, "10.6.6.6", 8), 1),
    ({"src_ip": "10.5.5.5", "src_port": 7, "dst_ip": "10.6.6.6", "dst_port": 8}, ("10.5.5.5", 7, "10.6.6.6", 8), 0),
    ({"src_ip": "10.5.5.5", "version": 2}, ("10.5.5.5", 0, "", 0), 2), (["10.5.5.5", 7, "10.6.6.6", 8], ("10.5.5.5", 7, "10.6.6.6", 8), 0),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "header", "version"), PROXY_HEADERS)
def test_a_proxy_header(raw: Any, header: Any, version: int) -> None:
    found = requests.at_proxy(
        BUILT, {"connection": {"dst_ip": "10.1.2.3", "dst_port": 80, "proxy_protocol": raw}}
    )
    assert (found.connection.proxy_header, found.connection.proxy_version) == (header, version)


@pytest.mark.parametrize("line", ["PROXY TCP4 a b 1", "PROXY TCP4 a b x 1", "PROXY TCP4 a b 1 x"])
def test_what_is_no_proxy_line(line: str) -> None:
    with pytest.raises(InputError, match="is no PROXY v1 line"):
        requests.at_proxy(
            BUILT, {"connection": {"dst_ip": "10.1.2.3", "dst_port": 80, "proxy_protocol": line}}
        )


def test_virtual_listeners_by_what_they_do_where_they_have_other_names() -> None:
    named = proxy([
        listener([{"filters": tcp("c")}], port=1, name="in", traffic_direction="INBOUND"),
        listener([{"filters": tcp("c")}], port=2, name="out", use_original_dst=True),
        listener([{"filters": tcp("c")}], port=3, name="unbound", bind_to_port=False, traffic_direction="INBOUND"),
    ])  # fmt: skip
    assert [x and x.name for x in (requests.virtual_listener(named, outbound=o) for o in (True, False))] == [
        "out",
        "in",
    ]
    assert requests.virtual_listener(proxy([]), outbound=True) is None


WANTED = [  # a line with a url, fields of what the command line would say
    ({}, {"method": "", "headers": (), "http2": False, "http10": False, "tls": False, "sni": "", "alpn": (), "cert_san": ""}),
    ({"method": "put"}, {"method": "PUT"}), ({"headers": {"x": ["1", "2"]}}, {"headers": ("x: 1", "x: 2")}),
    ({"protocol": "HTTP/2"}, {"http2": True, "http10": False}), ({"protocol": "HTTP/1.0"}, {"http2": False, "http10": True}),
    ({"tls": True, "sni": "s", "alpn": ["a"]}, {"tls": True, "sni": "s", "alpn": ("a",)}),
    ({"cert_san": "x"}, {"cert_san": "x"}), ({"cert_san": ["x", "y"]}, {"cert_san": "x"}), ({"cert_san": []}, {"cert_san": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "said"), WANTED)
def test_a_line_with_a_url(line: Json, said: Json) -> None:
    found = requests.wanted({"url": "http://a.com/", **line})
    assert found.url == "http://a.com/"
    assert {name: getattr(found, name) for name in said} == said


def test_a_stream_has_no_source_of_its_own() -> None:
    assert requests.stream({}) == Stream(Payload.HTTP1, (), Request("GET", None, "/"))
