"""Messages of envoy.config.bootstrap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_accesslog_v3,
        config_cluster_v3,
        config_core_v3,
        config_listener_v3,
        config_metrics_v3,
        config_overload_v3,
        config_trace_v3,
        extensions_transport_sockets_tls_v3,
        type_matcher_v3,
        type_v3,
    )


class Admin(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.Admin"
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    access_log_path: str
    profile_path: str
    address: config_core_v3.Address | None
    socket_options: tuple[config_core_v3.SocketOption, ...]
    ignore_global_conn_limit: bool
    allow_paths: tuple[type_matcher_v3.StringMatcher, ...]
    SPEC = """\
access_log *One config_accesslog_v3:AccessLog
access_log_path Text
profile_path Text
address One config_core_v3:Address
socket_options *One config_core_v3:SocketOption
ignore_global_conn_limit Flag
allow_paths *One type_matcher_v3:StringMatcher"""


class ApiListenerManager(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.ApiListenerManager"
    threading_model: typing.Literal["MAIN_THREAD_ONLY", "STANDALONE_WORKER_THREAD"]
    SPEC = """\
threading_model Choice MAIN_THREAD_ONLY=0 STANDALONE_WORKER_THREAD=1"""


class Bootstrap(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.Bootstrap"

    class ApplicationLogConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig"

        class LogFormat(Message):
            __slots__ = ()
            TYPE = "envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig.LogFormat"
            json_format: Json
            text_format: str
            log_format: typing.Literal["json_format", "text_format"] | None
            SPEC = """\
json_format Plain
text_format Text
log_format OneOf json_format text_format"""

        log_format: Bootstrap.ApplicationLogConfig.LogFormat | None
        SPEC = """\
log_format One config_bootstrap_v3:Bootstrap.ApplicationLogConfig.LogFormat"""

    class DeferredStatOptions(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.Bootstrap.DeferredStatOptions"
        enable_deferred_creation_stats: bool
        SPEC = """\
enable_deferred_creation_stats Flag"""

    class DynamicResources(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.Bootstrap.DynamicResources"
        lds_config: config_core_v3.ConfigSource | None
        lds_resources_locator: str
        cds_config: config_core_v3.ConfigSource | None
        cds_resources_locator: str
        ads_config: config_core_v3.ApiConfigSource | None
        SPEC = """\
lds_config One config_core_v3:ConfigSource
lds_resources_locator Text
cds_config One config_core_v3:ConfigSource
cds_resources_locator Text
ads_config One config_core_v3:ApiConfigSource"""

    class GrpcAsyncClientManagerConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.Bootstrap.GrpcAsyncClientManagerConfig"
        max_cached_entry_idle_duration: float | None
        SPEC = """\
max_cached_entry_idle_duration Seconds"""

    class StaticResources(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.Bootstrap.StaticResources"
        listeners: tuple[config_listener_v3.Listener, ...]
        clusters: tuple[config_cluster_v3.Cluster, ...]
        secrets: tuple[extensions_transport_sockets_tls_v3.Secret, ...]
        SPEC = """\
listeners *One config_listener_v3:Listener
clusters *One config_cluster_v3:Cluster
secrets *One extensions_transport_sockets_tls_v3:Secret"""

    node: config_core_v3.Node | None
    node_context_params: tuple[str, ...]
    static_resources: Bootstrap.StaticResources | None
    dynamic_resources: Bootstrap.DynamicResources | None
    cluster_manager: ClusterManager | None
    hds_config: config_core_v3.ApiConfigSource | None
    flags_path: str
    stats_sinks: tuple[config_metrics_v3.StatsSink, ...]
    deferred_stat_options: Bootstrap.DeferredStatOptions | None
    stats_config: config_metrics_v3.StatsConfig | None
    stats_flush_interval: float | None
    stats_flush_on_admin: bool
    stats_eviction_interval: float | None
    watchdog: Watchdog | None
    watchdogs: Watchdogs | None
    tracing: config_trace_v3.Tracing | None
    layered_runtime: LayeredRuntime | None
    admin: Admin | None
    overload_manager: config_overload_v3.OverloadManager | None
    enable_dispatcher_stats: bool
    header_prefix: str
    stats_server_version_override: int | None
    use_tcp_for_dns_lookups: bool
    dns_resolution_config: config_core_v3.DnsResolutionConfig | None
    typed_dns_resolver_config: config_core_v3.TypedExtensionConfig | None
    bootstrap_extensions: tuple[config_core_v3.TypedExtensionConfig, ...]
    fatal_actions: tuple[FatalAction, ...]
    config_sources: tuple[config_core_v3.ConfigSource, ...]
    default_config_source: config_core_v3.ConfigSource | None
    default_socket_interface: str
    certificate_provider_instances: dict[str, config_core_v3.TypedExtensionConfig]
    inline_headers: tuple[CustomInlineHeader, ...]
    perf_tracing_file_path: str
    default_regex_engine: config_core_v3.TypedExtensionConfig | None
    xds_delegate_extension: config_core_v3.TypedExtensionConfig | None
    xds_config_tracker_extension: config_core_v3.TypedExtensionConfig | None
    listener_manager: config_core_v3.TypedExtensionConfig | None
    application_log_config: Bootstrap.ApplicationLogConfig | None
    grpc_async_client_manager_config: Bootstrap.GrpcAsyncClientManagerConfig | None
    memory_allocator_manager: MemoryAllocatorManager | None
    enable_worker_cpu_affinity: bool
    stats_flush: typing.Literal["stats_flush_on_admin"] | None
    stats_eviction: typing.Literal["stats_eviction_interval"] | None
    SPEC = """\
