"""Messages of envoy.config.core.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3, type_v3, xds_core_v3


class Address(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Address"
    socket_address: SocketAddress | None
    pipe: Pipe | None
    envoy_internal_address: EnvoyInternalAddress | None
    address: typing.Literal["socket_address", "pipe", "envoy_internal_address"] | None
    SPEC = """\
socket_address One config_core_v3:SocketAddress
pipe One config_core_v3:Pipe
envoy_internal_address One config_core_v3:EnvoyInternalAddress
address OneOf socket_address pipe envoy_internal_address"""


class AggregatedConfigSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.AggregatedConfigSource"


class AlternateProtocolsCacheOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.AlternateProtocolsCacheOptions"

    class AlternateProtocolsCacheEntry(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry"
        hostname: str
        port: int
        SPEC = """\
hostname Text
port Int"""

    name: str
    max_entries: int | None
    key_value_store_config: TypedExtensionConfig | None
    prepopulated_entries: tuple[AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry, ...]
    canonical_suffixes: tuple[str, ...]
    SPEC = """\
name Text
max_entries OptionalInt
key_value_store_config One config_core_v3:TypedExtensionConfig
prepopulated_entries *One config_core_v3:AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry
canonical_suffixes *Text"""


class ApiConfigSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ApiConfigSource"
    api_type: typing.Literal[
        "DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE",
        "REST",
        "GRPC",
        "DELTA_GRPC",
        "AGGREGATED_GRPC",
        "AGGREGATED_DELTA_GRPC",
    ]
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    cluster_names: tuple[str, ...]
    grpc_services: tuple[GrpcService, ...]
    refresh_delay: float | None
    request_timeout: float | None
    rate_limit_settings: RateLimitSettings | None
    set_node_on_first_message_only: bool
    config_validators: tuple[TypedExtensionConfig, ...]
    SPEC = """\
api_type Choice DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE=0 REST=1 GRPC=2 DELTA_GRPC=3 AGGREGATED_GRPC=5 AGGREGATED_DELTA_GRPC=6
transport_api_version Choice AUTO=0 V2=1 V3=2
cluster_names *Text
grpc_services *One config_core_v3:GrpcService
refresh_delay Seconds
request_timeout Seconds
rate_limit_settings One config_core_v3:RateLimitSettings
set_node_on_first_message_only Flag
config_validators *One config_core_v3:TypedExtensionConfig"""


class AsyncDataSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.AsyncDataSource"
    local: DataSource | None
    remote: RemoteDataSource | None
    specifier: typing.Literal["local", "remote"] | None
    SPEC = """\
local One config_core_v3:DataSource
remote One config_core_v3:RemoteDataSource
specifier OneOf local remote"""


class BackoffStrategy(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.BackoffStrategy"
    base_interval: float | None
    max_interval: float | None
    SPEC = """\
base_interval Seconds
max_interval Seconds"""


class BindConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.BindConfig"
    source_address: SocketAddress | None
    freebind: bool | None
    socket_options: tuple[SocketOption, ...]
    extra_source_addresses: tuple[ExtraSourceAddress, ...]
    additional_source_addresses: tuple[SocketAddress, ...]
    local_address_selector: TypedExtensionConfig | None
    SPEC = """\
source_address One config_core_v3:SocketAddress
freebind OptionalFlag
socket_options *One config_core_v3:SocketOption
extra_source_addresses *One config_core_v3:ExtraSourceAddress
additional_source_addresses *One config_core_v3:SocketAddress
local_address_selector One config_core_v3:TypedExtensionConfig"""


class BuildVersion(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.BuildVersion"
    version: type_v3.SemanticVersion | None
    metadata: Json
    SPEC = """\
version One type_v3:SemanticVersion
metadata Plain"""


class CelExpressionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.CelExpressionConfig"
    enable_string_conversion: bool
    enable_string_concat: bool
    enable_string_functions: bool
    SPEC = """\
enable_string_conversion Flag
enable_string_concat Flag
enable_string_functions Flag"""


class CidrRange(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.CidrRange"
    address_prefix: str
    prefix_len: int | None
    SPEC = """\
address_prefix Text
prefix_len OptionalInt"""


class ConfigSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ConfigSource"
    authorities: tuple[xds_core_v3.Authority, ...]
    path: str
    path_config_source: PathConfigSource | None
    api_config_source: ApiConfigSource | None
    ads: AggregatedConfigSource | None
    self: SelfConfigSource | None
    initial_fetch_timeout: float | None
    resource_api_version: typing.Literal["AUTO", "V2", "V3"]
    config_source_specifier: (
        typing.Literal["path", "path_config_source", "api_config_source", "ads", "self"] | None
    )
    SPEC = """\
authorities *One xds_core_v3:Authority
path Text
path_config_source One config_core_v3:PathConfigSource
api_config_source One config_core_v3:ApiConfigSource
ads One config_core_v3:AggregatedConfigSource
self One config_core_v3:SelfConfigSource
initial_fetch_timeout Seconds
resource_api_version Choice AUTO=0 V2=1 V3=2
config_source_specifier OneOf path path_config_source api_config_source ads self"""


class ControlPlane(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ControlPlane"
    identifier: str
    SPEC = """\
