"""Messages of envoy.extensions.health_check.event_sinks.file.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class HealthCheckEventFileSink(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink"
    event_log_path: str
    SPEC = """\
event_log_path Text"""
