"""Messages of envoy.extensions.filters.network.tcp_bandwidth_limit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class TcpBandwidthLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.tcp_bandwidth_limit.v3.TcpBandwidthLimit"
    stat_prefix: str
    read_limit_kbps: int | None
    write_limit_kbps: int | None
    fill_interval: float | None
    runtime_enabled: config_core_v3.RuntimeFeatureFlag | None
    SPEC = """\
stat_prefix Text
read_limit_kbps OptionalInt
write_limit_kbps OptionalInt
fill_interval Seconds
runtime_enabled One config_core_v3:RuntimeFeatureFlag"""
