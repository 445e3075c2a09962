"""Messages of envoy.extensions.upstreams.tcp.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class TcpProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.upstreams.tcp.v3.TcpProtocolOptions"
    idle_timeout: float | None
    SPEC = """\
idle_timeout Seconds"""
