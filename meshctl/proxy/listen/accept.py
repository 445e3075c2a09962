"""From an accepted connection to its filter chain: listener filters, what they make known, the choice.

Theory of operation. Listener filters run before a chain is chosen: original_dst restores the destination,
tls_inspector reads SNI and ALPN, http_inspector the HTTP version, proxy_protocol replaces the addresses. When
virtualOutbound hands a connection over, its own filters and those of the new listener have both run. Without a
filter its fact stays unknown: plain HTTP without http_inspector has no application protocol. A client that
sends nothing holds an inspecting listener up until listener_filters_timeout; the original_dst that
use_original_dst stands for is the last filter, so such a connection is never restored nor handed over.
Follows source/extensions/filters/listener/** and source/common/listener_manager/active_tcp_socket.cc.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from meshctl.envoy.api import config_listener_v3 as api
from meshctl.envoy.api.extensions_filters_listener_proxy_protocol_v3 import ProxyProtocol
from meshctl.envoy.message import Undecidable
from meshctl.match import matcher_tree
from meshctl.match.filter_chains import Facts, Trie, readable
from meshctl.match.supposing import answered
from meshctl.patterns import expression
from meshctl.plain import Json
from meshctl.proxy.listen.listeners import ISTIO_OBSERVERS, Chain, Filter, Listener
from meshctl.proxy.model import Connection, Disposition, Payload, Rejected, Verdict
from meshctl.values import Struct, replace

_HTTP_PROTOCOLS = {Payload.HTTP1: "http/1.1", Payload.HTTP10: "http/1.0", Payload.HTTP2: "h2c"}


class Accepted(Struct, frozen=True):
    """What is known when the chain is chosen, or how the connection ended before."""

    facts: Facts
    seen: tuple[str, ...] = ()
    ended: Verdict | None = None
    at: Listener | None = None  # where it ended
    restored: bool = False  # whether an original_dst filter has run
    header: tuple[str, int, str, int] | None = None  # a PROXY header that still stands before the bytes
    doubts: tuple[str, ...] = ()  # listener filters of unknown effect

    def saw(self, text: str) -> Accepted:
        return replace(self, seen=(*self.seen, text))


def arrival(accepting: Listener, connection: Connection) -> Facts:
    """What is known when the socket accepts: the destination is still that of the socket."""
    ip, port = connection.socket or (connection.dst_ip, connection.dst_port)
    return Facts(ip, port, connection.src_ip, connection.src_port, connection.src_ip)


def inspect(listener: Listener, connection: Connection, facts: Facts) -> Accepted:
    """Run one listener's filters: those it lists, then the original_dst that use_original_dst stands for."""
    if connection.payload is Payload.HTTP3:
        return Accepted(_of_quic(facts, connection), ("QUIC",))
    silent = connection.payload is Payload.NONE and connection.tls is None
    accepted = Accepted(facts, header=connection.proxy_header)
    for listener_filter in listener.listener_filters:
        kind = listener_filter_kind(listener_filter)
        if _is_off(listener_filter, accepted.facts):
            accepted = accepted.saw(f"{listener_filter.short} is off for port {accepted.facts.dst_port}")
        elif kind == "original_dst":
            accepted = _restored(accepted, connection)
        elif kind in _READERS:
            if silent and accepted.header is None:
                accepted = accepted.saw("the client sent nothing: the listener filters ended by timeout")
                return replace(accepted, ended=_silence(listener), at=listener)
            accepted = _READERS[kind](accepted, listener_filter, connection)
            if accepted.ended is not None:
                return replace(accepted, at=listener)
        elif kind not in _OBSERVERS and listener_filter.name not in ISTIO_OBSERVERS:
            reason = f"listener filter {listener_filter.name}: its effect is not known"
            accepted = replace(accepted, doubts=(*accepted.doubts, reason))
    if listener.hands_over:
        accepted = _restored(accepted, connection)
    if listener.expects_proxy_header:
        accepted = _proxy_protocol(accepted, _PLAIN_PROXY_PROTOCOL, connection)
        accepted = replace(accepted, at=listener) if accepted.ended is not None else accepted
    return accepted


