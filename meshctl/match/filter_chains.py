"""Which filter chain takes a connection: the criteria of FilterChainMatch in Envoy's order.

Theory of operation. Envoy builds a trie with nine levels (``Level``). At each level the connection picks the
most specific bucket that any chain of the bucket above named; there is no way back: when a lower level finds
nothing, the default filter chain takes the connection (or none), never a wider bucket. So a chain ``{}`` is no
catch-all once another chain claims its level. ALPN: the first of the client's protocols that has a bucket. A
source type that some chain of the bucket names hides those that name none. Equal /0 ranges beside chains without
a range share a bucket, and which of them wins depends on the process: that is ``ambiguous``.
Follows source/common/listener_manager/filter_chain_manager_impl.cc.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from meshctl.envoy.api.config_core_v3 import CidrRange
from meshctl.envoy.api.config_listener_v3 import FilterChainMatch
from meshctl.envoy.message import Undecidable
from meshctl.match import address_ranges
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed, answered
from meshctl.plain import Json
from meshctl.values import Struct, field, replace

T = TypeVar("T")


class Facts(Struct, frozen=True):
    """What is known of a connection when its chain is chosen (after the listener filters).

    ``dst_ip`` is "" for a connection without IP addresses (an internal listener, a pipe); ``src_ip`` also where it is not
    told. ``supposed`` is what is supposed of conditions that cannot be decided.
    """

    dst_ip: str = ""
    dst_port: int = 0
    src_ip: str = ""
    src_port: int = 0
    direct_src_ip: str = ""
    sni: str = ""
    transport: str = "raw_buffer"
    alpn: tuple[str, ...] = ()
    supposed: Supposed = field(default_factory=lambda: NOTHING_SUPPOSED)

    @property
    def untold(self) -> Undecidable | None:
        """Why what hangs on the source cannot be decided; None where the connection has none, or it is told."""
        if isinstance(self.src_ip, address_ranges.Untold):
            return Undecidable(self.src_ip)
        if self.src_ip or not self.dst_ip:
            return None
        return Undecidable("the source of the connection is not told")

    @property
    def port_untold(self) -> Undecidable | None:
        """Why what hangs on the source's port cannot be decided; None where the connection has none, or it is told."""
        if self.src_port or not self.dst_ip:
            return None
        return Undecidable("the source port of the connection is not told")

    @property
    def local(self) -> bool | None:
        """From this very address, or from 127.0.0.1 or ::1 (SAME_IP_OR_LOOPBACK); None where it is not told."""
        if not self.src_ip:
            return None if self.dst_ip else False
        if isinstance(self.src_ip, address_ranges.Untold):
            return None
        return self.src_ip in (self.dst_ip, "127.0.0.1", "::1")


class Level(enum.Enum):
    """The levels of the trie in order; the value is what a reader calls it."""

    PORT = "destination port"
    DESTINATION = "destination"
    SERVER_NAME = "SNI"
    TRANSPORT = "transport protocol"
    ALPN = "application protocol"
    DIRECT_SOURCE = "direct source"
    SOURCE_TYPE = "source type"
    SOURCE = "source"
    SOURCE_PORT = "source port"


