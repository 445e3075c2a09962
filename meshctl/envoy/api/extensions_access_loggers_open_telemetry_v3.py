"""Messages of envoy.extensions.access_loggers.open_telemetry.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, extensions_access_loggers_grpc_v3, type_tracing_v3


class OpenTelemetryAccessLogConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig"
    common_config: extensions_access_loggers_grpc_v3.CommonGrpcAccessLogConfig | None
    http_service: config_core_v3.HttpService | None
    grpc_service: config_core_v3.GrpcService | None
    disable_builtin_labels: bool
    resource_attributes: typing.Any
    body: typing.Any
    attributes: typing.Any
    stat_prefix: str
    formatters: tuple[config_core_v3.TypedExtensionConfig, ...]
    log_name: str
    buffer_flush_interval: float | None
    buffer_size_bytes: int | None
    filter_state_objects_to_log: tuple[str, ...]
    custom_tags: tuple[type_tracing_v3.CustomTag, ...]
    SPEC = """\
common_config One extensions_access_loggers_grpc_v3:CommonGrpcAccessLogConfig
http_service One config_core_v3:HttpService
grpc_service One config_core_v3:GrpcService
disable_builtin_labels Flag
resource_attributes AnyValue
body AnyValue
attributes AnyValue
stat_prefix Text
formatters *One config_core_v3:TypedExtensionConfig
log_name Text
buffer_flush_interval Seconds
buffer_size_bytes OptionalInt
filter_state_objects_to_log *Text
custom_tags *One type_tracing_v3:CustomTag"""
