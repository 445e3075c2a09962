"""Consistent hashing: which host a key goes to, on a ring or by Maglev's table.

Theory of operation. A ring has points for every host, as many as its share of the weights asks for; a key goes to
the first point that is not below it. Maglev fills a table of prime size, each host in turn taking its next free
place of its own permutation, heavier hosts more often; a key goes to its remainder's place. Without a key a random
one is drawn, so the shares of the hosts are those of the ring or the table.
Follows source/extensions/load_balancing_policies/{ring_hash/ring_hash_lb,maglev/maglev_lb}.cc and
common/thread_aware_lb_impl.cc (hashKey, normalizeHostWeights).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence

from meshctl.proxy.upstream.hashing import murmur2, xxhash64
from meshctl.values import Struct

_DEFAULT_RING = 1024
_LARGEST_RING = 8 * 1024 * 1024
_TABLE = 65537
_ALL = 1 << 64


class Settings(Struct, frozen=True):
    """A consistent hash's own settings."""

    kind: str  # RING_HASH or MAGLEV
    minimum: int = _DEFAULT_RING
    maximum: int = _LARGEST_RING
    murmur: bool = False
    table_size: int = _TABLE
    by_hostname: bool = False


class Ring(Struct, frozen=True):
    """Where keys go: ``owner`` of a key, ``shares`` of all keys; by the host's index."""

    owner: Callable[[int], int]
    shares: tuple[float, ...]


def build(keys: Sequence[str], weights: Sequence[float], settings: Settings) -> Ring:
    """The ring of hosts with these keys and weights, whose sum is one."""
    if settings.kind == "MAGLEV":
        return _maglev(keys, weights, settings)
    return _ring(keys, weights, settings)


def _ring(keys: Sequence[str], weights: Sequence[float], settings: Settings) -> Ring:
    least = min(weights)
    scale = min(math.ceil(least * settings.minimum) / least, float(settings.maximum))
    hashed = murmur2 if settings.murmur else xxhash64
    points: list[tuple[int, int]] = []
    target = 0.0
    for index, (key, weight) in enumerate(zip(keys, weights, strict=True)):
        target += scale * weight
        number = 0
        while len(points) < target:
            points.append((hashed(f"{key}_{number}"), index))
            number += 1
    points.sort(key=lambda point: point[0])
    values, owners = [value for value, _ in points], [owner for _, owner in points]

    def owner(key: int) -> int:
        return owners[bisect.bisect_left(values, key) % len(owners)]

    shares = [0.0] * len(keys)
    for position, value in enumerate(values):
        before = values[position - 1] if position else values[-1] - _ALL
        shares[owners[position]] += (value - before) / _ALL
    return Ring(owner, tuple(shares))


def _maglev(keys: Sequence[str], weights: Sequence[float], settings: Settings) -> Ring:
    size, heaviest = settings.table_size, max(weights)
    offsets = [xxhash64(key) % size for key in keys]
    skips = [xxhash64(key, 1) % (size - 1) + 1 for key in keys]
    places, targets = list(offsets), [0.0] * len(keys)
    order = sorted(range(len(keys)), key=lambda index: keys[index])
    table: list[int] = [-1] * size
    filled = iteration = 0
    while filled < size:
        iteration += 1
        for index in order:
            weight = weights[index]
            if filled == size:
                break
            if iteration * weight < targets[index]:
                continue
            targets[index] += heaviest
            place, skip = places[index], skips[index]
            while table[place] >= 0:
                place = (place + skip) % size
            table[place] = index
            places[index] = (place + skip) % size
            filled += 1
    shares = tuple(table.count(index) / size for index in range(len(keys)))
    return Ring(lambda key: table[key % size], shares)
