"""Messages of envoy.extensions.udp_packet_writer.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class UdpDefaultWriterFactory(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.udp_packet_writer.v3.UdpDefaultWriterFactory"


class UdpGsoBatchWriterFactory(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.udp_packet_writer.v3.UdpGsoBatchWriterFactory"
