"""The headers a connection manager writes and takes away before a route is chosen."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.match.request_view import Peer
from meshctl.proxy.model import Passage, Request, Tls
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, routed, virtual_host

Json = dict[str, Any]


def has(name: str, value: Json | None = None) -> Json:
    wanted = {"present_match": True} if value is None else {"string_match": value}
    return {"prefix": "/", "headers": [{"name": name, **wanted}]}


def takes(match: Json, request: Request, table: Json | None = None, **settings: Any) -> bool:
    """Whether a route with this match takes the request of 10.1.1.1."""
    filters = http([virtual_host(route("r", match))], **settings)
    filters[0]["typed_config"]["route_config"].update(table or {})
    return routed(proxy([listener([{"filters": filters}])]), request).route_name == "r"


XFF = ("x-forwarded-for", "1.1.1.1, 2.2.2.2")
EDGE = {"use_remote_address": True}


def is_(name: str, value: str) -> Json:
    return has(name, {"exact": value})


WRITTEN = [
    ("the peer is appended at the edge", is_("x-forwarded-for", "1.1.1.1, 2.2.2.2,10.1.1.1"), [XFF], EDGE),
    ("an empty list is no element", is_("x-forwarded-for", "10.1.1.1"), [("x-forwarded-for", "")], EDGE),
    ("behind a hop the list is its own", is_("x-forwarded-for", "1.1.1.1, 2.2.2.2"), [XFF], {}),
    ("the client is the peer", is_("x-envoy-external-address", "10.1.1.1"), [XFF], EDGE),
    ("or whom one trusted hop saw", is_("x-envoy-external-address", "2.2.2.2"), [XFF], {**EDGE, "xff_num_trusted_hops": 1}),
    ("x-forwarded-proto is the wire's", is_("x-forwarded-proto", "http"), [("x-forwarded-proto", "https")], EDGE),
    ("that of a trusted hop stays", is_("x-forwarded-proto", "https"), [("x-forwarded-proto", "https")], {}),
    ("x-forwarded-port where asked for", is_("x-forwarded-port", "80"), [], {**EDGE, "append_x_forwarded_port": True}),
    ("via is appended", is_("via", "a, me"), [("via", "a")], {"via": "me"}),
    ("TE is trailers", is_("te", "trailers"), [("te", "gzip, trailers")], {}),
    ("a request id is drawn", has("x-request-id"), [], {}),
    ("one from outside is kept where asked for", is_("x-request-id", "abc"), [("x-request-id", "abc")],
     {**EDGE, "preserve_external_request_id": True}),
    ("internal by its range", is_("x-envoy-internal", "true"), [],
     {**EDGE, "internal_address_config": {"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("match", "headers", "settings"), [w[1:] for w in WRITTEN], ids=[w[0] for w in WRITTEN]
)
def test_written(match: Json, headers: list[tuple[str, str]], settings: Json) -> None:
    assert takes(match, get("/", "a.com", *headers), **settings)


GONE = [
    ("TE without trailers", "te", {}), ("x-envoy-internal", "x-envoy-internal", {}),
    ("of external callers: retries", "x-envoy-retry-on", {}),
    ("at the edge: the original host", "x-envoy-original-host", EDGE),
    ("Expect is answered here", "expect", {}),
    ("x-forwarded-client-cert is sanitized", "x-forwarded-client-cert", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings"), [g[1:] for g in GONE], ids=[g[0] for g in GONE])
def test_taken_away(name: str, settings: Json) -> None:
    assert not takes(has(name), get("/", "a.com", (name, "100-continue")), **settings)


def test_internal_only_headers_of_the_route_configuration() -> None:
    request = get("/", "a.com", ("x-secret", "1"))
    assert takes(has("x-secret"), request)
    assert not takes(has("x-secret"), request, {"internal_only_headers": ["X-Secret"]})


def test_without_x_forwarded_proto_no_route_is_found() -> None:
    request = get("/", "a.com", ("x-forwarded-proto", ""))
    assert not takes({"prefix": "/"}, request)


def test_early_mutations_come_before_the_route() -> None:
    kind = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    mutations = [{"append": {"header": {"key": "x-b", "value": "%REQ(x-a)%"}}}, {"remove": "x-a"}]
    extension = {
        "name": "m",
        "typed_config": {"@type": f"type.googleapis.com/{kind}", "mutations": mutations},
    }
    request = get("/", "a.com", ("x-a", "1"))
    assert takes(has("x-b", {"exact": "1"}), request, early_header_mutation_extensions=[extension])
    assert not takes(has("x-a"), request, early_header_mutation_extensions=[extension])


def detection(kind: str, **config: Any) -> Json:
    full = f"type.googleapis.com/envoy.extensions.http.original_ip_detection.{kind}"
    return {"original_ip_detection_extensions": [{"name": "d", "typed_config": {"@type": full, **config}}]}


CUSTOM = detection(
    "custom_header.v3.CustomHeaderConfig", header_name="x-ip", reject_with_status={"code": "OK"}
)
TRUSTED = {"cidrs": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}


def answered(request: Request, settings: Json) -> Passage:
    return routed(
        proxy([listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}))], **settings)}])]),
        request,
    )


def test_an_address_that_is_not_found_may_end_the_request() -> None:
    assert answered(get("/", "a.com", ("x-ip", "1.2.3.4")), CUSTOM).verdict.code == 200
    refused = answered(get("/", "a.com", ("x-ip", "bad")), CUSTOM).verdict
    assert (refused.code, refused.details) == (403, "rejecting_because_detection_failed")


@pytest.mark.parametrize(
    ("listed", "appended"), [("1.1.1.1, 10.2.2.2", "1.1.1.1, 10.2.2.2,10.1.1.1"), ("x", "x,10.1.1.1")]
)
def test_xff_of_trusted_ranges_appends_where_asked_for(listed: str, appended: str) -> None:
    settings = detection("xff.v3.XffConfig", xff_trusted_cidrs=TRUSTED, skip_xff_append=False)
    assert takes(is_("x-forwarded-for", appended), get("/", "a.com", ("x-forwarded-for", listed)), **settings)


MTLS = {
    "name": "tls",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"validation_context": {"trusted_ca": {"filename": "ca"}}},
    },
}  # fmt: skip
WHO = Tls("a.com", (), Peer(("spiffe://td/ns/a/sa/a",), (), "CN=a"), mesh=True)


@pytest.mark.parametrize(
    ("details", "value", "expected"),
    [
        ({"uri": True}, {"contains": "URI=spiffe://td/ns/a/sa/a"}, {"r"}),
        ({"subject": True}, {"contains": 'Subject="CN=a"'}, {"r"}),
        ({"uri": True}, {"exact": "URI=spiffe://td/ns/a/sa/a"}, {"r", None}),
    ],
)
def test_x_forwarded_client_cert_is_known_in_part(
    details: Json, value: Json, expected: set[str | None]
) -> None:
    filters = http(
        [virtual_host(route("r", has("x-forwarded-client-cert", value)))],
        forward_client_cert_details="SANITIZE_SET",
        set_current_client_cert_details=details,
    )
    built = proxy([listener([{"filters": filters, "transport_socket": MTLS}])])
    passages = ask(built, get(), tls=WHO)
    assert {passage.route_name for passage in passages} == expected
    assert all(passage.decided for passage in passages) == (len(expected) == 1)


DOT, ANY_PORT, MATCHING = (
    {"strip_trailing_host_dot": True},
    {"strip_any_host_port": True},
    {"strip_matching_host_port": True},
)
HOSTS = [  # settings, Host as it came, Host as it goes on; the listener's port is 80
    ({}, "a.com.:80", "a.com.:80"),
    (DOT, "a.com.", "a.com"), (DOT, "a.com", "a.com"), (DOT, "a.com.:80", "a.com:80"), (DOT, "a", "a"), (DOT, ".", ""),
    (DOT, ".a", ".a"), (DOT, "a.com.x", "a.com.x"), (DOT, ".:80", ":80"),
    (ANY_PORT, "a.com:80", "a.com"), (ANY_PORT, "a.com:81", "a.com"), (ANY_PORT, "a.com:x", "a.com:x"), (ANY_PORT, "a.com:", "a.com:"),
    (ANY_PORT, "[::1]:81", "[::1]"), (ANY_PORT, "[::1]", "[::1]"), (ANY_PORT, ":80", ""),
    (MATCHING, "a.com:80", "a.com"), (MATCHING, "a.com:81", "a.com:81"), (MATCHING, "a.com", "a.com"),
    ({**DOT, **ANY_PORT}, "a.com.:80", "a.com"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "came", "goes"), HOSTS)
def test_the_host_is_normalised(settings: Json, came: str, goes: str) -> None:
    assert takes(is_(":authority", goes), get("/", came), **settings)
