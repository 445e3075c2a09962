"""Messages of envoy.extensions.filters.network.http_connection_manager.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_accesslog_v3,
        config_core_v3,
        config_route_v3,
        config_trace_v3,
        type_http_v3,
        type_tracing_v3,
        type_v3,
        xds_type_matcher_v3,
    )


class EnvoyMobileHttpConnectionManager(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.EnvoyMobileHttpConnectionManager"
    config: HttpConnectionManager | None
    SPEC = """\
config One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager"""


class ForwardProtoConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ForwardProtoConfig"
    https_destination_ports: tuple[int, ...]
    http_destination_ports: tuple[int, ...]
    SPEC = """\
https_destination_ports *Int
http_destination_ports *Int"""


class HttpConnectionManager(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

    class ForwardClientCertConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig"
        forward_client_cert_details: typing.Literal[
            "SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"
        ]
        set_current_client_cert_details: HttpConnectionManager.SetCurrentClientCertDetails | None
        SPEC = """\
forward_client_cert_details Choice SANITIZE=0 FORWARD_ONLY=1 APPEND_FORWARD=2 SANITIZE_SET=3 ALWAYS_FORWARD_ONLY=4
set_current_client_cert_details One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.SetCurrentClientCertDetails"""

    class HcmAccessLogOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions"
        access_log_flush_interval: float | None
        flush_access_log_on_new_request: bool
        flush_log_on_tunnel_successfully_established: bool
        SPEC = """\
access_log_flush_interval Seconds
flush_access_log_on_new_request Flag
flush_log_on_tunnel_successfully_established Flag"""

    class InternalAddressConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig"
        unix_sockets: bool
        cidr_ranges: tuple[config_core_v3.CidrRange, ...]
        SPEC = """\
unix_sockets Flag
cidr_ranges *One config_core_v3:CidrRange"""

    class PathNormalizationOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathNormalizationOptions"
        forwarding_transformation: type_http_v3.PathTransformation | None
        http_filter_transformation: type_http_v3.PathTransformation | None
        SPEC = """\
forwarding_transformation One type_http_v3:PathTransformation
http_filter_transformation One type_http_v3:PathTransformation"""

    class ProxyStatusConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ProxyStatusConfig"
        remove_details: bool
        remove_connection_termination_details: bool
        remove_response_flags: bool
        set_recommended_response_code: bool
        use_node_id: bool
        literal_proxy_name: str
        proxy_name: typing.Literal["use_node_id", "literal_proxy_name"] | None
        SPEC = """\
remove_details Flag
remove_connection_termination_details Flag
remove_response_flags Flag
set_recommended_response_code Flag
use_node_id Flag
literal_proxy_name Text
proxy_name OneOf use_node_id literal_proxy_name"""

    class SetCurrentClientCertDetails(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails"
        subject: bool | None
        cert: bool
        chain: bool
        dns: bool
        uri: bool
        format: typing.Literal["TEXT", "JSON"]
        SPEC = """\
subject OptionalFlag
cert Flag
chain Flag
dns Flag
uri Flag
format Choice TEXT=0 JSON=1"""

    class Tracing(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing"
        client_sampling: type_v3.Percent | None
        random_sampling: type_v3.Percent | None
        overall_sampling: type_v3.Percent | None
        verbose: bool
        max_path_tag_length: int | None
        custom_tags: tuple[type_tracing_v3.CustomTag, ...]
        provider: config_trace_v3.Tracing.Http | None
        spawn_upstream_span: bool | None
        operation: str
        upstream_operation: str
        no_context_propagation: bool
        SPEC = """\
