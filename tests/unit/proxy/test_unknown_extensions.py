"""An extension that meshctl does not know leaves open what it decides, and nothing besides."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.config_core_v3 import TransportSocket
from meshctl.match.request_view import Peer, RequestView
from meshctl.proxy.model import Disposition as D
from meshctl.proxy.model import Tls
from meshctl.proxy.upstream.tls import tls_of
from tests.unit.proxy.build import ask, cluster, get, http, listener, proxy, route, routed, virtual_host
from tests.unit.proxy.filters.chains import a_filter

Json = dict[str, Any]

ALL: Json = {"prefix": "/"}
MY: Json = {"name": "mine", "typed_config": {"@type": "type.googleapis.com/my.Extension"}}
BY_PATH = [{"header": {"header_name": ":path"}}]


def with_routes(*routes: Json, clusters: tuple[Json, ...] = (), **more: Any) -> Any:
    return proxy([listener([{"filters": http([virtual_host(*routes)], **more)}])], clusters)


def test_a_path_rewrite_leaves_the_path_open_and_tells_the_rest() -> None:
    passage = routed(with_routes(route("r", ALL, path_rewrite_policy=MY)), get("/x"))
    assert (passage.verdict.disposition, dict(passage.upstream_hosts)) == (
        D.DELIVERED,
        {"10.0.0.1:8080": 1.0},
    )
    assert passage.undetermined == ("the path that is sent: the path rewrite policy mine is not evaluated",)
    assert passage.upstream_req_host == "a.com"
    assert passage.upstream is not None
    assert passage.upstream.request is not None
    by = "the path rewrite policy mine"
    assert passage.upstream.request.opaque == {":path": by, "x-envoy-original-path": by}


@pytest.mark.parametrize(
    ("asked", "open_"), [(":path", True), (":authority", False), ("x-envoy-original-path", True)]
)
def test_what_reads_the_path_that_is_sent_is_open(asked: str, open_: bool) -> None:
    many = cluster("c", "10.0.0.1:1", "10.0.0.2:1", lb_policy="RING_HASH")
    hashed = route("r", ALL, path_rewrite_policy=MY, hash_policy=[{"header": {"header_name": asked}}])
    passage = routed(with_routes(hashed, clusters=(many,)), get("/x"))
    assert any("hash key" in reason for reason in passage.undetermined) is open_


def test_the_next_proxy_does_not_know_the_path_and_knows_the_rest() -> None:
    """Both routes are followed there, by the same question."""
    sent = get("/x", "a.com", opaque={":path": "the path rewrite policy mine"})
    passages = ask(with_routes(route("a", {"path": "/x"}), route("b", ALL)), sent)
    assert sorted((p.route_name or "", p.decided) for p in passages) == [("a", False), ("b", False)]
    by_method = {"prefix": "/", "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]}
    assert routed(with_routes(route("m", by_method)), sent).route_name == "m"


def test_a_view_whose_path_is_open_knows_host_and_method() -> None:
    view = RequestView({":path": ["/x"], ":method": ["GET"], ":authority": ["a"]}, opaque={":path": "X"})
    assert (view.first(":method"), view.first("host"), view.is_connect) == ("GET", "a", False)


DETECTS: Json = {"original_ip_detection_extensions": [MY]}
INTERNAL: Json = {
    **DETECTS,
    "internal_address_config": {"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]},
}
WHO = "the client's address is found by mine, which meshctl does not know"


def allowing(principal: Json) -> Json:
    policy = {"permissions": [{"any": True}], "principals": [principal]}
    return a_filter("rbac.v3.RBAC", rules={"policies": {"p": policy}})


def by_input(kind: str) -> Json:
    """A matcher that denies the source 1.2.3.4."""
    base = "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3."
    action = {
        "name": "a",
        "typed_config": {"@type": "type.googleapis.com/envoy.config.rbac.v3.Action", "name": "a"},
    }
    denies = {**action, "typed_config": {**action["typed_config"], "action": "DENY"}}
    tree = {
        "input": {"name": "i", "typed_config": {"@type": base + kind}},
        "exact_match_map": {"map": {"1.2.3.4": {"action": denies}}},
    }
    return a_filter("rbac.v3.RBAC", matcher={"matcher_tree": tree, "on_no_match": {"action": action}})


def test_who_finds_the_client_may_refuse_the_request_and_tells_the_rest() -> None:
    refused, delivered = ask(with_routes(route("r", ALL), **DETECTS), get("/"))
    assert (refused.verdict.disposition, refused.verdict.reason) == (D.UNDETERMINED, WHO)
    assert (delivered.verdict.disposition, delivered.decided, delivered.undetermined) == (
        D.DELIVERED,
        False,
        (WHO,),
    )
    assert delivered.upstream is not None
    assert delivered.upstream.request is not None
    assert set(delivered.upstream.request.opaque) == {"x-forwarded-for"}


def test_a_request_that_the_codec_refuses_has_no_client() -> None:
    assert routed(with_routes(route("r", ALL), **DETECTS), get("/", None)).verdict.code == 400


RANGE: Json = {"address_prefix": "10.0.0.0", "prefix_len": 8}
OF_CLIENT: list[tuple[str, tuple[Json, ...], bool]] = [  # filters, whether the client's address decides
    ("the client", (allowing({"remote_ip": RANGE}),), True),
    ("the peer of the connection", (allowing({"direct_remote_ip": RANGE}),), False),
    ("the source of a matcher", (by_input("SourceIPInput"),), True),
    ("the direct source of a matcher", (by_input("DirectSourceIPInput"),), False),
    ("a source of this host", (by_input("SourceTypeInput"),), True),
    ("the list of addresses", (allowing({"header": {"name": "x-forwarded-for", "present_match": True}}),), True),
    ("another header", (allowing({"header": {"name": "x-a", "present_match": True, "invert_match": True}}),), False),
    ("a tag of an address", (a_filter("ip_tagging.v3.IPTagging", request_type="BOTH", ip_tags=[{"ip_tag_name": "t", "ip_list": [RANGE]}]),), True),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "open_"), [c[1:] for c in OF_CLIENT], ids=[c[0] for c in OF_CLIENT])
def test_what_asks_for_the_client_is_open(filters: tuple[Json, ...], open_: bool) -> None:
    passages = ask(with_routes(route("r", ALL), filters=filters, **DETECTS), get("/"))
    assert len(passages) == (3 if open_ and "ip_tags" not in str(filters) else 2)


@pytest.mark.parametrize(("settings", "open_"), [(DETECTS, False), (INTERNAL, True)])
def test_whether_a_client_that_is_not_known_is_internal_is_open(settings: Json, open_: bool) -> None:
    internal = allowing({"header": {"name": "x-envoy-internal", "present_match": True}})
    passages = ask(with_routes(route("r", ALL), filters=(internal,), **settings), get("/"))
    assert len(passages) == (3 if open_ else 2)


def test_a_hash_and_a_format_of_a_client_that_is_not_known_are_open() -> None:
    hashed = route("r", ALL, hash_policy=[{"connection_properties": {"source_ip": True}}])
    hashed["response_headers_to_add"] = [
        {"header": {"key": "location", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}}
    ]
    many = cluster("c", "10.0.0.1:1", "10.0.0.2:1", lb_policy="RING_HASH")
    _, delivered = ask(with_routes(hashed, clusters=(many,), **DETECTS), get("/"))
    assert [reason.split(":")[0] for reason in delivered.undetermined] == [
        WHO,
        "the hash key",
        "the Location of the answer",
    ]


SOCKET = "the transport socket my.Extension is not known"
CERTIFICATE = Tls(sni="a.com", peer=Peer(("spiffe://a",)), mesh=True)
OF_ITS_TLS: list[
    tuple[str, Tls | None, list[tuple[D, str | None]]]
] = [  # the client's TLS, and who passes whom
    ("plain text", None, [(D.DELIVERED, "no"), (D.UNDETERMINED, None)]),
    ("TLS", Tls(sni="a.com"), [(D.DELIVERED, "tls"), (D.UNDETERMINED, None)]),
    ("a certificate", CERTIFICATE, [(D.DELIVERED, "peer"), (D.DELIVERED, "tls"), (D.UNDETERMINED, None)]),
]


@pytest.mark.parametrize(("tls", "found"), [t[1:] for t in OF_ITS_TLS], ids=[t[0] for t in OF_ITS_TLS])
def test_a_socket_that_accepts_connections_is_followed_where_it_does_as_envoys_own(
    tls: Tls | None, found: list[tuple[D, str | None]]
) -> None:
    """What is known of the client is told by the route: with a certificate, with TLS, with neither."""
    presented = {"prefix": "/", "tls_context": {"presented": True}}
    secure = {"prefix": "/", "headers": [{"name": "x-forwarded-proto", "string_match": {"exact": "https"}}]}
    hosts = [virtual_host(route("peer", presented), route("tls", secure), route("no", ALL))]
    built = proxy([listener([{"filters": http(hosts), "transport_socket": MY}])])
    passages = ask(built, get(), tls=tls)
    told = sorted((p.verdict.disposition.name, p.route_name or "") for p in passages)
    assert told == sorted((disposition.name, name or "") for disposition, name in found)
    assert all(p.undetermined == (SOCKET,) and not p.decided for p in passages)


def test_a_socket_to_a_host_may_fail_and_where_it_succeeds_the_rest_is_told() -> None:
    own = cluster("c", "10.0.0.1:8080", transport_socket=MY)
    failed, delivered = ask(with_routes(route("r", ALL), clusters=(own,)), get("/"))
    assert (failed.verdict.disposition, failed.verdict.reason) == (D.UNDETERMINED, f"cluster c: {SOCKET}")
    assert (delivered.verdict.disposition, delivered.decided) == (D.DELIVERED, False)
    assert delivered.undetermined == (f"cluster c: {SOCKET}",)


KINDS = "type.googleapis.com/envoy.extensions.transport_sockets."
KNOWN_SOCKETS: list[tuple[Json, str | None]] = [  # to a host, and the name that its TLS has
    ({"name": "raw"}, None), ({"name": "raw", "typed_config": {"@type": f"{KINDS}raw_buffer.v3.RawBuffer"}}, None),
    ({"name": "tls", "typed_config": {"@type": f"{KINDS}tls.v3.UpstreamTlsContext", "sni": "s"}}, "s"),
    ({"name": "quic", "typed_config": {"@type": f"{KINDS}quic.v3.QuicUpstreamTransport", "upstream_tls_context": {"sni": "s"}}}, "s"),
    ({"name": "tap", "typed_config": {"@type": f"{KINDS}tap.v3.Tap", "transport_socket": {"name": "tls", "typed_config": {"@type": f"{KINDS}tls.v3.UpstreamTlsContext", "sni": "s"}}}}, "s"),
    ({"name": "tap", "typed_config": {"@type": f"{KINDS}tap.v3.Tap", "transport_socket": {"name": "raw"}}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("socket", "sni"), KNOWN_SOCKETS)
def test_the_tls_of_a_socket_that_is_known(socket: Json, sni: str | None) -> None:
    found = tls_of(TransportSocket(socket))
    assert (None if found is None else found.sni) == sni
