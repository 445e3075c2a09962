"""Aggregate clusters: the priorities of several clusters joined into one row.

Theory of operation. The priorities of the named clusters that have hosts follow each other in the order of the
clusters; the load falls on them as on one cluster's, with the aggregate's own panic threshold. A cluster then
chooses among the hosts of that priority by its own policy and its own subsets, which also know by themselves whether
the priority is in panic; one that hashes goes by the key alone and looks for a priority itself. A cluster that does not exist is left out, and so is another aggregate, which has no hosts of its own; aggregates
that lead back to themselves and to no host are told as the loop they are (Envoy says no more than UH).
Follows source/extensions/clusters/aggregate/cluster.cc (PriorityContext, linearizePrioritySet).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from meshctl.envoy.api.extensions_clusters_aggregate_v3 import ClusterConfig
from meshctl.proxy.model import Endpoint
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.endpoints import Distribution, Given, by_priority
from meshctl.proxy.upstream.hash_policy import HashKey
from meshctl.proxy.upstream.hosts import Host
from meshctl.proxy.upstream.priorities import Level, loads
from meshctl.values import replace

Json = dict[str, Any]
_NONE = "none of the aggregate's clusters has an endpoint"
Joined = list[tuple[Cluster, int, Level]]
Hosts = Callable[[Cluster], list[Host]]


def distribution(proxy: Proxy, cluster: Cluster, wanted: Json, key: HashKey, hosts_of: Hosts) -> Distribution:
    """The shares of the hosts of all clusters, each cluster's being those that ``hosts_of`` says."""
    joined = _joined(members(proxy, cluster), hosts_of)
    if not joined:
        around = _circle(proxy, cluster)
        reason = f"it leads back to itself ({' > '.join(around)})" if around else _NONE
        return Distribution((), reason, missing=1.0, loops=bool(around))
    falling = loads([level for _, _, level in joined], cluster.policy.panic_threshold)
    ways: list[tuple[float, Cluster, Distribution]] = []
    for (member, priority, _), load in zip(joined, falling, strict=True):
        part = load.healthy + load.degraded
        if part:
            given = Given(priority, 100 * load.healthy / part, 100 * load.degraded / part)
            ways.append((part / 100, member, member.shares(hosts_of(member), wanted, key, given)))
    return _together(ways)


def _together(ways: Iterable[tuple[float, Cluster, Distribution]]) -> Distribution:
    """What several clusters give, each its part of the requests."""
    chances: dict[tuple[str, str], tuple[Endpoint, float]] = {}
    missing, told = 0.0, []
    for part, member, one in ways:
        given = part * (1.0 - one.missing) if one.shares else 0.0
        missing += part - given
        told.append(one)
        for endpoint in one.shares:
            place = member.name, endpoint.address
            before = chances[place][1] if place in chances else 0.0
            chances[place] = replace(endpoint, cluster=member.name), before + given * endpoint.probability
    total = 1.0 - missing
    shares = tuple(replace(e, probability=chance / total) for e, chance in chances.values() if chance > 0)
    reasons = dict.fromkeys(one.reason for one in told if one.reason and (not shares or one.panic))
    return Distribution(
        shares,
        "; ".join(reasons),
        any(one.panic for one in told),
        missing=1.0 if not shares else missing if missing > 1e-6 else 0.0,
        undetermined=next((one.undetermined for one in told if one.undetermined), ""),
        doubt=next((one.doubt for one in told if one.doubt), ""),
    )


def _circle(proxy: Proxy, cluster: Cluster) -> tuple[str, ...]:
    """The aggregates on a way from a cluster back to itself, () where there is none."""
    seen: set[str] = set()
    waiting: list[tuple[str, ...]] = [(cluster.name,)]
    while waiting:
        path = waiting.pop(0)
        member = proxy.cluster(path[-1])
        if member is None or member.kind != "AGGREGATE":
            continue
        for name in _names(member):
            if name == cluster.name:
                return (*path, name)
            if name not in seen:
                seen.add(name)
                waiting.append((*path, name))
    return ()


def _names(cluster: Cluster) -> tuple[str, ...]:
    custom = cluster.config.cluster_type
    packed = custom.typed_config if custom is not None else None
    return () if packed is None else (packed.as_(ClusterConfig) or ClusterConfig(packed.raw)).clusters


def members(proxy: Proxy, cluster: Cluster) -> list[Cluster]:
    """The clusters of an aggregate that have hosts, in order."""
    return [m for m in map(proxy.cluster, _names(cluster)) if m is not None and m.hosts]


def _joined(clusters: Iterable[Cluster], hosts_of: Hosts) -> Joined:
    """The priorities with hosts, in order: their cluster, their number there, their hosts."""
    return [
        (member, priority, member.policy.level(hosts))
        for member in clusters
        for priority, hosts in enumerate(by_priority(hosts_of(member)))
        if hosts
    ]