# Listener filters that take no part in what a chain is chosen by (original_src is visit's business).
_OBSERVERS = frozenset(["original_src"])
_PLAIN_PROXY_PROTOCOL = Filter("proxy_protocol", ProxyProtocol.TYPE, {}, {})


_TYPE = expression(
    r"envoy\.(?:extensions\.filters|config\.filter)\.listener\.([a-z_]+)\.v[0-9a-z]+\.[A-Za-z]+"
)
_NAME = expression(r"envoy\.(?:filters\.)?listener\.([a-z_]+)")


@functools.lru_cache
def _kind_of(type_name: str, name: str) -> str:
    found = _TYPE.fullmatch(type_name) if type_name else _NAME.fullmatch(name)
    return found[1] if found is not None else ""


def listener_filter_kind(listener_filter: Filter) -> str:
    """Envoy's word for a listener filter, by its full type; by its well-known name where it has no type; else ""."""
    return _kind_of(listener_filter.type_name, listener_filter.name)


def _is_off(listener_filter: Filter, facts: Facts) -> bool:
    if "filter_disabled" not in listener_filter.message:
        return False
    try:
        return is_disabled(api.ListenerFilter(listener_filter.message).filter_disabled, facts.dst_port)
    except Undecidable as unknown:
        return answered(facts.supposed, f"listener filter {listener_filter.name} is off", unknown)


def _of_quic(facts: Facts, connection: Connection) -> Facts:
    """QUIC tells name and protocols itself; filters that read bytes have nothing to read."""
    tls = connection.tls
    sni, alpn = (tls.sni.lower(), tls.alpn) if tls is not None else ("", ())
    return replace(facts, transport="quic", sni=sni, alpn=alpn or ("h3",))


def again(first: Accepted, second: Accepted) -> Accepted:
    """What two listeners made known one after the other."""
    return replace(
        second,
        seen=tuple(dict.fromkeys(first.seen + second.seen)),
        doubts=tuple(dict.fromkeys(first.doubts + second.doubts)),
        restored=first.restored or second.restored,
    )


def _restored(accepted: Accepted, connection: Connection) -> Accepted:
    facts = accepted.facts
    if connection.restored:
        facts = replace(facts, dst_ip=connection.dst_ip, dst_port=connection.dst_port)
    return replace(accepted, facts=facts, restored=connection.restored)


def _ended(accepted: Accepted, reason: str) -> Accepted:
    return replace(accepted, ended=Verdict(Disposition.DROPPED, 0, None, None, reason))


def _proxy_protocol(accepted: Accepted, listener_filter: Filter, connection: Connection) -> Accepted:
    """The filter takes the PROXY header off, and its addresses are those of the connection from there on."""
    config = listener_filter.read(ProxyProtocol)
    if accepted.header is None:
        if config.allow_requests_without_proxy_protocol:
            return accepted
        return _ended(accepted, "the proxy_protocol filter wants a PROXY header and there is none")
    if config.disallowed_versions and _is_disallowed(config, connection, accepted.facts):
        version = f"a PROXY header of a version that is disallowed ({', '.join(config.disallowed_versions)})"
        if config.allow_requests_without_proxy_protocol:  # it looks for no such header then
            return accepted.saw(f"proxy_protocol takes {version} for the client's own bytes")
        return _ended(accepted, f"the connection begins with {version}")
    src_ip, src_port, dst_ip, dst_port = accepted.header
    facts = replace(accepted.facts, src_ip=src_ip, src_port=src_port, dst_ip=dst_ip, dst_port=dst_port)
    taken = accepted.saw("proxy_protocol took the addresses of the PROXY header")
    return replace(taken, facts=facts, header=None)


def _is_disallowed(config: ProxyProtocol, connection: Connection, facts: Facts) -> bool:
    if connection.proxy_version:
        return f"V{connection.proxy_version}" in config.disallowed_versions
    unknown = Undecidable("the version of the PROXY header is not told, and the listener refuses some")
    return answered(facts.supposed, "the PROXY header has a version that is disallowed", unknown)


