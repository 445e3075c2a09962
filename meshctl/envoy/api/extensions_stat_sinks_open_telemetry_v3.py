"""Messages of envoy.extensions.stat_sinks.open_telemetry.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, xds_type_matcher_v3


class SinkConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig"

    class ConversionAction(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig.ConversionAction"
        metric_name: str
        static_metric_labels: tuple[typing.Any, ...]
        SPEC = """\
metric_name Text
static_metric_labels *AnyValue"""

    class DropAction(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig.DropAction"

    grpc_service: config_core_v3.GrpcService | None
    http_service: config_core_v3.HttpService | None
    resource_detectors: tuple[config_core_v3.TypedExtensionConfig, ...]
    report_counters_as_deltas: bool
    report_histograms_as_deltas: bool
    emit_tags_as_attributes: bool | None
    use_tag_extracted_name: bool | None
    prefix: str
    custom_metric_conversions: xds_type_matcher_v3.Matcher | None
    max_data_points_per_request: int
    protocol_specifier: typing.Literal["grpc_service", "http_service"] | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService
http_service One config_core_v3:HttpService
resource_detectors *One config_core_v3:TypedExtensionConfig
report_counters_as_deltas Flag
report_histograms_as_deltas Flag
emit_tags_as_attributes OptionalFlag
use_tag_extracted_name OptionalFlag
prefix Text
custom_metric_conversions One xds_type_matcher_v3:Matcher
max_data_points_per_request Int
protocol_specifier OneOf grpc_service http_service"""
