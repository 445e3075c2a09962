"""Requests through both proxies, and which of them end differently.

A request begins where an application's or a client's connection comes in: at the listener that hands over
(virtualOutbound), or at the socket of its port. What is compared is what the client or the next hop would notice: the
disposition, the code, the cluster, the path and host that are sent on, the Location; with their shares.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from meshctl.check.check import SHAPES, stumbled
from meshctl.check.fates import Host, chain_fates, hosts
from meshctl.check.prove.routes import Fate
from meshctl.match.filter_chains import Facts
from meshctl.proxy.entry import Entry
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Disposition, Log, Passage, Payload, Request, Tls, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.values import Struct


class Probe(Struct, frozen=True):
    """One request or connection. title: what people call it; why: which route or chain it is a witness of."""

    title: str
    why: str
    connection: Connection
    request: Request | None
    listener: str = ""  # the listener it comes to by itself; "" for the one that hands over


class Outcome(Struct, frozen=True):
    """A probe that ends differently."""

    probe: Probe
    before: tuple[str, ...]
    after: tuple[str, ...]


def changed(probes: Iterable[Probe], before: Proxy, after: Proxy) -> tuple[list[Outcome], int]:
    """The probes that end differently, and how many were sent; the same request only once."""
    found: list[Outcome] = []
    sent: set[tuple[Connection, Request | None, str]] = set()
    for probe in probes:
        key = (probe.connection, probe.request, probe.listener)
        if key in sent:
            continue
        sent.add(key)
        left, right = ends(before, probe), ends(after, probe)
        if left != right:
            found.append(Outcome(probe, left, right))
    return found, len(sent)


def ends(proxy: Proxy, probe: Probe) -> tuple[str, ...]:
    """How a probe may end at a proxy, each way in words, the likeliest first."""
    accepting = _accepting(proxy, probe)
    if accepting is None:
        verdict = Verdict(Disposition.NO_LISTENER, reason="no listener takes it")
        entry = Entry(Log(silent=True))
        passages = [entry.end(entry.absent(verdict, proxy.unseen_listeners))]
    else:
        try:
            passages = visit(proxy, accepting, probe.connection, probe.request, silent=True)
        except SHAPES as error:
            return (f"UNDETERMINED: {stumbled(error)}",)
    told: dict[str, float] = {}
    for passage in passages:
        told[_words(passage)] = told.get(_words(passage), 0.0) + passage.probability
    ordered = sorted(told.items(), key=lambda way: (-round(way[1], 4), way[0]))
    return tuple(f"{share * 100:.4g} % {words}" if share < 0.9999 else words for words, share in ordered)


def _accepting(proxy: Proxy, probe: Probe) -> Listener | None:
    if probe.listener:
        return proxy.listeners.by_name.get(probe.listener)
    return next((one for one in proxy.listeners.all if one.bound and one.hands_over and not one.udp), None)


def _words(passage: Passage) -> str:
    """What the client or the next hop notices of a passage."""
    verdict = passage.verdict
    parts = [verdict.disposition.value]
    parts += [str(verdict.code)] if verdict.code and verdict.disposition is not Disposition.DELIVERED else []
    parts += [verdict.flags] if verdict.flags else []
    parts += [f"to {passage.cluster}"] if passage.cluster else []
    parts += [f"path {passage.upstream_path}"] if passage.upstream_path else []
    parts += [f"host {passage.upstream_req_host}"] if passage.upstream_req_host else []
    parts += [f"Location {passage.location}"] if passage.location else []
    if verdict.disposition is Disposition.UNDETERMINED and passage.undetermined:
        parts.append(passage.undetermined[0])
    return " ".join(parts)


def witnesses(proxy: Proxy) -> Iterator[Probe]:
    """One request for each route that a request reaches, one connection for each filter chain; what cannot be read has
    none."""
    for listener in proxy.listeners.all:
        with contextlib.suppress(*SHAPES):
            yield from _of_chains(proxy, listener)
    for host in hosts(proxy):
        with contextlib.suppress(*SHAPES):
            yield from _of_routes(proxy, host)


def _of_chains(proxy: Proxy, listener: Listener) -> Iterator[Probe]:
    if listener.udp or listener.tree is not None or not listener.addresses or listener.hands_over:
        return
    for one in chain_fates(proxy, listener):
        if one.fate is Fate.ALIVE and one.facts is not None:
            yield _connecting(listener, one.facts, f"chain {listener.chains[one.index].label}")


def _of_routes(proxy: Proxy, host: Host) -> Iterator[Probe]:
    managers = [one for one in host.table.managers if one.listener.addresses]
    if not managers or host.host.message.get("matcher"):
        return
    listener, chain = managers[0].listener, managers[0].chain
    facts = _facts(proxy, listener, chain.index)
    if facts is None:
        return
    for fate in host.fates(proxy):
        asked = fate.request
        if fate.fate is not Fate.ALIVE or asked is None:
            continue
        request = Request(asked.method, asked.authority, asked.target, asked.headers)
        probe = _connecting(listener, facts, host.place(fate.route).name)
        yield Probe(str(asked), probe.why, _over_http(probe.connection), request, probe.listener)


def _facts(proxy: Proxy, listener: Listener, index: int) -> Facts | None:
    """A connection that a chain takes."""
    if index < 0:
        return Facts("203.0.113.77", listener.addresses[0][1], "198.51.100.7")
    return chain_fates(proxy, listener)[index].facts


def _connecting(listener: Listener, facts: Facts, why: str) -> Probe:
    """A connection to a listener, over the one that hands over where it has no socket of its own."""
    ip, port, _ = listener.addresses[0]
    destination = facts.dst_ip if ip in ("0.0.0.0", "::") else ip
    number = facts.dst_port if listener.name == "virtualInbound" else port
    layers = (Tls(facts.sni, facts.alpn),) if facts.transport == "tls" else ()
    socket = None if listener.bound else (("::1" if ":" in destination else "127.0.0.1"), 15001)
    connection = Connection(facts.src_ip, destination, number, 50505, Payload.RAW, layers, socket=socket)
    speaks = f"TLS{f' for {facts.sni}' if facts.sni else ''}" if layers else "plain bytes"
    title = f"{speaks} to {destination}:{number}"
    return Probe(
        title, f"listener {listener.name} > {why}", connection, None, listener.name if listener.bound else ""
    )


def _over_http(connection: Connection) -> Connection:
    return Connection(
        connection.src_ip, connection.dst_ip, connection.dst_port, connection.src_port, Payload.HTTP1,
        tuple(Tls(one.sni, one.alpn or ("http/1.1",)) for one in connection.layers), socket=connection.socket,
    )  # fmt: skip
