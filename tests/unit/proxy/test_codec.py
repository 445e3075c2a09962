"""What the codecs refuse, and the request as it comes off the wire."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage, Request
from tests.unit.proxy.build import get, http, listener, proxy, route, routed, virtual_host

ROUTES = (
    route("a", {"prefix": "/", "headers": [{"name": "x-a", "present_match": True}]}),
    route("r", {"prefix": "/"}),
)


def asked(request: Request, **settings: Any) -> Passage:
    return routed(proxy([listener([{"filters": http([virtual_host(*ROUTES)], **settings)}])]), request)


def h2(path: str | None = "/", *headers: tuple[str, str], **more: Any) -> Request:
    return get(path, "a.com", *headers, protocol="HTTP/2", scheme="http", **more)


REFUSED = [
    ("an unknown method", get("/", method="FROB"), 400),
    ("a method in small letters", get("/", method="get"), 400),
    ("no path", get(""), 400),
    ("a tab in the path", get("/a\tb"), 400),
    ("a blank in a name", get("/", "a.com", ("x a", "1")), 400),
    ("no name", get("/", "a.com", ("", "1")), 400),
    ("a zero byte in a value", get("/", "a.com", ("x-a", "a\0b")), 400),
    ("a length that is no number", get("/", "a.com", ("content-length", "+0")), 400),
    ("two lengths", get("/", "a.com", ("content-length", "5"), ("content-length", "5")), 400),
    ("an encoding other than chunked", get("/", "a.com", ("transfer-encoding", "gzip")), 501),
    ("length and chunks", get("/", "a.com", ("content-length", "0"), ("transfer-encoding", "chunked")), 400),
    ("CONNECT with a body", get(None, "a.com:1", ("content-length", "1"), method="CONNECT"), 400),
    ("CONNECT without a port", get(None, "a.com", method="CONNECT"), 400),
    ("ten nominated headers", get("/", "a.com", ("connection", ",".join("abcdefghij"))), 400),
    ("x-forwarded-for nominated", get("/", "a.com", ("connection", "x-forwarded-for")), 400),
    ("101 headers", get("/", "a.com", *[(f"x{i}", "1") for i in range(100)]), 431),
    ("CONNECT with user info", get(None, "u@a.com:1", method="CONNECT"), 400),
    ("CONNECT to an IPv6 address without brackets", get(None, "::1", method="CONNECT"), 400),
    ("CONNECT to a port too large", get(None, "a.com:65536", method="CONNECT"), 400),
    ("a bad name before too many headers", get("/", "a.com", ("x a", "1"), *[(f"x{i}", "1") for i in range(100)]), 400),
    ("a bad length before too many headers", get("/", "a.com", *[(f"x{i}", "1") for i in range(100)], ("content-length", "+0")), 400),
    ("a bad value behind too many headers", get("/", "a.com", *[(f"x{i}", "1") for i in range(100)], ("x", "a\0b")), 431),
    ("a bad method before too large a head", get("/", "a.com", ("x-big", "a" * 61_500), method="get"), 400),
    ("a bad name behind too large a head", get("/", "a.com", ("x-big", "a" * 61_500), ("x a", "1")), 431),
    ("a host that cannot be one", get("/", "a b"), 400),
    ("a host that Connection nominates", get("/", "a.com", ("connection", "host")), 400),
    ("an upgrade to nothing", get("/", "a.com", ("connection", "upgrade"), ("upgrade", "")), 403),
    ("a head of more than 60 KiB", get("/", "a.com", ("x-big", "a" * 61_500)), 431),
    ("a path of more than 60 KiB", get("/" + "a" * 61_500), 431),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_http1_is_answered_by_the_codec(request_: Request, code: int) -> None:
    assert asked(request_).verdict.code == code


TAKEN = [
    ("100 headers", get("/", "a.com", *[(f"x{i}", "1") for i in range(99)]), "r"),
    ("bytes above ASCII", get("/", "a.com", ("x-a", "\u00e9")), "a"),
    ("a colon in the name ends it", get("/", "a.com", ("x:a", "1")), "r"),
    ("a nominated header is gone", get("/", "a.com", ("connection", "x-a"), ("x-a", "1")), "r"),
    ("101 of a name of one slot", get("/", "a.com", *[("x-envoy-original-url", "1")] * 101), "r"),
    ("an empty host adds nothing to another", get("/", "a.com", ("host", "")), "r"),
    ("h2c is taken off", get("/", "a.com", ("connection", "upgrade"), ("upgrade", "h2c")), "r"),
]


@pytest.mark.parametrize(("request_", "name"), [t[1:] for t in TAKEN], ids=[t[0] for t in TAKEN])
def test_http1_takes(request_: Request, name: str) -> None:
    passage = asked(request_)
    assert (passage.route_name, passage.verdict.disposition) == (name, Disposition.DELIVERED)


RESET = [
    ("no path", h2("")),
    ("a path without its slash", h2("a")),
    ("an authority with user information", get("/", "me@a.com", protocol="HTTP/2", scheme="http")),
    ("an authority with a blank", get("/", "a com", protocol="HTTP/2", scheme="http")),
    ("a star of another method than OPTIONS", h2("*")),
    ("connection", h2("/", ("connection", "x"))),
    ("a blank in the path", h2("/a b")),
    ("a delete in the path", h2("/a\x7f")),
    ("a method that is no token", h2("/", method="G@T")),
    ("a length with a blank", h2("/", ("content-length", " 0"))),
    ("an empty host beside the authority", h2("/", ("host", ""))),
    ("two hosts", h2("/", ("host", "a.com"), ("host", "a.com"))),
    ("no authority", get("/", None, protocol="HTTP/2", scheme="http")),
    ("a host that is a path", get("/", "a.com/x", protocol="HTTP/2", scheme="http")),
    ("a host with user info", get("/", "u@a.com", protocol="HTTP/2", scheme="http")),
    ("a host above ASCII", get("/", "\u00e9.com", protocol="HTTP/2", scheme="http")),
    ("CONNECT to what is no host", get(None, "a.com/x", protocol="HTTP/2", method="CONNECT")),
    ("an empty scheme", get("/", protocol="HTTP/2", scheme="")),
    ("a scheme that begins with a digit", get("/", protocol="HTTP/2", scheme="1a")),
    ("a host that is dropped counts", h2("/", ("host", "b.com"), *[(f"x{i}", "1") for i in range(96)])),
    ("te other than trailers", h2("/", ("te", "gzip"))),
    ("an extended CONNECT that is not allowed", h2("/", (":protocol", "websocket"), method="CONNECT")),
    ("101 with the pseudo headers", h2("/", *[(f"x{i}", "1") for i in range(97)])),
]


@pytest.mark.parametrize("request_", [r[1] for r in RESET], ids=[r[0] for r in RESET])
def test_http2_is_reset_without_a_log_entry(request_: Request) -> None:
    passage = asked(request_)
    assert (passage.verdict.code, passage.logged, passage.listener) == (None, False, None)


def test_http2_counts_the_pseudo_headers_that_there_are() -> None:
    """CONNECT has no scheme and no path."""
    many = [(f"x{i}", "1") for i in range(98)]
    upgrades = [{"upgrade_type": "CONNECT"}]
    assert asked(
        get(None, "a.com:1", *many, protocol="HTTP/2", method="CONNECT"), upgrade_configs=upgrades
    ).logged
    more = get(None, "a.com:1", *many, ("y", "1"), protocol="HTTP/2", method="CONNECT")
    assert not asked(more, upgrade_configs=upgrades).logged


def test_only_connect_has_a_protocol() -> None:
    allowed = {"http2_protocol_options": {"allow_connect": True}}
    assert not asked(h2("/", (":protocol", "websocket")), **allowed).logged
    assert asked(h2("/", (":protocol", "websocket"), method="CONNECT"), **allowed).logged


@pytest.mark.parametrize(("host", "code"), [("a.com", 200), ("a.com:80", 200), ("[::1]", 200), ("a com", 400), ("a.com/", 400), ("me@a.com", 200)])  # fmt: skip
def test_what_http1_takes_for_an_authority(host: str, code: int) -> None:
    verdict = asked(get("/x", host)).verdict
    assert (verdict.code, verdict.details) == (
        code,
        "http.invalid_authority" if code == 400 else "via_upstream",
    )


def test_http2_takes_a_star_of_options() -> None:
    passage = asked(h2("*", method="OPTIONS"))
    assert (passage.verdict.code, passage.verdict.details) == (404, "absolute_path_rejected")  # the manager's


def test_http2_drops_host_beside_the_authority() -> None:
    assert asked(h2("/", ("host", "b.com"))).upstream_req_host == "a.com"


@pytest.mark.parametrize(
    ("action", "protocol", "expected"),
    [
        ("ALLOW", "HTTP/1.1", "a"), ("DROP_HEADER", "HTTP/1.1", "r"), ("REJECT_REQUEST", "HTTP/1.1", 400),
        ("DROP_HEADER", "HTTP/2", "r"), ("REJECT_REQUEST", "HTTP/2", None),
    ],
)  # fmt: skip
def test_headers_with_underscores(action: str, protocol: str, expected: str | int | None) -> None:
    match = {"prefix": "/", "headers": [{"name": "x_a", "present_match": True}]}
    hosts = [virtual_host(route("a", match), route("r", {"prefix": "/"}))]
    options = {"headers_with_underscores_action": action}
    built = proxy([listener([{"filters": http(hosts, common_http_protocol_options=options)}])])
    passage = routed(built, get("/", "a.com", ("x_a", "1"), protocol=protocol))
    assert (passage.route_name or passage.verdict.code) == expected


def absolute(url: str, path: str = "") -> Request:
    return Request("GET", "other.com", path, absolute_form=url)


ABSOLUTE = [
    ("without a path it is /", absolute("http://a.com"), (200, "/", "a.com")),
    ("user info goes", absolute("http://me@a.com", "/x"), (200, "/x", "a.com")),
    ("the port stays", absolute("http://a.com:8080", "/x"), (200, "/x", "a.com:8080")),
    ("an IPv6 host", absolute("http://[::1]", "/x"), (200, "/x", "[::1]")),
    ("a query is no path", absolute("http://a.com", "?q"), (404, None, None)),
    ("another scheme", absolute("ftp://a.com", "/x"), (400, None, None)),
    ("an empty port", absolute("http://a.com:", "/x"), (400, None, None)),
    ("a port too large", absolute("http://a.com:99999", "/x"), (400, None, None)),
    ("no host", absolute("http://", "/x"), (400, None, None)),
]


@pytest.mark.parametrize(("request_", "expected"), [a[1:] for a in ABSOLUTE], ids=[a[0] for a in ABSOLUTE])
def test_absolute_targets(request_: Request, expected: tuple[int, str | None, str | None]) -> None:
    passage = asked(request_)
    assert (passage.verdict.code, passage.upstream_path, passage.upstream_req_host) == expected


def test_absolute_targets_may_be_forbidden() -> None:
    passage = asked(absolute("http://a.com", "/x"), http_protocol_options={"allow_absolute_url": False})
    assert passage.verdict.details == "absolute_path_rejected"


@pytest.mark.parametrize(("settings", "code"), [
    ({}, 200), ({"use_remote_address": True}, 403), ({"use_remote_address": True, "xff_num_trusted_hops": 1}, 200), ({"xff_num_trusted_hops": 1}, 200),
])  # fmt: skip
def test_https_on_a_plain_connection_is_for_trusted_proxies(settings: dict[str, Any], code: int) -> None:
    assert asked(absolute("https://a.com", "/x"), **settings).verdict.code == code


def test_custom_methods_are_allowed_where_the_listener_says_so() -> None:
    assert (
        asked(get("/", method="FROB"), http_protocol_options={"allow_custom_methods": True}).verdict.code
        == 200
    )


def test_query_wants_a_content_type() -> None:
    assert asked(get("/", method="QUERY")).verdict.details == "query_missing_content_type"
    assert asked(get("/", "a.com", ("content-type", ""), method="QUERY")).verdict.code == 400
    assert asked(get("/", "a.com", ("content-type", "x"), method="QUERY")).verdict.code == 200
    assert (
        asked(Request("QUERY", "a.com", "?x", absolute_form="http://b.com")).verdict.details
        == "absolute_path_rejected"
    )


def test_http10_has_the_default_host() -> None:
    options = {"accept_http_10": True, "default_host_for_http_10": "d.com"}
    passage = asked(get("/", None, protocol="HTTP/1.0"), http_protocol_options=options)
    assert passage.upstream_req_host == "d.com"
    for host, headers in ((None, ()), ("a b", ()), ("a.com", (("content-type", "application/grpc"),))):
        refused = asked(get("/", host, *headers, protocol="HTTP/1.0"))
        assert (refused.verdict.code, refused.logged, refused.virtual_host) == (426, True, None)


def test_an_upgrade_that_is_ignored_is_none() -> None:
    request = get("/", "a.com", ("connection", "upgrade"), ("upgrade", "TLS/1.2"))
    assert asked(request).verdict.details == "upgrade_failed"
    ignored = {"ignore_http_11_upgrade": [{"prefix": "TLS/"}]}
    assert asked(request, http_protocol_options=ignored).verdict.code == 200


def head(size: int, limit_kb: int = 0) -> int | None:
    """The answer to a head of so many bytes, from the request line to the empty line (as a real Envoy answers)."""
    rest = len("GET / HTTP/1.1\r\n") + len("host: a.com\r\n") + len("x-big: \r\n") + len("\r\n")
    request = get("/", "a.com", ("x-big", "a" * (size - rest)))
    return asked(request, **({"max_request_headers_kb": limit_kb} if limit_kb else {})).verdict.code


@pytest.mark.parametrize(("target", "code"), [("", 400), ("b", 431), ("/", 431)])
def test_a_line_without_a_target_is_refused_before_too_large_a_head(target: str, code: int) -> None:
    request = get(target, "a.com", ("x-big", "a" * 2000))
    assert asked(request, max_request_headers_kb=1).verdict.code == code


@pytest.mark.parametrize(("size", "limit_kb", "code"), [
    (60 * 1024, 0, 200), (60 * 1024 + 1, 0, 431), (1024, 1, 200), (1025, 1, 431),
])  # fmt: skip
def test_a_head_has_a_largest_size(size: int, limit_kb: int, code: int) -> None:
    assert head(size, limit_kb) == code
