"""Messages of envoy.config.listener.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_accesslog_v3,
        config_core_v3,
        extensions_transport_sockets_tls_v3,
        type_v3,
        xds_core_v3,
        xds_type_matcher_v3,
    )


class ActiveRawUdpListenerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.ActiveRawUdpListenerConfig"


class AdditionalAddress(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.AdditionalAddress"
    address: config_core_v3.Address | None
    socket_options: config_core_v3.SocketOptionsOverride | None
    tcp_keepalive: config_core_v3.TcpKeepalive | None
    SPEC = """\
address One config_core_v3:Address
socket_options One config_core_v3:SocketOptionsOverride
tcp_keepalive One config_core_v3:TcpKeepalive"""


class ApiListener(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.ApiListener"
    api_listener: Packed | None
    SPEC = """\
api_listener PackedField"""


class Filter(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.Filter"
    name: str
    typed_config: Packed | None
    config_discovery: config_core_v3.ExtensionConfigSource | None
    config: Json
    config_type: typing.Literal["typed_config", "config_discovery", "config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_discovery One config_core_v3:ExtensionConfigSource
config Plain
config_type OneOf typed_config config_discovery config"""


class FilterChain(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.FilterChain"
    filter_chain_match: FilterChainMatch | None
    filters: tuple[Filter, ...]
    use_proxy_proto: bool | None
    metadata: config_core_v3.Metadata | None
    transport_socket: config_core_v3.TransportSocket | None
    transport_socket_connect_timeout: float | None
    name: str
    tls_context: extensions_transport_sockets_tls_v3.DownstreamTlsContext | None
    SPEC = """\
filter_chain_match One config_listener_v3:FilterChainMatch
filters *One config_listener_v3:Filter
use_proxy_proto OptionalFlag
metadata One config_core_v3:Metadata
transport_socket One config_core_v3:TransportSocket
transport_socket_connect_timeout Seconds
name Text
tls_context One extensions_transport_sockets_tls_v3:DownstreamTlsContext"""


class FilterChainMatch(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.FilterChainMatch"
    destination_port: int | None
    prefix_ranges: tuple[config_core_v3.CidrRange, ...]
    address_suffix: str
    suffix_len: int | None
    direct_source_prefix_ranges: tuple[config_core_v3.CidrRange, ...]
    source_type: typing.Literal["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"]
    source_prefix_ranges: tuple[config_core_v3.CidrRange, ...]
    source_ports: tuple[int, ...]
    server_names: tuple[str, ...]
    transport_protocol: str
    application_protocols: tuple[str, ...]
    SPEC = """\
destination_port OptionalInt
prefix_ranges *One config_core_v3:CidrRange
address_suffix Text
suffix_len OptionalInt
direct_source_prefix_ranges *One config_core_v3:CidrRange
source_type Choice ANY=0 SAME_IP_OR_LOOPBACK=1 EXTERNAL=2
source_prefix_ranges *One config_core_v3:CidrRange
source_ports *Int
server_names *Text
transport_protocol Text
application_protocols *Text"""


class Listener(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.Listener"

    class ConnectionBalanceConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.listener.v3.Listener.ConnectionBalanceConfig"

        class CpuLocalityBalance(Message):
            __slots__ = ()
            TYPE = "envoy.config.listener.v3.Listener.ConnectionBalanceConfig.CpuLocalityBalance"

        class ExactBalance(Message):
            __slots__ = ()
            TYPE = "envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance"

        exact_balance: Listener.ConnectionBalanceConfig.ExactBalance | None
        extend_balance: config_core_v3.TypedExtensionConfig | None
        cpu_locality_balance: Listener.ConnectionBalanceConfig.CpuLocalityBalance | None
        balance_type: typing.Literal["exact_balance", "extend_balance", "cpu_locality_balance"] | None
        SPEC = """\
exact_balance One config_listener_v3:Listener.ConnectionBalanceConfig.ExactBalance
extend_balance One config_core_v3:TypedExtensionConfig
cpu_locality_balance One config_listener_v3:Listener.ConnectionBalanceConfig.CpuLocalityBalance
balance_type OneOf exact_balance extend_balance cpu_locality_balance"""

    class DeprecatedV1(Message):
        __slots__ = ()
        TYPE = "envoy.config.listener.v3.Listener.DeprecatedV1"
        bind_to_port: bool | None
        SPEC = """\
bind_to_port OptionalFlag"""

    class FcdsConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.listener.v3.Listener.FcdsConfig"
        name: str
        config_source: config_core_v3.ConfigSource | None
        SPEC = """\
name Text
config_source One config_core_v3:ConfigSource"""

    class InternalListenerConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.listener.v3.Listener.InternalListenerConfig"

    name: str
    address: config_core_v3.Address | None
    additional_addresses: tuple[AdditionalAddress, ...]
    stat_prefix: str
    filter_chains: tuple[FilterChain, ...]
    fcds_config: Listener.FcdsConfig | None
    filter_chain_matcher: xds_type_matcher_v3.Matcher | None
    use_original_dst: bool | None
    default_filter_chain: FilterChain | None
    per_connection_buffer_limit_bytes: int | None
    per_connection_buffer_high_watermark_timeout: float | None
    metadata: config_core_v3.Metadata | None
    deprecated_v1: Listener.DeprecatedV1 | None
    drain_type: typing.Literal["DEFAULT", "MODIFY_ONLY"]
    listener_filters: tuple[ListenerFilter, ...]
    listener_filters_timeout: float | None
    continue_on_listener_filters_timeout: bool
    transparent: bool | None
    freebind: bool | None
    socket_options: tuple[config_core_v3.SocketOption, ...]
    tcp_fast_open_queue_length: int | None
    traffic_direction: typing.Literal["UNSPECIFIED", "INBOUND", "OUTBOUND"]
    udp_listener_config: UdpListenerConfig | None
    api_listener: ApiListener | None
    connection_balance_config: Listener.ConnectionBalanceConfig | None
    reuse_port: bool
    enable_reuse_port: bool | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    tcp_backlog_size: int | None
    max_connections_to_accept_per_socket_event: int | None
    bind_to_port: bool | None
    internal_listener: Listener.InternalListenerConfig | None
    enable_mptcp: bool
    ignore_global_conn_limit: bool
    bypass_overload_manager: bool
    tcp_keepalive: config_core_v3.TcpKeepalive | None
    listener_specifier: typing.Literal["internal_listener"] | None
    SPEC = """\
name Text
address One config_core_v3:Address
additional_addresses *One config_listener_v3:AdditionalAddress
stat_prefix Text
filter_chains *One config_listener_v3:FilterChain
fcds_config One config_listener_v3:Listener.FcdsConfig
filter_chain_matcher One xds_type_matcher_v3:Matcher
use_original_dst OptionalFlag
default_filter_chain One config_listener_v3:FilterChain
per_connection_buffer_limit_bytes OptionalInt
per_connection_buffer_high_watermark_timeout Seconds
metadata One config_core_v3:Metadata
deprecated_v1 One config_listener_v3:Listener.DeprecatedV1
drain_type Choice DEFAULT=0 MODIFY_ONLY=1
listener_filters *One config_listener_v3:ListenerFilter
listener_filters_timeout Seconds
continue_on_listener_filters_timeout Flag
transparent OptionalFlag
freebind OptionalFlag
socket_options *One config_core_v3:SocketOption
tcp_fast_open_queue_length OptionalInt
traffic_direction Choice UNSPECIFIED=0 INBOUND=1 OUTBOUND=2
udp_listener_config One config_listener_v3:UdpListenerConfig
api_listener One config_listener_v3:ApiListener
connection_balance_config One config_listener_v3:Listener.ConnectionBalanceConfig
reuse_port Flag
enable_reuse_port OptionalFlag
access_log *One config_accesslog_v3:AccessLog
tcp_backlog_size OptionalInt
max_connections_to_accept_per_socket_event OptionalInt
bind_to_port OptionalFlag
internal_listener One config_listener_v3:Listener.InternalListenerConfig
enable_mptcp Flag
ignore_global_conn_limit Flag
bypass_overload_manager Flag
tcp_keepalive One config_core_v3:TcpKeepalive
listener_specifier OneOf internal_listener"""


class ListenerCollection(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.ListenerCollection"
    entries: tuple[xds_core_v3.CollectionEntry, ...]
    SPEC = """\
entries *One xds_core_v3:CollectionEntry"""


class ListenerFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.ListenerFilter"
    name: str
    typed_config: Packed | None
    config_discovery: config_core_v3.ExtensionConfigSource | None
    filter_disabled: ListenerFilterChainMatchPredicate | None
    config: Json
    config_type: typing.Literal["typed_config", "config_discovery", "config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_discovery One config_core_v3:ExtensionConfigSource
filter_disabled One config_listener_v3:ListenerFilterChainMatchPredicate
config Plain
config_type OneOf typed_config config_discovery config"""


class ListenerFilterChainMatchPredicate(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.ListenerFilterChainMatchPredicate"

    class MatchSet(Message):
        __slots__ = ()
        TYPE = "envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet"
        rules: tuple[ListenerFilterChainMatchPredicate, ...]
        SPEC = """\
rules *One config_listener_v3:ListenerFilterChainMatchPredicate"""

    or_match: ListenerFilterChainMatchPredicate.MatchSet | None
    and_match: ListenerFilterChainMatchPredicate.MatchSet | None
    not_match: ListenerFilterChainMatchPredicate | None
    any_match: bool
    destination_port_range: type_v3.Int32Range | None
    rule: typing.Literal["or_match", "and_match", "not_match", "any_match", "destination_port_range"] | None
    SPEC = """\
or_match One config_listener_v3:ListenerFilterChainMatchPredicate.MatchSet
and_match One config_listener_v3:ListenerFilterChainMatchPredicate.MatchSet
not_match One config_listener_v3:ListenerFilterChainMatchPredicate
any_match Flag
destination_port_range One type_v3:Int32Range
rule OneOf or_match and_match not_match any_match destination_port_range"""


class QuicProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.QuicProtocolOptions"
    quic_protocol_options: config_core_v3.QuicProtocolOptions | None
    idle_timeout: float | None
    crypto_handshake_timeout: float | None
    enabled: config_core_v3.RuntimeFeatureFlag | None
    packets_to_read_to_connection_count_ratio: int | None
    crypto_stream_config: config_core_v3.TypedExtensionConfig | None
    proof_source_config: config_core_v3.TypedExtensionConfig | None
    connection_id_generator_config: config_core_v3.TypedExtensionConfig | None
    server_preferred_address_config: config_core_v3.TypedExtensionConfig | None
    send_disable_active_migration: bool | None
    connection_debug_visitor_config: config_core_v3.TypedExtensionConfig | None
    save_cmsg_config: tuple[config_core_v3.SocketCmsgHeaders, ...]
    reject_new_connections: bool
    max_sessions_per_event_loop: int | None
    SPEC = """\
quic_protocol_options One config_core_v3:QuicProtocolOptions
idle_timeout Seconds
crypto_handshake_timeout Seconds
enabled One config_core_v3:RuntimeFeatureFlag
packets_to_read_to_connection_count_ratio OptionalInt
crypto_stream_config One config_core_v3:TypedExtensionConfig
proof_source_config One config_core_v3:TypedExtensionConfig
connection_id_generator_config One config_core_v3:TypedExtensionConfig
server_preferred_address_config One config_core_v3:TypedExtensionConfig
send_disable_active_migration OptionalFlag
connection_debug_visitor_config One config_core_v3:TypedExtensionConfig
save_cmsg_config *One config_core_v3:SocketCmsgHeaders
reject_new_connections Flag
max_sessions_per_event_loop OptionalInt"""


class UdpListenerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.listener.v3.UdpListenerConfig"
    downstream_socket_config: config_core_v3.UdpSocketConfig | None
    quic_options: QuicProtocolOptions | None
    udp_packet_packet_writer_config: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
downstream_socket_config One config_core_v3:UdpSocketConfig
quic_options One config_listener_v3:QuicProtocolOptions
udp_packet_packet_writer_config One config_core_v3:TypedExtensionConfig"""
