"""Numbers that are drawn or hashed: what is left of their values once some were asked for, and how often one of them comes.

A number of a rule set (``numgen random mod 3``, ``jhash ip saddr mod 3``) is one of a span of values. Each question about
it cuts the span in two; a question that cuts nothing off is answered. numgen draws anew in every rule, all values equally
often (``inc``: in turn); a hash is the same in every rule, and nothing tells which value a packet has.
Follows net/netfilter/nft_numgen.c and nft_hash.c.
"""

from __future__ import annotations

from meshctl.netfilter.model import Drawn

Ranges = tuple[tuple[int, int], ...]


def within(values: Ranges, wanted: Ranges) -> Ranges:
    """The values that are wanted."""
    found = {(max(a, c), min(b, d)) for a, b in values for c, d in wanted if max(a, c) <= min(b, d)}
    return _joined(tuple(sorted(found)))


def without(values: Ranges, unwanted: Ranges) -> Ranges:
    """The values that are not."""
    for low, high in within(values, unwanted):
        values = tuple(
            part
            for a, b in values
            for part in ((a, min(b, low - 1)), (max(a, high + 1), b))
            if part[0] <= part[1]
        )
    return values


def _joined(values: Ranges) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in values:
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return tuple(found)


def size(values: Ranges) -> int:
    return sum(high - low + 1 for low, high in values)


def asked(drawn: Drawn, left: Ranges) -> tuple[Ranges, Ranges]:
    """What of the values left passes a question, and what does not."""
    passing, other = within(left, drawn.ranges), without(left, drawn.ranges)
    return (other, passing) if drawn.negate else (passing, other)
