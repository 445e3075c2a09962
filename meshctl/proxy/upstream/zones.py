"""Zone aware routing: a proxy sends to its own locality as far as that does not overload it.

Theory of operation. Only with a local cluster (cluster_manager.local_cluster_name), only in the first priority, only
when the cluster has healthy hosts in two localities and enough of them. The local cluster's share of hosts in the
proxy's own locality is compared with the upstream's: if the upstream has at least as much there, everything stays;
else the part that fits, and the rest goes where the upstream has more than the local cluster, by how much more.
Follows source/extensions/load_balancing_policies/common/load_balancer_impl.cc
(regenerateLocalityRoutingStructures, tryChooseLocalLocalityHosts).
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.priorities import Level
from meshctl.values import Struct

_SCALE = 10_000


class Zone(Struct, frozen=True):
    """The proxy's own locality, the hosts of its local cluster, and the cluster's settings."""

    locality: str
    local_hosts: tuple[Host, ...]
    min_cluster_size: int = 6
    enabled: float = 1.0
    unread: str = ""  # why the local cluster or the proxy's own locality cannot be read


def _by_locality(hosts: Sequence[Host], locality: str) -> dict[str, list[Host]]:
    """Healthy hosts by locality, the proxy's own first, then in order."""
    groups: dict[str, list[Host]] = {}
    for host in hosts:
        groups.setdefault(host.locality, [])
        if host.health is Health.HEALTHY:
            groups[host.locality].append(host)
    order = sorted(groups, key=lambda name: (name != locality, name))
    return {name: groups[name] for name in order}


def locality_shares(level: Level, zone: Zone) -> dict[str, float] | None:
    """The share of each locality; None when routing is not by zone."""
    upstream = _by_locality(level.hosts, zone.locality)
    healthy = sum(map(len, upstream.values()))
    if len(upstream) < 2 or not zone.local_hosts or healthy < zone.min_cluster_size:
        return None
    local = _by_locality(zone.local_hosts, zone.locality)
    total = sum(map(len, local.values()))
    mine = {name: _SCALE * len(local.get(name, ())) // total if total else 0 for name in upstream}
    theirs = {name: _SCALE * len(hosts) // healthy for name, hosts in upstream.items()}
    first = next(iter(upstream))
    has_own = first == zone.locality
    if has_own and theirs[first] > 0 and theirs[first] >= mine[first]:
        return {first: 1.0}
    kept = (
        theirs[first] * _SCALE // mine[first] / _SCALE if has_own and mine[first] and theirs[first] else 0.0
    )
    residual = {
        name: max(0, theirs[name] - mine[name])
        for name in upstream
        if name != zone.locality and upstream[name]
    }
    capacity = sum(residual.values())
    if not capacity:
        rest = {name: 1.0 / len(upstream) for name in upstream}
    else:
        rest = {name: value / capacity for name, value in residual.items()}
    found = {name: share * (1.0 - kept) for name, share in rest.items()}
    if kept:
        found[first] = found.get(first, 0.0) + kept
    return {name: share for name, share in found.items() if share > 0 and upstream[name]}
