"""Messages of envoy.extensions.filters.udp.udp_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_accesslog_v3, config_core_v3, xds_type_matcher_v3


class Route(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.Route"
    cluster: str
    SPEC = """\
cluster Text"""


class UdpProxyConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig"

    class HashPolicy(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.HashPolicy"
        source_ip: bool
        key: str
        policy_specifier: typing.Literal["source_ip", "key"] | None
        SPEC = """\
source_ip Flag
key Text
policy_specifier OneOf source_ip key"""

    class SessionFilter(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.SessionFilter"
        name: str
        typed_config: Packed | None
        config_discovery: config_core_v3.ExtensionConfigSource | None
        config_type: typing.Literal["typed_config", "config_discovery"] | None
        SPEC = """\
name Text
typed_config PackedField
config_discovery One config_core_v3:ExtensionConfigSource
config_type OneOf typed_config config_discovery"""

    class UdpAccessLogOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.UdpAccessLogOptions"
        access_log_flush_interval: float | None
        flush_access_log_on_tunnel_connected: bool
        SPEC = """\
access_log_flush_interval Seconds
flush_access_log_on_tunnel_connected Flag"""

    class UdpTunnelingConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.UdpTunnelingConfig"

        class BufferOptions(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.UdpTunnelingConfig.BufferOptions"
            max_buffered_datagrams: int | None
            max_buffered_bytes: int | None
            SPEC = """\
max_buffered_datagrams OptionalInt
max_buffered_bytes OptionalInt"""

        class RetryOptions(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.UdpTunnelingConfig.RetryOptions"
            max_connect_attempts: int | None
            backoff_options: config_core_v3.BackoffStrategy | None
            SPEC = """\
max_connect_attempts OptionalInt
backoff_options One config_core_v3:BackoffStrategy"""

        proxy_host: str
        proxy_port: int | None
        target_host: str
        default_target_port: int
        use_post: bool
        post_path: str
        retry_options: UdpProxyConfig.UdpTunnelingConfig.RetryOptions | None
        headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
        buffer_options: UdpProxyConfig.UdpTunnelingConfig.BufferOptions | None
        propagate_response_headers: bool
        propagate_response_trailers: bool
        SPEC = """\
proxy_host Text
proxy_port OptionalInt
target_host Text
default_target_port Int
use_post Flag
post_path Text
retry_options One extensions_filters_udp_udp_proxy_v3:UdpProxyConfig.UdpTunnelingConfig.RetryOptions
headers_to_add *One config_core_v3:HeaderValueOption
buffer_options One extensions_filters_udp_udp_proxy_v3:UdpProxyConfig.UdpTunnelingConfig.BufferOptions
propagate_response_headers Flag
propagate_response_trailers Flag"""

    stat_prefix: str
    cluster: str
    matcher: xds_type_matcher_v3.Matcher | None
    idle_timeout: float | None
    use_original_src_ip: bool
    hash_policies: tuple[UdpProxyConfig.HashPolicy, ...]
    upstream_socket_config: config_core_v3.UdpSocketConfig | None
    use_per_packet_load_balancing: bool
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    proxy_access_log: tuple[config_accesslog_v3.AccessLog, ...]
    session_filters: tuple[UdpProxyConfig.SessionFilter, ...]
    tunneling_config: UdpProxyConfig.UdpTunnelingConfig | None
    access_log_options: UdpProxyConfig.UdpAccessLogOptions | None
    route_specifier: typing.Literal["cluster", "matcher"] | None
    SPEC = """\
stat_prefix Text
cluster Text
matcher One xds_type_matcher_v3:Matcher
idle_timeout Seconds
use_original_src_ip Flag
hash_policies *One extensions_filters_udp_udp_proxy_v3:UdpProxyConfig.HashPolicy
upstream_socket_config One config_core_v3:UdpSocketConfig
use_per_packet_load_balancing Flag
access_log *One config_accesslog_v3:AccessLog
proxy_access_log *One config_accesslog_v3:AccessLog
session_filters *One extensions_filters_udp_udp_proxy_v3:UdpProxyConfig.SessionFilter
tunneling_config One extensions_filters_udp_udp_proxy_v3:UdpProxyConfig.UdpTunnelingConfig
access_log_options One extensions_filters_udp_udp_proxy_v3:UdpProxyConfig.UdpAccessLogOptions
route_specifier OneOf cluster matcher"""