def _silence(listener: Listener) -> Verdict | None:
    """How a client that sends nothing ends at an inspecting listener; None: the choice goes on without facts."""
    if listener.timeout_seconds == 0:
        return Verdict(
            Disposition.DROPPED,
            0,
            None,
            None,
            "the client sends nothing and the listener waits for its first bytes without a timeout",
        )
    if listener.continues_on_timeout:
        return None
    return Verdict(
        Disposition.DROPPED, 0, None, None, "the client sent nothing within the listener filters' timeout"
    )


def _tls_inspector(accepted: Accepted, _: Filter, connection: Connection) -> Accepted:
    """SNI and ALPN of a client hello; a PROXY header before it hides it."""
    tls = connection.tls if accepted.header is None else None
    if tls is None:
        return accepted.saw("tls_inspector saw no TLS")
    facts = replace(accepted.facts, transport="tls", sni=tls.sni.lower(), alpn=tls.alpn)
    shown = f"SNI {tls.sni or 'none'}, ALPN {', '.join(tls.alpn) or 'none'}"
    return replace(accepted, facts=facts).saw(f"tls_inspector saw TLS, {shown}")


def _http_inspector(accepted: Accepted, _: Filter, connection: Connection) -> Accepted:
    """The HTTP version of plain bytes."""
    if accepted.facts.transport == "tls":
        return accepted
    plain = connection.tls is None and accepted.header is None
    protocol = _HTTP_PROTOCOLS.get(connection.payload) if plain else None
    if protocol is None:
        return accepted.saw("http_inspector saw no HTTP")
    facts = replace(accepted.facts, alpn=(protocol,))
    return replace(accepted, facts=facts).saw(f"http_inspector saw {protocol}")


# Filters that wait for the client's first bytes.
_READERS: dict[str, Callable[[Accepted, Filter, Connection], Accepted]] = {
    "tls_inspector": _tls_inspector,
    "http_inspector": _http_inspector,
    "proxy_protocol": _proxy_protocol,
}


def is_disabled(predicate: api.ListenerFilterChainMatchPredicate | None, port: int) -> bool:
    """Whether a listener filter is off for this destination port."""
    if predicate is None:
        return False
    match predicate.rule:
        case "any_match":
            return predicate.any_match
        case "or_match":
            rules = predicate.or_match.rules if predicate.or_match is not None else ()
            return any(is_disabled(rule, port) for rule in rules)
        case "and_match":
            rules = predicate.and_match.rules if predicate.and_match is not None else ()
            return all(is_disabled(rule, port) for rule in rules)
        case "not_match":
            return not is_disabled(predicate.not_match, port)
        case "destination_port_range":
            bounds = predicate.destination_port_range
            return bounds is not None and bounds.start <= port < bounds.end
        case _:
            return False


class ChainChoice(Struct, frozen=True):
    """The chain (None: none takes the connection), its probability, and how it was found."""

    probability: float
    chain: Chain | None
    how: str
    undetermined: str = ""


def chain_choices(listener: Listener, facts: Facts) -> Iterator[ChainChoice]:
    """The chain of a connection; several only where the dump cannot tell which.

    Raises Open where it hangs on what is not known, and nothing is supposed of that.
    """
    if listener.tree is not None:
        yield _by_tree(listener, facts)
        return
    found = _trie(listener, facts).find(facts)
    if not listener.chains and listener.default_chain is None:
        raise Undecidable(
            "the listener's filter chains are not in the dump, and Envoy takes no listener without one"
        )
    if not found.chains:
        level = found.level.value if found.level else ""
        how = (
            f"no chain matches (it ends at {level})"
            if listener.chains
            else "there are no other filter chains"
        )
        yield ChainChoice(1.0, listener.default_chain, how)
        return
    if not found.ambiguous:
        chain = listener.chains[found.chains[0]]
        yield ChainChoice(1.0, chain, chain.wanted)
        return
    for index in found.chains:
        ambiguous_chain = listener.chains[index] if index >= 0 else listener.default_chain
        yield ChainChoice(
            1.0 / len(found.chains),
            ambiguous_chain,
            "one of several",
            "a /0 range stands beside chains without a range: which of them Envoy takes differs from "
            "process to process",
        )


