"""What of a request's own headers is taken off, where a redirect leads, and what a cluster looks up by name."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import Headers, RequestView
from meshctl.match.string_match import plain
from meshctl.proxy.http import connection_header
from meshctl.proxy.http.codec import Codec, refusal
from meshctl.proxy.routing.routes import RouteTable, tls_required
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, routed, tcp, virtual_host

Json = dict[str, Any]


def of(**headers: str) -> Headers:
    return {name.replace("_", "-"): [value] for name, value in headers.items()}


NOMINATED: list[tuple[Headers, Headers | None]] = [  # headers, those that are left; None: the request is refused (sanitizeConnectionHeader)
    (of(a="1"), of(a="1")), (of(connection="close"), of(connection="close")), (of(connection="keep-alive, upgrade"), of(connection="keep-alive, upgrade")), (of(connection="x-a", x_a="1", x_b="2"), of(x_b="2")),
    (of(connection="close, x-a", x_a="1"), of(connection="close")), (of(connection="X-A", x_a="1"), {}), (of(connection="connection"), {}), (of(connection="x-gone"), {}),
    (of(connection="te", te="trailers"), of(connection="te", te="trailers")), (of(connection="te", te="gzip, Trailers"), of(connection="te", te="trailers")), (of(connection="te", te="gzip"), {}), (of(connection="te", te="a" * 255), {}), (of(connection="te", te="a" * 256), None), (of(connection="te"), {}),
    (of(connection="x-forwarded-for"), None), (of(connection="X-Forwarded-Host"), None), (of(connection="x-forwarded-proto"), None), (of(connection=":path"), None),
    (of(connection=",".join("abcdefghi")), {}), (of(connection=",".join("abcdefghij")), None), (of(connection=""), of(connection="")),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "left"), NOMINATED)
def test_headers_that_connection_nominates(headers: Headers, left: Headers | None) -> None:
    found = {name: list(values) for name, values in headers.items()}
    assert connection_header.sanitize(found) is (left is not None)
    if left is not None:
        assert found == left


COUNTED: list[tuple[tuple[tuple[str, str], ...], bool]] = [  # headers beside the host, whether they are more than two values with it
    ((("x", "1"),), False), ((("x", "1"), ("y", "2")), True), ((("x", "1"), ("x", "2")), True), ((("accept", "a"), ("accept", "b")), False),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "refused"), COUNTED)
def test_headers_are_counted_as_values(headers: tuple[tuple[str, str], ...], refused: bool) -> None:
    manager = HttpConnectionManager({"common_http_protocol_options": {"max_headers_count": 2}})
    found = Codec(manager, Runtime()).read(get("/", "a.com", *headers), tls=False)
    assert (found == refusal(431, "http1.too_many_headers")) is refused


UP = {"connection": "upgrade"}
UPGRADES: list[tuple[Headers, tuple[str, ...], Headers]] = [  # headers, upgrades that are ignored, the headers that are left
    (of(**UP, upgrade="websocket"), (), of(**UP, upgrade="websocket")), (of(**UP, upgrade="h2c"), (), {}), (of(connection="upgrade, http2-settings", upgrade="H2C", http2_settings="x"), (), {}), (of(connection="upgrade, x-a", upgrade="h2c", x_a="1"), (), of(connection="x-a", x_a="1")),
    (of(**UP, upgrade="websocket"), ("websocket",), {}), (of(**UP, upgrade="websocket, other"), ("websocket",), of(**UP, upgrade="other")), (of(**UP, upgrade="websocket"), ("other",), of(**UP, upgrade="websocket")),
    (of(**UP, upgrade="websocket , x"), (), of(**UP, upgrade="websocket , x")), (of(upgrade="h2c"), (), of(upgrade="h2c")), (of(connection="close", upgrade="h2c"), (), of(connection="close", upgrade="h2c")),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "ignored", "left"), UPGRADES)
def test_upgrades_that_are_taken_off(headers: Headers, ignored: tuple[str, ...], left: Headers) -> None:
    found = {name: list(values) for name, values in headers.items()}
    connection_header.drop_upgrades(found, [plain("exact", text) for text in ignored])
    assert found == left


def test_an_extended_connect_is_an_upgrade() -> None:
    for protocol, upgraded in (("websocket", True), ("bytestream", False), ("", False)):
        headers: Headers = {":method": ["CONNECT"], ":protocol": [protocol]}
        connection_header.upgrade_of_connect(headers)
        assert headers.get("upgrade") == ([protocol] if upgraded else None)
        assert headers[":method"] == (["GET"] if upgraded else ["CONNECT"])


# ---- redirects ----

HOSTS = [  # a redirect, the request's host, whether it came in TLS, the Location (http::Utility, newUri)
    ({"https_redirect": True}, "a.com", False, "https://a.com/x"), ({"https_redirect": True}, "a.com:80", False, "https://a.com/x"), ({"https_redirect": True}, "a.com:8080", False, "https://a.com:8080/x"), ({"https_redirect": True}, "[fd00::1]:80", False, "https://[fd00::1]/x"), ({"https_redirect": True}, "[fd00::1]", False, "https://[fd00::1]/x"),
    ({"https_redirect": True}, "[fd00::1]:8080", False, "https://[fd00::1]:8080/x"), ({"https_redirect": True, "port_redirect": 8443}, "a.com:80", False, "https://a.com:8443/x"), ({"port_redirect": 81}, "[fd00::1]:80", False, "http://[fd00::1]:81/x"), ({"path_redirect": "/y"}, "a.com:80", False, "http://a.com:80/y"),
    ({"scheme_redirect": "http"}, "a.com:443", True, "http://a.com/x"), ({"scheme_redirect": "http"}, "a.com:80", True, "http://a.com:80/x"), ({"https_redirect": True}, "a.com:443", False, "https://a.com:443/x"), ({"host_redirect": "b.com"}, "a.com:8080", False, "http://b.com/x"),
]  # fmt: skip


@pytest.mark.parametrize(("redirect", "host", "tls", "location"), HOSTS)
def test_the_host_of_a_redirect(redirect: Json, host: str, tls: bool, location: str) -> None:
    moved = {"match": {"prefix": "/"}, "redirect": redirect}
    built = proxy([listener([{"filters": http([virtual_host(moved)], use_remote_address=False)}])])
    more = (("x-forwarded-proto", "https"),) if tls else ()
    assert routed(built, get("/x", host, *more)).location == location


REQUIRED = [  # require_tls, x-forwarded-proto, x-envoy-internal: whether the request is redirected
    ("NONE", "http", False, False), ("ALL", "http", False, True), ("ALL", "http", True, True), ("ALL", "https", False, False), ("EXTERNAL_ONLY", "http", False, True), ("EXTERNAL_ONLY", "http", True, False), ("EXTERNAL_ONLY", "https", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("required", "proto", "internal", "moved"), REQUIRED)
def test_who_is_redirected_to_tls(required: str, proto: str, internal: bool, moved: bool) -> None:
    host = RouteTable(
        {"name": "t", "virtual_hosts": [virtual_host(require_tls=required)]}, Runtime(), ""
    ).hosts[0]
    headers = {"x-forwarded-proto": [proto], **({"x-envoy-internal": ["true"]} if internal else {})}
    assert tls_required(host, RequestView(headers)) is moved


# ---- targets and fragments ----


TARGETS: list[tuple[str, str, tuple[str | None, int, str]]] = [
    # a request line's target, its method: the route, the code and the details (http1/codec_impl.cc, handlePath)
    ("/x", "GET", ("x", 200, "via_upstream")), ("/y", "OPTIONS", ("rest", 200, "via_upstream")), ("http://b.com/x", "GET", ("x", 200, "via_upstream")), ("http://b.com", "OPTIONS", ("rest", 200, "via_upstream")), ("HTTP://b.com/x", "GET", ("x", 200, "via_upstream")),
    ("*", "OPTIONS", (None, 404, "absolute_path_rejected")), ("*", "GET", (None, 400, "http1.invalid_url")), ("ftp://b.com/x", "GET", (None, 400, "http1.invalid_scheme")), ("http://b.com:99999/", "GET", (None, 400, "http1.invalid_url")), ("http://b.com?q", "GET", (None, 404, "absolute_path_rejected")),
]  # fmt: skip


@pytest.mark.parametrize(("target", "method", "expected"), TARGETS)
def test_the_target_of_a_request_line(
    target: str, method: str, expected: tuple[str | None, int, str]
) -> None:
    routes = (route("x", {"path": "/x"}), route("rest", {"prefix": "/"}))
    built = proxy([listener([{"filters": http([virtual_host(*routes)])}])])
    found = routed(built, get(target, method=method))
    assert (found.route_name, found.verdict.code, found.verdict.details) == expected


# ---- admission ----


# ---- listeners ----


def test_a_listener_by_its_port_alone() -> None:
    chain = {"filters": tcp("c")}
    built = proxy(
        [
            listener([chain], "10.0.0.1", 80),
            listener([chain], "10.0.0.2", 81, bind_to_port=False),
            listener([chain], "10.0.0.3", 81),
        ]
    )
    names = [found.name if found is not None else None for found in map(built.listeners.any_of, (80, 81, 82))]
    assert names == ["10.0.0.1_80", "10.0.0.2_81", None]
    bound = [
        found.name if found is not None else None for found in map(built.listeners.bound_to, (80, 81, 82))
    ]
    assert bound == ["10.0.0.1_80", "10.0.0.3_81", None]


def test_what_the_listener_that_is_handed_over_to_finds_counts() -> None:
    """virtualOutbound reads nothing; the listener of the destination inspects the connection."""
    inspector = {
        "name": "http",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"
        },
    }
    by_protocol = [
        {
            "filters": http([virtual_host(route("r", {"prefix": "/"}))]),
            "filter_chain_match": {"application_protocols": ["http/1.1"]},
            "name": "seen",
        },
        {"filters": tcp("c"), "name": "raw"},
    ]
    outbound = listener([{"filters": tcp("c")}], "0.0.0.0", 15001, use_original_dst=True)
    for filters, chain in (([inspector], "seen"), ([], "raw")):
        built = proxy(
            [outbound, listener(by_protocol, "10.9.9.9", 80, bind_to_port=False, listener_filters=filters)]
        )
        (passage,) = ask(built, get(), dst=("10.9.9.9", 80), at=built.listeners.by_name["0.0.0.0_15001"])
        assert passage.filter_chain == chain
