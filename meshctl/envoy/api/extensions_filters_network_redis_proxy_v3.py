"""Messages of envoy.extensions.filters.network.redis_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_core_v3,
        extensions_common_aws_v3,
        extensions_common_dynamic_forward_proxy_v3,
    )


class AwsIam(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.redis_proxy.v3.AwsIam"
    credential_provider: extensions_common_aws_v3.AwsCredentialProvider | None
    cache_name: str
    service_name: str
    region: str
    expiration_time: float | None
    SPEC = """\
credential_provider One extensions_common_aws_v3:AwsCredentialProvider
cache_name Text
service_name Text
region Text
expiration_time Seconds"""


class RedisExternalAuthProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisExternalAuthProvider"
    grpc_service: config_core_v3.GrpcService | None
    enable_auth_expiration: bool
    SPEC = """\
grpc_service One config_core_v3:GrpcService
enable_auth_expiration Flag"""


class RedisProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProtocolOptions"

    class Credential(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProtocolOptions.Credential"
        address: config_core_v3.Address | None
        auth_password: config_core_v3.DataSource | None
        auth_username: config_core_v3.DataSource | None
        SPEC = """\
address One config_core_v3:Address
auth_password One config_core_v3:DataSource
auth_username One config_core_v3:DataSource"""

    auth_password: config_core_v3.DataSource | None
    auth_username: config_core_v3.DataSource | None
    aws_iam: AwsIam | None
    credentials: tuple[RedisProtocolOptions.Credential, ...]
    SPEC = """\
auth_password One config_core_v3:DataSource
auth_username One config_core_v3:DataSource
aws_iam One extensions_filters_network_redis_proxy_v3:AwsIam
credentials *One extensions_filters_network_redis_proxy_v3:RedisProtocolOptions.Credential"""


class RedisProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy"

    class ConnPoolSettings(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.ConnPoolSettings"
        op_timeout: float | None
        enable_hashtagging: bool
        enable_redirection: bool
        dns_cache_config: extensions_common_dynamic_forward_proxy_v3.DnsCacheConfig | None
        max_buffer_size_before_flush: int
        buffer_flush_timeout: float | None
        max_upstream_unknown_connections: int | None
        enable_command_stats: bool
        read_policy: typing.Literal[
            "MASTER",
            "PREFER_MASTER",
            "REPLICA",
            "PREFER_REPLICA",
            "ANY",
            "LOCAL_ZONE_AFFINITY",
            "LOCAL_ZONE_AFFINITY_REPLICAS_AND_PRIMARY",
        ]
        connection_rate_limit: RedisProxy.ConnectionRateLimit | None
        SPEC = """\
op_timeout Seconds
enable_hashtagging Flag
enable_redirection Flag
dns_cache_config One extensions_common_dynamic_forward_proxy_v3:DnsCacheConfig
max_buffer_size_before_flush Int
buffer_flush_timeout Seconds
max_upstream_unknown_connections OptionalInt
enable_command_stats Flag
read_policy Choice MASTER=0 PREFER_MASTER=1 REPLICA=2 PREFER_REPLICA=3 ANY=4 LOCAL_ZONE_AFFINITY=5 LOCAL_ZONE_AFFINITY_REPLICAS_AND_PRIMARY=6
connection_rate_limit One extensions_filters_network_redis_proxy_v3:RedisProxy.ConnectionRateLimit"""

    class ConnectionRateLimit(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.ConnectionRateLimit"
        connection_rate_limit_per_sec: int
        SPEC = """\
connection_rate_limit_per_sec Int"""

    class PrefixRoutes(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes"

        class Route(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route"

            class ReadCommandPolicy(Message):
                __slots__ = ()
                TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.ReadCommandPolicy"
                cluster: str
                SPEC = """\
cluster Text"""

            class RequestMirrorPolicy(Message):
                __slots__ = ()
                TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.RequestMirrorPolicy"
                cluster: str
                runtime_fraction: config_core_v3.RuntimeFractionalPercent | None
                exclude_read_commands: bool
                SPEC = """\
cluster Text
runtime_fraction One config_core_v3:RuntimeFractionalPercent
exclude_read_commands Flag"""

            prefix: str
            remove_prefix: bool
            cluster: str
            request_mirror_policy: tuple[RedisProxy.PrefixRoutes.Route.RequestMirrorPolicy, ...]
            key_formatter: str
            read_command_policy: RedisProxy.PrefixRoutes.Route.ReadCommandPolicy | None
            SPEC = """\
prefix Text
remove_prefix Flag
cluster Text
request_mirror_policy *One extensions_filters_network_redis_proxy_v3:RedisProxy.PrefixRoutes.Route.RequestMirrorPolicy
key_formatter Text
read_command_policy One extensions_filters_network_redis_proxy_v3:RedisProxy.PrefixRoutes.Route.ReadCommandPolicy"""

        routes: tuple[RedisProxy.PrefixRoutes.Route, ...]
        case_insensitive: bool
        catch_all_route: RedisProxy.PrefixRoutes.Route | None
        SPEC = """\
routes *One extensions_filters_network_redis_proxy_v3:RedisProxy.PrefixRoutes.Route
case_insensitive Flag
catch_all_route One extensions_filters_network_redis_proxy_v3:RedisProxy.PrefixRoutes.Route"""

    class RedisFault(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.RedisFault"
        fault_type: typing.Literal["DELAY", "ERROR"]
        fault_enabled: config_core_v3.RuntimeFractionalPercent | None
        delay: float | None
        commands: tuple[str, ...]
        SPEC = """\
fault_type Choice DELAY=0 ERROR=1
fault_enabled One config_core_v3:RuntimeFractionalPercent
delay Seconds
commands *Text"""

    stat_prefix: str
    settings: RedisProxy.ConnPoolSettings | None
    latency_in_micros: bool
    prefix_routes: RedisProxy.PrefixRoutes | None
    downstream_auth_password: config_core_v3.DataSource | None
    downstream_auth_passwords: tuple[config_core_v3.DataSource, ...]
    faults: tuple[RedisProxy.RedisFault, ...]
    downstream_auth_username: config_core_v3.DataSource | None
    external_auth_provider: RedisExternalAuthProvider | None
    custom_commands: tuple[str, ...]
    SPEC = """\
stat_prefix Text
settings One extensions_filters_network_redis_proxy_v3:RedisProxy.ConnPoolSettings
latency_in_micros Flag
prefix_routes One extensions_filters_network_redis_proxy_v3:RedisProxy.PrefixRoutes
downstream_auth_password One config_core_v3:DataSource
downstream_auth_passwords *One config_core_v3:DataSource
faults *One extensions_filters_network_redis_proxy_v3:RedisProxy.RedisFault
downstream_auth_username One config_core_v3:DataSource
external_auth_provider One extensions_filters_network_redis_proxy_v3:RedisExternalAuthProvider
custom_commands *Text"""
