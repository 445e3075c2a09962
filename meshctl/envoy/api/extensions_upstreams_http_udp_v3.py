"""Messages of envoy.extensions.upstreams.http.udp.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class UdpConnectionPoolProto(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.upstreams.http.udp.v3.UdpConnectionPoolProto"
