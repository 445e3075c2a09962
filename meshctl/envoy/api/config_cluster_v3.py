"""Messages of envoy.config.cluster.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_core_v3,
        config_endpoint_v3,
        extensions_transport_sockets_tls_v3,
        type_metadata_v3,
        type_v3,
        xds_core_v3,
        xds_type_matcher_v3,
    )


class CircuitBreakers(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.CircuitBreakers"

    class Thresholds(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.CircuitBreakers.Thresholds"

        class RetryBudget(Message):
            __slots__ = ()
            TYPE = "envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget"
            budget_percent: type_v3.Percent | None
            budget_interval: float | None
            min_retry_concurrency: int | None
            SPEC = """\
budget_percent One type_v3:Percent
budget_interval Seconds
min_retry_concurrency OptionalInt"""

        priority: typing.Literal["DEFAULT", "HIGH"]
        max_connections: int | None
        max_pending_requests: int | None
        max_requests: int | None
        max_retries: int | None
        retry_budget: CircuitBreakers.Thresholds.RetryBudget | None
        track_remaining: bool
        max_connection_pools: int | None
        SPEC = """\
priority Choice DEFAULT=0 HIGH=1
max_connections OptionalInt
max_pending_requests OptionalInt
max_requests OptionalInt
max_retries OptionalInt
retry_budget One config_cluster_v3:CircuitBreakers.Thresholds.RetryBudget
track_remaining Flag
max_connection_pools OptionalInt"""

    thresholds: tuple[CircuitBreakers.Thresholds, ...]
    per_host_thresholds: tuple[CircuitBreakers.Thresholds, ...]
    SPEC = """\
thresholds *One config_cluster_v3:CircuitBreakers.Thresholds
per_host_thresholds *One config_cluster_v3:CircuitBreakers.Thresholds"""


class Cluster(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.Cluster"

    class CommonLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.CommonLbConfig"

        class ConsistentHashingLbConfig(Message):
            __slots__ = ()
            TYPE = "envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig"
            use_hostname_for_hashing: bool
            hash_balance_factor: int | None
            SPEC = """\
use_hostname_for_hashing Flag
hash_balance_factor OptionalInt"""

        class LocalityWeightedLbConfig(Message):
            __slots__ = ()
            TYPE = "envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig"

        class ZoneAwareLbConfig(Message):
            __slots__ = ()
            TYPE = "envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig"
            routing_enabled: type_v3.Percent | None
            min_cluster_size: int | None
            fail_traffic_on_panic: bool
            SPEC = """\
routing_enabled One type_v3:Percent
min_cluster_size OptionalInt
fail_traffic_on_panic Flag"""

        healthy_panic_threshold: type_v3.Percent | None
        zone_aware_lb_config: Cluster.CommonLbConfig.ZoneAwareLbConfig | None
        locality_weighted_lb_config: Cluster.CommonLbConfig.LocalityWeightedLbConfig | None
        update_merge_window: float | None
        ignore_new_hosts_until_first_hc: bool
        close_connections_on_host_set_change: bool
        consistent_hashing_lb_config: Cluster.CommonLbConfig.ConsistentHashingLbConfig | None
        override_host_status: config_core_v3.HealthStatusSet | None
        locality_config_specifier: (
            typing.Literal["zone_aware_lb_config", "locality_weighted_lb_config"] | None
        )
        SPEC = """\
healthy_panic_threshold One type_v3:Percent
zone_aware_lb_config One config_cluster_v3:Cluster.CommonLbConfig.ZoneAwareLbConfig
locality_weighted_lb_config One config_cluster_v3:Cluster.CommonLbConfig.LocalityWeightedLbConfig
update_merge_window Seconds
ignore_new_hosts_until_first_hc Flag
close_connections_on_host_set_change Flag
consistent_hashing_lb_config One config_cluster_v3:Cluster.CommonLbConfig.ConsistentHashingLbConfig
override_host_status One config_core_v3:HealthStatusSet
locality_config_specifier OneOf zone_aware_lb_config locality_weighted_lb_config"""

    class CustomClusterType(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.CustomClusterType"
        name: str
        typed_config: Packed | None
        SPEC = """\