class Criteria(Struct, frozen=True):
    """A FilterChainMatch, read."""

    port: int = 0
    destinations: tuple[address_ranges.Range, ...] = ()
    server_names: tuple[str, ...] = ()
    transport: str = ""
    alpn: tuple[str, ...] = ()
    direct_sources: tuple[address_ranges.Range, ...] = ()
    source_type: str = "ANY"
    sources: tuple[address_ranges.Range, ...] = ()
    source_ports: tuple[int, ...] = ()
    unread: str = ""  # what of it cannot be read: whether it holds is then not known

    def failure(self, facts: Facts) -> str:
        """The first criterion that the connection fails on its own, in words; "" when it meets all."""
        for text, holds, seen in self._checks(facts):
            if not holds:
                return f"{seen}, wants {text}"
        return ""

    def passed(self, facts: Facts) -> int:
        checks = self._checks(facts)
        return next((i for i, check in enumerate(checks) if not check[1]), len(checks))

    def _checks(self, facts: Facts) -> list[tuple[str, bool, str]]:
        """(what it wants, whether it holds, what is seen) for each criterion that is set."""
        checks: list[tuple[str, bool, str]] = []
        if self.port:
            checks.append((f"port {self.port}", facts.dst_port == self.port, f"port is {facts.dst_port}"))
        if self.destinations:
            checks.append(
                (
                    f"destination {_texts(self.destinations)}",
                    any(address_ranges.contains(r, facts.dst_ip) for r in self.destinations),
                    f"destination is {facts.dst_ip}",
                )
            )
        if self.server_names:
            names = set(self.server_names)
            checks.append(
                (
                    f"SNI {', '.join(self.server_names)}",
                    any(name in names for name in _sni_keys(facts.sni)),
                    f"SNI is {facts.sni}" if facts.sni else "SNI is absent",
                )
            )
        if self.transport:
            checks.append(
                (self.transport, facts.transport == self.transport, f"transport is {facts.transport}")
            )
        if self.alpn:
            seen = ", ".join(facts.alpn) if facts.alpn else "not known"
            checks.append(
                (
                    f"application protocol {', '.join(self.alpn)}",
                    bool(set(self.alpn) & set(facts.alpn)),
                    f"application protocol is {seen}",
                )
            )
        return checks + self._source_checks(facts)

    def _source_checks(self, facts: Facts) -> list[tuple[str, bool, str]]:
        checks: list[tuple[str, bool, str]] = []
        for text, ranges, address in (
            ("direct source", self.direct_sources, facts.direct_src_ip or facts.src_ip),
            ("source", self.sources, facts.src_ip),
        ):
            if ranges:
                checks.append(
                    (
                        f"{text} {_texts(ranges)}",
                        any(address_ranges.contains(r, address) for r in ranges),
                        f"{text} is {address or 'not known'}",
                    )
                )
        if self.source_type != "ANY":
            local = self.source_type == "SAME_IP_OR_LOOPBACK"
            seen = {True: "local", False: "external", None: "not told"}[facts.local]
            checks.append(
                (
                    f"{'a local' if local else 'an external'} source",
                    facts.local in (local, None),
                    f"source is {seen}",
                )
            )
        if self.source_ports:
            checks.append(
                (
                    f"source port {', '.join(map(str, self.source_ports))}",
                    facts.src_port in self.source_ports,
                    f"source port is {facts.src_port or 'not known'}",
                )
            )
        return checks

    @property
    def text(self) -> str:
        """As a reader wants it; "any connection" for an empty match."""
        parts = []
        if self.port:
            parts.append(f"port {self.port}")
        if self.destinations:
            parts.append(f"to {_texts(self.destinations)}")
        if self.server_names:
            parts.append(f"SNI {', '.join(self.server_names)}")
        if self.transport:
            parts.append(self.transport)
        if self.alpn:
            parts.append(", ".join(self.alpn))
        if self.direct_sources:
            parts.append(f"directly from {_texts(self.direct_sources)}")
        if self.source_type != "ANY":
            parts.append("from itself" if self.source_type == "SAME_IP_OR_LOOPBACK" else "from outside")
        if self.sources:
            parts.append(f"from {_texts(self.sources)}")
        if self.source_ports:
            parts.append(f"source port {', '.join(map(str, self.source_ports))}")
        return "; ".join(parts) or "any connection"


def _texts(ranges: tuple[address_ranges.Range, ...]) -> str:
    return ", ".join(r.text for r in ranges)


def _ranges(items: Iterable[CidrRange]) -> tuple[address_ranges.Range, ...]:
    return tuple(r for r in (address_ranges.parse(item.raw) for item in items) if r is not None)


_NOT_EVALUATED = ("address_suffix", "suffix_len")  # Envoy has them in its API alone


def criteria(message: Json | None) -> Criteria:
    """The criteria of a FilterChainMatch.

    What cannot be read, or is not in the schema, is named in ``unread``; the other criteria still count.
    """
    try:
        match = FilterChainMatch(message or {})
    except Undecidable as unknown:
        return replace(criteria(None), unread=unknown.reason)
    unread = [f"filter_chain_match has {name}, which meshctl does not know" for name in match.unknown_inside]
    unread += [
        f"filter_chain_match.{name} is not evaluated" for name in _NOT_EVALUATED if match.raw.get(name)
    ]

    def read(value: Callable[[], T], otherwise: T) -> T:
        try:
            return value()
        except Undecidable as unknown:
            unread.append(unknown.reason)
            return otherwise

    found = Criteria(
        port=read(lambda: match.destination_port or 0, 0),
        destinations=read(lambda: _ranges(match.prefix_ranges), ()),
        server_names=read(lambda: tuple(name.lower() for name in match.server_names), ()),
        transport=read(lambda: match.transport_protocol, ""),
        alpn=read(lambda: match.application_protocols, ()),
        direct_sources=read(lambda: _ranges(match.direct_source_prefix_ranges), ()),
        source_type=read(lambda: str(match.source_type), "ANY"),
        sources=read(lambda: _ranges(match.source_prefix_ranges), ()),
        source_ports=read(lambda: match.source_ports, ()),
    )
    return replace(found, unread="; ".join(unread)) if unread else found


