"""Messages of envoy.extensions.clusters.dynamic_forward_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_core_v3,
        extensions_clusters_dns_v3,
        extensions_common_dynamic_forward_proxy_v3,
    )


class ClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig"
    dns_cache_config: extensions_common_dynamic_forward_proxy_v3.DnsCacheConfig | None
    sub_clusters_config: SubClustersConfig | None
    allow_insecure_cluster_options: bool
    allow_coalesced_connections: bool
    cluster_implementation_specifier: typing.Literal["dns_cache_config", "sub_clusters_config"] | None
    SPEC = """\
dns_cache_config One extensions_common_dynamic_forward_proxy_v3:DnsCacheConfig
sub_clusters_config One extensions_clusters_dynamic_forward_proxy_v3:SubClustersConfig
allow_insecure_cluster_options Flag
allow_coalesced_connections Flag
cluster_implementation_specifier OneOf dns_cache_config sub_clusters_config"""


class SubClustersConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.dynamic_forward_proxy.v3.SubClustersConfig"
    lb_policy: typing.Literal[
        "ROUND_ROBIN",
        "LEAST_REQUEST",
        "RING_HASH",
        "RANDOM",
        "MAGLEV",
        "CLUSTER_PROVIDED",
        "LOAD_BALANCING_POLICY_CONFIG",
    ]
    max_sub_clusters: int | None
    sub_cluster_ttl: float | None
    preresolve_clusters: tuple[config_core_v3.SocketAddress, ...]
    dns_cluster_config: extensions_clusters_dns_v3.DnsCluster | None
    SPEC = """\
lb_policy Choice ROUND_ROBIN=0 LEAST_REQUEST=1 RING_HASH=2 RANDOM=3 MAGLEV=5 CLUSTER_PROVIDED=6 LOAD_BALANCING_POLICY_CONFIG=7
max_sub_clusters OptionalInt
sub_cluster_ttl Seconds
preresolve_clusters *One config_core_v3:SocketAddress
dns_cluster_config One extensions_clusters_dns_v3:DnsCluster"""