name Text
typed_config PackedField"""

    class EdsClusterConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.EdsClusterConfig"
        eds_config: config_core_v3.ConfigSource | None
        service_name: str
        SPEC = """\
eds_config One config_core_v3:ConfigSource
service_name Text"""

    class LbSubsetConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.LbSubsetConfig"

        class LbSubsetSelector(Message):
            __slots__ = ()
            TYPE = "envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector"
            keys: tuple[str, ...]
            single_host_per_subset: bool
            fallback_policy: typing.Literal[
                "NOT_DEFINED", "NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET", "KEYS_SUBSET"
            ]
            fallback_keys_subset: tuple[str, ...]
            SPEC = """\
keys *Text
single_host_per_subset Flag
fallback_policy Choice NOT_DEFINED=0 NO_FALLBACK=1 ANY_ENDPOINT=2 DEFAULT_SUBSET=3 KEYS_SUBSET=4
fallback_keys_subset *Text"""

        fallback_policy: typing.Literal["NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET"]
        default_subset: Json
        subset_selectors: tuple[Cluster.LbSubsetConfig.LbSubsetSelector, ...]
        locality_weight_aware: bool
        scale_locality_weight: bool
        panic_mode_any: bool
        list_as_any: bool
        metadata_fallback_policy: typing.Literal["METADATA_NO_FALLBACK", "FALLBACK_LIST"]
        SPEC = """\
fallback_policy Choice NO_FALLBACK=0 ANY_ENDPOINT=1 DEFAULT_SUBSET=2
default_subset Plain
subset_selectors *One config_cluster_v3:Cluster.LbSubsetConfig.LbSubsetSelector
locality_weight_aware Flag
scale_locality_weight Flag
panic_mode_any Flag
list_as_any Flag
metadata_fallback_policy Choice METADATA_NO_FALLBACK=0 FALLBACK_LIST=1"""

    class LeastRequestLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.LeastRequestLbConfig"
        choice_count: int | None
        active_request_bias: config_core_v3.RuntimeDouble | None
        slow_start_config: Cluster.SlowStartConfig | None
        SPEC = """\
choice_count OptionalInt
active_request_bias One config_core_v3:RuntimeDouble
slow_start_config One config_cluster_v3:Cluster.SlowStartConfig"""

    class MaglevLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.MaglevLbConfig"
        table_size: int | None
        SPEC = """\
table_size OptionalInt"""

    class OriginalDstLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.OriginalDstLbConfig"
        use_http_header: bool
        http_header_name: str
        upstream_port_override: int | None
        metadata_key: type_metadata_v3.MetadataKey | None
        SPEC = """\
use_http_header Flag
http_header_name Text
upstream_port_override OptionalInt
metadata_key One type_metadata_v3:MetadataKey"""

    class PreconnectPolicy(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.PreconnectPolicy"
        per_upstream_preconnect_ratio: float | None
        predictive_preconnect_ratio: float | None
        SPEC = """\
per_upstream_preconnect_ratio OptionalNumber
predictive_preconnect_ratio OptionalNumber"""

    class RefreshRate(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.RefreshRate"
        base_interval: float | None
        max_interval: float | None
        SPEC = """\
base_interval Seconds
max_interval Seconds"""

    class RingHashLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.RingHashLbConfig"
        minimum_ring_size: int | None
        hash_function: typing.Literal["XX_HASH", "MURMUR_HASH_2"]
        maximum_ring_size: int | None
        SPEC = """\
minimum_ring_size OptionalInt
hash_function Choice XX_HASH=0 MURMUR_HASH_2=1
maximum_ring_size OptionalInt"""

    class RoundRobinLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.RoundRobinLbConfig"
        slow_start_config: Cluster.SlowStartConfig | None
        SPEC = """\
slow_start_config One config_cluster_v3:Cluster.SlowStartConfig"""

    class SlowStartConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.SlowStartConfig"
        slow_start_window: float | None
        aggression: config_core_v3.RuntimeDouble | None
        min_weight_percent: type_v3.Percent | None
        SPEC = """\
slow_start_window Seconds
aggression One config_core_v3:RuntimeDouble
min_weight_percent One type_v3:Percent"""

    class TransportSocketMatch(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.Cluster.TransportSocketMatch"
        name: str
        match: Json
        transport_socket: config_core_v3.TransportSocket | None
        SPEC = """\
