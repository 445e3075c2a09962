"""Messages of envoy.extensions.tracers.opentelemetry.resource_detectors.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DynatraceResourceDetectorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3.DynatraceResourceDetectorConfig"


class EnvironmentResourceDetectorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3.EnvironmentResourceDetectorConfig"


class StaticConfigResourceDetectorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig"
    attributes: dict[str, str]
    SPEC = """\
attributes %Text"""
