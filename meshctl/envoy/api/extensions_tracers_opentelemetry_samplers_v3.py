"""Messages of envoy.extensions.tracers.opentelemetry.samplers.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3, xds_type_v3


class AlwaysOnSamplerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig"


class CELSamplerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.samplers.v3.CELSamplerConfig"
    expression: xds_type_v3.CelExpression | None
    SPEC = """\
expression One xds_type_v3:CelExpression"""


class DynatraceSamplerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.samplers.v3.DynatraceSamplerConfig"
    tenant: str
    cluster_id: int
    http_service: config_core_v3.HttpService | None
    root_spans_per_minute: int
    SPEC = """\
tenant Text
cluster_id Int
http_service One config_core_v3:HttpService
root_spans_per_minute Int"""


class ParentBasedSamplerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.samplers.v3.ParentBasedSamplerConfig"
    wrapped_sampler: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
wrapped_sampler One config_core_v3:TypedExtensionConfig"""


class TraceIdRatioBasedSamplerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.samplers.v3.TraceIdRatioBasedSamplerConfig"
    sampling_percentage: type_v3.FractionalPercent | None
    SPEC = """\
sampling_percentage One type_v3:FractionalPercent"""