name Text
match Plain
transport_socket One config_core_v3:TransportSocket"""

    transport_socket_matches: tuple[Cluster.TransportSocketMatch, ...]
    transport_socket_matcher: xds_type_matcher_v3.Matcher | None
    name: str
    alt_stat_name: str
    type: typing.Literal["STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"]
    cluster_type: Cluster.CustomClusterType | None
    eds_cluster_config: Cluster.EdsClusterConfig | None
    connect_timeout: float | None
    per_connection_buffer_limit_bytes: int | None
    per_connection_buffer_high_watermark_timeout: float | None
    lb_policy: typing.Literal[
        "ROUND_ROBIN",
        "LEAST_REQUEST",
        "RING_HASH",
        "RANDOM",
        "MAGLEV",
        "CLUSTER_PROVIDED",
        "LOAD_BALANCING_POLICY_CONFIG",
    ]
    load_assignment: config_endpoint_v3.ClusterLoadAssignment | None
    health_checks: tuple[config_core_v3.HealthCheck, ...]
    max_requests_per_connection: int | None
    circuit_breakers: CircuitBreakers | None
    upstream_http_protocol_options: config_core_v3.UpstreamHttpProtocolOptions | None
    common_http_protocol_options: config_core_v3.HttpProtocolOptions | None
    http_protocol_options: config_core_v3.Http1ProtocolOptions | None
    http2_protocol_options: config_core_v3.Http2ProtocolOptions | None
    typed_extension_protocol_options: dict[str, Packed]
    dns_refresh_rate: float | None
    dns_jitter: float | None
    dns_failure_refresh_rate: Cluster.RefreshRate | None
    respect_dns_ttl: bool
    dns_lookup_family: typing.Literal["AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"]
    dns_resolvers: tuple[config_core_v3.Address, ...]
    use_tcp_for_dns_lookups: bool
    dns_resolution_config: config_core_v3.DnsResolutionConfig | None
    typed_dns_resolver_config: config_core_v3.TypedExtensionConfig | None
    wait_for_warm_on_init: bool | None
    outlier_detection: OutlierDetection | None
    cleanup_interval: float | None
    upstream_bind_config: config_core_v3.BindConfig | None
    lb_subset_config: Cluster.LbSubsetConfig | None
    ring_hash_lb_config: Cluster.RingHashLbConfig | None
    maglev_lb_config: Cluster.MaglevLbConfig | None
    original_dst_lb_config: Cluster.OriginalDstLbConfig | None
    least_request_lb_config: Cluster.LeastRequestLbConfig | None
    round_robin_lb_config: Cluster.RoundRobinLbConfig | None
    common_lb_config: Cluster.CommonLbConfig | None
    transport_socket: config_core_v3.TransportSocket | None
    metadata: config_core_v3.Metadata | None
    protocol_selection: typing.Literal["USE_CONFIGURED_PROTOCOL", "USE_DOWNSTREAM_PROTOCOL"]
    upstream_connection_options: UpstreamConnectionOptions | None
    close_connections_on_host_health_failure: bool
    ignore_health_on_host_removal: bool
    filters: tuple[Filter, ...]
    load_balancing_policy: LoadBalancingPolicy | None
    lrs_server: config_core_v3.ConfigSource | None
    lrs_report_endpoint_metrics: tuple[str, ...]
    track_timeout_budgets: bool
    upstream_config: config_core_v3.TypedExtensionConfig | None
    track_cluster_stats: TrackClusterStats | None
    preconnect_policy: Cluster.PreconnectPolicy | None
    connection_pool_per_downstream_connection: bool
    tls_context: extensions_transport_sockets_tls_v3.UpstreamTlsContext | None
    hosts: tuple[config_core_v3.Address, ...]
    cluster_discovery_type: typing.Literal["type", "cluster_type"] | None
    lb_config: (
        typing.Literal[
            "ring_hash_lb_config",
            "maglev_lb_config",
            "original_dst_lb_config",
            "least_request_lb_config",
            "round_robin_lb_config",
        ]
        | None
    )
    SPEC = """\
