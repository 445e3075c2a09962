"""Rules of a long chain by the destination they ask for, so that thousands need not be asked one by one.

kube-proxy writes one rule a service into one chain. A rule whose criterion "destination is this one
address" fails does nothing, so only the rules of the packet's address and those without such a
criterion have to be tried, in their order. A destination does not change within a chain: what
translates it ends the chain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from meshctl.netfilter.model import Chain, Criterion, Field, Rule, Test
from meshctl.values import Struct

LONG_CHAIN = 64


class ByDestination(Struct, frozen=True):
    """Numbers of rules, 1-based and ascending."""

    always: tuple[int, ...]
    only_for: dict[int, tuple[int, ...]]

    def numbers(self, destination: int) -> Iterator[int]:
        """The rules that a packet to this address may match, in the chain's order."""
        return heapq.merge(self.always, self.only_for.get(destination, ()))


_known: dict[
    int, tuple[Chain, ByDestination]
] = {}  # by identity: hashing a chain costs as much as walking it


def by_destination(chain: Chain) -> ByDestination:
    """The chain's rules by destination, made once a chain."""
    entry = _known.get(id(chain))
    if entry is None:
        entry = _known[id(chain)] = (chain, _sorted(chain))
    return entry[1]


def _sorted(chain: Chain) -> ByDestination:
    always: list[int] = []
    only_for: dict[int, list[int]] = {}
    for number, rule in enumerate(chain.rules, 1):
        destination = _only_destination(rule)
        if destination is None:
            always.append(number)
        else:
            only_for.setdefault(destination, []).append(number)
    return ByDestination(tuple(always), {to: tuple(numbers) for to, numbers in only_for.items()})


def _only_destination(rule: Rule) -> int | None:
    """The one address the rule asks for first; what comes before could be unknown and split the walk."""
    first = rule.steps[0] if rule.steps else None
    if (
        not isinstance(first, Criterion)
        or first.field is not Field.DST
        or first.test is not Test.IN
        or first.negate
        or first.mask is not None
        or len(first.ranges) != 1
    ):
        return None
    low, high = first.ranges[0]
    return low if low == high else None
