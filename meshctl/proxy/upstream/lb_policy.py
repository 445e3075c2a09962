"""A cluster's load balancing policy: which one, and its settings, in either spelling.

Theory of operation. load_balancing_policy names extensions, the first that is known counts; it may wrap another
(subsets, wrr_locality). Without it lb_policy and the fields beside it do. Zone aware routing is on by default with
lb_policy (if there is a local cluster), with an extension only where it is configured. Policies that go by what
endpoints report, or that are not known, leave the shares unknown.
Follows envoy.config.cluster.v3.Cluster and source/extensions/load_balancing_policies/*/config.cc.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.proxy.upstream import rings
from meshctl.proxy.upstream.subsets import Subsets, subsets_of

Json = dict[str, Any]

_EXTENSIONS = "envoy.extensions.load_balancing_policies."
_KINDS = {
    "round_robin.v3.RoundRobin": "ROUND_ROBIN",
    "least_request.v3.LeastRequest": "LEAST_REQUEST",
    "random.v3.Random": "RANDOM",
    "ring_hash.v3.RingHash": "RING_HASH",
    "maglev.v3.Maglev": "MAGLEV",
    "subset.v3.Subset": "SUBSET",
    "wrr_locality.v3.WrrLocality": "WRR_LOCALITY",
    "cluster_provided.v3.ClusterProvided": "CLUSTER_PROVIDED",
}


@dataclass(frozen=True, slots=True)
class Balancing:
    """What a cluster says of its load balancer."""

    kind: str
    common: Json
    locality_weighted: bool = False
    zone_aware: Json | None = None
    hashing: rings.Settings | None = None
    subsets: Subsets | None = None
    unknown: str = ""


def balancing(cluster: Json) -> Balancing:
    """A cluster's policy."""
    common = cluster.get("common_lb_config") or {}
    extended = (cluster.get("load_balancing_policy") or {}).get("policies") or ()
    if extended:
        return _extended(extended, common)
    kind = str(cluster.get("lb_policy") or "ROUND_ROBIN")
    hostnames = bool((common.get("consistent_hashing_lb_config") or {}).get("use_hostname_for_hashing"))
    hashing = None
    if kind == "RING_HASH":
        hashing = _ring(cluster.get("ring_hash_lb_config") or {}, hostnames)
    elif kind == "MAGLEV":
        hashing = _maglev(cluster.get("maglev_lb_config") or {}, hostnames)
    return Balancing(
        kind,
        common,
        "locality_weighted_lb_config" in common,
        common.get("zone_aware_lb_config") or {},
        hashing,
        subsets_of(cluster.get("lb_subset_config")),
    )


def _ring(fields: Json, by_hostname: bool) -> rings.Settings:
    return rings.Settings(
        "RING_HASH",
        int(fields.get("minimum_ring_size") or 1024),
        int(fields.get("maximum_ring_size") or 8 * 1024 * 1024),
        fields.get("hash_function") == "MURMUR_HASH_2",
        by_hostname=by_hostname,
    )


def _maglev(fields: Json, by_hostname: bool) -> rings.Settings:
    return rings.Settings(
        "MAGLEV", table_size=int(fields.get("table_size") or 65537), by_hostname=by_hostname
    )


def _extended(policies: Any, common: Json) -> Balancing:
    """The first extension that is known."""
    first = ""
    for policy in policies:
        name, fields = unpack((policy.get("typed_extension_config") or {}).get("typed_config"))
        first = first or name
        kind = _KINDS.get(name.removeprefix(_EXTENSIONS))
        if kind is not None:
            return _of_kind(kind, fields, common)
    short = first.rpartition(".")[2] or "without a type"
    return Balancing(short, common, unknown=f"the load balancing policy {short} is not evaluated")


def _of_kind(kind: str, fields: Json, common: Json) -> Balancing:
    if kind == "SUBSET":
        inner = _extended((fields.get("subset_lb_policy") or {}).get("policies") or (), common)
        return replace(inner, subsets=subsets_of(fields))
    if kind == "WRR_LOCALITY":
        inner = _extended((fields.get("endpoint_picking_policy") or {}).get("policies") or (), common)
        return replace(inner, locality_weighted=True)
    localities = fields.get("locality_lb_config") or {}
    hostnames = bool((fields.get("consistent_hashing_lb_config") or {}).get("use_hostname_for_hashing"))
    hashing = None
    if kind == "RING_HASH":
        hashing = _ring(fields, hostnames or bool(fields.get("use_hostname_for_hashing")))
    elif kind == "MAGLEV":
        hashing = _maglev(fields, hostnames)
    weighted = "locality_weighted_lb_config" in localities or "locality_weighted_lb_config" in fields
    return Balancing(kind, common, weighted, localities.get("zone_aware_lb_config"), hashing)