transport_socket_matches *One config_cluster_v3:Cluster.TransportSocketMatch
transport_socket_matcher One xds_type_matcher_v3:Matcher
name Text
alt_stat_name Text
type Choice STATIC=0 STRICT_DNS=1 LOGICAL_DNS=2 EDS=3 ORIGINAL_DST=4
cluster_type One config_cluster_v3:Cluster.CustomClusterType
eds_cluster_config One config_cluster_v3:Cluster.EdsClusterConfig
connect_timeout Seconds
per_connection_buffer_limit_bytes OptionalInt
per_connection_buffer_high_watermark_timeout Seconds
lb_policy Choice ROUND_ROBIN=0 LEAST_REQUEST=1 RING_HASH=2 RANDOM=3 MAGLEV=5 CLUSTER_PROVIDED=6 LOAD_BALANCING_POLICY_CONFIG=7
load_assignment One config_endpoint_v3:ClusterLoadAssignment
health_checks *One config_core_v3:HealthCheck
max_requests_per_connection OptionalInt
circuit_breakers One config_cluster_v3:CircuitBreakers
upstream_http_protocol_options One config_core_v3:UpstreamHttpProtocolOptions
common_http_protocol_options One config_core_v3:HttpProtocolOptions
http_protocol_options One config_core_v3:Http1ProtocolOptions
http2_protocol_options One config_core_v3:Http2ProtocolOptions
typed_extension_protocol_options %PackedField
dns_refresh_rate Seconds
dns_jitter Seconds
dns_failure_refresh_rate One config_cluster_v3:Cluster.RefreshRate
respect_dns_ttl Flag
dns_lookup_family Choice AUTO=0 V4_ONLY=1 V6_ONLY=2 V4_PREFERRED=3 ALL=4
dns_resolvers *One config_core_v3:Address
use_tcp_for_dns_lookups Flag
dns_resolution_config One config_core_v3:DnsResolutionConfig
typed_dns_resolver_config One config_core_v3:TypedExtensionConfig
wait_for_warm_on_init OptionalFlag
outlier_detection One config_cluster_v3:OutlierDetection
cleanup_interval Seconds
upstream_bind_config One config_core_v3:BindConfig
lb_subset_config One config_cluster_v3:Cluster.LbSubsetConfig
ring_hash_lb_config One config_cluster_v3:Cluster.RingHashLbConfig
maglev_lb_config One config_cluster_v3:Cluster.MaglevLbConfig
original_dst_lb_config One config_cluster_v3:Cluster.OriginalDstLbConfig
least_request_lb_config One config_cluster_v3:Cluster.LeastRequestLbConfig
round_robin_lb_config One config_cluster_v3:Cluster.RoundRobinLbConfig
common_lb_config One config_cluster_v3:Cluster.CommonLbConfig
transport_socket One config_core_v3:TransportSocket
metadata One config_core_v3:Metadata
protocol_selection Choice USE_CONFIGURED_PROTOCOL=0 USE_DOWNSTREAM_PROTOCOL=1
upstream_connection_options One config_cluster_v3:UpstreamConnectionOptions
close_connections_on_host_health_failure Flag
ignore_health_on_host_removal Flag
filters *One config_cluster_v3:Filter
load_balancing_policy One config_cluster_v3:LoadBalancingPolicy
lrs_server One config_core_v3:ConfigSource
lrs_report_endpoint_metrics *Text
track_timeout_budgets Flag
upstream_config One config_core_v3:TypedExtensionConfig
track_cluster_stats One config_cluster_v3:TrackClusterStats
preconnect_policy One config_cluster_v3:Cluster.PreconnectPolicy
connection_pool_per_downstream_connection Flag
tls_context One extensions_transport_sockets_tls_v3:UpstreamTlsContext
hosts *One config_core_v3:Address
cluster_discovery_type OneOf type cluster_type
lb_config OneOf ring_hash_lb_config maglev_lb_config original_dst_lb_config least_request_lb_config round_robin_lb_config"""


class ClusterCollection(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.ClusterCollection"
    entries: xds_core_v3.CollectionEntry | None
    SPEC = """\
entries One xds_core_v3:CollectionEntry"""


class Filter(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.Filter"
    name: str
    typed_config: Packed | None
    config_discovery: config_core_v3.ExtensionConfigSource | None
    SPEC = """\
