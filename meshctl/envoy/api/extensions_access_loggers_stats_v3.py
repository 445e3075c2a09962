"""Messages of envoy.extensions.access_loggers.stats.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3, xds_type_matcher_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.stats.v3.Config"

    class Counter(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Counter"
        stat: Config.Stat | None
        value_format: str
        value_fixed: int | None
        SPEC = """\
stat One extensions_access_loggers_stats_v3:Config.Stat
value_format Text
value_fixed OptionalInt"""

    class Gauge(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Gauge"

        class PairedAddSubtract(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Gauge.PairedAddSubtract"
            add_log_type: typing.Literal[
                "NotSet",
                "TcpUpstreamConnected",
                "TcpPeriodic",
                "TcpConnectionStart",
                "TcpConnectionEnd",
                "DownstreamStart",
                "DownstreamPeriodic",
                "DownstreamEnd",
                "UpstreamPoolReady",
                "UpstreamPeriodic",
                "UpstreamEnd",
                "DownstreamTunnelSuccessfullyEstablished",
                "UdpTunnelUpstreamConnected",
                "UdpPeriodic",
                "UdpSessionEnd",
            ]
            sub_log_type: typing.Literal[
                "NotSet",
                "TcpUpstreamConnected",
                "TcpPeriodic",
                "TcpConnectionStart",
                "TcpConnectionEnd",
                "DownstreamStart",
                "DownstreamPeriodic",
                "DownstreamEnd",
                "UpstreamPoolReady",
                "UpstreamPeriodic",
                "UpstreamEnd",
                "DownstreamTunnelSuccessfullyEstablished",
                "UdpTunnelUpstreamConnected",
                "UdpPeriodic",
                "UdpSessionEnd",
            ]
            SPEC = """\
add_log_type Choice NotSet=0 TcpUpstreamConnected=1 TcpPeriodic=2 TcpConnectionStart=14 TcpConnectionEnd=3 DownstreamStart=4 DownstreamPeriodic=5 DownstreamEnd=6 UpstreamPoolReady=7 UpstreamPeriodic=8 UpstreamEnd=9 DownstreamTunnelSuccessfullyEstablished=10 UdpTunnelUpstreamConnected=11 UdpPeriodic=12 UdpSessionEnd=13
sub_log_type Choice NotSet=0 TcpUpstreamConnected=1 TcpPeriodic=2 TcpConnectionStart=14 TcpConnectionEnd=3 DownstreamStart=4 DownstreamPeriodic=5 DownstreamEnd=6 UpstreamPoolReady=7 UpstreamPeriodic=8 UpstreamEnd=9 DownstreamTunnelSuccessfullyEstablished=10 UdpTunnelUpstreamConnected=11 UdpPeriodic=12 UdpSessionEnd=13"""

        class Set(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Gauge.Set"
            log_type: typing.Literal[
                "NotSet",
                "TcpUpstreamConnected",
                "TcpPeriodic",
                "TcpConnectionStart",
                "TcpConnectionEnd",
                "DownstreamStart",
                "DownstreamPeriodic",
                "DownstreamEnd",
                "UpstreamPoolReady",
                "UpstreamPeriodic",
                "UpstreamEnd",
                "DownstreamTunnelSuccessfullyEstablished",
                "UdpTunnelUpstreamConnected",
                "UdpPeriodic",
                "UdpSessionEnd",
            ]
            SPEC = """\
log_type Choice NotSet=0 TcpUpstreamConnected=1 TcpPeriodic=2 TcpConnectionStart=14 TcpConnectionEnd=3 DownstreamStart=4 DownstreamPeriodic=5 DownstreamEnd=6 UpstreamPoolReady=7 UpstreamPeriodic=8 UpstreamEnd=9 DownstreamTunnelSuccessfullyEstablished=10 UdpTunnelUpstreamConnected=11 UdpPeriodic=12 UdpSessionEnd=13"""

        stat: Config.Stat | None
        value_format: str
        value_fixed: int | None
        add_subtract: Config.Gauge.PairedAddSubtract | None
        set: Config.Gauge.Set | None
        SPEC = """\
stat One extensions_access_loggers_stats_v3:Config.Stat
value_format Text
value_fixed OptionalInt
add_subtract One extensions_access_loggers_stats_v3:Config.Gauge.PairedAddSubtract
set One extensions_access_loggers_stats_v3:Config.Gauge.Set"""

    class Histogram(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Histogram"
        stat: Config.Stat | None
        unit: typing.Literal["Unspecified", "Bytes", "Microseconds", "Milliseconds", "Percent"]
        value_format: str
        SPEC = """\
stat One extensions_access_loggers_stats_v3:Config.Stat
unit Choice Unspecified=0 Bytes=1 Microseconds=2 Milliseconds=3 Percent=4
value_format Text"""

    class Stat(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Stat"
        name: str
        tags: tuple[Config.Tag, ...]
        SPEC = """\
name Text
tags *One extensions_access_loggers_stats_v3:Config.Tag"""

    class Tag(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.access_loggers.stats.v3.Config.Tag"
        name: str
        value_format: str
        rules: xds_type_matcher_v3.Matcher | None
        SPEC = """\
name Text
value_format Text
rules One xds_type_matcher_v3:Matcher"""

    stat_prefix: str
    stats_scope: type_v3.Scope | None
    histograms: tuple[Config.Histogram, ...]
    counters: tuple[Config.Counter, ...]
    gauges: tuple[Config.Gauge, ...]
    SPEC = """\
stat_prefix Text
stats_scope One type_v3:Scope
histograms *One extensions_access_loggers_stats_v3:Config.Histogram
counters *One extensions_access_loggers_stats_v3:Config.Counter
gauges *One extensions_access_loggers_stats_v3:Config.Gauge"""
