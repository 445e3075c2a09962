"""One random number of a request, drawn once and asked several times.

Envoy draws one random value a request: a route's runtime_fraction asks ``value % denominator < numerator``, and
the same value picks the weighted cluster (source/common/router/config_impl.cc, Impl::route). So a request that
took a 50 % route does not fall evenly on a 50/50 split. A ``Draw`` is what is still possible of that value: a
set of residues modulo a number, kept as intervals.
"""

from __future__ import annotations

import math

from meshctl.values import Struct

Interval = tuple[int, int]
_LARGEST_LIFT = 20_000


class Draw(Struct, frozen=True):
    """The residues modulo ``modulus`` that are still possible, as half open intervals."""

    modulus: int = 1
    intervals: tuple[Interval, ...] = ((0, 1),)
    value: int | None = None  # the number itself, where a test fixes it

    def within(self, modulus: int, start: int, end: int) -> tuple[float, Draw]:
        """The chance that ``value % modulus`` is in [start, end), and the draw given that it is."""
        start, end = max(start, 0), min(end, modulus)
        if self.value is not None:
            return float(start <= self.value % modulus < end), self
        if start >= end:
            return 0.0, self
        common = math.lcm(self.modulus, modulus)
        if max(common // self.modulus, common // modulus) > _LARGEST_LIFT:
            return (end - start) / modulus, self
        mine = _lift(self.intervals, self.modulus, common)
        both = _intersection(mine, _lift(((start, end),), modulus, common))
        total = _size(mine)
        return (_size(both) / total if total else 0.0), Draw(common, both)


def _lift(intervals: tuple[Interval, ...], modulus: int, common: int) -> tuple[Interval, ...]:
    """The same set modulo a multiple of the modulus."""
    if modulus == common:
        return intervals
    if intervals == ((0, modulus),):
        return ((0, common),)
    return tuple((start + base, end + base) for base in range(0, common, modulus) for start, end in intervals)


def _intersection(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    out: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            out.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(out)


def _size(intervals: tuple[Interval, ...]) -> int:
    return sum(end - start for start, end in intervals)