node One config_core_v3:Node
node_context_params *Text
static_resources One config_bootstrap_v3:Bootstrap.StaticResources
dynamic_resources One config_bootstrap_v3:Bootstrap.DynamicResources
cluster_manager One config_bootstrap_v3:ClusterManager
hds_config One config_core_v3:ApiConfigSource
flags_path Text
stats_sinks *One config_metrics_v3:StatsSink
deferred_stat_options One config_bootstrap_v3:Bootstrap.DeferredStatOptions
stats_config One config_metrics_v3:StatsConfig
stats_flush_interval Seconds
stats_flush_on_admin Flag
stats_eviction_interval Seconds
watchdog One config_bootstrap_v3:Watchdog
watchdogs One config_bootstrap_v3:Watchdogs
tracing One config_trace_v3:Tracing
layered_runtime One config_bootstrap_v3:LayeredRuntime
admin One config_bootstrap_v3:Admin
overload_manager One config_overload_v3:OverloadManager
enable_dispatcher_stats Flag
header_prefix Text
stats_server_version_override OptionalInt
use_tcp_for_dns_lookups Flag
dns_resolution_config One config_core_v3:DnsResolutionConfig
typed_dns_resolver_config One config_core_v3:TypedExtensionConfig
bootstrap_extensions *One config_core_v3:TypedExtensionConfig
fatal_actions *One config_bootstrap_v3:FatalAction
config_sources *One config_core_v3:ConfigSource
default_config_source One config_core_v3:ConfigSource
default_socket_interface Text
certificate_provider_instances %One config_core_v3:TypedExtensionConfig
inline_headers *One config_bootstrap_v3:CustomInlineHeader
perf_tracing_file_path Text
default_regex_engine One config_core_v3:TypedExtensionConfig
xds_delegate_extension One config_core_v3:TypedExtensionConfig
xds_config_tracker_extension One config_core_v3:TypedExtensionConfig
listener_manager One config_core_v3:TypedExtensionConfig
application_log_config One config_bootstrap_v3:Bootstrap.ApplicationLogConfig
grpc_async_client_manager_config One config_bootstrap_v3:Bootstrap.GrpcAsyncClientManagerConfig
memory_allocator_manager One config_bootstrap_v3:MemoryAllocatorManager
enable_worker_cpu_affinity Flag
stats_flush OneOf stats_flush_on_admin
stats_eviction OneOf stats_eviction_interval"""


class ClusterManager(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.ClusterManager"

    class OutlierDetection(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.ClusterManager.OutlierDetection"
        event_log_path: str
        event_service: config_core_v3.EventServiceConfig | None
        SPEC = """\
event_log_path Text
event_service One config_core_v3:EventServiceConfig"""

    local_cluster_name: str
    outlier_detection: ClusterManager.OutlierDetection | None
    upstream_bind_config: config_core_v3.BindConfig | None
    load_stats_config: config_core_v3.ApiConfigSource | None
    enable_deferred_cluster_creation: bool
    SPEC = """\
