"""Messages of envoy.extensions.access_loggers.grpc.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_tracing_v3


class CommonGrpcAccessLogConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig"
    log_name: str
    grpc_service: config_core_v3.GrpcService | None
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    buffer_flush_interval: float | None
    buffer_size_bytes: int | None
    filter_state_objects_to_log: tuple[str, ...]
    grpc_stream_retry_policy: config_core_v3.RetryPolicy | None
    custom_tags: tuple[type_tracing_v3.CustomTag, ...]
    SPEC = """\
log_name Text
grpc_service One config_core_v3:GrpcService
transport_api_version Choice AUTO=0 V2=1 V3=2
buffer_flush_interval Seconds
buffer_size_bytes OptionalInt
filter_state_objects_to_log *Text
grpc_stream_retry_policy One config_core_v3:RetryPolicy
custom_tags *One type_tracing_v3:CustomTag"""


class HttpGrpcAccessLogConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig"
    common_config: CommonGrpcAccessLogConfig | None
    additional_request_headers_to_log: tuple[str, ...]
    additional_response_headers_to_log: tuple[str, ...]
    additional_response_trailers_to_log: tuple[str, ...]
    SPEC = """\
common_config One extensions_access_loggers_grpc_v3:CommonGrpcAccessLogConfig
additional_request_headers_to_log *Text
additional_response_headers_to_log *Text
additional_response_trailers_to_log *Text"""


class TcpGrpcAccessLogConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig"
    common_config: CommonGrpcAccessLogConfig | None
    SPEC = """\
common_config One extensions_access_loggers_grpc_v3:CommonGrpcAccessLogConfig"""
