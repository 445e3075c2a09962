"""Which endpoint of a cluster takes a request: the probability of each.

Theory of operation. Hosts are grouped by priority. A priority's availability is its healthy share times the
overprovisioning factor (1.4); the load goes to the first priority as far as it is available, the rest on to
degraded hosts and the next priorities. A priority with too few available hosts (healthy_panic_threshold) sends
to all its hosts. Within a priority, locality weights count only with locality_weighted_lb_config; host weights
count except for RANDOM. With subsets, the request's metadata_match picks a subset or the fallback.
Draining and unhealthy hosts get nothing; DEGRADED ones only what the healthy leave.
Follows source/extensions/load_balancing_policies/common/load_balancer_impl.cc and …/subset/subset_lb.cc.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from meshctl.proxy.model import Endpoint

Json = dict[str, Any]


class Health(enum.Enum):
    """A host's health as the load balancer counts it."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Host:
    """One upstream host."""

    address: str
    hostname: str = ""
    health: Health = Health.HEALTHY
    weight: int = 1
    priority: int = 0
    locality: str = ""
    locality_weight: int = 0
    metadata: Json = field(default_factory=dict)
    reason: str = ""  # why it is not healthy
    additional: tuple[str, ...] = ()

    def lb_metadata(self, key: str) -> Any:
        return (self.metadata.get("envoy.lb") or {}).get(key)


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of a cluster that bear on the choice."""

    panic_threshold: float = 50.0
    overprovisioning: int = 140
    locality_weighted: bool = False
    ignore_weights: bool = False
    fail_on_panic: bool = False


@dataclass(frozen=True, slots=True)
class Distribution:
    """The shares of the hosts (empty: no healthy upstream), and why."""

    shares: tuple[Endpoint, ...]
    reason: str = ""
    panic: bool = False
    subset: str = ""


def distribute(hosts: list[Host], policy: Policy) -> Distribution:
    """The shares of hosts that are all eligible (no subsets, or within one)."""
    if not hosts:
        return Distribution((), "the cluster has no endpoints")
    levels = _by_priority(hosts)
    healthy = [_availability(level, Health.HEALTHY, policy) for level in levels]
    degraded = [_availability(level, Health.DEGRADED, policy) for level in levels]
    available = min(100, sum(healthy) + sum(degraded))
    panic = [available < 100 and _in_panic(level, policy) for level in levels]
    if available == 0:
        loads = _loads_in_total_panic(levels)
        panic = [_in_panic(level, policy) for level in levels]
    else:
        loads = _loads(healthy, degraded, available)
    weights: dict[str, tuple[Host, float]] = {}
    for (healthy_load, degraded_load), level, panicking in zip(loads, levels, panic, strict=True):
        for share, wanted in ((healthy_load, Health.HEALTHY), (degraded_load, Health.DEGRADED)):
            for host, weight in _within(level, wanted, panicking, policy):
                before = weights.get(host.address, (host, 0.0))[1]
                weights[host.address] = (host, before + share / 100 * weight)
    return _result(weights, any(panic), hosts)


def _result(weights: dict[str, tuple[Host, float]], panic: bool, hosts: list[Host]) -> Distribution:
    total = sum(weight for _, weight in weights.values())
    if total <= 0:
        return Distribution((), _no_host_reason(hosts))
    shares = tuple(
        Endpoint(host.address, weight / total, host.hostname, host.metadata, host.additional)
        for host, weight in weights.values()
        if weight > 0
    )
    reason = "panic: too few healthy hosts, all hosts are used" if panic else ""
    return Distribution(shares, reason, panic)


def _no_host_reason(hosts: list[Host]) -> str:
    reasons = {host.reason or host.health.value for host in hosts}
    return f"none of {len(hosts)} endpoint{'s' if len(hosts) > 1 else ''} is healthy: {', '.join(sorted(reasons))}"


def _by_priority(hosts: list[Host]) -> list[list[Host]]:
    levels: list[list[Host]] = [[] for _ in range(max(host.priority for host in hosts) + 1)]
    for host in hosts:
        levels[host.priority].append(host)
    return levels


def _availability(level: list[Host], health: Health, policy: Policy) -> int:
    """The percentage of a priority that this health makes available, overprovisioning included."""
    if not level:
        return 0
    count = sum(1 for host in level if host.health is health)
    return min(100, policy.overprovisioning * count // len(level))


def _in_panic(level: list[Host], policy: Policy) -> bool:
    if not level:
        return policy.panic_threshold > 0
    available = sum(1 for host in level if host.health is not Health.UNHEALTHY)
    return 100.0 * available / len(level) < policy.panic_threshold


def _loads_in_total_panic(levels: list[list[Host]]) -> list[tuple[float, float]]:
    total = sum(map(len, levels))
    return [(100.0 * len(level) / total, 0.0) for level in levels]


def _loads(healthy: list[int], degraded: list[int], available: int) -> list[tuple[float, float]]:
    """The load of each priority, healthy ones of all priorities first, in whole percent as Envoy rounds."""
    remaining = 100
    shares: list[list[int]] = []
    for values in (healthy, degraded):
        row = []
        for value in values:
            load = min(remaining, value * 100 // available)
            row.append(load)
            remaining -= load
        shares.append(row)
    if remaining:
        row = shares[0] if any(healthy) else shares[1]
        first = next(i for i, value in enumerate(healthy if any(healthy) else degraded) if value)
        row[first] += remaining
    return [(float(h), float(d)) for h, d in zip(*shares, strict=True)]


def _within(
    level: list[Host], wanted: Health, panicking: bool, policy: Policy
) -> Iterable[tuple[Host, float]]:
    """The hosts of a priority with their shares (of one)."""
    if panicking:
        if policy.fail_on_panic:
            return []
        pool = level
    else:
        pool = [host for host in level if host.health is wanted]
    if not pool:
        return []
    if policy.locality_weighted and not panicking:
        return _by_locality(level, pool, wanted, policy)
    return _weighted(pool, policy)


def _weighted(pool: list[Host], policy: Policy) -> list[tuple[Host, float]]:
    if policy.ignore_weights:
        return [(host, 1.0 / len(pool)) for host in pool]
    total = sum(host.weight for host in pool)
    return [(host, host.weight / total) for host in pool]


def _by_locality(
    level: list[Host], pool: list[Host], wanted: Health, policy: Policy
) -> list[tuple[Host, float]]:
    """Localities by their effective weight: the weight times what of it is available."""
    groups: dict[str, list[Host]] = {}
    for host in pool:
        groups.setdefault(host.locality, []).append(host)
    effective: dict[str, float] = {}
    for locality, members in groups.items():
        everyone = sum(1 for host in level if host.locality == locality)
        ratio = min(1.0, policy.overprovisioning / 100 * len(members) / everyone)
        effective[locality] = members[0].locality_weight * ratio
    total = sum(effective.values())
    if total <= 0:
        return _weighted(pool, policy)
    return [
        (host, effective[locality] / total * share)
        for locality, members in groups.items()
        for host, share in _weighted(members, policy)
    ]


@dataclass(frozen=True, slots=True)
class Subsets:
    """lb_subset_config: the selectors and what to do without a match."""

    selectors: tuple[frozenset[str], ...] = ()
    fallback: str = "NO_FALLBACK"
    default_subset: tuple[tuple[str, Any], ...] = ()
    selector_fallbacks: tuple[tuple[frozenset[str], str, tuple[str, ...]], ...] = ()
    list_as_any: bool = False
    panic_mode_any: bool = False

    def fallback_of(self, keys: frozenset[str]) -> tuple[str, tuple[str, ...]]:
        for selector, fallback, kept in self.selector_fallbacks:
            if selector == keys and fallback != "NOT_DEFINED":
                return fallback, kept
        return self.fallback, ()


def subsets_of(message: Json | None) -> Subsets | None:
    """A cluster's subset configuration; None without selectors (metadata_match is then ignored)."""
    if not message or not message.get("subset_selectors"):
        return None
    selectors = message["subset_selectors"]
    return Subsets(
        tuple(frozenset(selector.get("keys") or ()) for selector in selectors),
        str(message.get("fallback_policy") or "NO_FALLBACK"),
        tuple(sorted((message.get("default_subset") or {}).items())),
        tuple(
            (
                frozenset(selector.get("keys") or ()),
                str(selector.get("fallback_policy") or "NOT_DEFINED"),
                tuple(selector.get("fallback_keys_subset") or ()),
            )
            for selector in selectors
        ),
        bool(message.get("list_as_any")),
        bool(message.get("panic_mode_any")),
    )