def readable(chains: list[Criteria], facts: Facts, names: list[str]) -> list[Criteria]:
    """Criteria that cannot be read, as they are supposed to be: met, or not met by this connection.

    One that is not met may yet claim the buckets above of its level, so that chains which ask for less are not found.
    Raises Open where it matters and nothing is supposed.
    """
    found = list(chains)
    for index, chain in enumerate(chains):
        if not chain.unread:
            continue
        met, claims = replace(chain, unread=""), replace(chain, unread="", source_ports=(_NO_PORT,))
        forms = [
            Trie([*found[:index], form, *found[index + 1 :]]).find(facts) for form in (met, claims, chain)
        ]
        unknown = Undecidable(f"chain {names[index]}: {chain.unread}")
        if forms[0] == forms[1] == forms[2]:
            continue  # whatever it is
        if forms[0] != forms[1] and answered(
            facts.supposed, f"chain {names[index]} takes the connection", unknown
        ):
            found[index] = met
        elif forms[1] != forms[2] and answered(facts.supposed, f"chain {names[index]} hides others", unknown):
            found[index] = claims
    return found


_NO_PORT = -1


def _sni_keys(sni: str) -> list[str]:
    """The names under which a chain may have asked for this SNI, most specific first."""
    if not sni:
        return []
    keys = [sni]
    rest = sni
    while "." in rest:
        rest = rest.split(".", 1)[1]
        keys.append(f"*.{rest}")
    return keys


class Choice(Struct, frozen=True):
    """The chains that may take the connection (several only when ambiguous), or where the search ended."""

    chains: tuple[int, ...] = ()
    level: Level | None = None

    @property
    def ambiguous(self) -> bool:
        return len(self.chains) > 1


class _Node(Struct):
    """A bucket of the trie: exact keys, address ranges, and the chains of the last level."""

    keys: dict[Any, _Node] = field(default_factory=dict)
    ranges: address_ranges.RangeMap[_Ranged] | None = None
    chains: list[int] = field(default_factory=list)


class _Ranged(Struct):
    """The bucket of one range; ``other`` is a second bucket of the same /0, from chains without a range."""

    node: _Node | None = None
    other: _Node | None = None


_ANYWHERE = (address_ranges.Range(4, 0, 0), address_ranges.Range(6, 0, 0))
_RANGED = {Level.DESTINATION, Level.DIRECT_SOURCE, Level.SOURCE}


class Trie:
    """The chains of a listener, compiled."""

    def __init__(self, chains: list[Criteria]) -> None:
        readable = [(index, chain) for index, chain in enumerate(chains) if not chain.unread]
        # A level at which no chain wants anything lets every connection through.
        self._levels = [level for level in Level if any(_wants(chain, level) for _, chain in readable)]
        self._root = _Node()
        for index, chain in readable:
            self._insert(self._root, 0, index, chain)

    def _insert(self, node: _Node, depth: int, index: int, chain: Criteria) -> None:
        if depth == len(self._levels):
            node.chains.append(index)
            return
        level = self._levels[depth]
        if level in _RANGED:
            for bucket in self._range_buckets(node, _wanted_ranges(chain, level)):
                self._insert(bucket, depth + 1, index, chain)
            return
        for key in _wanted_keys(chain, level):
            self._insert(node.keys.setdefault(key, _Node()), depth + 1, index, chain)

    @staticmethod
    def _range_buckets(node: _Node, ranges: tuple[address_ranges.Range, ...]) -> list[_Node]:
        """The buckets of the ranges; chains without a range share one bucket over all addresses."""
        if node.ranges is None:
            node.ranges = address_ranges.RangeMap()
        buckets: list[_Node] = []
        if not ranges:
            shared = node.keys.setdefault("", _Node())
            for anywhere in _ANYWHERE:
                entry = node.ranges.get(anywhere) or _Ranged()
                entry.other = shared
                node.ranges.set(anywhere, entry)
            return [shared]
        for cidr in ranges:
            entry = node.ranges.get(cidr) or _Ranged()
            entry.node = entry.node or _Node()
            node.ranges.set(cidr, entry)
            buckets.append(entry.node)
        return buckets

    def find(self, facts: Facts) -> Choice:
        """The chain that takes the connection, before the default filter chain.

        Raises Open where it hangs on what is not known, and nothing is supposed of that.
        """
        return self._find(self._root, 0, facts)

    def _find(self, node: _Node, depth: int, facts: Facts) -> Choice:
        for level in self._levels[depth:]:
            nodes = self._ranged(node, level, facts) if level in _RANGED else _keyed(node, level, facts)
            if not nodes:
                return Choice(level=level)
            depth += 1
            if len(nodes) > 1:
                break
            node = nodes[0]
        else:
            return Choice(tuple(node.chains[:1]))
        choices = [self._find(found, depth, facts) for found in nodes]
        chains = tuple(dict.fromkeys(c for choice in choices for c in (choice.chains or (-1,))))
        return Choice(chains, choices[0].level)

    @staticmethod
    def _ranged(node: _Node, level: Level, facts: Facts) -> list[_Node]:
        address = _address(level, facts)
        if not address:
            return _supposed_range(node, level, facts) or ([node.keys[""]] if "" in node.keys else [])
        for entry in node.ranges.matches(address) if node.ranges else ():
            return [found for found in (entry.node, entry.other) if found is not None]
        return []


