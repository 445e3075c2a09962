"""Sets of CIDR ranges looked up by address, most specific first.

Envoy keeps ranges in a Patricia trie (source/common/network/lc_trie.h); one dictionary a prefix length gives
the same answers. IPv4 and IPv6 never mix; an address range is masked to its prefix as Envoy does.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from meshctl.envoy.message import Undecidable
from meshctl.plain import Json
from meshctl.values import Struct, field

T = TypeVar("T")


class Untold(str):
    """In place of an address: why it is not known."""

    __slots__ = ()


@functools.lru_cache(maxsize=65536)
def number(address: str) -> tuple[int, int] | None:
    """(version, address as a number); None for what is no IP address.

    Raises Undecidable for one that is not known.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        if isinstance(address, Untold):
            raise Undecidable(address) from None
        return None
    return parsed.version, int(parsed)


class Range(Struct, frozen=True):
    """One CIDR range: version, prefix length and the masked address."""

    version: int
    length: int
    network: int

    @property
    def text(self) -> str:
        width = 32 if self.version == 4 else 128
        address = ipaddress.ip_address(self.network.to_bytes(width // 8, "big"))
        return f"{address}/{self.length}"


def parse(message: Json) -> Range | None:
    """A CidrRange; None when its address cannot be read. A missing prefix_len is 0 (proto3)."""
    found = number(str(message.get("address_prefix", "")))
    if found is None:
        return None
    version, value = found
    width = 32 if version == 4 else 128
    length = min(int(message.get("prefix_len") or 0), width)
    shift = width - length
    return Range(version, length, value >> shift << shift)


def contains(cidr: Range, address: str) -> bool:
    found = number(address)
    if found is None or found[0] != cidr.version:
        return False
    shift = (32 if cidr.version == 4 else 128) - cidr.length
    return found[1] >> shift << shift == cidr.network


def edges(ranges: Iterable[Range], version: int | None = None) -> Iterator[str]:
    """Addresses that tell ranges apart: the first of every stretch that they cut the space into, and the one behind it.

    version: that of the addresses; those of the ranges unless given.
    """
    known = set(ranges)
    for family in sorted({r.version for r in known} if version is None else {version}):
        size = 32 if family == 4 else 128
        make = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
        starts = {0}
        for one in known:
            if one.version == family:
                starts |= {one.network, one.network + (1 << (size - one.length))}
        for start in [*sorted(starts - {0}), 0]:
            for address in (start, start + 1):
                if address < 1 << size:
                    yield str(make(address))


class RangeMap(Struct, Generic[T]):
    """Values by range; ``matches`` yields those of the ranges that hold an address, longest prefix first."""

    levels: dict[tuple[int, int], dict[int, T]] = field(default_factory=dict)
    _order: list[tuple[int, int]] | None = None

    def get(self, cidr: Range) -> T | None:
        return self.levels.get((cidr.version, cidr.length), {}).get(cidr.network)

    def set(self, cidr: Range, value: T) -> None:
        self.levels.setdefault((cidr.version, cidr.length), {})[cidr.network] = value
        self._order = None

    def items(self) -> Iterator[tuple[Range, T]]:
        """All ranges with their values, the narrowest first."""
        for version, length in sorted(self.levels, key=lambda level: -level[1]):
            for network, value in self.levels[version, length].items():
                yield Range(version, length, network), value

    def matches(self, address: str) -> Iterator[T]:
        found = number(address)
        if found is None:
            return
        version, value = found
        width = 32 if version == 4 else 128
        if self._order is None:
            self._order = sorted(self.levels, key=lambda level: -level[1])
        for level in self._order:
            if level[0] != version:
                continue
            shift = width - level[1]
            entry = self.levels[level].get(value >> shift << shift)
            if entry is not None:
                yield entry
