"""One connection (or request) at one Envoy: from the accepting listener to what leaves the proxy.

Theory of operation. The accepting listener may hand the connection to the listener of its original
destination; listener filters make facts known; a filter chain takes it, ends TLS if it has a TLS context; its
network filters run in order, the last is tcp_proxy or the HTTP connection manager. The answer is a list of
passages, one for each way that chance leaves open; their probabilities sum to one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from meshctl.coverage import Gap
from meshctl.envoy.addresses import bracketed as joined
from meshctl.envoy.api.extensions_transport_sockets_tls_v3 import DownstreamTlsContext
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.match.filter_chains import Facts
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed
from meshctl.proxy import misfits
from meshctl.proxy.chance import forked
from meshctl.proxy.doubts import doubted, guarded
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import network_filters
from meshctl.proxy.http import manager as http
from meshctl.proxy.listen import accept
from meshctl.proxy.listen.accept import Accepted, ChainChoice
from meshctl.proxy.listen.handshake import Handshake, handshake
from meshctl.proxy.listen.listeners import Chain, Listener
from meshctl.proxy.model import (
    Connection,
    Disposition,
    Log,
    Passage,
    Payload,
    Rejected,
    Request,
    Stage,
    Step,
    Verdict,
)
from meshctl.proxy.proxy import Proxy
from meshctl.values import Struct, replace


def visit(
    proxy: Proxy,
    accepting: Listener,
    connection: Connection,
    request: Request | None,
    *,
    silent: bool = False,
) -> list[Passage]:
    """Everything that may happen to a connection accepted by a listener's socket.

    A value of a type that the API does not have there (an edited file, a newer proxy) makes the answer undetermined, by its place.
    """
    try:
        return _visit(proxy, accepting, connection, request, silent=silent)
    except Undecidable as unknown:
        reason = unknown.reason
    except (AttributeError, TypeError, KeyError, IndexError, ValueError):
        reason = misfits.first(proxy)
        if not reason:
            raise
    entry = Entry(Log(silent=silent))
    entry.listener = accepting.name or None
    entry.unknown(reason)
    return [entry.end(Verdict(Disposition.UNDETERMINED, reason=reason))]


def _visit(
    proxy: Proxy, accepting: Listener, connection: Connection, request: Request | None, *, silent: bool
) -> list[Passage]:
    entry = Entry(Log(silent=silent))
    full = _full(proxy, accepting)
    if full is not None:
        entry.logged = False
        return [entry.end(full)]
    entry.listener = accepting.name or None

    def accepted(branch: Entry, supposed: Supposed) -> list[tuple[Entry, _Taken]]:
        return [(branch, _inspected(proxy, accepting, connection, supposed))]

    def ways() -> Iterator[Passage]:
        for branch, taken in forked(entry, NOTHING_SUPPOSED, Stage.LISTENER, accepted):
            yield from _chosen(branch, proxy, accepting, taken, connection, request)

    return guarded(entry, ways())


class _Taken(Struct, frozen=True):
    """A connection behind the listener filters: the listener that has it, and how it was found."""

    owner: Listener
    how: str
    accepted: Accepted


def _inspected(proxy: Proxy, accepting: Listener, connection: Connection, supposed: Supposed) -> _Taken:
    """What the listener filters find out, those of the listener that accepts and of the one it hands over to."""
    arrived = accept.arrival(accepting, connection)
    accepted = accept.inspect(
        accepting, connection, replace(arrived, supposed=supposed) if supposed else arrived
    )
    owner, how = _owner(proxy, accepting, accepted)
    if owner is not accepting:
        left = replace(connection, proxy_header=accepted.header)
        accepted = accept.again(accepted, accept.inspect(owner, left, accepted.facts))
    return _Taken(owner, how, accepted)


def _chosen(
    entry: Entry,
    proxy: Proxy,
    accepting: Listener,
    taken: _Taken,
    connection: Connection,
    request: Request | None,
) -> Iterator[Passage]:
    """The chains that may take the connection, and what is behind them."""
    owner, accepted = taken.owner, taken.accepted
    if accepted.header is not None:
        connection, request = replace(connection, payload=Payload.RAW, layers=()), None
    entry.listener = owner.name or None
    entry.step(lambda: _listener_step(proxy, accepting, owner, taken.how, accepted))
    entry, open_end = doubted(entry, accepting.config, owner.config, more=accepted.doubts)
    if open_end is not None:
        yield open_end
    if accepted.ended is not None:
        entry.listener = (accepted.at or owner).name or None
        entry.logged = False
        yield entry.end(accepted.ended)
        return
    gap = _unseen_listener(proxy, accepting, owner)
    if gap is not None:
        dst = joined(accepted.facts.dst_ip, accepted.facts.dst_port)
        none = Verdict(Disposition.NO_LISTENER, reason=f"there is no listener for {dst}")
        yield entry.end(entry.absent(none, gap))
        return
    original_src = _original_src((accepting, owner))
    for branch, choice, ended in _chains(entry, owner, accepted, connection):
        for passage in _through(branch, proxy, owner, choice, accepted, ended, request):
            yield (
                passage
                if original_src is None
                else _as_the_client(passage, accepted.facts.src_ip, original_src)
            )


def _chains(
    entry: Entry, owner: Listener, accepted: Accepted, connection: Connection
) -> Iterator[tuple[Entry, ChainChoice, Handshake | None]]:
    """The chains that may take the connection, each with its handshake."""
    facts = accepted.facts
    met = replace(
        connection,
        src_ip=facts.src_ip,
        src_port=facts.src_port,
        dst_ip=facts.dst_ip,
        dst_port=facts.dst_port,
        restored=accepted.restored,
    )

    def chosen(branch: Entry, supposed: Supposed) -> Iterator[tuple[Entry, ChainChoice]]:
        for choice in accept.chain_choices(owner, replace(facts, supposed=supposed) if supposed else facts):
            one = branch if choice.probability == 1.0 else branch.branch(choice.probability)
            if choice.undetermined:
                one.unknown(choice.undetermined)
                one.decided = False
            yield one, choice

    for branch, choice in forked(entry, facts.supposed, Stage.CHAIN, chosen):
        chain = choice.chain
        if chain is None:
            yield branch, choice, None
            continue
        spoken = functools.partial(_handshake, chain, met)
        for one, ended in forked(branch, facts.supposed, Stage.CHAIN, spoken):
            yield one, choice, ended


def _handshake(
    chain: Chain, connection: Connection, branch: Entry, supposed: Supposed
) -> list[tuple[Entry, Handshake]]:
    return [(branch, handshake(chain, connection, supposed))]


def _unseen_listener(proxy: Proxy, accepting: Listener, owner: Listener) -> Gap | None:
    """What would have to be seen before a connection can be said to stay at the listener that accepted it."""
    if not accepting.hands_over or owner is not accepting:
        return None
    return proxy.unseen_listeners


def _full(proxy: Proxy, listener: Listener) -> Verdict | None:
    """A listener that the runtime allows no connection at all resets each of them."""
    limit = proxy.runtime.integer(f"envoy.resource_limits.listener.{listener.name}.connection_limit", 1)
    if limit > 0:
        return None
    return Verdict(
        Disposition.DROPPED, reason=f"the runtime limits listener {listener.name} to no connection"
    )


def _original_src(listeners: tuple[Listener, ...]) -> int | None:
    """The mark of the original_src listener filter; None without one."""
    for listener in listeners:
        for listener_filter in listener.listener_filters:
            if accept.listener_filter_kind(listener_filter) == "original_src":
                return int(listener_filter.fields.get("mark") or 0)
    return None


def _as_the_client(passage: Passage, src_ip: str, mark: int) -> Passage:
    """original_src: the upstream connection carries the client's own address, and a mark."""
    if passage.upstream is None or not src_ip:
        return passage
    return replace(passage, upstream=replace(passage.upstream, source_ips=(src_ip,), mark=mark))


