"""What is known when a chain is chosen, filter by filter; what a matcher may ask; handshakes by version and certificate."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api import config_listener_v3 as api
from meshctl.envoy.message import Undecidable
from meshctl.match.filter_chains import Facts
from meshctl.match.request_view import Peer
from meshctl.proxy.listen import accept
from meshctl.proxy.listen.accept import chain_inputs, is_disabled
from meshctl.proxy.listen.handshake import handshake
from meshctl.proxy.listen.listeners import Filter, Listener
from meshctl.proxy.model import Connection, Disposition, Payload, Tls, Verdict
from meshctl.values import replace
from tests.unit.proxy.build import listener, proxy, tcp
from tests.unit.proxy.test_listen import HTTP_INSPECTOR, TLS_INSPECTOR, downstream, inspector

Json = dict[str, Any]
NETWORK = "envoy.extensions.matching.common_inputs.network.v3."
FACTS = Facts("10.1.1.1", 443, "10.2.2.2", 7, "10.3.3.3", "s.com", "tls", ("h2", "x"))
BARE = Facts()
INPUTS = [  # an input, its value of FACTS, of a connection of which nothing is known
    ("DestinationIPInput", "10.1.1.1", None), ("DestinationPortInput", "443", None), ("SourceIPInput", "10.2.2.2", None), ("SourcePortInput", "7", None), ("DirectSourceIPInput", "10.3.3.3", None),
    ("SourceTypeInput", None, None), ("ServerNameInput", "s.com", None), ("TransportProtocolInput", "tls", "raw_buffer"), ("ApplicationProtocolInput", "'h2','x'", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "bare"), INPUTS)
def test_what_a_matcher_of_chains_may_ask(name: str, value: str | None, bare: str | None) -> None:
    assert (chain_inputs(FACTS)(NETWORK + name, {}), chain_inputs(BARE)(NETWORK + name, {})) == (value, bare)
    assert chain_inputs(FACTS)(name, {}) == value


def test_a_source_port_that_is_not_told_is_no_value_of_a_matcher() -> None:
    with pytest.raises(Undecidable, match="the source port of the connection is not told"):
        chain_inputs(replace(FACTS, src_port=0))(NETWORK + "SourcePortInput", {})


def test_a_local_source_and_inputs_that_are_not_known() -> None:
    assert chain_inputs(replace(FACTS, src_ip="127.0.0.1"))(NETWORK + "SourceTypeInput", {}) == "local"
    for name in (NETWORK + "OtherInput", "my.own.SourceIPInput"):
        with pytest.raises(Undecidable, match="is not known from the connection"):
            chain_inputs(FACTS)(name, {})


def ports(start: int, end: int) -> Json:
    return {"destination_port_range": {"start": start, "end": end}}


PREDICATES = [  # a listener filter's predicate, whether it is off for port 80
    (None, False), ({}, False), ({"any_match": True}, True), ({"any_match": False}, False), (ports(80, 81), True), (ports(81, 90), False), (ports(79, 80), False),
    ({"not_match": ports(80, 81)}, False), ({"not_match": ports(81, 82)}, True), ({"or_match": {"rules": [ports(1, 2), ports(80, 81)]}}, True), ({"or_match": {"rules": [ports(1, 2)]}}, False),
    ({"and_match": {"rules": [ports(1, 100), ports(80, 81)]}}, True), ({"and_match": {"rules": [ports(1, 100), ports(1, 2)]}}, False),
]  # fmt: skip


@pytest.mark.parametrize(("message", "off"), PREDICATES)
def test_where_a_listener_filter_is_off(message: Json | None, off: bool) -> None:
    assert is_disabled(None if message is None else api.ListenerFilterChainMatchPredicate(message), 80) is off


def made(*filters: Json, **more: Any) -> Listener:
    return proxy([listener([{"filters": tcp("c")}], listener_filters=list(filters), **more)]).listeners.all[0]


ORIGINAL = inspector("original_dst.v3.OriginalDst")
HELLO = Tls("S.com", ("h2",))
HEADER = ("10.5.5.5", 5, "10.6.6.6", 6)
CAME = Connection("10.2.2.2", "10.1.1.1", 443, 7, Payload.HTTP1, socket=("127.0.0.1", 15001))
SEEN = [  # listener filters, the connection, what is known behind them (fields of Facts), the words
    ((), CAME, {"dst_ip": "127.0.0.1", "dst_port": 15001, "src_ip": "10.2.2.2", "direct_src_ip": "10.2.2.2"}, ()), ((ORIGINAL,), CAME, {"dst_ip": "10.1.1.1", "dst_port": 443}, ()),
    ((ORIGINAL,), replace(CAME, restored=False), {"dst_ip": "127.0.0.1", "dst_port": 15001}, ()),
    ((TLS_INSPECTOR,), CAME, {"transport": "raw_buffer", "sni": "", "alpn": ()}, ("tls_inspector saw no TLS",)),
    ((TLS_INSPECTOR,), replace(CAME, layers=(HELLO,)), {"transport": "tls", "sni": "s.com", "alpn": ("h2",)}, ("tls_inspector saw TLS, SNI S.com, ALPN h2",)),
    ((TLS_INSPECTOR,), replace(CAME, layers=(Tls(),)), {"transport": "tls", "sni": "", "alpn": ()}, ("tls_inspector saw TLS, SNI none, ALPN none",)),
    ((TLS_INSPECTOR,), replace(CAME, layers=(HELLO,), proxy_header=HEADER), {"transport": "raw_buffer", "sni": ""}, ("tls_inspector saw no TLS",)),
    ((HTTP_INSPECTOR,), CAME, {"alpn": ("http/1.1",)}, ("http_inspector saw http/1.1",)), ((HTTP_INSPECTOR,), replace(CAME, payload=Payload.HTTP2), {"alpn": ("h2c",)}, ("http_inspector saw h2c",)),
    ((HTTP_INSPECTOR,), replace(CAME, payload=Payload.HTTP10), {"alpn": ("http/1.0",)}, ("http_inspector saw http/1.0",)), ((HTTP_INSPECTOR,), replace(CAME, payload=Payload.RAW), {"alpn": ()}, ("http_inspector saw no HTTP",)),
    ((HTTP_INSPECTOR,), replace(CAME, layers=(HELLO,)), {"alpn": ()}, ("http_inspector saw no HTTP",)), ((HTTP_INSPECTOR,), replace(CAME, proxy_header=HEADER), {"alpn": ()}, ("http_inspector saw no HTTP",)),
    ((TLS_INSPECTOR, HTTP_INSPECTOR), replace(CAME, layers=(HELLO,)), {"alpn": ("h2",)}, ("tls_inspector saw TLS, SNI S.com, ALPN h2",)),
    ((inspector("proxy_protocol.v3.ProxyProtocol"),), replace(CAME, proxy_header=HEADER), {"src_ip": "10.5.5.5", "src_port": 5, "dst_ip": "10.6.6.6", "dst_port": 6},
     ("proxy_protocol took the addresses of the PROXY header",)),
    (({**TLS_INSPECTOR, "filter_disabled": ports(15001, 15002)},), replace(CAME, layers=(HELLO,)), {"transport": "raw_buffer"}, ("TlsInspector is off for port 15001",)),
    ((), replace(CAME, payload=Payload.HTTP3, layers=(HELLO,)), {"transport": "quic", "sni": "s.com", "alpn": ("h2",)}, ("QUIC",)), ((), replace(CAME, payload=Payload.HTTP3), {"transport": "quic", "alpn": ("h3",)}, ("QUIC",)),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "connection", "known", "words"), SEEN)
def test_what_listener_filters_make_known(
    filters: tuple[Json, ...], connection: Connection, known: Json, words: tuple[str, ...]
) -> None:
    one = made(*filters)
    found = accept.inspect(one, connection, accept.arrival(one, connection))
    assert {name: getattr(found.facts, name) for name in known} == known
    assert (found.seen, found.ended) == (words, None)


def test_what_two_listeners_made_known() -> None:
    first = accept.Accepted(FACTS, ("a", "b"), doubts=("x",), restored=True)
    second = accept.Accepted(BARE, ("b", "c"), doubts=("x", "y"))
    both = accept.again(first, second)
    assert (both.facts, both.seen, both.doubts, both.restored) == (BARE, ("a", "b", "c"), ("x", "y"), True)
    assert accept.again(second, replace(first, restored=True)).restored
    assert not accept.again(second, second).restored


SILENT = replace(CAME, payload=Payload.NONE)
SILENCE = [  # settings of a listener that inspects, how a client that sends nothing ends
    ({}, "the client sent nothing within the listener filters' timeout"), ({"continue_on_listener_filters_timeout": True}, None),
    ({"listener_filters_timeout": "0s"}, "the client sends nothing and the listener waits for its first bytes without a timeout"),
    ({"listener_filters_timeout": "0s", "continue_on_listener_filters_timeout": True}, "the client sends nothing and the listener waits for its first bytes without a timeout"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "reason"), SILENCE)
def test_a_client_that_sends_nothing(settings: Json, reason: str | None) -> None:
    one = made(TLS_INSPECTOR, **settings)
    found = accept.inspect(one, SILENT, accept.arrival(one, SILENT))
    assert found.ended == (Verdict(Disposition.DROPPED, 0, None, None, reason) if reason else None)
    plain = made()
    assert accept.inspect(plain, SILENT, accept.arrival(plain, SILENT)).ended is None


@pytest.mark.parametrize(("type_name", "name", "kind"), [
    ("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", "x", "tls_inspector"), ("envoy.config.filter.listener.original_dst.v2.OriginalDst", "", "original_dst"),
    ("", "envoy.filters.listener.original_dst", "original_dst"), ("", "envoy.listener.tls_inspector", "tls_inspector"), ("", "mine", ""), ("my.Type", "envoy.filters.listener.original_dst", ""),
])  # fmt: skip
def test_a_listener_filter_by_its_type_else_by_its_name(type_name: str, name: str, kind: str) -> None:
    assert accept.listener_filter_kind(Filter(name, type_name, {}, {})) == kind


def chain(socket: Json) -> Any:
    return proxy([listener([{"filters": tcp("c"), "transport_socket": socket}])]).listeners.all[0].chains[0]


def versions(low: str = "", high: str = "") -> Json:
    return {
        "tls_params": {
            k: v
            for k, v in (("tls_minimum_protocol_version", low), ("tls_maximum_protocol_version", high))
            if v
        }
    }


V = {n: f"TLSv1_{n}" for n in range(4)}
VERSIONS = [  # the server's range, the client's newest, why they have none in common
    ("", "", "", ""), ("", "", V[2], ""), ("", "", V[1], "the chain takes TLSv1_2 to TLSv1_3, the client TLSv1_1 to TLSv1_1"), (V[3], "", V[2], "the chain takes TLSv1_3 to TLSv1_3, the client TLSv1_2 to TLSv1_2"),
    (V[0], V[1], "", "the chain takes TLSv1_0 to TLSv1_1, the client TLSv1_2 to TLSv1_3"), (V[0], V[1], V[1], ""), (V[0], V[2], "", ""), ("TLS_AUTO", "TLS_AUTO", "", ""), (V[3], V[3], V[3], ""),
]  # fmt: skip


@pytest.mark.parametrize(("low", "high", "client", "why"), VERSIONS)
def test_tls_versions(low: str, high: str, client: str, why: str) -> None:
    found = handshake(
        chain(downstream(**versions(low, high))), replace(CAME, layers=(Tls("s", max_version=client),))
    )
    reason = found.verdict.reason if found.verdict is not None else ""
    assert reason == (f"TLS: {why}" if why else "")
    assert found.terminated is not bool(why)


def test_a_version_that_envoy_does_not_know() -> None:
    with pytest.raises(Undecidable, match="SSLv3 is no TLS version that Envoy knows"):
        handshake(chain(downstream()), replace(CAME, layers=(Tls("s", max_version="SSLv3"),)))


ME = Peer(("spiffe://me",), ("me.com",))
CA = {"validation_context": {"trusted_ca": {"inline_string": "x"}}}
SDS = {"validation_context_sds_secret_config": {"name": "ROOTCA"}}
UNTRUSTED = {"trust_chain_verification": "ACCEPT_UNTRUSTED"}
NAMES = {"match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": "spiffe://other"}}]}


def untrusted(**more: Any) -> Json:
    """An authority, and certificates of any other accepted too."""
    return {"validation_context": {**CA["validation_context"], **UNTRUSTED, **more}}


HASH = {"validation_context": {"verify_certificate_hash": ["a" * 64]}}
DEMANDED = [  # settings of the chain, how a client without a certificate fares, as a real Envoy 1.40 has it
    ({}, ""), ({"require": True}, ""), ({"require": True, "validation_context": UNTRUSTED}, ""), (CA, ""), (untrusted(), ""), (untrusted(**NAMES), ""),
    ({"validation_context": {**HASH["validation_context"], **UNTRUSTED}, "require": True}, ""),
    ({**CA, "require": True}, "requires"), ({**untrusted(), "require": True}, "requires"), ({**untrusted(**NAMES), "require": True}, "requires"),
    (HASH, "matches names or hashes of"), ({"validation_context": {**CA["validation_context"], **NAMES}}, "matches names or hashes of"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "why"), DEMANDED)
def test_whether_a_chain_demands_a_certificate(settings: Json, why: str) -> None:
    found = handshake(chain(downstream(**settings)), replace(CAME, layers=(Tls("s"),)))
    if not why:
        assert found.verdict is None
        return
    assert found.verdict is not None
    assert found.verdict.reason.startswith(f"TLS: the chain {why} ")


SHOWN = [  # settings of the chain, whether the client is of the mesh; the certificate the chain sees, whether validated
    ({}, True, None), (CA, True, (ME, True)), (SDS, True, (ME, True)), ({"combined_validation_context": {"validation_context_sds_secret_config": {"name": "ROOTCA"}}}, True, (ME, True)),
    ({"combined_validation_context": {}}, True, None), ({"require": True}, True, None), ({"validation_context": {"trust_chain_verification": "ACCEPT_UNTRUSTED"}}, False, None),
    ({**CA, "require": True}, True, (ME, True)), (untrusted(), False, (ME, False)), (untrusted(**NAMES), False, (ME, False)), ({"validation_context": {**NAMES, **UNTRUSTED}}, False, (ME, False)),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "mesh", "shown"), SHOWN)
def test_the_certificate_that_a_chain_asks_for(
    settings: Json, mesh: bool, shown: tuple[Peer, bool] | None
) -> None:
    found = handshake(chain(downstream(**settings)), replace(CAME, layers=(Tls("s", (), ME, mesh),)))
    assert found.verdict is None and found.connection.session is not None
    peer = found.connection.session.peer
    assert (None if peer is None else (replace(peer, validated=True), peer.validated)) == shown


ALPN = [
    (("h2", "http/1.1"), ("http/1.1", "h2"), "h2"),
    (("x",), ("h2",), ""),
    ((), ("h2",), ""),
    (("h2",), (), ""),
]


@pytest.mark.parametrize(("server", "client", "agreed"), ALPN)
def test_the_servers_order_decides_alpn(
    server: tuple[str, ...], client: tuple[str, ...], agreed: str
) -> None:
    found = handshake(
        chain(downstream(alpn_protocols=list(server))), replace(CAME, layers=(Tls("s", client),))
    )
    assert found.connection.session is not None
    assert (found.connection.session.agreed, found.connection.layers) == (agreed, ())


TEXTS = [  # the transport socket (None: plain text), the client's TLS, the words
    (None, (), ""), (None, (Tls("s"),), "TLS passes through"), (downstream(), (Tls("s"),), "TLS, client without a certificate"), (downstream(**CA), (Tls("s", (), ME, True),), "mutual TLS, client spiffe://me"),
    (downstream(**CA), (Tls("s", (), Peer(), True),), "mutual TLS, client without a name"), (downstream(), (), ""),
]  # fmt: skip


@pytest.mark.parametrize(("socket", "layers", "words"), TEXTS)
def test_a_handshake_in_words(socket: Json | None, layers: tuple[Tls, ...], words: str) -> None:
    one = chain(socket) if socket else made().chains[0]
    found = handshake(one, replace(CAME, layers=layers))
    assert found.text == words
    if socket and not layers:
        assert found.verdict is not None and found.verdict.disposition is Disposition.CONNECTION_FAILED
    assert handshake(chain(downstream()), replace(CAME, layers=(Tls("s"), Tls("inner")))).encrypted