identifier Text"""


class DataSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.DataSource"
    filename: str
    inline_bytes: bytes
    inline_string: str
    environment_variable: str
    watched_directory: WatchedDirectory | None
    specifier: typing.Literal["filename", "inline_bytes", "inline_string", "environment_variable"] | None
    SPEC = """\
filename Text
inline_bytes Bytes
inline_string Text
environment_variable Text
watched_directory One config_core_v3:WatchedDirectory
specifier OneOf filename inline_bytes inline_string environment_variable"""


class DnsResolutionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.DnsResolutionConfig"
    resolvers: tuple[Address, ...]
    dns_resolver_options: DnsResolverOptions | None
    SPEC = """\
resolvers *One config_core_v3:Address
dns_resolver_options One config_core_v3:DnsResolverOptions"""


class DnsResolverOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.DnsResolverOptions"
    use_tcp_for_dns_lookups: bool
    no_default_search_domain: bool
    SPEC = """\
use_tcp_for_dns_lookups Flag
no_default_search_domain Flag"""


class EnvoyInternalAddress(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.EnvoyInternalAddress"
    server_listener_name: str
    endpoint_id: str
    address_name_specifier: typing.Literal["server_listener_name"] | None
    SPEC = """\
server_listener_name Text
endpoint_id Text
address_name_specifier OneOf server_listener_name"""


class EventServiceConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.EventServiceConfig"
    grpc_service: GrpcService | None
    config_source_specifier: typing.Literal["grpc_service"] | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService
config_source_specifier OneOf grpc_service"""


