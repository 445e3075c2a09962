"""Messages of envoy.extensions.filters.network.tcp_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_accesslog_v3,
        config_core_v3,
        extensions_filters_network_http_connection_manager_v3,
        type_v3,
    )


class TcpProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"

    class OnDemand(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.OnDemand"
        odcds_config: config_core_v3.ConfigSource | None
        resources_locator: str
        timeout: float | None
        SPEC = """\
odcds_config One config_core_v3:ConfigSource
resources_locator Text
timeout Seconds"""

    class TcpAccessLogOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TcpAccessLogOptions"
        access_log_flush_interval: float | None
        flush_access_log_on_connected: bool
        flush_access_log_on_start: bool
        SPEC = """\
access_log_flush_interval Seconds
flush_access_log_on_connected Flag
flush_access_log_on_start Flag"""

    class TunnelingConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig"
        hostname: str
        use_post: bool
        headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
        propagate_response_headers: bool
        post_path: str
        propagate_response_trailers: bool
        request_id_extension: extensions_filters_network_http_connection_manager_v3.RequestIDExtension | None
        request_id_header: str
        request_id_metadata_key: str
        formatters: tuple[config_core_v3.TypedExtensionConfig, ...]
        SPEC = """\
hostname Text
use_post Flag
headers_to_add *One config_core_v3:HeaderValueOption
propagate_response_headers Flag
post_path Text
propagate_response_trailers Flag
request_id_extension One extensions_filters_network_http_connection_manager_v3:RequestIDExtension
request_id_header Text
request_id_metadata_key Text
formatters *One config_core_v3:TypedExtensionConfig"""

    class WeightedCluster(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster"

        class ClusterWeight(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight"
            name: str
            weight: int
            metadata_match: config_core_v3.Metadata | None
            SPEC = """\
name Text
weight Int
metadata_match One config_core_v3:Metadata"""

        clusters: tuple[TcpProxy.WeightedCluster.ClusterWeight, ...]
        SPEC = """\
clusters *One extensions_filters_network_tcp_proxy_v3:TcpProxy.WeightedCluster.ClusterWeight"""

    stat_prefix: str
    cluster: str
    weighted_clusters: TcpProxy.WeightedCluster | None
    on_demand: TcpProxy.OnDemand | None
    metadata_match: config_core_v3.Metadata | None
    idle_timeout: float | None
    downstream_idle_timeout: float | None
    upstream_idle_timeout: float | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    max_connect_attempts: int | None
    backoff_options: config_core_v3.BackoffStrategy | None
    hash_policy: tuple[type_v3.HashPolicy, ...]
    tunneling_config: TcpProxy.TunnelingConfig | None
    max_downstream_connection_duration: float | None
    max_downstream_connection_duration_jitter_percentage: type_v3.Percent | None
    access_log_flush_interval: float | None
    flush_access_log_on_connected: bool
    access_log_options: TcpProxy.TcpAccessLogOptions | None
    proxy_protocol_tlvs: tuple[config_core_v3.TlvEntry, ...]
    proxy_protocol_tlv_merge_policy: typing.Literal[
        "ADD_IF_ABSENT", "OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD"
    ]
    upstream_connect_mode: typing.Literal["IMMEDIATE", "ON_DOWNSTREAM_DATA", "ON_DOWNSTREAM_TLS_HANDSHAKE"]
    max_early_data_bytes: int | None
    check_drain_close: bool | None
    cluster_specifier: typing.Literal["cluster", "weighted_clusters"] | None
    SPEC = """\
stat_prefix Text
cluster Text
weighted_clusters One extensions_filters_network_tcp_proxy_v3:TcpProxy.WeightedCluster
on_demand One extensions_filters_network_tcp_proxy_v3:TcpProxy.OnDemand
metadata_match One config_core_v3:Metadata
idle_timeout Seconds
downstream_idle_timeout Seconds
upstream_idle_timeout Seconds
access_log *One config_accesslog_v3:AccessLog
max_connect_attempts OptionalInt
backoff_options One config_core_v3:BackoffStrategy
hash_policy *One type_v3:HashPolicy
tunneling_config One extensions_filters_network_tcp_proxy_v3:TcpProxy.TunnelingConfig
max_downstream_connection_duration Seconds
max_downstream_connection_duration_jitter_percentage One type_v3:Percent
access_log_flush_interval Seconds
flush_access_log_on_connected Flag
access_log_options One extensions_filters_network_tcp_proxy_v3:TcpProxy.TcpAccessLogOptions
proxy_protocol_tlvs *One config_core_v3:TlvEntry
proxy_protocol_tlv_merge_policy Choice ADD_IF_ABSENT=0 OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD=1 APPEND_IF_EXISTS_OR_ADD=2
upstream_connect_mode Choice IMMEDIATE=0 ON_DOWNSTREAM_DATA=1 ON_DOWNSTREAM_TLS_HANDSHAKE=2
max_early_data_bytes OptionalInt
check_drain_close OptionalFlag
cluster_specifier OneOf cluster weighted_clusters"""