def _owner(proxy: Proxy, accepting: Listener, accepted: Accepted) -> tuple[Listener, str]:
    """The listener that takes the connection and how it was found."""
    if not accepting.hands_over or accepted.at is not None:
        return accepting, ""
    found, how = proxy.listeners.at(accepted.facts.dst_ip, accepted.facts.dst_port)
    if found is not None and found is not accepting:
        return found, how
    return accepting, "no listener for the original destination: it stays here"


def _listener_step(proxy: Proxy, accepting: Listener, owner: Listener, how: str, accepted: Accepted) -> Step:
    parts = [how] if how else []
    if owner is not accepting:
        parts.append(f"{accepting.name or 'the accepting listener'} hands over")
    parts += accepted.seen
    rejected: tuple[Rejected, ...] = ()
    inactive = proxy.inactive_listener(accepted.facts.dst_ip, accepted.facts.dst_port)
    if inactive:
        rejected = (Rejected("listener", inactive),)
        if owner is accepting:
            parts.append(inactive)
    parts.append(proxy.refused_update(SectionKind.LISTENERS, owner.name))
    parts = [part for part in parts if part]
    return Step(
        Stage.LISTENER, owner.name or "(no name)", "; ".join(parts), owner.where, owner.resource, rejected
    )


def _through(
    entry: Entry,
    proxy: Proxy,
    owner: Listener,
    choice: ChainChoice,
    accepted: Accepted,
    ended: Handshake | None,
    request: Request | None,
) -> Iterator[Passage]:
    chain = choice.chain
    if chain is None or ended is None:
        entry.step(lambda: _chain_step(owner, choice, accepted.facts, ""))
        reason = f"listener {owner.name}: {choice.how}, and there is no default filter chain"
        entry.logged = bool(owner.message.get("access_log"))
        yield entry.end(Verdict(Disposition.NO_FILTER_CHAIN, 0, "NR", "filter_chain_not_found", reason))
        return
    entry.filter_chain = chain.name or None
    entry.step(lambda: _chain_step(owner, choice, accepted.facts, ended.text))
    asked = ended.terminated or ended.verdict is not None
    entry, open_end = doubted(entry, chain.config, _context(chain) if asked else None)
    if open_end is not None:
        yield open_end
    failed = ended.verdict
    if failed is not None:
        entry.logged = False
        if failed.disposition is Disposition.UNDETERMINED:
            entry.step(lambda: Step(Stage.CHAIN, "TLS: not known", failed.reason))
            yield entry.end(failed)
            return
    entry.tls = ended.agreed
    scene = network_filters.NetworkScene(
        proxy,
        owner,
        chain,
        ended.connection,
        request,
        accepted.facts,
        ended.terminated,
        ended.encrypted,
        failed,
    )
    for passage in network_filters.run(entry, scene):
        turned = failed is not None and passage.verdict.disposition is failed.disposition
        yield _turned_away(passage) if turned and not entry.log.silent else passage


