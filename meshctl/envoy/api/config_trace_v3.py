"""Messages of envoy.config.trace.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class ClientConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.ClientConfig"
    service_name: str
    instance_name: str
    backend_token: str
    max_cache_size: int | None
    backend_token_specifier: typing.Literal["backend_token"] | None
    SPEC = """\
service_name Text
instance_name Text
backend_token Text
max_cache_size OptionalInt
backend_token_specifier OneOf backend_token"""


class DatadogConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.DatadogConfig"
    collector_cluster: str
    service_name: str
    collector_hostname: str
    remote_config: DatadogRemoteConfig | None
    SPEC = """\
collector_cluster Text
service_name Text
collector_hostname Text
remote_config One config_trace_v3:DatadogRemoteConfig"""


class DatadogRemoteConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.DatadogRemoteConfig"
    polling_interval: float | None
    SPEC = """\
polling_interval Seconds"""


class DynamicOtConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.DynamicOtConfig"
    library: str
    config: Json
    SPEC = """\
library Text
config Plain"""


class LightstepConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.LightstepConfig"
    collector_cluster: str
    access_token_file: str
    access_token: config_core_v3.DataSource | None
    propagation_modes: tuple[typing.Literal["ENVOY", "LIGHTSTEP", "B3", "TRACE_CONTEXT"], ...]
    SPEC = """\
collector_cluster Text
access_token_file Text
access_token One config_core_v3:DataSource
propagation_modes *Choice ENVOY=0 LIGHTSTEP=1 B3=2 TRACE_CONTEXT=3"""


class OpenTelemetryConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.OpenTelemetryConfig"
    grpc_service: config_core_v3.GrpcService | None
    http_service: config_core_v3.HttpService | None
    service_name: str
    resource_detectors: tuple[config_core_v3.TypedExtensionConfig, ...]
    sampler: config_core_v3.TypedExtensionConfig | None
    max_cache_size: int | None
    set_telemetry_sdk_resource_attributes: bool | None
    set_service_name_resource_attribute: bool | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService
http_service One config_core_v3:HttpService
service_name Text
resource_detectors *One config_core_v3:TypedExtensionConfig
sampler One config_core_v3:TypedExtensionConfig
max_cache_size OptionalInt
set_telemetry_sdk_resource_attributes OptionalFlag
set_service_name_resource_attribute OptionalFlag"""


class SkyWalkingConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.SkyWalkingConfig"
    grpc_service: config_core_v3.GrpcService | None
    client_config: ClientConfig | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService
client_config One config_trace_v3:ClientConfig"""


class TraceServiceConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.TraceServiceConfig"
    grpc_service: config_core_v3.GrpcService | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService"""


class Tracing(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.Tracing"

    class Http(Message):
        __slots__ = ()
        TYPE = "envoy.config.trace.v3.Tracing.Http"
        name: str
        typed_config: Packed | None
        config_type: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

    http: Tracing.Http | None
    SPEC = """\
http One config_trace_v3:Tracing.Http"""


class XRayConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.XRayConfig"

    class SegmentFields(Message):
        __slots__ = ()
        TYPE = "envoy.config.trace.v3.XRayConfig.SegmentFields"
        origin: str
        aws: Json
        SPEC = """\
origin Text
aws Plain"""

    daemon_endpoint: config_core_v3.SocketAddress | None
    segment_name: str
    sampling_rule_manifest: config_core_v3.DataSource | None
    segment_fields: XRayConfig.SegmentFields | None
    SPEC = """\
daemon_endpoint One config_core_v3:SocketAddress
segment_name Text
sampling_rule_manifest One config_core_v3:DataSource
segment_fields One config_trace_v3:XRayConfig.SegmentFields"""


class ZipkinConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.trace.v3.ZipkinConfig"
    collector_cluster: str
    collector_endpoint: str
    trace_id_128bit: bool
    shared_span_context: bool | None
    collector_endpoint_version: typing.Literal[
        "DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE", "HTTP_JSON", "HTTP_PROTO", "GRPC"
    ]
    collector_hostname: str
    split_spans_for_request: bool
    trace_context_option: typing.Literal["USE_B3", "USE_B3_WITH_W3C_PROPAGATION"]
    collector_service: config_core_v3.HttpService | None
    timestamp_trace_ids: bool
    SPEC = """\
collector_cluster Text
collector_endpoint Text
trace_id_128bit Flag
shared_span_context OptionalFlag
collector_endpoint_version Choice DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE=0 HTTP_JSON=1 HTTP_PROTO=2 GRPC=3
collector_hostname Text
split_spans_for_request Flag
trace_context_option Choice USE_B3=0 USE_B3_WITH_W3C_PROPAGATION=1
collector_service One config_core_v3:HttpService
timestamp_trace_ids Flag"""
