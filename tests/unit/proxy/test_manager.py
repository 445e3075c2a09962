"""The connection manager before routing, header by header; paths as it normalises them; answers of its own as they are mapped."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import Drawn, Headers, PartlyKnown, Peer, RequestView
from meshctl.proxy.http.hcm import Manager, Reply, decode
from meshctl.proxy.http.local_reply import answered
from meshctl.proxy.http.request_headers import Edge, rewrite
from meshctl.proxy.model import (
    Connection,
    Disposition,
    Passage,
    Payload,
    Recreated,
    Request,
    Upstream,
    Verdict,
)
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, virtual_host

Json = dict[str, Any]
EDGE = {"use_remote_address": True}
LOOP = Edge("127.0.0.1", ("10.0.0.1", 80), False, own_ip="10.9.9.9")
PEER = Edge("10.1.1.1", ("10.0.0.1", 80), False, node_id="node", node_cluster="cluster")
TLS = Edge("10.1.1.1", ("10.0.0.1", 443), True, Peer(("spiffe://a",), ("a.com",), "CN=a"))
BARE = Edge("10.1.1.1", ("10.0.0.1", 443), True, Peer())
INTERNAL = {"internal_address_config": {"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}}
XFCC = "x-forwarded-client-cert"
WRITTEN = [  # settings, the connection, headers as they came, a header and what becomes of it (None: gone)
    ({}, PEER, {"te": "trailers, gzip"}, "te", "trailers"), ({}, PEER, {"te": "gzip"}, "te", None), ({}, PEER, {"connection": "close"}, "connection", None), ({}, PEER, {"keep-alive": "1"}, "keep-alive", None),
    ({}, PEER, {"upgrade": "x"}, "upgrade", None), ({}, PEER, {"connection": "upgrade", "upgrade": "websocket"}, "upgrade", "websocket"), ({}, PEER, {"connection": "upgrade", "upgrade": "websocket", "te": "gzip"}, "te", "gzip"),
    ({}, PEER, {"proxy-connection": "x"}, "proxy-connection", None), ({}, PEER, {"transfer-encoding": "chunked"}, "transfer-encoding", None), ({}, PEER, {"x-envoy-internal": "true"}, "x-envoy-internal", None),
    (EDGE, PEER, {}, "x-forwarded-for", "10.1.1.1"), (EDGE, PEER, {"x-forwarded-for": "1.1.1.1"}, "x-forwarded-for", "1.1.1.1,10.1.1.1"), (EDGE, LOOP, {}, "x-forwarded-for", "10.9.9.9"),
    (EDGE, Edge("::1", ("::1", 80), False, own_ip="10.9.9.9"), {}, "x-forwarded-for", "10.9.9.9"), (EDGE, Edge("127.0.0.1", ("", 80), False), {}, "x-forwarded-for", "127.0.0.1"), ({}, PEER, {}, "x-forwarded-for", None),
    ({}, PEER, {}, "x-forwarded-proto", "http"), ({}, TLS, {}, "x-forwarded-proto", "https"), ({}, PEER, {"x-forwarded-proto": "https"}, "x-forwarded-proto", "https"), (EDGE, PEER, {"x-forwarded-proto": "https"}, "x-forwarded-proto", "http"),
    ({**EDGE, "xff_num_trusted_hops": 1}, PEER, {"x-forwarded-proto": "https"}, "x-forwarded-proto", "https"), ({}, PEER, {}, "x-forwarded-port", None),
    ({"append_x_forwarded_port": True}, TLS, {}, "x-forwarded-port", "443"), ({"append_x_forwarded_port": True}, TLS, {"x-forwarded-port": "9"}, "x-forwarded-port", "9"),
    ({**EDGE, "append_x_forwarded_port": True}, TLS, {"x-forwarded-port": "9"}, "x-forwarded-port", "443"), ({}, PEER, {"x-forwarded-proto": "HTTPS"}, ":scheme", "https"), ({}, TLS, {"x-forwarded-proto": "ftp"}, ":scheme", "https"),
    ({}, TLS, {":scheme": "http"}, ":scheme", "http"), ({"scheme_header_transformation": {"scheme_to_overwrite": "https"}}, PEER, {}, "x-forwarded-proto", "https"),
    ({"scheme_header_transformation": {"scheme_to_overwrite": "https"}}, PEER, {":scheme": "http"}, ":scheme", "https"), ({**EDGE, **INTERNAL}, PEER, {}, "x-envoy-internal", "true"),
    (EDGE, PEER, {}, "x-envoy-internal", None), (EDGE, PEER, {}, "x-envoy-external-address", "10.1.1.1"), ({**EDGE, **INTERNAL}, PEER, {}, "x-envoy-external-address", None), ({}, PEER, {}, "x-envoy-external-address", None),
    ({**EDGE, **INTERNAL}, PEER, {"x-envoy-retry-on": "5xx"}, "x-envoy-retry-on", "5xx"), (EDGE, PEER, {"x-envoy-retry-on": "5xx"}, "x-envoy-retry-on", None), ({}, PEER, {"x-envoy-retry-on": "5xx"}, "x-envoy-retry-on", None),
    ({"add_user_agent": True}, PEER, {}, "user-agent", "cluster"), ({"add_user_agent": True}, PEER, {"user-agent": "me"}, "user-agent", "me"), ({"add_user_agent": True}, PEER, {}, "x-envoy-downstream-service-node", "node"),
    ({"add_user_agent": True}, LOOP, {}, "x-envoy-downstream-service-node", None), ({"add_user_agent": True}, PEER, {}, "x-envoy-downstream-service-cluster", "cluster"), ({}, PEER, {}, "user-agent", None),
    ({"via": "me"}, PEER, {}, "via", "me"), ({"via": "me"}, PEER, {"via": "you"}, "via", "you, me"), ({"generate_request_id": False}, PEER, {}, "x-request-id", None), ({}, PEER, {"x-request-id": "own"}, "x-request-id", "own"),
    ({**EDGE, "preserve_external_request_id": True}, PEER, {"x-request-id": "own"}, "x-request-id", "own"), ({**EDGE, **INTERNAL}, PEER, {"x-request-id": "own"}, "x-request-id", "own"),
    ({}, TLS, {XFCC: "own"}, XFCC, None), ({"forward_client_cert_details": "FORWARD_ONLY"}, TLS, {XFCC: "own"}, XFCC, "own"), ({"forward_client_cert_details": "FORWARD_ONLY"}, PEER, {XFCC: "own"}, XFCC, None),
    ({"forward_client_cert_details": "ALWAYS_FORWARD_ONLY"}, PEER, {XFCC: "own"}, XFCC, "own"), ({"forward_client_cert_details": "APPEND_FORWARD"}, TLS, {XFCC: "own"}, XFCC, "own,Hash="),
    ({"forward_client_cert_details": "SANITIZE_SET"}, TLS, {XFCC: "own"}, XFCC, "Hash="),
    ({"forward_client_cert_details": "SANITIZE_SET", "set_current_client_cert_details": {"subject": True, "uri": True, "dns": True}}, TLS, {}, XFCC, 'Hash=;Subject="CN=a";URI=spiffe://a;DNS=a.com'),
    ({"forward_client_cert_details": "SANITIZE_SET", "set_current_client_cert_details": {"uri": True}}, BARE, {}, XFCC, "Hash=;URI="),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "edge", "came", "name", "becomes"), WRITTEN)
def test_a_header_before_routing(
    settings: Json, edge: Edge, came: dict[str, str], name: str, becomes: str | None
) -> None:
    headers: Headers = {key: [value] for key, value in came.items()}
    rewrite(HttpConnectionManager(settings), headers, edge)
    assert headers.get(name) == (None if becomes is None else [becomes])
    assert isinstance(headers.get(XFCC, [""])[0], PartlyKnown) is ("Hash=" in headers.get(XFCC, [""])[0])


@pytest.mark.parametrize(
    ("settings", "came", "drawn"),
    [({}, {}, True), (EDGE, {"x-request-id": "own"}, True), ({}, {"x-request-id": "own"}, False)],
)
def test_a_request_id_is_drawn(settings: Json, came: dict[str, str], drawn: bool) -> None:
    headers: Headers = {key: [value] for key, value in came.items()}
    rewrite(HttpConnectionManager(settings), headers, PEER)
    assert isinstance(headers["x-request-id"][0], Drawn) is drawn


SLASHES = "path_with_escaped_slashes_action"
RUNTIME_SLASH = "http_connection_manager.path_with_escaped_slashes_action"
PATHS = [  # settings, the runtime, the target as it came; the path, or the code of the answer with its location
    ({}, {}, "/a/../b", "/a/../b"), ({"normalize_path": True}, {}, "/a/../b", "/b"), ({}, {"http_connection_manager.normalize_path": 100}, "/a/../b", "/b"),
    ({"normalize_path": False}, {"http_connection_manager.normalize_path": 100}, "/a/../b", "/a/../b"), ({"normalize_path": True}, {}, "/%00", (400, None)),
    ({"merge_slashes": True}, {}, "//a//b", "/a/b"), ({"merge_slashes": True}, {}, "/a//", "/a/"), ({"merge_slashes": True}, {}, "/a?b//c", "/a?b//c"), ({}, {}, "/a%2Fb", "/a%2Fb"),
    ({SLASHES: "REJECT_REQUEST"}, {}, "/a%2fb", (400, None)), ({SLASHES: "REJECT_REQUEST"}, {}, "/a?%2f", "/a?%2f"), ({SLASHES: "UNESCAPE_AND_FORWARD"}, {}, "/a%2Fb%5Cc?%2F", "/a/b\\c?%2F"),
    ({SLASHES: "UNESCAPE_AND_REDIRECT"}, {}, "/a%2Fb?q", (307, "/a/b?q")), ({SLASHES: "UNESCAPE_AND_REDIRECT"}, {}, "/ab", "/ab"), ({SLASHES: "KEEP_UNCHANGED"}, {RUNTIME_SLASH: 2}, "/a%2Fb", "/a%2Fb"),
    ({}, {RUNTIME_SLASH: 2}, "/a%2Fb", (400, None)), ({}, {RUNTIME_SLASH: 4}, "/a%2Fb", "/a/b"), ({}, {RUNTIME_SLASH: 3}, "/a%2Fb", (307, "/a/b")), ({}, {RUNTIME_SLASH: 5}, "/a%2Fb", "/a%2Fb"), ({}, {RUNTIME_SLASH: 1}, "/a%2Fb", "/a%2Fb"),
    ({SLASHES: "REJECT_REQUEST"}, {f"{RUNTIME_SLASH}_enabled": 0}, "/a%2Fb", "/a%2Fb"), ({}, {}, "/a#f", (400, None)), ({}, {"envoy.reloadable_features.http_reject_path_with_fragment": False}, "/a#f?x", "/a"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "runtime", "came", "becomes"), PATHS)
def test_a_path_before_routing(settings: Json, runtime: Json, came: str, becomes: Any) -> None:
    manager = Manager(HttpConnectionManager(settings), runtime=Runtime(runtime))
    found = decode(
        Request("GET", "a.com", came, protocol="HTTP/2", scheme="http"),
        manager,
        Connection("10.1.1.1", "10.0.0.1", 80),
        tls=False,
    )
    if isinstance(found, Reply):
        assert (found.code, found.location) == becomes
    else:
        assert found[":path"] == [becomes]


def test_a_grpc_request_is_not_redirected_for_its_slashes() -> None:
    """gRPC cannot follow a redirect."""
    manager = Manager(HttpConnectionManager({SLASHES: "UNESCAPE_AND_REDIRECT"}))
    connection = Connection("10.1.1.1", "10.0.0.1", 80)
    found = [
        decode(get("/a%2fb", "a.com", ("content-type", kind)), manager, connection, tls=False)
        for kind in ("application/grpc", "application/json")
    ]
    assert [(reply.code, reply.location) for reply in found if isinstance(reply, Reply)] == [
        (400, None),
        (307, "/a/b"),
    ]


UDP = (("connection", "upgrade"), ("upgrade", "connect-udp"))
CHECKED = [  # settings, a request, (code, details)
    ({}, get("/", None), (400, "missing_host_header")), ({}, get("/", "a.com", protocol="HTTP/1.0"), (426, "low_version")), ({"http_protocol_options": {"accept_http_10": True}}, get("/", None, protocol="HTTP/1.0"), (400, "missing_host_header")),
    ({}, get("/udp/b.com/53", "a.com", *UDP), (404, "path_rejected")), ({}, get("/.well-known/masque/udp/b.com/x", "a.com", *UDP), (404, "path_rejected")), ({}, get("/.well-known/masque/udp/b.com", "a.com", *UDP), (404, "path_rejected")),
    ({}, get("/", method="QUERY"), (400, "query_missing_content_type")), ({}, get("*", method="OPTIONS"), (404, "absolute_path_rejected")),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "request_", "answer"), CHECKED)
def test_what_the_manager_refuses(settings: Json, request_: Request, answer: tuple[int, str]) -> None:
    found = decode(
        request_, Manager(HttpConnectionManager(settings)), Connection("10.1.1.1", "10.0.0.1", 80), tls=False
    )
    assert isinstance(found, Reply)
    assert (found.code, found.details) == answer


@pytest.mark.parametrize(
    ("path", "authority"),
    [
        ("/.well-known/masque/udp/b.com/53", "b.com:53"),
        ("/.well-known/masque/udp/b.com/53/", "b.com:53"),
        ("/.well-known/masque/udp/fd00%3A%3A1/53/", "[fd00::1]:53"),
    ],
)
def test_the_authority_of_a_udp_tunnel_stands_in_its_path(path: str, authority: str) -> None:
    manager = Manager(HttpConnectionManager({}))
    found = decode(get(path, "a.com", *UDP), manager, Connection("10.1.1.1", "10.0.0.1", 80), tls=False)
    assert not isinstance(found, Reply)
    assert found[":authority"] == [authority]


NR = Verdict(Disposition.NO_ROUTE, 404, "NR", "route_not_found")


def code_is(op: str, value: int, **more: Any) -> Json:
    return {
        "status_code_filter": {
            "comparison": {"op": op, "value": {"default_value": value, "runtime_key": "k", **more}}
        }
    }


def flags(*names: str) -> Json:
    return {"response_flag_filter": {"flags": list(names)}}


HAS = {"header_filter": {"header": {"name": "x-a", "present_match": True}}}
FILTERS = [  # an access log filter, whether it takes a 404 NR of a request with x-a
    (None, True), (code_is("EQ", 404), True), (code_is("EQ", 405), False), (code_is("GE", 404), True), (code_is("GE", 405), False), (code_is("LE", 404), True), (code_is("LE", 403), False), (code_is("NE", 404), False),
    (code_is("NE", 1), True), (flags("NR"), True), (flags("UF"), False), (flags("UF", "NR"), True), (flags(), True), (HAS, True), ({"header_filter": {"header": {"name": "x-b", "present_match": True}}}, False),
    ({"and_filter": {"filters": [HAS, flags("NR")]}}, True), ({"and_filter": {"filters": [HAS, flags("UF")]}}, False), ({"or_filter": {"filters": [flags("UF"), HAS]}}, True), ({"or_filter": {"filters": [flags("UF")]}}, False),
    ({"not_health_check_filter": {}}, True), ({"status_code_filter": {"comparison": {"op": "EQ"}}}, False),
]  # fmt: skip


def mapped(
    *mappers: Json,
    verdict: Verdict = NR,
    headers: Headers | None = None,
    runtime: Json | None = None,
    **passage: Any,
) -> Passage:
    config = HttpConnectionManager({"local_reply_config": {"mappers": list(mappers)}} if mappers else {})
    return answered(
        Passage(verdict, http=True, **passage),
        config,
        headers or {"x-a": ["1"], ":path": ["/"]},
        Runtime(runtime or {}),
    )


@pytest.mark.parametrize(("wanted", "takes"), FILTERS)
def test_a_mapper_takes_an_answer(wanted: Json | None, takes: bool) -> None:
    mapper = {"status_code": 418, **({"filter": wanted} if wanted is not None else {})}
    assert mapped(mapper).verdict.code == (418 if takes else 404)


def test_the_first_mapper_that_takes_an_answer_changes_it() -> None:
    assert (
        mapped({"filter": flags("UF"), "status_code": 1}, {"status_code": 2}, {"status_code": 3}).verdict.code
        == 2
    )
    assert mapped({"filter": code_is("EQ", 1), "status_code": 2}, runtime={"k": 404}).verdict.code == 2
    assert mapped({"headers_to_add": []}).verdict.code == 404
    assert mapped().verdict == NR
    unknown = mapped({"filter": {"of_tomorrow": {}}, "status_code": 2})
    assert (
        unknown.verdict.code == 404 and "local_reply_config may change the answer" in unknown.undetermined[0]
    )
    health = Verdict(Disposition.DIRECT_RESPONSE, 200, None, "health_check_ok")
    assert (
        mapped({"filter": {"not_health_check_filter": {}}, "status_code": 2}, verdict=health).verdict.code
        == 200
    )


UNTOUCHED = [
    Verdict(Disposition.DELIVERED, 200),
    Verdict(Disposition.NO_ROUTE, None),
    Verdict(Disposition.DENIED, 200, None, "cors_response"),
    Verdict(Disposition.UNDETERMINED, 503),
]


@pytest.mark.parametrize("verdict", UNTOUCHED)
def test_what_is_no_answer_of_the_proxys_own_is_not_mapped(verdict: Verdict) -> None:
    assert mapped({"status_code": 418}, verdict=verdict).verdict == verdict


def test_grpc_is_answered_200_and_what_went_on_is_not() -> None:
    grpc = {":path": ["/"], "content-type": ["application/grpc"]}
    assert mapped(headers=grpc).verdict.code == 200
    assert mapped({"status_code": 418}, headers=grpc).verdict.code == 200
    assert mapped({"status_code": 418}, upstream=Upstream("c", (), None)).verdict.code == 404
    assert (
        mapped({"filter": HAS, "status_code": 418}, seen=RequestView({})).verdict.code == 404
    )  # as the filters left it


LOCATIONS = [  # append_action, the location before, after
    ("APPEND_IF_EXISTS_OR_ADD", "/old", "/old"), ("ADD_IF_ABSENT", "/old", "/old"), ("OVERWRITE_IF_EXISTS_OR_ADD", "/old", "/new"), ("APPEND_IF_EXISTS_OR_ADD", None, "/new"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "before", "after"), LOCATIONS)
def test_a_location_that_a_mapper_adds(action: str, before: str | None, after: str) -> None:
    option = {"header": {"key": "Location", "value": "/new"}, "append_action": action}
    other = {"header": {"key": "x", "value": "/x"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    assert mapped({"headers_to_add": [option, other]}, location=before).location == after


NOT_HTTP = [  # what comes, (verdict, code, flags)
    (Payload.NONE, (Disposition.DELIVERED, 0, None)), (Payload.HTTP2, (Disposition.DELIVERED, 0, None)), (Payload.RAW, (Disposition.BAD_REQUEST, 400, "DPE")), (Payload.HTTP1, (Disposition.BAD_REQUEST, 400, "DPE")),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "end"), NOT_HTTP)
def test_bytes_that_are_no_request(payload: Payload, end: tuple[Any, ...]) -> None:
    built = proxy([listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}))])}])])
    (passage,) = ask(built, None, payload=payload)
    assert (passage.verdict.disposition, passage.verdict.code, passage.verdict.flags) == end


PLAIN = route("plain", {"prefix": "/"})
LOGGED: list[tuple[Json, tuple[tuple[str, str], ...], tuple[str | None, str | None, str | None]]] = [  # a virtual host, headers, what the log of a refused request has: virtual host, route, cluster
    (virtual_host(PLAIN), (("x-forwarded-proto", ""),), ("vh", None, None)),
    (virtual_host(PLAIN), (), ("vh", None, None)), (virtual_host(PLAIN), (("x-forwarded-proto", "http"),), ("vh", "plain", "c")), (virtual_host(route("none", {"prefix": "/"}, "none")), (("x-forwarded-proto", "http"),), ("vh", "none", None)),
    (virtual_host(PLAIN, require_tls="ALL"), (("x-forwarded-proto", "http"),), ("vh", None, None)), (virtual_host(PLAIN, require_tls="ALL"), (("x-forwarded-proto", "https"),), ("vh", "plain", "c")),
    (virtual_host(route("other", {"path": "/other"})), (("x-forwarded-proto", "http"),), ("vh", None, None)), (virtual_host(PLAIN, domains=("b.com",)), (("x-forwarded-proto", "http"),), (None, None, None)),
    (virtual_host({"name": "answer", "match": {"prefix": "/"}, "direct_response": {"status": 204}}), (("x-forwarded-proto", "http"),), ("vh", "answer", None)),
]  # fmt: skip


@pytest.mark.parametrize(("host", "headers", "logged"), LOGGED)
def test_what_the_log_has_of_a_request_that_is_refused_early(
    host: Json, headers: tuple[tuple[str, str], ...], logged: tuple[str | None, str | None, str | None]
) -> None:
    built = proxy([listener([{"filters": http([host])}])])
    (passage,) = ask(built, get("/", "a.com", *headers, method="QUERY"))
    assert passage.verdict.details == "query_missing_content_type"
    assert (passage.virtual_host, passage.route_name, passage.cluster) == logged


AGAIN: list[tuple[Json, str, str, Any]] = [  # settings, host and path of a request that a redirect made, (code) or the host and path
    ({}, "a.com:80", "/x", ("a.com:80", "/x")), ({"normalize_path": True}, "a.com", "/x/../y", ("a.com", "/y")), ({"strip_any_host_port": True}, "a.com:80", "/x", ("a.com", "/x")),
    ({SLASHES: "REJECT_REQUEST"}, "a.com", "/a%2fb", 400), ({}, "a.com", "", 404), ({}, "a.com", "*", 404), ({"normalize_path": True}, "a.com", "/%00", 400),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "host", "path", "becomes"), AGAIN)
def test_a_request_that_a_redirect_made_is_checked_again(
    settings: Json, host: str, path: str, becomes: Any
) -> None:
    headers = {":method": ["GET"], ":scheme": ["http"], ":authority": [host], ":path": [path]}
    made = Request("GET", host, path, protocol="HTTP/2", scheme="http", recreated=Recreated(headers))
    manager = Manager(HttpConnectionManager(settings))
    found = decode(made, manager, Connection("10.1.1.1", "10.0.0.1", 80), tls=False)
    if isinstance(found, Reply):
        assert found.code == becomes
    else:
        assert (found[":authority"][0], found[":path"][0]) == becomes
    assert headers[":path"] == [path]  # what was made stays as it was
