"""How the load falls on priorities: by availability, with panic.

Theory of operation. A priority's availability is the share of its hosts that are healthy (or degraded), by count or
with weighted_priority_health by weight, times the overprovisioning factor (1.4), at most 100 %. The load goes to
healthy hosts of the first priority as far as it is available, on to the next, then to degraded hosts; the sum of
all availabilities scales it when it is below 100 %. Then, and only then, a priority with too few available hosts is
in panic and uses all of its hosts. When all priorities are, the load goes by the number of their hosts. Draining
hosts are not counted.
Follows source/extensions/load_balancing_policies/common/load_balancer_impl.cc (recalculatePerPriorityState,
recalculatePerPriorityPanic, recalculateLoadInTotalPanic, isHostSetInPanic).
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.values import Struct


class Level(Struct, frozen=True):
    """The hosts of one priority and how their health is counted."""

    hosts: tuple[Host, ...]
    overprovisioning: int = 140
    by_weight: bool = False

    def healthy(self, health: Health) -> list[Host]:
        return [host for host in self.hosts if host.health is health]

    @property
    def counted(self) -> list[Host]:
        return [host for host in self.hosts if host.health is not Health.EXCLUDED]

    def available(self, health: Health) -> int:
        """The percentage that hosts of this health make available, overprovisioning included."""
        counted, of_health = self.counted, self.healthy(health)
        if not counted:
            return 0
        if self.by_weight:
            total, part = sum(h.weight for h in counted), sum(h.weight for h in of_health)
        else:
            total, part = len(counted), len(of_health)
        return min(100, self.overprovisioning * part // total)

    def in_panic(self, threshold: float) -> bool:
        """Whether too few hosts are available."""
        counted = self.counted
        usable = len(self.healthy(Health.HEALTHY)) + len(self.healthy(Health.DEGRADED))
        percent = 100.0 * usable / len(counted) if counted else 0.0
        return percent < threshold


class Load(Struct, frozen=True):
    """What falls on a priority, in percent: on its healthy and on its degraded hosts; whether it is in panic."""

    healthy: float  # a whole number, where it is not a part of another cluster's load
    degraded: float
    panic: bool = False


def loads(levels: Sequence[Level], threshold: float) -> list[Load]:
    """The load of each priority."""
    threshold = min(100.0, float(int(threshold)))
    healthy = [level.available(Health.HEALTHY) for level in levels]
    degraded = [level.available(Health.DEGRADED) for level in levels]
    available = min(100, sum(healthy) + sum(degraded))
    if threshold == 0 and available == 0:
        return [Load(100 if index == 0 else 0, 0) for index in range(len(levels))]
    panic = [available < 100 and level.in_panic(threshold) for level in levels]
    if all(panic):
        return _in_total_panic(levels)
    shares = _distributed(healthy, degraded, available)
    return [Load(h, d, p) for (h, d), p in zip(shares, panic, strict=True)]


def _distributed(healthy: list[int], degraded: list[int], available: int) -> list[tuple[int, int]]:
    """Healthy hosts of all priorities first, in whole percent as Envoy rounds."""
    remaining = 100
    rows: list[list[int]] = []
    for values in (healthy, degraded):
        row = []
        for value in values:
            load = min(remaining, value * 100 // available)
            row.append(load)
            remaining -= load
        rows.append(row)
    if remaining:
        values, row = (healthy, rows[0]) if any(healthy) else (degraded, rows[1])
        row[next(index for index, value in enumerate(values) if value)] += remaining
    return list(zip(*rows, strict=True))


def _in_total_panic(levels: Sequence[Level]) -> list[Load]:
    total = sum(len(level.hosts) for level in levels)
    if not total:
        return [Load(100 if index == 0 else 0, 0, True) for index in range(len(levels))]
    row = [100 * len(level.hosts) // total for level in levels]
    row[next(index for index, level in enumerate(levels) if level.hosts)] += 100 - sum(row)
    return [Load(load, 0, True) for load in row]