def _turned_away(passage: Passage) -> Passage:
    """With the step that comes last: what the filters do when the connection begins has been done by then."""
    step = Step(Stage.CHAIN, "TLS handshake fails", passage.verdict.reason)
    return replace(passage, steps=(*passage.steps, step))


def _context(chain: Chain) -> DownstreamTlsContext | None:
    """The TLS context of a chain; none of a transport socket that is not known."""
    try:
        return chain.tls
    except Undecidable:
        return None


def _chain_step(owner: Listener, choice: ChainChoice, facts: Facts, tls: str) -> Step:
    chain: Chain | None = choice.chain
    rejected = accept.rejected_chains(owner, facts, chain)
    total = len(owner.chains)
    if chain is None:
        return Step(Stage.CHAIN, "none", choice.how, owner.where, rejected=rejected)
    if chain.index < 0:
        text = f"{chain.name or 'default filter chain'} (default)"
        return Step(Stage.CHAIN, text, choice.how, chain.where, rejected=rejected)
    position = f"{chain.index + 1} of {total}"
    chosen = f"{chain.name}, {position}" if chain.name else position
    how = f"{choice.how}; {tls}" if tls else choice.how
    return Step(Stage.CHAIN, chosen, how, chain.where, rejected=rejected)


__all__ = ["http", "visit"]