name Text
typed_config PackedField
config_discovery One config_core_v3:ExtensionConfigSource"""


class LoadBalancingPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.LoadBalancingPolicy"

    class Policy(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.LoadBalancingPolicy.Policy"
        typed_extension_config: config_core_v3.TypedExtensionConfig | None
        SPEC = """\
typed_extension_config One config_core_v3:TypedExtensionConfig"""

    policies: tuple[LoadBalancingPolicy.Policy, ...]
    SPEC = """\
policies *One config_cluster_v3:LoadBalancingPolicy.Policy"""


class OutlierDetection(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.OutlierDetection"
    consecutive_5xx: int | None
    interval: float | None
    base_ejection_time: float | None
    max_ejection_percent: int | None
    enforcing_consecutive_5xx: int | None
    enforcing_success_rate: int | None
    success_rate_minimum_hosts: int | None
    success_rate_request_volume: int | None
    success_rate_stdev_factor: int | None
    consecutive_gateway_failure: int | None
    enforcing_consecutive_gateway_failure: int | None
    split_external_local_origin_errors: bool
    consecutive_local_origin_failure: int | None
    enforcing_consecutive_local_origin_failure: int | None
    enforcing_local_origin_success_rate: int | None
    failure_percentage_threshold: int | None
    enforcing_failure_percentage: int | None
    enforcing_failure_percentage_local_origin: int | None
    failure_percentage_minimum_hosts: int | None
    failure_percentage_request_volume: int | None
    max_ejection_time: float | None
    max_ejection_time_jitter: float | None
    successful_active_health_check_uneject_host: bool | None
    monitors: tuple[config_core_v3.TypedExtensionConfig, ...]
    always_eject_one_host: bool | None
    detect_degraded_hosts: bool | None
    SPEC = """\
consecutive_5xx OptionalInt
interval Seconds
base_ejection_time Seconds
max_ejection_percent OptionalInt
enforcing_consecutive_5xx OptionalInt
enforcing_success_rate OptionalInt
success_rate_minimum_hosts OptionalInt
success_rate_request_volume OptionalInt
success_rate_stdev_factor OptionalInt
consecutive_gateway_failure OptionalInt
enforcing_consecutive_gateway_failure OptionalInt
split_external_local_origin_errors Flag
consecutive_local_origin_failure OptionalInt
enforcing_consecutive_local_origin_failure OptionalInt
enforcing_local_origin_success_rate OptionalInt
failure_percentage_threshold OptionalInt
enforcing_failure_percentage OptionalInt
enforcing_failure_percentage_local_origin OptionalInt
failure_percentage_minimum_hosts OptionalInt
failure_percentage_request_volume OptionalInt
max_ejection_time Seconds
max_ejection_time_jitter Seconds
successful_active_health_check_uneject_host OptionalFlag
monitors *One config_core_v3:TypedExtensionConfig
always_eject_one_host OptionalFlag
detect_degraded_hosts OptionalFlag"""


class TrackClusterStats(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.TrackClusterStats"
    timeout_budgets: bool
    request_response_sizes: bool
    per_endpoint_stats: bool
    SPEC = """\
timeout_budgets Flag
request_response_sizes Flag
per_endpoint_stats Flag"""


class UpstreamConnectionOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.v3.UpstreamConnectionOptions"

    class HappyEyeballsConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig"
        first_address_family_version: typing.Literal["DEFAULT", "V4", "V6", "PIPE", "INTERNAL"]
        first_address_family_count: int | None
        SPEC = """\
first_address_family_version Choice DEFAULT=0 V4=1 V6=2 PIPE=3 INTERNAL=4
first_address_family_count OptionalInt"""

    tcp_keepalive: config_core_v3.TcpKeepalive | None
    set_local_interface_name_on_upstream_connections: bool
    happy_eyeballs_config: UpstreamConnectionOptions.HappyEyeballsConfig | None
    SPEC = """\
tcp_keepalive One config_core_v3:TcpKeepalive
set_local_interface_name_on_upstream_connections Flag
happy_eyeballs_config One config_cluster_v3:UpstreamConnectionOptions.HappyEyeballsConfig"""