class Extension(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Extension"
    name: str
    category: str
    type_descriptor: str
    version: BuildVersion | None
    disabled: bool
    type_urls: tuple[str, ...]
    SPEC = """\
name Text
category Text
type_descriptor Text
version One config_core_v3:BuildVersion
disabled Flag
type_urls *Text"""


class ExtensionConfigSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ExtensionConfigSource"
    config_source: ConfigSource | None
    default_config: Packed | None
    apply_default_config_without_warming: bool
    type_urls: tuple[str, ...]
    SPEC = """\
config_source One config_core_v3:ConfigSource
default_config PackedField
apply_default_config_without_warming Flag
type_urls *Text"""


class ExtraSourceAddress(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ExtraSourceAddress"
    address: SocketAddress | None
    socket_options: SocketOptionsOverride | None
    SPEC = """\
address One config_core_v3:SocketAddress
socket_options One config_core_v3:SocketOptionsOverride"""


class GrpcMethodList(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.GrpcMethodList"

    class Service(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.GrpcMethodList.Service"
        name: str
        method_names: tuple[str, ...]
        SPEC = """\
name Text
method_names *Text"""

    services: tuple[GrpcMethodList.Service, ...]
    SPEC = """\
services *One config_core_v3:GrpcMethodList.Service"""


class GrpcProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.GrpcProtocolOptions"
    http2_protocol_options: Http2ProtocolOptions | None
    SPEC = """\
http2_protocol_options One config_core_v3:Http2ProtocolOptions"""


class GrpcService(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.GrpcService"

    class EnvoyGrpc(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.GrpcService.EnvoyGrpc"
        cluster_name: str
        authority: str
        retry_policy: RetryPolicy | None
        max_receive_message_length: int | None
        skip_envoy_headers: bool
        SPEC = """\
cluster_name Text
authority Text
retry_policy One config_core_v3:RetryPolicy
max_receive_message_length OptionalInt
skip_envoy_headers Flag"""

    class GoogleGrpc(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc"

        class CallCredentials(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials"

            class GoogleIAMCredentials(Message):
                __slots__ = ()
                TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.GoogleIAMCredentials"
                authorization_token: str
                authority_selector: str
                SPEC = """\
authorization_token Text
authority_selector Text"""

            class MetadataCredentialsFromPlugin(Message):
                __slots__ = ()
                TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.MetadataCredentialsFromPlugin"
                name: str
                typed_config: Packed | None
                config_type: typing.Literal["typed_config"] | None
                SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

            class ServiceAccountJWTAccessCredentials(Message):
                __slots__ = ()
                TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.ServiceAccountJWTAccessCredentials"
                json_key: str
                token_lifetime_seconds: int
                SPEC = """\
json_key Text
token_lifetime_seconds Int"""

            class StsService(Message):
                __slots__ = ()
                TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.StsService"
                token_exchange_service_uri: str
                resource: str
                audience: str
                scope: str
                requested_token_type: str
                subject_token_path: str
                subject_token_type: str
                actor_token_path: str
                actor_token_type: str
                SPEC = """\
token_exchange_service_uri Text
resource Text
audience Text
scope Text
requested_token_type Text
subject_token_path Text
subject_token_type Text
actor_token_path Text
actor_token_type Text"""

            access_token: str
            google_compute_engine: typing.Any
            google_refresh_token: str
            service_account_jwt_access: (
                GrpcService.GoogleGrpc.CallCredentials.ServiceAccountJWTAccessCredentials | None
            )
            google_iam: GrpcService.GoogleGrpc.CallCredentials.GoogleIAMCredentials | None
            from_plugin: GrpcService.GoogleGrpc.CallCredentials.MetadataCredentialsFromPlugin | None
            sts_service: GrpcService.GoogleGrpc.CallCredentials.StsService | None
            credential_specifier: (
                typing.Literal[
                    "access_token",
                    "google_compute_engine",
                    "google_refresh_token",
                    "service_account_jwt_access",
                    "google_iam",
                    "from_plugin",
                    "sts_service",
                ]
                | None
            )
            SPEC = """\
access_token Text
google_compute_engine AnyValue
google_refresh_token Text
service_account_jwt_access One config_core_v3:GrpcService.GoogleGrpc.CallCredentials.ServiceAccountJWTAccessCredentials
google_iam One config_core_v3:GrpcService.GoogleGrpc.CallCredentials.GoogleIAMCredentials
from_plugin One config_core_v3:GrpcService.GoogleGrpc.CallCredentials.MetadataCredentialsFromPlugin
sts_service One config_core_v3:GrpcService.GoogleGrpc.CallCredentials.StsService
credential_specifier OneOf access_token google_compute_engine google_refresh_token service_account_jwt_access google_iam from_plugin sts_service"""

        class ChannelArgs(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs"

            class Value(Message):
                __slots__ = ()
                TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs.Value"
                string_value: str
                int_value: int
                value_specifier: typing.Literal["string_value", "int_value"] | None
                SPEC = """\
string_value Text
int_value Int
value_specifier OneOf string_value int_value"""

            args: dict[str, GrpcService.GoogleGrpc.ChannelArgs.Value]
            SPEC = """\
args %One config_core_v3:GrpcService.GoogleGrpc.ChannelArgs.Value"""

        class ChannelCredentials(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials"
            ssl_credentials: GrpcService.GoogleGrpc.SslCredentials | None
            google_default: typing.Any
            local_credentials: GrpcService.GoogleGrpc.GoogleLocalCredentials | None
            credential_specifier: (
                typing.Literal["ssl_credentials", "google_default", "local_credentials"] | None
            )
            SPEC = """\
ssl_credentials One config_core_v3:GrpcService.GoogleGrpc.SslCredentials
google_default AnyValue
local_credentials One config_core_v3:GrpcService.GoogleGrpc.GoogleLocalCredentials
credential_specifier OneOf ssl_credentials google_default local_credentials"""

        class GoogleLocalCredentials(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.GoogleLocalCredentials"

        class SslCredentials(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials"
            root_certs: DataSource | None
            private_key: DataSource | None
            cert_chain: DataSource | None
            SPEC = """\
root_certs One config_core_v3:DataSource
private_key One config_core_v3:DataSource
cert_chain One config_core_v3:DataSource"""

        target_uri: str
        channel_credentials: GrpcService.GoogleGrpc.ChannelCredentials | None
        channel_credentials_plugin: tuple[Packed, ...]
        call_credentials: tuple[GrpcService.GoogleGrpc.CallCredentials, ...]
        call_credentials_plugin: tuple[Packed, ...]
        stat_prefix: str
        credentials_factory_name: str
        config: Json
        per_stream_buffer_limit_bytes: int | None
        channel_args: GrpcService.GoogleGrpc.ChannelArgs | None
        SPEC = """\
target_uri Text
channel_credentials One config_core_v3:GrpcService.GoogleGrpc.ChannelCredentials
channel_credentials_plugin *PackedField
call_credentials *One config_core_v3:GrpcService.GoogleGrpc.CallCredentials
call_credentials_plugin *PackedField
stat_prefix Text
credentials_factory_name Text
config Plain
per_stream_buffer_limit_bytes OptionalInt
channel_args One config_core_v3:GrpcService.GoogleGrpc.ChannelArgs"""

    envoy_grpc: GrpcService.EnvoyGrpc | None
    google_grpc: GrpcService.GoogleGrpc | None
    timeout: float | None
    initial_metadata: tuple[HeaderValue, ...]
    retry_policy: RetryPolicy | None
    target_specifier: typing.Literal["envoy_grpc", "google_grpc"] | None
    SPEC = """\
envoy_grpc One config_core_v3:GrpcService.EnvoyGrpc
google_grpc One config_core_v3:GrpcService.GoogleGrpc
timeout Seconds
initial_metadata *One config_core_v3:HeaderValue
retry_policy One config_core_v3:RetryPolicy
target_specifier OneOf envoy_grpc google_grpc"""


class HeaderMap(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HeaderMap"
    headers: tuple[HeaderValue, ...]
    SPEC = """\
headers *One config_core_v3:HeaderValue"""


class HeaderValue(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HeaderValue"
    key: str
    value: str
    raw_value: bytes
    SPEC = """\
key Text
value Text
raw_value Bytes"""


class HeaderValueOption(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HeaderValueOption"
    header: HeaderValue | None
    append: bool | None
    append_action: typing.Literal[
        "APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"
    ]
    keep_empty_value: bool
    SPEC = """\
header One config_core_v3:HeaderValue
append OptionalFlag
append_action Choice APPEND_IF_EXISTS_OR_ADD=0 ADD_IF_ABSENT=1 OVERWRITE_IF_EXISTS_OR_ADD=2 OVERWRITE_IF_EXISTS=3
keep_empty_value Flag"""


class HealthCheck(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HealthCheck"

    class CustomHealthCheck(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.CustomHealthCheck"
        name: str
        typed_config: Packed | None
        config_type: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

    class GrpcHealthCheck(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.GrpcHealthCheck"
        service_name: str
        authority: str
        initial_metadata: tuple[HeaderValueOption, ...]
        SPEC = """\
service_name Text
authority Text
initial_metadata *One config_core_v3:HeaderValueOption"""

    class HttpHealthCheck(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.HttpHealthCheck"
        host: str
        path: str
        send: HealthCheck.Payload | None
        receive: tuple[HealthCheck.Payload, ...]
        response_buffer_size: int | None
        request_headers_to_add: tuple[HeaderValueOption, ...]
        request_headers_to_remove: tuple[str, ...]
        expected_statuses: tuple[type_v3.Int64Range, ...]
        retriable_statuses: tuple[type_v3.Int64Range, ...]
        codec_client_type: typing.Literal["HTTP1", "HTTP2", "HTTP3"]
        service_name_matcher: type_matcher_v3.StringMatcher | None
        method: typing.Literal[
            "METHOD_UNSPECIFIED",
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "DELETE",
            "CONNECT",
            "OPTIONS",
            "TRACE",
            "PATCH",
        ]
        SPEC = """\
host Text
path Text
send One config_core_v3:HealthCheck.Payload
receive *One config_core_v3:HealthCheck.Payload
response_buffer_size OptionalInt
request_headers_to_add *One config_core_v3:HeaderValueOption
request_headers_to_remove *Text
expected_statuses *One type_v3:Int64Range
retriable_statuses *One type_v3:Int64Range
codec_client_type Choice HTTP1=0 HTTP2=1 HTTP3=2
service_name_matcher One type_matcher_v3:StringMatcher
method Choice METHOD_UNSPECIFIED=0 GET=1 HEAD=2 POST=3 PUT=4 DELETE=5 CONNECT=6 OPTIONS=7 TRACE=8 PATCH=9"""

    class Payload(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.Payload"
        text: str
        binary: bytes
        payload: typing.Literal["text", "binary"] | None
        SPEC = """\
text Text
binary Bytes
payload OneOf text binary"""

    class RedisHealthCheck(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.RedisHealthCheck"
        key: str
        SPEC = """\
key Text"""

    class TcpHealthCheck(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.TcpHealthCheck"
        send: HealthCheck.Payload | None
        receive: tuple[HealthCheck.Payload, ...]
        proxy_protocol_config: ProxyProtocolConfig | None
        SPEC = """\
send One config_core_v3:HealthCheck.Payload
receive *One config_core_v3:HealthCheck.Payload
proxy_protocol_config One config_core_v3:ProxyProtocolConfig"""

    class TlsOptions(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.HealthCheck.TlsOptions"
        alpn_protocols: tuple[str, ...]
        SPEC = """\
alpn_protocols *Text"""

    timeout: float | None
    interval: float | None
    initial_jitter: float | None
    interval_jitter: float | None
    interval_jitter_percent: int
    unhealthy_threshold: int | None
    healthy_threshold: int | None
    alt_port: int | None
    reuse_connection: bool | None
    http_health_check: HealthCheck.HttpHealthCheck | None
    tcp_health_check: HealthCheck.TcpHealthCheck | None
    grpc_health_check: HealthCheck.GrpcHealthCheck | None
    custom_health_check: HealthCheck.CustomHealthCheck | None
    no_traffic_interval: float | None
    no_traffic_healthy_interval: float | None
    unhealthy_interval: float | None
    unhealthy_edge_interval: float | None
    healthy_edge_interval: float | None
    event_log_path: str
    event_logger: tuple[TypedExtensionConfig, ...]
    event_service: EventServiceConfig | None
    always_log_health_check_failures: bool
    always_log_health_check_success: bool
    tls_options: HealthCheck.TlsOptions | None
    transport_socket_match_criteria: Json
    health_checker: (
        typing.Literal["http_health_check", "tcp_health_check", "grpc_health_check", "custom_health_check"]
        | None
    )
    SPEC = """\
timeout Seconds
interval Seconds
initial_jitter Seconds
interval_jitter Seconds
interval_jitter_percent Int
unhealthy_threshold OptionalInt
healthy_threshold OptionalInt
alt_port OptionalInt
reuse_connection OptionalFlag
http_health_check One config_core_v3:HealthCheck.HttpHealthCheck
tcp_health_check One config_core_v3:HealthCheck.TcpHealthCheck
grpc_health_check One config_core_v3:HealthCheck.GrpcHealthCheck
custom_health_check One config_core_v3:HealthCheck.CustomHealthCheck
no_traffic_interval Seconds
no_traffic_healthy_interval Seconds
unhealthy_interval Seconds
unhealthy_edge_interval Seconds
healthy_edge_interval Seconds
event_log_path Text
event_logger *One config_core_v3:TypedExtensionConfig
event_service One config_core_v3:EventServiceConfig
always_log_health_check_failures Flag
always_log_health_check_success Flag
tls_options One config_core_v3:HealthCheck.TlsOptions
transport_socket_match_criteria Plain
health_checker OneOf http_health_check tcp_health_check grpc_health_check custom_health_check"""


class HealthStatusSet(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HealthStatusSet"
    statuses: tuple[typing.Literal["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"], ...]
    SPEC = """\
statuses *Choice UNKNOWN=0 HEALTHY=1 UNHEALTHY=2 DRAINING=3 TIMEOUT=4 DEGRADED=5"""


class Http1ProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Http1ProtocolOptions"

    class HeaderKeyFormat(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat"

        class ProperCaseWords(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords"

        proper_case_words: Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords | None
        stateful_formatter: TypedExtensionConfig | None
        header_format: typing.Literal["proper_case_words", "stateful_formatter"] | None
        SPEC = """\
proper_case_words One config_core_v3:Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords
stateful_formatter One config_core_v3:TypedExtensionConfig
header_format OneOf proper_case_words stateful_formatter"""

    allow_absolute_url: bool | None
    accept_http_10: bool
    default_host_for_http_10: str
    header_key_format: Http1ProtocolOptions.HeaderKeyFormat | None
    enable_trailers: bool
    allow_chunked_length: bool
    override_stream_error_on_invalid_http_message: bool | None
    send_fully_qualified_url: bool
    use_balsa_parser: bool | None
    allow_custom_methods: bool
    ignore_http_11_upgrade: tuple[type_matcher_v3.StringMatcher, ...]
    SPEC = """\
allow_absolute_url OptionalFlag
accept_http_10 Flag
default_host_for_http_10 Text
header_key_format One config_core_v3:Http1ProtocolOptions.HeaderKeyFormat
enable_trailers Flag
allow_chunked_length Flag
override_stream_error_on_invalid_http_message OptionalFlag
send_fully_qualified_url Flag
use_balsa_parser OptionalFlag
allow_custom_methods Flag
ignore_http_11_upgrade *One type_matcher_v3:StringMatcher"""


class Http2ProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Http2ProtocolOptions"

    class SettingsParameter(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter"
        identifier: int | None
        value: int | None
        SPEC = """\
identifier OptionalInt
value OptionalInt"""

    hpack_table_size: int | None
    max_concurrent_streams: int | None
    initial_stream_window_size: int | None
    initial_connection_window_size: int | None
    allow_connect: bool
    allow_metadata: bool
    max_outbound_frames: int | None
    max_outbound_control_frames: int | None
    max_consecutive_inbound_frames_with_empty_payload: int | None
    max_inbound_priority_frames_per_stream: int | None
    max_inbound_window_update_frames_per_data_frame_sent: int | None
    stream_error_on_invalid_http_messaging: bool
    override_stream_error_on_invalid_http_message: bool | None
    custom_settings_parameters: tuple[Http2ProtocolOptions.SettingsParameter, ...]
    connection_keepalive: KeepaliveSettings | None
    use_oghttp2_codec: bool | None
    max_metadata_size: int | None
    enable_huffman_encoding: bool | None
    max_header_field_size_kb: int | None
    disallow_obs_text: bool | None
    stream_reset_burst: int | None
    stream_reset_rate: int | None
    SPEC = """\
hpack_table_size OptionalInt
max_concurrent_streams OptionalInt
initial_stream_window_size OptionalInt
initial_connection_window_size OptionalInt
allow_connect Flag
allow_metadata Flag
max_outbound_frames OptionalInt
max_outbound_control_frames OptionalInt
max_consecutive_inbound_frames_with_empty_payload OptionalInt
max_inbound_priority_frames_per_stream OptionalInt
max_inbound_window_update_frames_per_data_frame_sent OptionalInt
stream_error_on_invalid_http_messaging Flag
override_stream_error_on_invalid_http_message OptionalFlag
custom_settings_parameters *One config_core_v3:Http2ProtocolOptions.SettingsParameter
connection_keepalive One config_core_v3:KeepaliveSettings
use_oghttp2_codec OptionalFlag
max_metadata_size OptionalInt
enable_huffman_encoding OptionalFlag
max_header_field_size_kb OptionalInt
disallow_obs_text OptionalFlag
stream_reset_burst OptionalInt
stream_reset_rate OptionalInt"""


class Http3ProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Http3ProtocolOptions"
    quic_protocol_options: QuicProtocolOptions | None
    override_stream_error_on_invalid_http_message: bool | None
    allow_extended_connect: bool
    allow_metadata: bool
    disable_qpack: bool
    disable_connection_flow_control_for_streams: bool
    disallow_obs_text: bool | None
    SPEC = """\
quic_protocol_options One config_core_v3:QuicProtocolOptions
override_stream_error_on_invalid_http_message OptionalFlag
allow_extended_connect Flag
allow_metadata Flag
disable_qpack Flag
disable_connection_flow_control_for_streams Flag
disallow_obs_text OptionalFlag"""


class HttpProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HttpProtocolOptions"
    idle_timeout: float | None
    max_connection_duration: float | None
    max_connection_duration_jitter: type_v3.Percent | None
    max_headers_count: int | None
    max_response_headers_kb: int | None
    max_stream_duration: float | None
    headers_with_underscores_action: typing.Literal["ALLOW", "REJECT_REQUEST", "DROP_HEADER"]
    max_requests_per_connection: int | None
    SPEC = """\
idle_timeout Seconds
max_connection_duration Seconds
max_connection_duration_jitter One type_v3:Percent
max_headers_count OptionalInt
max_response_headers_kb OptionalInt
max_stream_duration Seconds
headers_with_underscores_action Choice ALLOW=0 REJECT_REQUEST=1 DROP_HEADER=2
max_requests_per_connection OptionalInt"""


class HttpService(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HttpService"
    http_uri: HttpUri | None
    request_headers_to_add: tuple[HeaderValueOption, ...]
    formatters: tuple[TypedExtensionConfig, ...]
    SPEC = """\
http_uri One config_core_v3:HttpUri
request_headers_to_add *One config_core_v3:HeaderValueOption
formatters *One config_core_v3:TypedExtensionConfig"""


class HttpUri(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.HttpUri"
    uri: str
    cluster: str
    timeout: float | None
    http_upstream_type: typing.Literal["cluster"] | None
    SPEC = """\
uri Text
cluster Text
timeout Seconds
http_upstream_type OneOf cluster"""


class JsonFormatOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.JsonFormatOptions"
    sort_properties: bool
    SPEC = """\
sort_properties Flag"""


class KeepaliveSettings(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.KeepaliveSettings"
    interval: float | None
    timeout: float | None
    interval_jitter: type_v3.Percent | None
    connection_idle_interval: float | None
    SPEC = """\
interval Seconds
timeout Seconds
interval_jitter One type_v3:Percent
connection_idle_interval Seconds"""


class KeyValue(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.KeyValue"
    key: str
    value: bytes
    SPEC = """\
key Text
value Bytes"""


class KeyValueAppend(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.KeyValueAppend"
    record: KeyValuePair | None
    entry: KeyValue | None
    action: typing.Literal[
        "APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"
    ]
    SPEC = """\
record One config_core_v3:KeyValuePair
entry One config_core_v3:KeyValue
action Choice APPEND_IF_EXISTS_OR_ADD=0 ADD_IF_ABSENT=1 OVERWRITE_IF_EXISTS_OR_ADD=2 OVERWRITE_IF_EXISTS=3"""


class KeyValueMutation(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.KeyValueMutation"
    append: KeyValueAppend | None
    remove: str
    SPEC = """\
append One config_core_v3:KeyValueAppend
remove Text"""


class KeyValuePair(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.KeyValuePair"
    key: str
    value: typing.Any
    SPEC = """\
key Text
value AnyValue"""


class Locality(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Locality"
    region: str
    zone: str
    sub_zone: str
    SPEC = """\
region Text
zone Text
sub_zone Text"""


class Metadata(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Metadata"
    filter_metadata: dict[str, Json]
    typed_filter_metadata: dict[str, Packed]
    SPEC = """\
filter_metadata %Plain
typed_filter_metadata %PackedField"""


class Node(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Node"
    id: str
    cluster: str
    metadata: Json
    dynamic_parameters: dict[str, xds_core_v3.ContextParams]
    locality: Locality | None
    user_agent_name: str
    user_agent_version: str
    user_agent_build_version: BuildVersion | None
    extensions: tuple[Extension, ...]
    client_features: tuple[str, ...]
    listening_addresses: tuple[Address, ...]
    user_agent_version_type: typing.Literal["user_agent_version", "user_agent_build_version"] | None
    SPEC = """\
id Text
cluster Text
metadata Plain
dynamic_parameters %One xds_core_v3:ContextParams
locality One config_core_v3:Locality
user_agent_name Text
user_agent_version Text
user_agent_build_version One config_core_v3:BuildVersion
extensions *One config_core_v3:Extension
client_features *Text
listening_addresses *One config_core_v3:Address
user_agent_version_type OneOf user_agent_version user_agent_build_version"""


class PathConfigSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.PathConfigSource"
    path: str
    watched_directory: WatchedDirectory | None
    SPEC = """\
path Text
watched_directory One config_core_v3:WatchedDirectory"""


class PerHostConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.PerHostConfig"
    added_tlvs: tuple[TlvEntry, ...]
    SPEC = """\
added_tlvs *One config_core_v3:TlvEntry"""


class Pipe(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.Pipe"
    path: str
    mode: int
    SPEC = """\
path Text
mode Int"""


class ProxyProtocolConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ProxyProtocolConfig"
    version: typing.Literal["V1", "V2"]
    pass_through_tlvs: ProxyProtocolPassThroughTLVs | None
    added_tlvs: tuple[TlvEntry, ...]
    SPEC = """\
version Choice V1=0 V2=1
pass_through_tlvs One config_core_v3:ProxyProtocolPassThroughTLVs
added_tlvs *One config_core_v3:TlvEntry"""


class ProxyProtocolPassThroughTLVs(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.ProxyProtocolPassThroughTLVs"
    match_type: typing.Literal["INCLUDE_ALL", "INCLUDE"]
    tlv_type: tuple[int, ...]
    SPEC = """\
match_type Choice INCLUDE_ALL=0 INCLUDE=1
tlv_type *Int"""


class QueryParameter(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.QueryParameter"
    key: str
    value: str
    SPEC = """\
key Text
value Text"""


class QuicKeepAliveSettings(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.QuicKeepAliveSettings"
    max_interval: float | None
    initial_interval: float | None
    SPEC = """\
max_interval Seconds
initial_interval Seconds"""


class QuicProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.QuicProtocolOptions"

    class ConnectionMigrationSettings(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.QuicProtocolOptions.ConnectionMigrationSettings"

        class MigrateIdleConnectionSettings(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.QuicProtocolOptions.ConnectionMigrationSettings.MigrateIdleConnectionSettings"
            max_idle_time_before_migration: float | None
            SPEC = """\
max_idle_time_before_migration Seconds"""

        migrate_idle_connections: (
            QuicProtocolOptions.ConnectionMigrationSettings.MigrateIdleConnectionSettings | None
        )
        max_time_on_non_default_network: float | None
        SPEC = """\
migrate_idle_connections One config_core_v3:QuicProtocolOptions.ConnectionMigrationSettings.MigrateIdleConnectionSettings
max_time_on_non_default_network Seconds"""

    max_concurrent_streams: int | None
    initial_stream_window_size: int | None
    initial_connection_window_size: int | None
    num_timeouts_to_trigger_port_migration: int | None
    connection_keepalive: QuicKeepAliveSettings | None
    connection_options: str
    client_connection_options: str
    idle_network_timeout: float | None
    max_packet_length: int | None
    client_packet_writer: TypedExtensionConfig | None
    connection_migration: QuicProtocolOptions.ConnectionMigrationSettings | None
    memory_reduction_timeout: float | None
    enable_scone: bool | None
    SPEC = """\
max_concurrent_streams OptionalInt
initial_stream_window_size OptionalInt
initial_connection_window_size OptionalInt
num_timeouts_to_trigger_port_migration OptionalInt
connection_keepalive One config_core_v3:QuicKeepAliveSettings
connection_options Text
client_connection_options Text
idle_network_timeout Seconds
max_packet_length OptionalInt
client_packet_writer One config_core_v3:TypedExtensionConfig
connection_migration One config_core_v3:QuicProtocolOptions.ConnectionMigrationSettings
memory_reduction_timeout Seconds
enable_scone OptionalFlag"""


class RateLimitSettings(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RateLimitSettings"
    max_tokens: int | None
    fill_rate: float | None
    SPEC = """\
max_tokens OptionalInt
fill_rate OptionalNumber"""


class RemoteDataSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RemoteDataSource"
    http_uri: HttpUri | None
    sha256: str
    retry_policy: RetryPolicy | None
    SPEC = """\
http_uri One config_core_v3:HttpUri
sha256 Text
retry_policy One config_core_v3:RetryPolicy"""


class RetryPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RetryPolicy"

    class RetryHostPredicate(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.RetryPolicy.RetryHostPredicate"
        name: str
        typed_config: Packed | None
        config_type: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

    class RetryPriority(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.RetryPolicy.RetryPriority"
        name: str
        typed_config: Packed | None
        config_type: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

    retry_back_off: BackoffStrategy | None
    num_retries: int | None
    retry_on: str
    retry_priority: RetryPolicy.RetryPriority | None
    retry_host_predicate: tuple[RetryPolicy.RetryHostPredicate, ...]
    host_selection_retry_max_attempts: int
    SPEC = """\
retry_back_off One config_core_v3:BackoffStrategy
num_retries OptionalInt
retry_on Text
retry_priority One config_core_v3:RetryPolicy.RetryPriority
retry_host_predicate *One config_core_v3:RetryPolicy.RetryHostPredicate
host_selection_retry_max_attempts Int"""


class RuntimeDouble(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RuntimeDouble"
    default_value: float
    runtime_key: str
    SPEC = """\
default_value Number
runtime_key Text"""


class RuntimeFeatureFlag(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RuntimeFeatureFlag"
    default_value: bool | None
    runtime_key: str
    SPEC = """\
default_value OptionalFlag
runtime_key Text"""


class RuntimeFractionalPercent(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RuntimeFractionalPercent"
    default_value: type_v3.FractionalPercent | None
    runtime_key: str
    SPEC = """\
default_value One type_v3:FractionalPercent
runtime_key Text"""


class RuntimePercent(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RuntimePercent"
    default_value: type_v3.Percent | None
    runtime_key: str
    SPEC = """\
default_value One type_v3:Percent
runtime_key Text"""


class RuntimeUInt32(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RuntimeUInt32"
    default_value: int
    runtime_key: str
    SPEC = """\
default_value Int
runtime_key Text"""


class RuntimeUInt64(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.RuntimeUInt64"
    default_value: int
    runtime_key: str
    SPEC = """\
default_value Int
runtime_key Text"""


class SchemeHeaderTransformation(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SchemeHeaderTransformation"
    scheme_to_overwrite: str
    match_upstream: bool
    transformation: typing.Literal["scheme_to_overwrite"] | None
    SPEC = """\
scheme_to_overwrite Text
match_upstream Flag
transformation OneOf scheme_to_overwrite"""


class SelfConfigSource(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SelfConfigSource"
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    SPEC = """\
transport_api_version Choice AUTO=0 V2=1 V3=2"""


class SocketAddress(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SocketAddress"
    protocol: typing.Literal["TCP", "UDP"]
    address: str
    port_value: int
    named_port: str
    resolver_name: str
    ipv4_compat: bool
    network_namespace_filepath: str
    port_specifier: typing.Literal["port_value", "named_port"] | None
    SPEC = """\
protocol Choice TCP=0 UDP=1
address Text
port_value Int
named_port Text
resolver_name Text
ipv4_compat Flag
network_namespace_filepath Text
port_specifier OneOf port_value named_port"""


class SocketCmsgHeaders(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SocketCmsgHeaders"
    level: int | None
    type: int | None
    expected_size: int
    SPEC = """\
level OptionalInt
type OptionalInt
expected_size Int"""


class SocketOption(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SocketOption"

    class SocketType(Message):
        __slots__ = ()
        TYPE = "envoy.config.core.v3.SocketOption.SocketType"

        class Datagram(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.SocketOption.SocketType.Datagram"

        class Stream(Message):
            __slots__ = ()
            TYPE = "envoy.config.core.v3.SocketOption.SocketType.Stream"

        stream: SocketOption.SocketType.Stream | None
        datagram: SocketOption.SocketType.Datagram | None
        SPEC = """\
stream One config_core_v3:SocketOption.SocketType.Stream
datagram One config_core_v3:SocketOption.SocketType.Datagram"""

    description: str
    level: int
    name: int
    int_value: int
    buf_value: bytes
    state: typing.Literal["STATE_PREBIND", "STATE_BOUND", "STATE_LISTENING"]
    type: SocketOption.SocketType | None
    ip_version: typing.Literal[
        "SOCKET_IP_VERSION_UNSPECIFIED", "SOCKET_IP_VERSION_IPV4", "SOCKET_IP_VERSION_IPV6"
    ]
    value: typing.Literal["int_value", "buf_value"] | None
    SPEC = """\
description Text
level Int
name Int
int_value Int
buf_value Bytes
state Choice STATE_PREBIND=0 STATE_BOUND=1 STATE_LISTENING=2
type One config_core_v3:SocketOption.SocketType
ip_version Choice SOCKET_IP_VERSION_UNSPECIFIED=0 SOCKET_IP_VERSION_IPV4=1 SOCKET_IP_VERSION_IPV6=2
value OneOf int_value buf_value"""


class SocketOptionsOverride(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SocketOptionsOverride"
    socket_options: tuple[SocketOption, ...]
    SPEC = """\
socket_options *One config_core_v3:SocketOption"""


class SubstitutionFormatString(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.SubstitutionFormatString"
    text_format: str
    json_format: Json
    text_format_source: DataSource | None
    omit_empty_values: bool
    content_type: str
    formatters: tuple[TypedExtensionConfig, ...]
    json_format_options: JsonFormatOptions | None
    format: typing.Literal["text_format", "json_format", "text_format_source"] | None
    SPEC = """\
text_format Text
json_format Plain
text_format_source One config_core_v3:DataSource
omit_empty_values Flag
content_type Text
formatters *One config_core_v3:TypedExtensionConfig
json_format_options One config_core_v3:JsonFormatOptions
format OneOf text_format json_format text_format_source"""


class TcpKeepalive(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.TcpKeepalive"
    keepalive_probes: int | None
    keepalive_time: int | None
    keepalive_interval: int | None
    SPEC = """\
keepalive_probes OptionalInt
keepalive_time OptionalInt
keepalive_interval OptionalInt"""


class TcpProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.TcpProtocolOptions"


class TlvEntry(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.TlvEntry"
    type: int
    value: bytes
    format_string: SubstitutionFormatString | None
    SPEC = """\
type Int
value Bytes
format_string One config_core_v3:SubstitutionFormatString"""


class TransportSocket(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.TransportSocket"
    name: str
    typed_config: Packed | None
    config: Json
    config_type: typing.Literal["typed_config", "config"] | None
    SPEC = """\
name Text
typed_config PackedField
config Plain
config_type OneOf typed_config config"""


class TypedExtensionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.TypedExtensionConfig"
    name: str
    typed_config: Packed | None
    SPEC = """\
name Text
typed_config PackedField"""


class UdpSocketConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.UdpSocketConfig"
    max_rx_datagram_size: int | None
    prefer_gro: bool | None
    SPEC = """\
max_rx_datagram_size OptionalInt
prefer_gro OptionalFlag"""


class UpstreamHttpProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.UpstreamHttpProtocolOptions"
    auto_sni: bool
    auto_san_validation: bool
    override_auto_sni_header: str
    SPEC = """\
auto_sni Flag
auto_san_validation Flag
override_auto_sni_header Text"""


class WatchedDirectory(Message):
    __slots__ = ()
    TYPE = "envoy.config.core.v3.WatchedDirectory"
    path: str
    watch_modify: bool
    SPEC = """\
path Text
watch_modify Flag"""
