"""What becomes of each filter chain of a listener: a connection that it takes, or that none does.

Theory of operation. The trie looks at nine things of a connection one after the other, each time for the most specific
bucket, with no way back. So a finite number of connections shows everything: for each thing the values that chains name,
one that none names, and of addresses the first of every stretch that the ranges cut the space into. A chain that none of
those connections reaches takes none at all. The real trie is asked for each; what would be too many is left open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from meshctl.check.prove.routes import Fate
from meshctl.match import address_ranges
from meshctl.match.address_ranges import Range, contains
from meshctl.match.filter_chains import Criteria, Facts, Trie
from meshctl.values import Struct

_MOST = 4000
_FAR = {4: ("203.0.113.77", "198.51.100.77", "192.0.2.77"), 6: ("2001:db8::77", "2001:db8:1::77")}
_LOCAL = {4: "127.0.0.1", 6: "::1"}


class ChainOutcome(Struct, frozen=True):
    """One chain's fate. facts: a connection that it takes, or would take; by: the chains that such connections go to
    (-1: none, or the default chain)."""

    index: int
    fate: Fate
    facts: Facts | None = None
    by: tuple[int, ...] = ()


def outcomes(chains: Sequence[Criteria], families: Sequence[int] = (4, 6)) -> list[ChainOutcome]:
    """The fate of each chain; families: the addresses that the listener takes. OPEN where a match cannot be read."""
    if any(chain.unread for chain in chains):
        return [ChainOutcome(index, Fate.OPEN) for index in range(len(chains))]
    trie = Trie(list(chains))
    space = _Space.of(chains, families)
    return [_outcome(trie, chain, index, space) for index, chain in enumerate(chains)]


class _Space(Struct, frozen=True, dict=True):
    """What all chains together name."""

    families: tuple[int, ...]
    edges: tuple[str, ...]  # the first address of every stretch
    ports: frozenset[int]
    source_ports: frozenset[int]
    direct: (
        bool  # whether any chain asks for the direct source, which a PROXY header may tell from the source
    )

    @staticmethod
    def of(chains: Sequence[Criteria], families: Sequence[int]) -> _Space:
        ranges = {r for c in chains for r in (*c.destinations, *c.sources, *c.direct_sources)}
        edges = dict.fromkeys(
            edge for family in families for edge in (*_FAR[family], *address_ranges.edges(ranges, family))
        )
        return _Space(
            tuple(families),
            tuple(edges),
            frozenset(c.port for c in chains),
            frozenset(port for c in chains for port in c.source_ports),
            any(c.direct_sources for c in chains),
        )


def _fresh(taken: frozenset[int], wanted: int) -> int:
    return next(port for port in range(wanted, 65535) if port not in taken)


def _outcome(trie: Trie, chain: Criteria, index: int, space: _Space) -> ChainOutcome:
    first: Facts | None = None
    by: dict[int, None] = {}
    for count, facts in enumerate(_connections(chain, space)):
        if count >= _MOST:
            return ChainOutcome(index, Fate.OPEN)
        found = trie.find(facts).chains or (-1,)
        if index in found:
            return ChainOutcome(index, Fate.ALIVE, facts)
        first = first or facts
        by.update(dict.fromkeys(found))
    if first is None:
        return ChainOutcome(index, Fate.IMPOSSIBLE)
    return ChainOutcome(index, Fate.SHADOWED, first, tuple(by))


def _connections(chain: Criteria, space: _Space) -> Iterator[Facts]:
    """The connections that meet a chain's criteria, as far as the trie can tell them apart."""
    port = chain.port or _fresh(space.ports, 8080)
    source_ports = chain.source_ports or (_fresh(space.source_ports, 50505),)
    for (transport, sni), alpn in itertools.product(_names(chain), _protocols(chain)):
        for destination in _addresses(chain.destinations, space):
            for source, direct in _sources(chain, space, destination):
                for source_port in source_ports:
                    yield Facts(destination, port, source, source_port, direct, sni, transport, alpn)


def _names(chain: Criteria) -> list[tuple[str, str]]:
    """Transport and SNI: a name is only ever read out of TLS."""
    snis = [f"unnamed.{name[2:]}" if name.startswith("*.") else name for name in chain.server_names]
    transports = (chain.transport,) if chain.transport else ("raw_buffer", "tls")
    found = []
    for transport in transports:
        for sni in snis or (("", "unnamed.example") if transport != "raw_buffer" else ("",)):
            if transport != "raw_buffer" or not sni:
                found.append((transport, sni))
    return found


def _protocols(chain: Criteria) -> list[tuple[str, ...]]:
    return [(protocol,) for protocol in chain.alpn] or [(), ("unnamed",)]


def _addresses(ranges: tuple[Range, ...], space: _Space) -> list[str]:
    return [edge for edge in space.edges if not ranges or any(contains(r, edge) for r in ranges)]


def _sources(chain: Criteria, space: _Space, destination: str) -> Iterator[tuple[str, str]]:
    """Source and direct source, of the family of the destination; local ones are the destination and loopback."""
    family = 6 if ":" in destination else 4
    local = [destination, _LOCAL[family]]
    edges = [edge for edge in (*space.edges, *local) if (":" in edge) == (family == 6)]
    for source in dict.fromkeys(edges):
        is_local = source in local
        if chain.source_type != "ANY" and is_local != (chain.source_type == "SAME_IP_OR_LOOPBACK"):
            continue
        if chain.sources and not any(contains(r, source) for r in chain.sources):
            continue
        for direct in dict.fromkeys((source, *(edges if space.direct else ()))):
            if not chain.direct_sources or any(contains(r, direct) for r in chain.direct_sources):
                yield source, direct
