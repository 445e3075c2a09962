"""From a socket to the chain behind its handshake."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.extensions_transport_sockets_tls_v3 import CertificateValidationContext
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Peer
from meshctl.proxy.listen.handshake import _misnamed
from meshctl.proxy.model import Connection, Disposition, Passage, Payload, Stage, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.values import replace
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, tcp, virtual_host

Json = dict[str, Any]
_TYPES = "type.googleapis.com/envoy.extensions"
HOSTS = [virtual_host(route("r", {"prefix": "/"}))]


def inspector(kind: str, **fields: Any) -> Json:
    short = kind.rsplit(".", 1)[-1]
    return {"name": short, "typed_config": {"@type": f"{_TYPES}.filters.listener.{kind}", **fields}}


TLS_INSPECTOR = inspector("tls_inspector.v3.TlsInspector")
HTTP_INSPECTOR = inspector("http_inspector.v3.HttpInspector")


def proxy_protocol(**fields: Any) -> Json:
    return inspector("proxy_protocol.v3.ProxyProtocol", **fields)


def downstream(**common: Any) -> Json:
    context = {"require_client_certificate": common.pop("require", False), "common_tls_context": common}
    kind = f"{_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext"
    return {"name": "tls", "typed_config": {"@type": kind, **context}}


def reached(chain: Json, connection: Connection | None = None, **tls: Any) -> Passage:
    built = proxy([listener([{"name": "c", "filters": http(HOSTS), **chain}])])
    if connection is not None:
        return visit(built, built.listeners.all[0], connection, get(), silent=True)[0]
    return ask(built, get(), tls=Tls("a.com", **tls))[0]


def ends(chain: Json, **tls: Any) -> set[Disposition]:
    """How a request over TLS may end; where there are several ways, nothing says how often."""
    built = proxy([listener([{"name": "c", "filters": http(HOSTS), **chain}])])
    found = ask(built, get(), tls=Tls("a.com", **tls))
    assert all(passage.decided is (len(found) == 1) for passage in found)
    return {passage.verdict.disposition for passage in found}


CA = {"trusted_ca": {"filename": "ca"}}
NAMED = Peer(("spiffe://td/ns/a/sa/a",), ("a.com",))


def san(kind: str, **matcher: Any) -> Json:
    return {"match_typed_subject_alt_names": [{"san_type": kind, "matcher": matcher}]}


URI = san("URI", exact="spiffe://td/ns/a/sa/a")
HANDSHAKES: list[tuple[str, Json, Json, bool]] = [
    ("none is asked for", downstream(), {}, True),
    ("none is presented where one is optional", downstream(validation_context=CA), {}, True),
    ("one is required", downstream(validation_context=CA, require=True), {}, False),
    ("names demand one", downstream(validation_context=URI), {}, False),
    ("hashes demand one", downstream(validation_context={"verify_certificate_hash": ["aa"]}), {}, False),
    ("unless untrusted ones are accepted",
     downstream(validation_context={**URI, "trust_chain_verification": "ACCEPT_UNTRUSTED"}), {}, True),
    ("the name is there", downstream(validation_context=CA | URI), {"peer": NAMED, "mesh": True}, True),
    ("another name", downstream(validation_context=CA | san("DNS", exact="b.com")), {"peer": NAMED, "mesh": True}, False),
    ("a wildcard of the certificate", downstream(validation_context=CA | san("DNS", exact="x.a.com")),
     {"peer": Peer((), ("*.a.com",)), "mesh": True}, True),
    ("names of a combined context", downstream(combined_validation_context={
        "default_validation_context": URI, "validation_context_sds_secret_config": {"name": "ROOTCA"}}), {}, False),
    ("another authority", downstream(validation_context=CA), {"peer": NAMED}, False),
    ("TLS 1.3 only", downstream(tls_params={"tls_minimum_protocol_version": "TLSv1_3"}), {"max_version": "TLSv1_2"}, False),
    ("up to TLS 1.1", downstream(tls_params={"tls_minimum_protocol_version": "TLSv1_0",
                                            "tls_maximum_protocol_version": "TLSv1_1"}), {}, False),
    ("1.2 on both sides", downstream(), {"max_version": "TLSv1_2"}, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("socket", "tls", "ends"), [h[1:] for h in HANDSHAKES], ids=[h[0] for h in HANDSHAKES]
)
def test_handshake(socket: Json, tls: Json, ends: bool) -> None:
    found = reached({"transport_socket": socket}, **tls).verdict.disposition
    assert found is (Disposition.DELIVERED if ends else Disposition.CONNECTION_FAILED)


EITHER = {Disposition.DELIVERED, Disposition.CONNECTION_FAILED}


def test_a_hash_of_a_certificate_is_not_known() -> None:
    socket = downstream(validation_context={"verify_certificate_hash": ["aa"]})
    assert ends({"transport_socket": socket}, peer=NAMED, mesh=True) == EITHER


@pytest.mark.parametrize(
    ("suites", "decided"), [(["AES128-SHA"], False), (["[AES128-SHA|ECDHE-RSA-AES128-GCM-SHA256]"], True)]
)
def test_suites_that_a_client_may_not_have_are_undetermined_up_to_tls_12(
    suites: list[str], decided: bool
) -> None:
    socket = {"transport_socket": downstream(tls_params={"cipher_suites": suites})}
    assert ends(socket) == {Disposition.DELIVERED}
    assert ends(socket, max_version="TLSv1_2") == ({Disposition.DELIVERED} if decided else EITHER)


@pytest.mark.parametrize(
    ("codec", "server", "client", "spoken", "understood"),
    [
        ("AUTO", ["h2", "http/1.1"], ("h2",), "HTTP/1.1", False),
        ("AUTO", ["h2", "http/1.1"], ("h2", "http/1.1"), "HTTP/2", True),
        ("AUTO", ["h2", "http/1.1"], ("http/1.1",), "HTTP/2", False),
        ("AUTO", ["h2", "http/1.1"], (), "HTTP/2", True),
        ("AUTO", ["http/1.1"], ("h2", "http/1.1"), "HTTP/1.1", True),
        ("HTTP2", [], ("http/1.1",), "HTTP/1.1", False),
        ("HTTP1", ["h2"], ("h2",), "HTTP/1.1", True),
    ],
)
def test_the_version_that_is_expected(
    codec: str, server: list[str], client: tuple[str, ...], spoken: str, understood: bool
) -> None:
    chain = {"filters": http(HOSTS, codec_type=codec), "transport_socket": downstream(alpn_protocols=server)}
    built = proxy([listener([chain])])
    (passage,) = ask(built, get(protocol=spoken), tls=Tls("a.com", client))
    assert (passage.verdict.code == 200) is understood
    assert passage.logged is understood


HEADER = ("10.7.7.7", 5, "10.8.8.8", 443)
RAW = Connection("10.1.1.1", "10.9.9.9", 80, 40000)
OVER_TLS = replace(RAW, layers=(Tls("a.com"),), proxy_header=HEADER, proxy_version=2)


def chains(filters: list[Json]) -> Proxy:
    by_name = {"name": "name", "filter_chain_match": {"server_names": ["a.com"]}, "filters": tcp("c")}
    by_source = {
        "name": "source",
        "filter_chain_match": {"source_prefix_ranges": [{"address_prefix": "10.7.7.7", "prefix_len": 32}]},
        "filters": tcp("c"),
    }
    rest = {"name": "rest", "filters": tcp("c")}
    return proxy([listener([by_name, by_source], listener_filters=filters, default_filter_chain=rest)])


PROXIED: list[tuple[str, list[Json], Connection, str | None]] = [
    ("the header is taken off before the hello", [proxy_protocol(), TLS_INSPECTOR], OVER_TLS, "name"),
    ("it hides the hello from an inspector before", [TLS_INSPECTOR, proxy_protocol()], OVER_TLS, "source"),
    ("and from one that is alone", [TLS_INSPECTOR], OVER_TLS, "rest"),
    ("none, where one is wanted", [proxy_protocol()], RAW, None),
    ("none, where none is needed", [proxy_protocol(allow_requests_without_proxy_protocol=True)], RAW, "rest"),
    ("a version that is refused", [proxy_protocol(disallowed_versions=["V2"])], OVER_TLS, None),
    ("another version", [proxy_protocol(disallowed_versions=["V1"])], OVER_TLS, "source"),
    ("a version that is refused where none is needed: the client's own bytes", [proxy_protocol(disallowed_versions=["V2"], allow_requests_without_proxy_protocol=True), TLS_INSPECTOR], OVER_TLS, "rest"),
    ("silence", [proxy_protocol(allow_requests_without_proxy_protocol=True)], replace(RAW, payload=Payload.NONE), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "connection", "chain"), [p[1:] for p in PROXIED], ids=[p[0] for p in PROXIED]
)
def test_proxy_headers(filters: list[Json], connection: Connection, chain: str | None) -> None:
    built = chains(filters)
    (passage,) = visit(built, built.listeners.all[0], connection, None, silent=True)
    assert passage.filter_chain == chain
    if chain is None:
        ended = (passage.verdict.disposition, passage.verdict.code, passage.logged)
        assert ended == (Disposition.DROPPED, 0, False)


def test_a_version_that_is_not_told_is_undetermined() -> None:
    built = chains([proxy_protocol(disallowed_versions=["V1"])])
    told = replace(OVER_TLS, proxy_version=0)
    taken, refused = visit(built, built.listeners.all[0], told, None, silent=True)
    assert (taken.filter_chain, refused.filter_chain) == (None, "source")
    assert taken.verdict.disposition is Disposition.DROPPED
    assert taken.undetermined == refused.undetermined != ()


def test_use_proxy_proto_stands_for_the_filter() -> None:
    built = proxy([listener([{"name": "c", "use_proxy_proto": True, "filters": tcp("c")}])])
    (passage,) = visit(built, built.listeners.all[0], RAW, None, silent=True)
    assert passage.verdict.disposition is Disposition.DROPPED


@pytest.mark.parametrize(
    ("src", "dst", "local"),
    [
        ("127.0.0.1", "10.9.9.9", True), ("::1", "fd00::9", True), ("10.9.9.9", "10.9.9.9", True),
        ("127.0.0.6", "127.0.0.1", False), ("127.0.0.6", "127.0.0.6", True), ("10.1.1.1", "10.9.9.9", False),
    ],
)  # fmt: skip
def test_a_local_source_is_loopback_itself_or_the_own_address(src: str, dst: str, local: bool) -> None:
    kinds = [("local", "SAME_IP_OR_LOOPBACK"), ("far", "EXTERNAL")]
    found = [{"name": n, "filter_chain_match": {"source_type": t}, "filters": tcp("c")} for n, t in kinds]
    (passage,) = ask(proxy([listener(found)]), src=src, dst=(dst, 80))
    assert passage.filter_chain == ("local" if local else "far")


def test_a_source_that_is_not_told_is_undetermined_only_where_it_is_asked() -> None:
    local = {
        "name": "local",
        "filter_chain_match": {"source_type": "SAME_IP_OR_LOOPBACK"},
        "filters": tcp("c"),
    }
    any_ = {"name": "any", "filters": tcp("c")}
    assert chains_of(local, any_) == ["local", "any"]
    assert chains_of(any_) == ["any"]


def test_a_source_that_is_not_told_may_be_in_each_range_that_is_asked_for() -> None:
    def near(name: str, prefix: str, length: int) -> Json:
        ranges = [{"address_prefix": prefix, "prefix_len": length}]
        return {"name": name, "filter_chain_match": {"source_prefix_ranges": ranges}, "filters": tcp("c")}

    any_ = {"name": "any", "filters": tcp("c")}
    assert chains_of(near("a", "10.0.0.0", 8), near("b", "10.1.0.0", 16), any_) == ["b", "a", "any"]
    tree = {"matcher_tree": {
        "input": {"name": "i", "typed_config": {
            "@type": "x/envoy.extensions.matching.common_inputs.network.v3.SourceIPInput"}},
        "custom_match": {"name": "ip", "typed_config": {
            "@type": "x/xds.type.matcher.v3.IPMatcher", "range_matchers": [
                {"ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}], "on_match": {"action": {"name": "any"}}}]}},
    }}  # fmt: skip
    assert chains_of(any_, filter_chain_matcher=tree) == ["any", None]


def chains_of(*found: Json, **settings: Any) -> list[str | None]:
    """The chains that may take a connection whose source is not told; where there are several, nothing says how often."""
    passages = ask(proxy([listener(list(found), **settings)]), src="")
    assert all(passage.decided is (len(passages) == 1) for passage in passages)
    return [passage.filter_chain for passage in passages]


@pytest.mark.parametrize(
    ("match", "port", "decided"),
    [
        ({"destination_port": "many"}, 80, False), ({"of_tomorrow": 1}, 80, False),
        ({"destination_port": 81, "of_tomorrow": 1}, 80, True), ({"source_type": "NEAR"}, 80, False),
    ],
)  # fmt: skip
def test_a_chain_that_cannot_be_read_decides_nothing_unless_it_fails_anyhow(
    match: Json, port: int, decided: bool
) -> None:
    found = [
        {"name": "odd", "filter_chain_match": match, "filters": tcp("c")},
        {"name": "c", "filters": tcp("c")},
    ]
    passages = ask(proxy([listener(found)]), dst=("10.9.9.9", port))
    assert [passage.filter_chain for passage in passages] == (["c"] if decided else ["odd", "c"])
    assert all(passage.decided is decided for passage in passages)


def test_a_chain_that_cannot_be_read_may_hide_chains_that_ask_for_less() -> None:
    found = [
        {
            "name": "odd",
            "filter_chain_match": {"destination_port": 80, "of_tomorrow": 1},
            "filters": tcp("c"),
        },
        {"name": "c", "filters": tcp("c")},
    ]
    passages = ask(proxy([listener(found)]))
    assert [passage.filter_chain for passage in passages] == ["odd", None, "c"]


def test_an_unknown_listener_filter_leaves_the_answer_open() -> None:
    odd = {"name": "odd", "typed_config": {"@type": "type.googleapis.com/vendor.Filter"}}
    built = proxy([listener([{"name": "c", "filters": tcp("c")}], listener_filters=[odd])])
    passages = ask(built)
    assert {p.verdict.disposition for p in passages} == {Disposition.DELIVERED, Disposition.UNDETERMINED}
    assert not any(p.decided for p in passages)


@pytest.mark.parametrize(
    ("filter_", "chain"),
    [
        ({"name": "envoy.filters.listener.tls_inspector"}, "name"),
        ({"name": "envoy.listener.tls_inspector"}, "name"),
        (
            {
                "name": "envoy.filters.listener.tls_inspector",
                "typed_config": {"@type": "x/vendor.TlsInspector"},
            },
            None,
        ),
    ],
)
def test_a_listener_filter_is_known_by_its_full_type_or_else_by_its_name(
    filter_: Json, chain: str | None
) -> None:
    built = chains([filter_])
    passages = visit(built, built.listeners.all[0], replace(OVER_TLS, proxy_header=None), None, silent=True)
    assert (passages[0].filter_chain if len(passages) == 1 else None) == chain


def test_a_udp_listener_takes_no_tcp_connection_and_quic_takes_http3() -> None:
    quic = listener([{"name": "q", "filters": http(HOSTS)}])
    quic["name"] = "quic"
    quic["address"]["socket_address"]["protocol"] = "UDP"
    quic["udp_listener_config"] = {"quic_options": {}}
    built = proxy([quic, listener([{"name": "c", "filters": http(HOSTS)}])])
    found = built.listeners.bound_to(80), built.listeners.quic(80)
    assert [x.name for x in found if x] == ["0.0.0.0_80", "quic"]
    assert built.listeners.at("10.9.9.9", 80)[0] is found[0]


def test_a_listener_that_the_runtime_closes_resets() -> None:
    layer = {"envoy.resource_limits.listener.0.0.0.0_80.connection_limit": 0}
    bootstrap = {"layered_runtime": {"layers": [{"name": "s", "static_layer": layer}]}}
    built = proxy([listener([{"name": "c", "filters": tcp("c")}])], bootstrap=bootstrap)
    (passage,) = ask(built)
    assert (passage.verdict.disposition, passage.logged) == (Disposition.DROPPED, False)


def test_a_matcher_that_names_no_chain_closes_though_there_is_a_default() -> None:
    matcher = {"on_no_match": {"action": {"name": "gone", "typed_config": {"value": "gone"}}}}
    rest = {"name": "rest", "filters": tcp("c")}
    built = proxy([listener([rest], filter_chain_matcher=matcher, default_filter_chain=rest)])
    verdict = ask(built)[0].verdict
    assert (verdict.disposition, verdict.code) == (Disposition.NO_FILTER_CHAIN, 0)
    assert (verdict.flags, verdict.details) == ("NR", "filter_chain_not_found")


SOCKETS = f"{_TYPES}.transport_sockets."
OWN_TLS = downstream(alpn_protocols=["h2"])


def wrapped(kind: str, **fields: Any) -> Json:
    return {"name": "s", "typed_config": {"@type": f"{SOCKETS}{kind}", **fields}}


CONTEXTS: list[tuple[Json, bool]] = [  # a chain, whether it ends TLS
    ({}, False), ({"transport_socket": OWN_TLS}, True), ({"tls_context": {"common_tls_context": {}}}, True), ({"transport_socket": wrapped("raw_buffer.v3.RawBuffer")}, False), ({"transport_socket": {"name": "s"}}, False),
    ({"transport_socket": wrapped("tap.v3.Tap", transport_socket=OWN_TLS)}, True), ({"transport_socket": wrapped("tap.v3.Tap", transport_socket=wrapped("raw_buffer.v3.RawBuffer"))}, False),
    ({"transport_socket": wrapped("quic.v3.QuicDownstreamTransport", downstream_tls_context=OWN_TLS["typed_config"])}, True), ({"transport_socket": wrapped("quic.v3.QuicDownstreamTransport")}, True),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "ends"), CONTEXTS)
def test_whether_a_chain_ends_tls(chain: Json, ends: bool) -> None:
    (found,) = proxy([listener([{"name": "c", "filters": tcp("c"), **chain}])]).listeners.all[0].chains
    assert (found.tls is not None) is ends


@pytest.mark.parametrize(
    ("filters", "src", "sources", "mark"),
    [
        ([], "10.1.1.1", (), 0),
        ([inspector("original_src.v3.OriginalSrc")], "10.1.1.1", ("10.1.1.1",), 0),
        ([inspector("original_src.v3.OriginalSrc", mark=7)], "10.1.1.1", ("10.1.1.1",), 7),
        ([inspector("original_src.v3.OriginalSrc", mark=7)], "", (), 0),
    ],
)
def test_the_clients_address_may_go_on(
    filters: list[Json], src: str, sources: tuple[str, ...], mark: int
) -> None:
    built = proxy([listener([{"name": "c", "filters": tcp("c")}], listener_filters=filters)])
    (passage,) = ask(built, payload=Payload.RAW, src=src)
    assert passage.upstream is not None
    assert (passage.upstream.source_ips, passage.upstream.mark) == (sources, mark)


TO_PORT = {"filter_chain_match": {"destination_port": 81}}
ENDED = "no chain matches (it ends at destination port)"
STEPS: list[tuple[list[Json], Json, tuple[str, str], list[str]]] = [  # chains, more of the listener, what the step says, the chains that were not taken
    ([{"name": "a"}], {}, ("a, 1 of 1", "any connection"), []), ([{}], {}, ("1 of 1", "any connection"), []), ([{"name": "b", **TO_PORT}, {"name": "a"}], {}, ("a, 2 of 2", "any connection"), ["b"]),
    ([{"name": "b", **TO_PORT}], {"default_filter_chain": {"filters": tcp("c")}}, ("default filter chain (default)", ENDED), ["b"]), ([{"name": "b", **TO_PORT}], {"default_filter_chain": {"name": "d", "filters": tcp("c")}}, ("d (default)", ENDED), ["b"]),
    ([{"name": "b", **TO_PORT}], {}, ("none", ENDED), ["b"]),
]  # fmt: skip


@pytest.mark.parametrize(("chains", "more", "said", "rejected"), STEPS)
def test_what_is_told_of_the_choice_of_a_chain(
    chains: list[Json], more: Json, said: tuple[str, str], rejected: list[str]
) -> None:
    built = proxy([listener([{"filters": tcp("c"), **one} for one in chains], **more)])
    (passage,) = ask(built, payload=Payload.RAW, silent=False)
    (step,) = [one for one in passage.steps if one.stage is Stage.CHAIN]
    assert (step.chosen, step.detail) == said
    assert len(step.rejected) == len(rejected) and all(
        name in one.name for name, one in zip(rejected, step.rejected, strict=True)
    )


PEER = Peer(("spiffe://td/a",), ("*.b.com", "a.com"))


def named(kind: str, **matcher: str) -> Json:
    return {"san_type": kind, "matcher": matcher}


MATCHED: list[tuple[Json, bool]] = [  # what a chain asks of the client's names, whether they are
    ({}, True), ({"match_typed_subject_alt_names": [named("URI", exact="spiffe://td/a")]}, True), ({"match_typed_subject_alt_names": [named("URI", exact="a.com")]}, False),
    ({"match_typed_subject_alt_names": [named("DNS", exact="a.com")]}, True), ({"match_typed_subject_alt_names": [named("DNS", exact="x.b.com")]}, True), ({"match_typed_subject_alt_names": [named("DNS", exact="x.y.b.com")]}, False),
    ({"match_typed_subject_alt_names": [named("DNS", prefix="x.")]}, False), ({"match_typed_subject_alt_names": [{"san_type": "URI"}]}, False), ({"match_typed_subject_alt_names": [named("URI", exact="no"), named("DNS", exact="A.com")]}, False),
    ({"match_subject_alt_names": [{"exact": "a.com"}]}, True), ({"match_subject_alt_names": [{"prefix": "spiffe://"}]}, True), ({"match_subject_alt_names": [{"exact": "no"}]}, False),
]  # fmt: skip


@pytest.mark.parametrize(("validation", "fits"), MATCHED)
def test_a_clients_names_must_be_those_that_a_chain_asks_for(validation: Json, fits: bool) -> None:
    assert (_misnamed(CertificateValidationContext(validation), PEER) == "") is fits


@pytest.mark.parametrize(
    "validation",
    [
        {"verify_certificate_hash": ["a"]},
        {"verify_certificate_spki": ["a"]},
        {"match_typed_subject_alt_names": [named("EMAIL", exact="a@b")]},
    ],
)
def test_what_a_certificate_has_beside_its_names_is_not_known(validation: Json) -> None:
    with pytest.raises(Undecidable):
        _misnamed(CertificateValidationContext(validation), PEER)
