"""Which endpoint of a cluster takes a request: the share of each.

Theory of operation. The load falls on priorities (``priorities``); within one, healthy hosts or degraded ones are
used, in panic all. Locality weights count only with locality_weighted_lb_config (a locality's weight times what of it
is available), zones only with a local cluster (``zones``). Host weights count except for RANDOM. With consistent
hashing (``rings``) the key decides, also which priority. A share for which there is no host is told as ``missing``.
Follows source/extensions/load_balancing_policies/common/{load_balancer_impl,thread_aware_lb_impl}.cc and
source/common/upstream/upstream_impl.cc (effectiveLocalityWeight).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from meshctl.proxy.model import Endpoint
from meshctl.proxy.upstream import rings
from meshctl.proxy.upstream.hash_policy import RANDOM, HashKey
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.priorities import Level, Load, loads
from meshctl.proxy.upstream.zones import Zone, locality_shares
from meshctl.values import Struct

__all__ = ["Distribution", "Given", "Health", "Host", "Policy", "distribute", "shares_of", "within"]

Json = dict[str, Any]
Shares = list[tuple[Host, float]]


class Policy(Struct, frozen=True):
    """The settings of a cluster that bear on the choice."""

    panic_threshold: float = 50.0
    overprovisioning: int = 140
    by_weight: bool = False
    locality_weighted: bool = False
    ignore_weights: bool = False
    fail_on_panic: bool = False
    hashing: rings.Settings | None = None
    zone: Zone | None = None
    unknown: str = ""  # why the shares cannot be told

    def level(self, hosts: Iterable[Host]) -> Level:
        return Level(tuple(hosts), self.overprovisioning, self.by_weight)


class Given(Struct, frozen=True):
    """A priority that is chosen before (by an aggregate), and what of its load is for healthy and for degraded hosts."""

    priority: int
    healthy: float
    degraded: float

    def loads(self, falling: Sequence[Load]) -> list[Load]:
        """All of the load on that priority; whether one is in panic stays with the hosts' own view."""
        none = (0.0, 0.0)
        told = [(self.healthy, self.degraded) if i == self.priority else none for i in range(len(falling))]
        return [Load(h, d, load.panic) for (h, d), load in zip(told, falling, strict=True)]


class Distribution(Struct, frozen=True):
    """The shares of the hosts, the share for which there is none, and why."""

    shares: tuple[Endpoint, ...]
    reason: str = ""
    panic: bool = False
    subset: str = ""
    missing: float = 0.0
    undetermined: str = ""
    doubt: str = ""  # why there may be none of them after all
    loops: bool = False  # it leads back to the cluster that was asked


def distribute(
    hosts: Sequence[Host], policy: Policy, key: HashKey = RANDOM, given: Given | None = None
) -> Distribution:
    """The shares of hosts that are all eligible (no subsets, or within one).

    Consistent hashing looks for a priority itself, whichever was given (thread_aware_lb_impl.cc, chooseHost).
    """
    if not hosts:
        return Distribution((), "the cluster has no endpoints", missing=1.0)
    levels = [policy.level(level) for level in by_priority(hosts)]
    falling = loads(levels, policy.panic_threshold)
    if policy.hashing is not None:
        found = _hashed(levels, falling, policy, key)
    else:
        falling = given.loads(falling) if given is not None else falling
        found = [
            (host, share)
            for level, load in zip(levels, falling, strict=True)
            for host, share in within(level, load, policy, first=level is levels[0])
        ]
    unknown = policy.unknown or (key.unknown if policy.hashing is not None else "")
    return shares_of(found, any(load.panic for load in falling), hosts, unknown)


def shares_of(found: Shares, panic: bool, hosts: Sequence[Host], undetermined: str = "") -> Distribution:
    """Shares of hosts as a distribution; what is left of one has no host."""
    weights: dict[str, tuple[Host, float]] = {}
    for host, share in found:
        weights[host.address] = (host, weights.get(host.address, (host, 0.0))[1] + share)
    total = sum(share for _, share in weights.values())
    if total <= 0:
        return Distribution((), _no_host_reason(hosts), missing=1.0)
    endpoints = tuple(
        Endpoint(host.address, share / total, host.hostname, host.metadata, host.additional)
        for host, share in weights.values()
        if share > 0
    )
    reason = "panic: too few healthy hosts, all hosts are used" if panic else ""
    missing = 1.0 - total if total < 0.999999 else 0.0
    return Distribution(
        endpoints, reason, panic, missing=missing, undetermined=undetermined if len(endpoints) > 1 else ""
    )


def _no_host_reason(hosts: Sequence[Host]) -> str:
    reasons = {host.reason or host.health.value for host in hosts}
    return f"none of {len(hosts)} endpoint{'s' if len(hosts) > 1 else ''} is healthy: {', '.join(sorted(reasons))}"


def by_priority(hosts: Sequence[Host]) -> list[list[Host]]:
    """The hosts of each priority, empty ones in between included."""
    levels: list[list[Host]] = [[] for _ in range(max(host.priority for host in hosts) + 1)]
    for host in hosts:
        levels[host.priority].append(host)
    return levels


def within(level: Level, load: Load, policy: Policy, *, first: bool) -> Iterable[tuple[Host, float]]:
    """The hosts of a priority with their shares of all."""
    for percent, wanted in ((load.healthy, Health.HEALTHY), (load.degraded, Health.DEGRADED)):
        if percent:
            for host, share in _of_health(level, wanted, load.panic, policy, first=first):
                yield host, percent / 100 * share


