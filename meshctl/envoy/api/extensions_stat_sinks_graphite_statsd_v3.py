"""Messages of envoy.extensions.stat_sinks.graphite_statsd.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class GraphiteStatsdSink(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.stat_sinks.graphite_statsd.v3.GraphiteStatsdSink"
    address: config_core_v3.Address | None
    prefix: str
    max_bytes_per_datagram: int | None
    statsd_specifier: typing.Literal["address"] | None
    SPEC = """\
address One config_core_v3:Address
prefix Text
max_bytes_per_datagram OptionalInt
statsd_specifier OneOf address"""