local_cluster_name Text
outlier_detection One config_bootstrap_v3:ClusterManager.OutlierDetection
upstream_bind_config One config_core_v3:BindConfig
load_stats_config One config_core_v3:ApiConfigSource
enable_deferred_cluster_creation Flag"""


class CustomInlineHeader(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.CustomInlineHeader"
    inline_header_name: str
    inline_header_type: typing.Literal[
        "REQUEST_HEADER", "REQUEST_TRAILER", "RESPONSE_HEADER", "RESPONSE_TRAILER"
    ]
    SPEC = """\
inline_header_name Text
inline_header_type Choice REQUEST_HEADER=0 REQUEST_TRAILER=1 RESPONSE_HEADER=2 RESPONSE_TRAILER=3"""


class FatalAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.FatalAction"
    config: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
config One config_core_v3:TypedExtensionConfig"""


class LayeredRuntime(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.LayeredRuntime"
    layers: tuple[RuntimeLayer, ...]
    SPEC = """\
layers *One config_bootstrap_v3:RuntimeLayer"""


class ListenerManager(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.ListenerManager"


class MemoryAllocatorManager(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.MemoryAllocatorManager"
    bytes_to_release: int
    memory_release_interval: float | None
    soft_memory_limit_bytes: int | None
    max_per_cpu_cache_size_bytes: int | None
    max_unfreed_memory_bytes: int
    SPEC = """\
bytes_to_release Int
memory_release_interval Seconds
soft_memory_limit_bytes OptionalInt
max_per_cpu_cache_size_bytes OptionalInt
max_unfreed_memory_bytes Int"""


class Runtime(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.Runtime"
    symlink_root: str
    subdirectory: str
    override_subdirectory: str
    base: Json
    SPEC = """\
symlink_root Text
subdirectory Text
override_subdirectory Text
base Plain"""


class RuntimeLayer(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.RuntimeLayer"

    class AdminLayer(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer"

    class DiskLayer(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer"
        symlink_root: str
        subdirectory: str
        append_service_cluster: bool
        SPEC = """\
symlink_root Text
subdirectory Text
append_service_cluster Flag"""

    class RtdsLayer(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer"
        name: str
        rtds_config: config_core_v3.ConfigSource | None
        SPEC = """\
name Text
rtds_config One config_core_v3:ConfigSource"""

    name: str
    static_layer: Json
    disk_layer: RuntimeLayer.DiskLayer | None
    admin_layer: RuntimeLayer.AdminLayer | None
    rtds_layer: RuntimeLayer.RtdsLayer | None
    layer_specifier: typing.Literal["static_layer", "disk_layer", "admin_layer", "rtds_layer"] | None
    SPEC = """\
name Text
static_layer Plain
disk_layer One config_bootstrap_v3:RuntimeLayer.DiskLayer
admin_layer One config_bootstrap_v3:RuntimeLayer.AdminLayer
rtds_layer One config_bootstrap_v3:RuntimeLayer.RtdsLayer
layer_specifier OneOf static_layer disk_layer admin_layer rtds_layer"""


class ValidationListenerManager(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.ValidationListenerManager"


class Watchdog(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.Watchdog"

    class WatchdogAction(Message):
        __slots__ = ()
        TYPE = "envoy.config.bootstrap.v3.Watchdog.WatchdogAction"
        config: config_core_v3.TypedExtensionConfig | None
        event: typing.Literal["UNKNOWN", "KILL", "MULTIKILL", "MEGAMISS", "MISS"]
        SPEC = """\
config One config_core_v3:TypedExtensionConfig
event Choice UNKNOWN=0 KILL=1 MULTIKILL=2 MEGAMISS=3 MISS=4"""

    actions: tuple[Watchdog.WatchdogAction, ...]
    miss_timeout: float | None
    megamiss_timeout: float | None
    kill_timeout: float | None
    max_kill_timeout_jitter: float | None
    multikill_timeout: float | None
    multikill_threshold: type_v3.Percent | None
    SPEC = """\
actions *One config_bootstrap_v3:Watchdog.WatchdogAction
miss_timeout Seconds
megamiss_timeout Seconds
kill_timeout Seconds
max_kill_timeout_jitter Seconds
multikill_timeout Seconds
multikill_threshold One type_v3:Percent"""


class Watchdogs(Message):
    __slots__ = ()
    TYPE = "envoy.config.bootstrap.v3.Watchdogs"
    main_thread_watchdog: Watchdog | None
    worker_watchdog: Watchdog | None
    SPEC = """\
main_thread_watchdog One config_bootstrap_v3:Watchdog
worker_watchdog One config_bootstrap_v3:Watchdog"""
