"""Messages of stats; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class MetricConfig(Message):
    __slots__ = ()
    TYPE = "stats.MetricConfig"
    dimensions: dict[str, str]
    name: str
    tags_to_remove: tuple[str, ...]
    match: str
    drop: bool
    SPEC = """\
dimensions %Text
name Text
tags_to_remove *Text
match Text
drop Flag"""


class MetricDefinition(Message):
    __slots__ = ()
    TYPE = "stats.MetricDefinition"
    name: str
    value: str
    type: typing.Literal["COUNTER", "GAUGE", "HISTOGRAM"]
    SPEC = """\
name Text
value Text
type Choice COUNTER=0 GAUGE=1 HISTOGRAM=2"""


class PluginConfig(Message):
    __slots__ = ()
    TYPE = "stats.PluginConfig"
    disable_host_header_fallback: bool
    tcp_reporting_duration: float | None
    metrics: tuple[MetricConfig, ...]
    definitions: tuple[MetricDefinition, ...]
    reporter: typing.Literal["UNSPECIFIED", "SERVER_GATEWAY"]
    rotation_interval: float | None
    graceful_deletion_interval: float | None
    SPEC = """\
disable_host_header_fallback Flag
tcp_reporting_duration Seconds
metrics *One stats:MetricConfig
definitions *One stats:MetricDefinition
reporter Choice UNSPECIFIED=0 SERVER_GATEWAY=1
rotation_interval Seconds
graceful_deletion_interval Seconds"""
