"""A cluster's load balancing policy: which one, and its settings, in either spelling.

Theory of operation. load_balancing_policy names extensions, the first that is known counts; it may wrap another
(subsets, wrr_locality). Without it lb_policy and the fields beside it do. Zone aware routing is on by default (if there is
a local cluster); locality weights go before it, where there are any. A policy that goes by the load that
hosts report is told as where none reports any (assumed, by name); one that is not known leaves the shares unknown.
Follows envoy.config.cluster.v3.Cluster and source/extensions/load_balancing_policies/*/config.cc.
"""

from __future__ import annotations

from meshctl.envoy.api.config_cluster_v3 import Cluster, LoadBalancingPolicy
from meshctl.envoy.api.extensions_load_balancing_policies_client_side_weighted_round_robin_v3 import (
    ClientSideWeightedRoundRobin,
)
from meshctl.envoy.api.extensions_load_balancing_policies_cluster_provided_v3 import ClusterProvided
from meshctl.envoy.api.extensions_load_balancing_policies_common_v3 import LocalityLbConfig
from meshctl.envoy.api.extensions_load_balancing_policies_least_request_v3 import LeastRequest
from meshctl.envoy.api.extensions_load_balancing_policies_maglev_v3 import Maglev
from meshctl.envoy.api.extensions_load_balancing_policies_random_v3 import Random
from meshctl.envoy.api.extensions_load_balancing_policies_ring_hash_v3 import RingHash
from meshctl.envoy.api.extensions_load_balancing_policies_round_robin_v3 import RoundRobin
from meshctl.envoy.api.extensions_load_balancing_policies_subset_v3 import Subset
from meshctl.envoy.api.extensions_load_balancing_policies_wrr_locality_v3 import WrrLocality
from meshctl.envoy.message import Message
from meshctl.proxy.upstream import rings
from meshctl.proxy.upstream.subsets import Subsets, subsets_of
from meshctl.values import Struct, replace

_KINDS: dict[str, tuple[str, type[Message]]] = {
    cls.TYPE: (kind, cls)
    for kind, cls in (
        ("ROUND_ROBIN", RoundRobin),
        ("LEAST_REQUEST", LeastRequest),
        ("RANDOM", Random),
        ("RING_HASH", RingHash),
        ("MAGLEV", Maglev),
        ("SUBSET", Subset),
        ("WRR_LOCALITY", WrrLocality),
        ("CLUSTER_PROVIDED", ClusterProvided),
        ("CLIENT_SIDE_WEIGHTED_ROUND_ROBIN", ClientSideWeightedRoundRobin),
    )
}
ZoneAware = Cluster.CommonLbConfig.ZoneAwareLbConfig | LocalityLbConfig.ZoneAwareLbConfig


class Balancing(Struct, frozen=True):
    """What a cluster says of its load balancer."""

    kind: str
    common: Cluster.CommonLbConfig
    locality_weighted: bool = False
    zone_aware: ZoneAware | None = None
    hashing: rings.Settings | None = None
    subsets: Subsets | None = None
    unknown: str = ""

    @property
    def ignores_weights(self) -> bool:
        """Whether hosts' configured weights do not count."""
        return self.kind == "RANDOM" or self.by_reports

    @property
    def by_reports(self) -> bool:
        """Whether hosts weigh by the load that they report; all weigh alike where none does."""
        return self.kind == "CLIENT_SIDE_WEIGHTED_ROUND_ROBIN"


def balancing(cluster: Cluster) -> Balancing:
    """A cluster's policy."""
    common = cluster.common_lb_config or Cluster.CommonLbConfig({})
    extended = cluster.load_balancing_policy
    if extended is not None and extended.policies:
        return _extended(extended, common)
    return Balancing(
        cluster.lb_policy,
        common,
        common.locality_weighted_lb_config is not None,
        common.zone_aware_lb_config or Cluster.CommonLbConfig.ZoneAwareLbConfig({}),
        _hashing(cluster, common),
        subsets_of(cluster.lb_subset_config),
    )


def _hashing(cluster: Cluster, common: Cluster.CommonLbConfig) -> rings.Settings | None:
    own = common.consistent_hashing_lb_config
    by_hostname = own is not None and own.use_hostname_for_hashing
    if cluster.lb_policy == "RING_HASH":
        return _ring(cluster.ring_hash_lb_config or Cluster.RingHashLbConfig({}), by_hostname)
    if cluster.lb_policy == "MAGLEV":
        return _maglev(cluster.maglev_lb_config or Cluster.MaglevLbConfig({}), by_hostname)
    return None


def _ring(fields: RingHash | Cluster.RingHashLbConfig, by_hostname: bool) -> rings.Settings:
    return rings.Settings(
        "RING_HASH",
        fields.minimum_ring_size or 1024,
        fields.maximum_ring_size or 8 * 1024 * 1024,
        fields.hash_function == "MURMUR_HASH_2",
        by_hostname=by_hostname,
    )


def _maglev(fields: Maglev | Cluster.MaglevLbConfig, by_hostname: bool) -> rings.Settings:
    return rings.Settings("MAGLEV", table_size=fields.table_size or 65537, by_hostname=by_hostname)


def _extended(policy: LoadBalancingPolicy | None, common: Cluster.CommonLbConfig) -> Balancing:
    """The first extension that is known."""
    first = ""
    for one in policy.policies if policy is not None else ():
        packed = one.typed_extension_config.typed_config if one.typed_extension_config is not None else None
        name = packed.type_name if packed is not None else ""
        first = first or name
        kind, cls = _KINDS.get(name, ("", None))
        if packed is not None and cls is not None:
            return _of_kind(kind, packed.as_(cls), common)
    short = first.rpartition(".")[2] or "without a type"
    return Balancing(short, common, unknown=f"the load balancing policy {short} is not evaluated")


def _of_kind(kind: str, fields: Message | None, common: Cluster.CommonLbConfig) -> Balancing:
    match fields:
        case Subset():
            return replace(_extended(fields.subset_lb_policy, common), subsets=subsets_of(fields))
        case WrrLocality():
            return replace(_extended(fields.endpoint_picking_policy, common), locality_weighted=True)
        case RingHash():
            hostnames = _by_hostname(fields) or fields.use_hostname_for_hashing
            return Balancing(kind, common, _weighted(fields), hashing=_ring(fields, hostnames))
        case Maglev():
            return Balancing(kind, common, _weighted(fields), hashing=_maglev(fields, _by_hostname(fields)))
        case RoundRobin() | LeastRequest() | Random():
            localities = fields.locality_lb_config or LocalityLbConfig({})
            weighted = localities.locality_weighted_lb_config is not None
            zones = localities.zone_aware_lb_config or LocalityLbConfig.ZoneAwareLbConfig({})
            return Balancing(kind, common, weighted, zones)
        case _:
            return Balancing(kind, common)


def _by_hostname(fields: RingHash | Maglev) -> bool:
    own = fields.consistent_hashing_lb_config
    return own is not None and own.use_hostname_for_hashing


def _weighted(fields: RingHash | Maglev) -> bool:
    return fields.locality_weighted_lb_config is not None