def _of_health(level: Level, wanted: Health, panic: bool, policy: Policy, *, first: bool) -> Shares:
    """The hosts of a health (in panic all) with their shares of one."""
    if panic:
        return [] if policy.fail_on_panic else _weighted(list(level.hosts), policy)
    pool = level.healthy(wanted)
    if not pool:
        return []
    weighted = _by_locality(level, pool, policy) if policy.locality_weighted else []
    if weighted:
        return weighted
    if policy.zone is not None and first:
        return _by_zone(level, pool, policy, policy.zone)
    return _weighted(pool, policy)


def _by_zone(level: Level, pool: list[Host], policy: Policy, zone: Zone) -> Shares:
    """By zone, for the share of requests that this is turned on for. The zones' shares go by healthy hosts, for degraded ones
    too: where a zone has none of those, its share has no host (tryChooseLocalLocalityHosts)."""
    zones = locality_shares(level, zone)
    if zones is None or not zone.enabled:
        return _weighted(pool, policy)
    if Level(zone.local_hosts).in_panic(policy.panic_threshold):
        share = (1.0 - zone.enabled) if policy.fail_on_panic else 1.0
        return [(host, share * part) for host, part in _weighted(pool, policy) if share]
    found = [
        (host, zone.enabled * zones[name] * share)
        for name in zones
        for host, share in _weighted([h for h in pool if h.locality == name], policy)
    ]
    return found + [(host, (1.0 - zone.enabled) * share) for host, share in _weighted(pool, policy)]


def _weighted(pool: list[Host], policy: Policy) -> Shares:
    if not pool:
        return []
    if policy.ignore_weights:
        return [(host, 1.0 / len(pool)) for host in pool]
    total = sum(host.weight for host in pool)
    return [(host, host.weight / total) for host in pool]


def _localities(level: Level, pool: list[Host], policy: Policy) -> dict[str, tuple[list[Host], float]]:
    """The hosts of each locality and its effective weight: the weight times what of it is available."""
    groups: dict[str, list[Host]] = {}
    for host in pool:
        groups.setdefault(host.locality, []).append(host)
    counted = level.counted
    found = {}
    for locality, members in groups.items():
        everyone = sum(1 for host in counted if host.locality == locality)
        ratio = min(1.0, policy.overprovisioning / 100 * len(members) / everyone) if everyone else 0.0
        found[locality] = members, members[0].locality_weight * ratio
    return found


def _by_locality(level: Level, pool: list[Host], policy: Policy) -> Shares:
    localities = _localities(level, pool, policy)
    total = sum(weight for _, weight in localities.values())
    if total <= 0:  # no locality has a weight: as if they were not asked for (rebuildLocalityScheduler)
        return []
    return [
        (host, weight / total * share)
        for members, weight in localities.values()
        for host, share in _weighted(members, policy)
    ]


def _hashed(levels: list[Level], falling: list[Load], policy: Policy, key: HashKey) -> Shares:
    """Consistent hashing: the key's priority and host; for a random key (or an unknown one) those of all keys."""
    if key.value is not None and not key.unknown:
        index = _priority_of(falling, key.value)
        owned = _ring_of(levels[index], falling[index], policy)
        return [(owned[0][owned[1].owner(key.value)], 1.0)] if owned is not None else []
    found: Shares = []
    for level, load in zip(levels, falling, strict=True):
        owned = _ring_of(level, load, policy) if load.healthy + load.degraded else None
        if owned is not None:
            share = (load.healthy + load.degraded) / 100
            found += [(host, share * part) for host, part in zip(owned[0], owned[1].shares, strict=True)]
    return found


def _priority_of(falling: list[Load], value: int) -> int:
    """The priority of a key: its remainder of 100 among the loads, the healthy ones first."""
    wanted, so_far = value % 100 + 1, 0
    for kind in ("healthy", "degraded"):
        for index, load in enumerate(falling):
            so_far += getattr(load, kind)
            if wanted <= so_far:
                return index
    return 0


def _normalized(level: Level, pool: list[Host]) -> Shares:
    """Weights by locality as they are configured, whatever of a locality is available; [] without any."""
    weights = {host.locality: host.locality_weight for host in level.hosts}
    total = sum(weights.values())  # without any, no host has a share (normalizeLocalityWeights)
    found: Shares = []
    for locality, weight in weights.items():
        members = [host for host in pool if host.locality == locality]
        own = sum(host.weight for host in members)
        found += [(host, weight / total * host.weight / own) for host in members if weight]
    return found


_rings: dict[tuple[Any, ...], rings.Ring] = {}


def _ring_of(level: Level, load: Load, policy: Policy) -> tuple[list[Host], rings.Ring] | None:
    """The hosts of a priority's ring and the ring; None without hosts, which by locality weights are those of a weight."""
    assert policy.hashing is not None
    pool = list(level.hosts) if load.panic else level.healthy(Health.HEALTHY)
    shares = _normalized(level, pool) if policy.locality_weighted else _weighted(pool, policy)
    if not shares:
        return None
    keys = tuple(host.hash_key(policy.hashing.by_hostname) for host, _ in shares)
    weights = tuple(share for _, share in shares)
    known = (policy.hashing, keys, weights)
    if known not in _rings:
        _rings[known] = rings.build(keys, weights, policy.hashing)
    return [host for host, _ in shares], _rings[known]