def select(hosts: list[Host], subsets: Subsets, wanted: dict[str, Any], policy: Policy) -> Distribution:
    """The shares under subset load balancing."""
    keys = frozenset(wanted)
    text = ", ".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    if wanted and keys in subsets.selectors:
        members = _members(hosts, wanted, subsets)
        if members:
            found = distribute(members, policy)
            return Distribution(found.shares, found.reason, found.panic, f"subset {text}")
    return _fall_back(hosts, subsets, wanted, policy, text)


def _members(hosts: list[Host], wanted: dict[str, Any], subsets: Subsets) -> list[Host]:
    def holds(host: Host, key: str, value: Any) -> bool:
        have = host.lb_metadata(key)
        return have == value or (subsets.list_as_any and isinstance(have, list) and value in have)

    return [host for host in hosts if all(holds(host, k, v) for k, v in wanted.items())]


def _fall_back(
    hosts: list[Host], subsets: Subsets, wanted: dict[str, Any], policy: Policy, text: str
) -> Distribution:
    fallback, kept = subsets.fallback_of(frozenset(wanted))
    if fallback == "KEYS_SUBSET":
        return select(hosts, subsets, {k: v for k, v in wanted.items() if k in kept}, policy)
    why = f"no subset {text}" if text else "no subset is asked for"
    if fallback == "ANY_ENDPOINT":
        found = distribute(hosts, policy)
        return Distribution(found.shares, found.reason, found.panic, f"{why}: any endpoint")
    if fallback == "DEFAULT_SUBSET":
        members = _members(hosts, dict(subsets.default_subset), subsets)
        if members:
            found = distribute(members, policy)
            return Distribution(found.shares, found.reason, found.panic, f"{why}: the default subset")
        return Distribution((), f"{why}, and the default subset is empty")
    return Distribution((), f"{why}, and there is no fallback")
