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

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match import filter_chains, matcher_tree
from meshctl.match.filter_chains import Facts
from meshctl.proxy.listen.listeners import Chain, Filter, Listener
from meshctl.proxy.model import Connection, Disposition, Payload, Rejected, Verdict

Json = dict[str, Any]

_HTTP_PROTOCOLS = {Payload.HTTP1: "http/1.1", Payload.HTTP10: "http/1.0", Payload.HTTP2: "h2c"}
_INSPECTORS = {"TlsInspector", "HttpInspector"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is known when the chain is chosen, or how the connection ended before."""

    facts: Facts
    seen: tuple[str, ...] = ()
    ended: Verdict | None = None
    at: Listener | None = None  # where it ended
    restored: bool = False  # whether an original_dst filter has run


def arrival(accepting: Listener, connection: Connection) -> Facts:
    """What is known when the socket accepts: the destination is still that of the socket."""
    ip, port = connection.socket or (connection.dst_ip, connection.dst_port)
    return Facts(ip, port, connection.src_ip, connection.src_port, connection.src_ip)


def inspect(listener: Listener, connection: Connection, facts: Facts) -> Accepted:
    """Run one listener's filters: those it lists, then the original_dst that use_original_dst stands for."""
    silent = connection.payload is Payload.NONE and connection.tls is None
    seen: list[str] = []
    restored = False
    for listener_filter in listener.listener_filters:
        if is_disabled(listener_filter.message.get("filter_disabled"), facts.dst_port):
            seen.append(f"{listener_filter.short} is off for port {facts.dst_port}")
        elif listener_filter.short == "OriginalDst":
            facts, restored = _restored(facts, connection), connection.restored
        elif listener_filter.short == "ProxyProtocol":
            if connection.proxy_header is not None:
                facts = _with_proxy_header(facts, connection.proxy_header)
                seen.append("proxy_protocol took the addresses of the PROXY header")
            elif not listener_filter.fields.get("allow_requests_without_proxy_protocol"):
                return Accepted(facts, tuple(seen), _no_proxy_header(), listener)
        elif listener_filter.short in _INSPECTORS:
            if silent:
                seen.append("the client sent nothing: the listener filters ended by timeout")
                return Accepted(facts, tuple(seen), _silence(listener), listener, restored)
            facts, text = _inspected(listener_filter, facts, connection)
            if text:
                seen.append(text)
    if listener.hands_over:
        facts, restored = _restored(facts, connection), connection.restored
    return Accepted(facts, tuple(seen), restored=restored)


def again(first: Accepted, second: Accepted) -> Accepted:
    """What two listeners made known one after the other."""
    return replace(
        second,
        seen=tuple(dict.fromkeys(first.seen + second.seen)),
        restored=first.restored or second.restored,
    )


def _restored(facts: Facts, connection: Connection) -> Facts:
    if not connection.restored:
        return facts
    return replace(facts, dst_ip=connection.dst_ip, dst_port=connection.dst_port)


def _no_proxy_header() -> Verdict:
    return Verdict(
        Disposition.DROPPED, 0, None, None, "the proxy_protocol filter wants a PROXY header and there is none"
    )


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


def _with_proxy_header(facts: Facts, header: tuple[str, int, str, int]) -> Facts:
    src_ip, src_port, dst_ip, dst_port = header
    return replace(facts, src_ip=src_ip, src_port=src_port, dst_ip=dst_ip, dst_port=dst_port)


def _inspected(listener_filter: Filter, facts: Facts, connection: Connection) -> tuple[Facts, str]:
    """The facts after tls_inspector or http_inspector, and the words for it."""
    tls = connection.tls
    if listener_filter.short == "TlsInspector":
        if tls is None:
            return facts, "tls_inspector saw no TLS"
        known = replace(facts, transport="tls", sni=tls.sni.lower(), alpn=tls.alpn)
        return known, f"tls_inspector saw TLS, SNI {tls.sni or 'none'}, ALPN {', '.join(tls.alpn) or 'none'}"
    if facts.transport == "tls":
        return facts, ""
    protocol = _HTTP_PROTOCOLS.get(connection.payload) if tls is None else None
    if protocol is None:
        return facts, "http_inspector saw no HTTP"
    return replace(facts, alpn=(protocol,)), f"http_inspector saw {protocol}"


def is_disabled(predicate: Json | None, port: int) -> bool:
    """A ListenerFilterChainMatchPredicate: whether the filter is off for this destination port."""
    if not predicate:
        return False
    if "any_match" in predicate:
        return bool(predicate["any_match"])
    if "or_match" in predicate:
        return any(is_disabled(rule, port) for rule in predicate["or_match"].get("rules") or ())
    if "and_match" in predicate:
        return all(is_disabled(rule, port) for rule in predicate["and_match"].get("rules") or ())
    if "not_match" in predicate:
        return not is_disabled(predicate["not_match"], port)
    bounds = predicate.get("destination_port_range")
    if bounds:
        return int(bounds.get("start", 0)) <= port < int(bounds.get("end", 0))
    return False


@dataclass(frozen=True, slots=True)
class ChainChoice:
    """The chain (None: none takes the connection), its probability, and how it was found."""

    probability: float
    chain: Chain | None
    how: str
    undetermined: str = ""


def chain_choices(listener: Listener, facts: Facts) -> Iterator[ChainChoice]:
    """The chain of a connection; several only where the dump cannot tell which.

    Raises Undecidable for a matcher tree that asks what is not known.
    """
    if listener.tree is not None:
        yield _by_tree(listener, facts)
        return
    found = listener.trie.find(facts)
    if not found.chains:
        level = found.level.value if found.level else ""
        how = f"no chain matches (it ends at {level})" if listener.chains else "there are no filter chains"
        yield ChainChoice(1.0, listener.default_chain, how)
        return
    if not found.ambiguous:
        chain = listener.chains[found.chains[0]]
        yield ChainChoice(1.0, chain, chain.criteria.text)
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


def _by_tree(listener: Listener, facts: Facts) -> ChainChoice:
    assert listener.tree is not None
    decision = matcher_tree.Decision()
    action = listener.tree.evaluate(chain_inputs(facts), decision)
    how = "; ".join(decision.trail) or "the matcher tree"
    if action is None:
        return ChainChoice(1.0, listener.default_chain, f"{how}: no action")
    name = str(action.config.get("value") or action.name)
    chain = listener.chains_by_name.get(name)
    if chain is None:
        return ChainChoice(1.0, listener.default_chain, f"{how}: names chain {name}, which does not exist")
    return ChainChoice(1.0, chain, how)


def chain_inputs(facts: Facts) -> matcher_tree.Inputs:
    """The inputs of filter_chain_matcher and network matchers, answered from the connection."""

    def value(type_name: str, fields: Json) -> str | None:
        short = type_name.rsplit(".", 1)[-1]
        if short not in _CHAIN_INPUTS:
            raise Undecidable(f"the matcher input {short or type_name} is not known from the connection")
        return _CHAIN_INPUTS[short](facts)

    return value


_CHAIN_INPUTS: dict[str, Callable[[Facts], str | None]] = {
    "DestinationIPInput": lambda facts: facts.dst_ip or None,
    "DestinationPortInput": lambda facts: str(facts.dst_port) if facts.dst_ip else None,
    "SourceIPInput": lambda facts: facts.src_ip or None,
    "SourcePortInput": lambda facts: str(facts.src_port) if facts.src_ip else None,
    "DirectSourceIPInput": lambda facts: facts.direct_src_ip or None,
    "SourceTypeInput": lambda facts: "local" if facts.local else None,
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


def level_name(choice: filter_chains.Choice) -> str:
    return choice.level.value if choice.level else ""