def _trie(listener: Listener, facts: Facts) -> Trie:
    """The chains of a listener; those whose criteria cannot be read as they are supposed to be."""
    if not listener.unread:
        return listener.trie
    criteria = [chain.criteria for chain in listener.chains]
    return Trie(readable(criteria, facts, [chain.label for chain in listener.chains]))


def _by_tree(listener: Listener, facts: Facts) -> ChainChoice:
    assert listener.tree is not None
    decision = matcher_tree.Decision(supposed=facts.supposed)
    action = listener.tree.evaluate(chain_inputs(facts), decision)
    how = "; ".join(decision.trail) or "the matcher tree"
    if action is None:
        return ChainChoice(1.0, listener.default_chain, f"{how}: no action")
    name = action_chain(action)
    chain = listener.chains_by_name.get(name)
    if chain is None:
        return ChainChoice(1.0, None, f"{how}: names chain {name}, which does not exist")
    return ChainChoice(1.0, chain, how)


def action_chain(action: matcher_tree.Action) -> str:
    """The name of the chain that an action of filter_chain_matcher stands for."""
    return str(action.config.get("value") or action.name)


def chain_inputs(facts: Facts) -> matcher_tree.Inputs:
    """The inputs of filter_chain_matcher and network matchers, answered from the connection."""

    def value(type_name: str, fields: Json) -> str | None:
        package, _, short = type_name.rpartition(".")
        if short not in _CHAIN_INPUTS or package not in _INPUT_PACKAGES:
            raise Undecidable(f"the matcher input {short or type_name} is not known from the connection")
        return _CHAIN_INPUTS[short](facts)

    return value


def _told(value: str, facts: Facts) -> str | None:
    """A fact of the source: none where the connection has no addresses, not known where they are not told."""
    if facts.untold is not None:
        raise facts.untold
    return value or None


def _source_port(facts: Facts) -> str | None:
    if facts.port_untold is not None:
        raise facts.port_untold
    return str(facts.src_port) if facts.src_ip else None


_INPUT_PACKAGES = {
    "",
    "envoy.extensions.matching.common_inputs.network.v3",
    "envoy.extensions.matching.common_inputs.ssl.v3",
}
_CHAIN_INPUTS: dict[str, Callable[[Facts], str | None]] = {
    "DestinationIPInput": lambda facts: facts.dst_ip or None,
    "DestinationPortInput": lambda facts: str(facts.dst_port) if facts.dst_ip else None,
    "SourceIPInput": lambda facts: _told(facts.src_ip, facts),
    "SourcePortInput": lambda facts: _source_port(facts),
    "DirectSourceIPInput": lambda facts: facts.direct_src_ip or _told(facts.src_ip, facts),
    "SourceTypeInput": lambda facts: "local" if _told(facts.src_ip, facts) and facts.local else None,
    "ServerNameInput": lambda facts: facts.sni or None,
    "TransportProtocolInput": lambda facts: facts.transport or None,
    "ApplicationProtocolInput": lambda facts: ",".join(f"'{p}'" for p in facts.alpn) or None,
}


def rejected_chains(listener: Listener, facts: Facts, chosen: Chain | None) -> tuple[Rejected, ...]:
    """The chains that did not take the connection and why, near misses first."""
    misses: list[tuple[int, int, Rejected]] = []
    for chain in listener.chains:
        if chain is chosen:
            continue
        reason = chain.criteria.failure(facts)
        if not reason:
            reason = "a more specific chain claims the connection at a higher level of the match"
        misses.append((-chain.criteria.passed(facts), chain.index, Rejected(f"chain {chain.label}", reason)))
    misses.sort(key=lambda miss: miss[:2])
    return tuple(miss for _, _, miss in misses[:8])