client_sampling One type_v3:Percent
random_sampling One type_v3:Percent
overall_sampling One type_v3:Percent
verbose Flag
max_path_tag_length OptionalInt
custom_tags *One type_tracing_v3:CustomTag
provider One config_trace_v3:Tracing.Http
spawn_upstream_span OptionalFlag
operation Text
upstream_operation Text
no_context_propagation Flag"""

    class UpgradeConfig(Message):
        __slots__ = ()
        TYPE = (
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig"
        )
        upgrade_type: str
        filters: tuple[HttpFilter, ...]
        enabled: bool | None
        SPEC = """\
upgrade_type Text
filters *One extensions_filters_network_http_connection_manager_v3:HttpFilter
enabled OptionalFlag"""

    codec_type: typing.Literal["AUTO", "HTTP1", "HTTP2", "HTTP3"]
    stat_prefix: str
    rds: Rds | None
    route_config: config_route_v3.RouteConfiguration | None
    scoped_routes: ScopedRoutes | None
    http_filters: tuple[HttpFilter, ...]
    add_user_agent: bool | None
    tracing: HttpConnectionManager.Tracing | None
    common_http_protocol_options: config_core_v3.HttpProtocolOptions | None
    http1_safe_max_connection_duration: bool
    http_protocol_options: config_core_v3.Http1ProtocolOptions | None
    http2_protocol_options: config_core_v3.Http2ProtocolOptions | None
    http3_protocol_options: config_core_v3.Http3ProtocolOptions | None
    server_name: str
    server_header_transformation: typing.Literal["OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"]
    scheme_header_transformation: config_core_v3.SchemeHeaderTransformation | None
    max_request_headers_kb: int | None
    stream_idle_timeout: float | None
    stream_flush_timeout: float | None
    request_timeout: float | None
    request_headers_timeout: float | None
    drain_timeout: float | None
    drain_timeout_jitter: type_v3.Percent | None
    delayed_close_timeout: float | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    access_log_flush_interval: float | None
    flush_access_log_on_new_request: bool
    access_log_options: HttpConnectionManager.HcmAccessLogOptions | None
    use_remote_address: bool | None
    xff_num_trusted_hops: int
    original_ip_detection_extensions: tuple[config_core_v3.TypedExtensionConfig, ...]
    early_header_mutation_extensions: tuple[config_core_v3.TypedExtensionConfig, ...]
    internal_address_config: HttpConnectionManager.InternalAddressConfig | None
    skip_xff_append: bool
    via: str
    generate_request_id: bool | None
    preserve_external_request_id: bool
    always_set_request_id_in_response: bool
    forward_client_cert_details: typing.Literal[
        "SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"
    ]
    set_current_client_cert_details: HttpConnectionManager.SetCurrentClientCertDetails | None
    forward_client_cert_matcher: xds_type_matcher_v3.Matcher | None
    proxy_100_continue: bool
    represent_ipv4_remote_address_as_ipv4_mapped_ipv6: bool
    upgrade_configs: tuple[HttpConnectionManager.UpgradeConfig, ...]
    normalize_path: bool | None
    merge_slashes: bool
    path_with_escaped_slashes_action: typing.Literal[
        "IMPLEMENTATION_SPECIFIC_DEFAULT",
        "KEEP_UNCHANGED",
        "REJECT_REQUEST",
        "UNESCAPE_AND_REDIRECT",
        "UNESCAPE_AND_FORWARD",
    ]
    request_id_extension: RequestIDExtension | None
    local_reply_config: LocalReplyConfig | None
    strip_matching_host_port: bool
    strip_any_host_port: bool
    stream_error_on_invalid_http_message: bool | None
    path_normalization_options: HttpConnectionManager.PathNormalizationOptions | None
    strip_trailing_host_dot: bool
    proxy_status_config: HttpConnectionManager.ProxyStatusConfig | None
    typed_header_validation_config: config_core_v3.TypedExtensionConfig | None
    append_x_forwarded_port: bool
    append_local_overload: bool
    add_proxy_protocol_connection_state: bool | None
    forward_proto_config: ForwardProtoConfig | None
    idle_timeout: float | None
    route_specifier: typing.Literal["rds", "route_config", "scoped_routes"] | None
    strip_port_mode: typing.Literal["strip_any_host_port"] | None
    SPEC = """\