def _supposed_range(node: _Node, level: Level, facts: Facts) -> list[_Node]:
    """The bucket of the range in which a source that is not told is supposed to be; none where it is in none."""
    unknown = facts.untold if level is not Level.DESTINATION and node.ranges is not None else None
    if unknown is None or node.ranges is None:
        return []
    for cidr, entry in node.ranges.items():
        if entry.node is not None and answered(
            facts.supposed, f"the {level.value} is in {cidr.text}", unknown
        ):
            return [entry.node]
    return []


def _address(level: Level, facts: Facts) -> str:
    if level is Level.DESTINATION:
        return facts.dst_ip
    if level is Level.SOURCE:
        return facts.src_ip
    return facts.direct_src_ip or facts.src_ip


def _wanted_ranges(chain: Criteria, level: Level) -> tuple[address_ranges.Range, ...]:
    if level is Level.DESTINATION:
        return chain.destinations
    return chain.sources if level is Level.SOURCE else chain.direct_sources


def _wants(chain: Criteria, level: Level) -> bool:
    """Whether a chain asks for anything at a level."""
    if level in _RANGED:
        return bool(_wanted_ranges(chain, level))
    return _wanted_keys(chain, level) not in _NOTHING_WANTED


_NOTHING_WANTED = ((0,), ("",), ("ANY",))


def _wanted_keys(chain: Criteria, level: Level) -> tuple[Any, ...]:
    """The keys a chain is filed under; the last of ``_seen_keys`` is the one of chains that want nothing."""
    return {
        Level.PORT: (chain.port,),
        Level.SERVER_NAME: chain.server_names or ("",),
        Level.TRANSPORT: (chain.transport,),
        Level.ALPN: chain.alpn or ("",),
        Level.SOURCE_TYPE: (chain.source_type,),
        Level.SOURCE_PORT: chain.source_ports or (0,),
    }[level]


def _keyed(node: _Node, level: Level, facts: Facts) -> list[_Node]:
    if node.keys.keys() == {"ANY"}:
        return [node.keys["ANY"]]  # nobody here asks for the source
    if level is Level.SOURCE_PORT and facts.port_untold is not None:
        return _supposed_port(node, facts, facts.port_untold)
    for key in _seen_keys(level, facts):
        found = node.keys.get(key)
        if found is not None:
            return [found]
    return []


def _supposed_port(node: _Node, facts: Facts, unknown: Undecidable) -> list[_Node]:
    """The bucket of the source port that one which is not told is supposed to be; of chains that want none where it is none."""
    for port, found in node.keys.items():
        if port and answered(facts.supposed, f"the source port is {port}", unknown):
            return [found]
    return [node.keys[0]] if 0 in node.keys else []


def _seen_keys(level: Level, facts: Facts) -> tuple[Any, ...]:
    """The keys a connection asks for, most specific first."""
    match level:
        case Level.PORT:
            return (facts.dst_port, 0)
        case Level.SERVER_NAME:
            return (*_keys_of_sni(facts.sni), "")
        case Level.TRANSPORT:
            return (facts.transport, "")
        case Level.ALPN:
            return (*facts.alpn, "")
        case Level.SOURCE_TYPE:
            local = facts.local
            if local is None:
                reason = "whether the connection is local is not known: its source is not told"
                local = answered(facts.supposed, "the connection is local", Undecidable(reason))
            return ("SAME_IP_OR_LOOPBACK" if local else "EXTERNAL", "ANY")
        case _:
            return (facts.src_port, 0)


@functools.lru_cache(maxsize=4096)
def _keys_of_sni(sni: str) -> tuple[str, ...]:
    return tuple(_sni_keys(sni))
