"""Aggregate clusters: the priorities of several clusters joined into one row.

Theory of operation. The priorities of the named clusters that have hosts follow each other in the order of the
clusters; the load falls on them as on one cluster's, with the aggregate's own panic threshold. A cluster then
chooses among the hosts of that priority by its own policy, which also knows by itself whether the priority is in
panic. A cluster that does not exist is left out, and so is another aggregate, which has no hosts of its own; aggregates
that lead back to themselves and to no host are told as the loop they are (Envoy says no more than UH).
Follows source/extensions/clusters/aggregate/cluster.cc (PriorityContext, linearizePrioritySet).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshctl.envoy.api.extensions_clusters_aggregate_v3 import ClusterConfig
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.endpoints import Distribution, Shares, by_priority, shares_of, within
from meshctl.proxy.upstream.hash_policy import HashKey
from meshctl.proxy.upstream.hosts import Host
from meshctl.proxy.upstream.priorities import Level, Load, loads
from meshctl.values import replace

Json = dict[str, Any]
_NONE = "none of the aggregate's clusters has an endpoint"
Joined = list[tuple[Cluster, int, Level]]


def distribution(proxy: Proxy, cluster: Cluster, wanted: Json, key: HashKey) -> Distribution:
    """The shares of the hosts of all clusters."""
    joined = _joined(proxy, _names(cluster))
    everyone: list[Host] = [host for _, _, level in joined for host in level.hosts]
    if not joined:
        around = _circle(proxy, cluster)
        reason = f"it leads back to itself ({' > '.join(around)})" if around else _NONE
        return Distribution((), reason, missing=1.0, loops=bool(around))
    found: Shares = []
    falling = loads([level for _, _, level in joined], cluster.policy.panic_threshold)
    unknown = ""
    for (member, priority, level), load in zip(joined, falling, strict=True):
        panic = _own_panic(member)[priority]
        found += within(level, Load(load.healthy, load.degraded, panic), member.policy, first=priority == 0)
        if load.healthy + load.degraded:
            unknown = unknown or _unknown(member, key, wanted)
    told = shares_of(found, any(load.panic for load in falling), everyone, unknown)
    owners = {host.address: member.name for member, _, level in joined for host in level.hosts}
    return replace(told, shares=tuple(replace(e, cluster=owners[e.address]) for e in told.shares))


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


def _joined(proxy: Proxy, names: Iterable[str]) -> Joined:
    """The priorities with hosts, in order: their cluster, their number there, their hosts."""
    found: Joined = []
    for name in names:
        member = proxy.cluster(name)
        if member is None or not member.hosts:
            continue
        for priority, hosts in enumerate(by_priority(member.hosts)):
            if hosts:
                found.append((member, priority, member.policy.level(hosts)))
    return found


def _own_panic(member: Cluster) -> list[bool]:
    """Which priorities are in panic by the cluster's own view."""
    levels = [member.policy.level(hosts) for hosts in by_priority(member.hosts)]
    return [load.panic for load in loads(levels, member.policy.panic_threshold)]


def _unknown(member: Cluster, key: HashKey, wanted: Json) -> str:
    """Why the shares within a member cannot be told here."""
    if member.policy.hashing is not None:
        return f"which host of {member.name} the key goes to, through an aggregate"
    if member.subsets is not None and wanted:
        return f"which subset of {member.name} is used, through an aggregate"
    return member.policy.unknown