codec_type Choice AUTO=0 HTTP1=1 HTTP2=2 HTTP3=3
stat_prefix Text
rds One extensions_filters_network_http_connection_manager_v3:Rds
route_config One config_route_v3:RouteConfiguration
scoped_routes One extensions_filters_network_http_connection_manager_v3:ScopedRoutes
http_filters *One extensions_filters_network_http_connection_manager_v3:HttpFilter
add_user_agent OptionalFlag
tracing One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.Tracing
common_http_protocol_options One config_core_v3:HttpProtocolOptions
http1_safe_max_connection_duration Flag
http_protocol_options One config_core_v3:Http1ProtocolOptions
http2_protocol_options One config_core_v3:Http2ProtocolOptions
http3_protocol_options One config_core_v3:Http3ProtocolOptions
server_name Text
server_header_transformation Choice OVERWRITE=0 APPEND_IF_ABSENT=1 PASS_THROUGH=2
scheme_header_transformation One config_core_v3:SchemeHeaderTransformation
max_request_headers_kb OptionalInt
stream_idle_timeout Seconds
stream_flush_timeout Seconds
request_timeout Seconds
request_headers_timeout Seconds
drain_timeout Seconds
drain_timeout_jitter One type_v3:Percent
delayed_close_timeout Seconds
access_log *One config_accesslog_v3:AccessLog
access_log_flush_interval Seconds
flush_access_log_on_new_request Flag
access_log_options One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.HcmAccessLogOptions
use_remote_address OptionalFlag
xff_num_trusted_hops Int
original_ip_detection_extensions *One config_core_v3:TypedExtensionConfig
early_header_mutation_extensions *One config_core_v3:TypedExtensionConfig
internal_address_config One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.InternalAddressConfig
skip_xff_append Flag
via Text
generate_request_id OptionalFlag
preserve_external_request_id Flag
always_set_request_id_in_response Flag
forward_client_cert_details Choice SANITIZE=0 FORWARD_ONLY=1 APPEND_FORWARD=2 SANITIZE_SET=3 ALWAYS_FORWARD_ONLY=4
set_current_client_cert_details One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.SetCurrentClientCertDetails
forward_client_cert_matcher One xds_type_matcher_v3:Matcher
proxy_100_continue Flag
represent_ipv4_remote_address_as_ipv4_mapped_ipv6 Flag
upgrade_configs *One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.UpgradeConfig
normalize_path OptionalFlag
merge_slashes Flag
path_with_escaped_slashes_action Choice IMPLEMENTATION_SPECIFIC_DEFAULT=0 KEEP_UNCHANGED=1 REJECT_REQUEST=2 UNESCAPE_AND_REDIRECT=3 UNESCAPE_AND_FORWARD=4
request_id_extension One extensions_filters_network_http_connection_manager_v3:RequestIDExtension
local_reply_config One extensions_filters_network_http_connection_manager_v3:LocalReplyConfig
strip_matching_host_port Flag
strip_any_host_port Flag
stream_error_on_invalid_http_message OptionalFlag
path_normalization_options One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.PathNormalizationOptions
strip_trailing_host_dot Flag
proxy_status_config One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.ProxyStatusConfig
typed_header_validation_config One config_core_v3:TypedExtensionConfig
append_x_forwarded_port Flag
append_local_overload Flag
add_proxy_protocol_connection_state OptionalFlag
forward_proto_config One extensions_filters_network_http_connection_manager_v3:ForwardProtoConfig
idle_timeout Seconds
route_specifier OneOf rds route_config scoped_routes
strip_port_mode OneOf strip_any_host_port"""


class HttpFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter"
    name: str
    typed_config: Packed | None
    config_discovery: config_core_v3.ExtensionConfigSource | None
    is_optional: bool
    disabled: bool
    config: Json
    config_type: typing.Literal["typed_config", "config_discovery", "config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_discovery One config_core_v3:ExtensionConfigSource
is_optional Flag
disabled Flag
config Plain
config_type OneOf typed_config config_discovery config"""


class LocalReplyConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig"
    mappers: tuple[ResponseMapper, ...]
    body_format: config_core_v3.SubstitutionFormatString | None
    SPEC = """\
mappers *One extensions_filters_network_http_connection_manager_v3:ResponseMapper
body_format One config_core_v3:SubstitutionFormatString"""


class Rds(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.Rds"
    config_source: config_core_v3.ConfigSource | None
    route_config_name: str
    SPEC = """\
config_source One config_core_v3:ConfigSource
route_config_name Text"""


class RequestIDExtension(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension"
    typed_config: Packed | None
    SPEC = """\
typed_config PackedField"""


class ResponseMapper(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper"
    filter: config_accesslog_v3.AccessLogFilter | None
    status_code: int | None
    body: config_core_v3.DataSource | None
    body_format_override: config_core_v3.SubstitutionFormatString | None
    headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    SPEC = """\
filter One config_accesslog_v3:AccessLogFilter
status_code OptionalInt
body One config_core_v3:DataSource
body_format_override One config_core_v3:SubstitutionFormatString
headers_to_add *One config_core_v3:HeaderValueOption"""


class ScopedRds(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds"
    scoped_rds_config_source: config_core_v3.ConfigSource | None
    srds_resources_locator: str
    SPEC = """\
scoped_rds_config_source One config_core_v3:ConfigSource
srds_resources_locator Text"""


class ScopedRouteConfigurationsList(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList"
    scoped_route_configurations: tuple[config_route_v3.ScopedRouteConfiguration, ...]
    SPEC = """\
scoped_route_configurations *One config_route_v3:ScopedRouteConfiguration"""


class ScopedRoutes(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes"

    class ScopeKeyBuilder(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder"

        class FragmentBuilder(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder"

            class HeaderValueExtractor(Message):
                __slots__ = ()
                TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor"

                class KvElement(Message):
                    __slots__ = ()
                    TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement"
                    separator: str
                    key: str
                    SPEC = """\
separator Text
key Text"""

                name: str
                element_separator: str
                index: int
                element: ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement | None
                extract_type: typing.Literal["index", "element"] | None
                SPEC = """\
name Text
element_separator Text
index Int
element One extensions_filters_network_http_connection_manager_v3:ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement
extract_type OneOf index element"""

            header_value_extractor: ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor | None
            type: typing.Literal["header_value_extractor"] | None
            SPEC = """\
header_value_extractor One extensions_filters_network_http_connection_manager_v3:ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor
type OneOf header_value_extractor"""

        fragments: tuple[ScopedRoutes.ScopeKeyBuilder.FragmentBuilder, ...]
        SPEC = """\
fragments *One extensions_filters_network_http_connection_manager_v3:ScopedRoutes.ScopeKeyBuilder.FragmentBuilder"""

    name: str
    scope_key_builder: ScopedRoutes.ScopeKeyBuilder | None
    rds_config_source: config_core_v3.ConfigSource | None
    scoped_route_configurations_list: ScopedRouteConfigurationsList | None
    scoped_rds: ScopedRds | None
    config_specifier: typing.Literal["scoped_route_configurations_list", "scoped_rds"] | None
    SPEC = """\
name Text
scope_key_builder One extensions_filters_network_http_connection_manager_v3:ScopedRoutes.ScopeKeyBuilder
rds_config_source One config_core_v3:ConfigSource
scoped_route_configurations_list One extensions_filters_network_http_connection_manager_v3:ScopedRouteConfigurationsList
scoped_rds One extensions_filters_network_http_connection_manager_v3:ScopedRds
config_specifier OneOf scoped_route_configurations_list scoped_rds"""
