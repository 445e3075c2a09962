"""Branches of a chance, and of what is not known."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match.fraction import Fraction
from meshctl.proxy.entry import Entry


def split(entry: Entry, fraction: Fraction) -> Iterator[tuple[Entry, bool]]:
    """The branches of a chance: not taken, taken; one of them where it is certain."""
    if fraction.chance >= 1.0:
        yield entry, True
    elif fraction.chance <= 0.0:
        yield entry, False
    else:
        yield entry.branch(1.0 - fraction.chance), False
        yield entry.branch(fraction.chance), True


def open_ways(entry: Entry, count: int, reason: str) -> list[Entry]:
    """Branches between which only something outside of the configuration decides; nothing says how often."""
    found = []
    for _ in range(count):
        branch = entry.branch(1.0 / count)
        branch.decided = False
        branch.unknown(reason)
        found.append(branch)
    return found
