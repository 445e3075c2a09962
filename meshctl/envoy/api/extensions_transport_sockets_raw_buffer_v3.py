"""Messages of envoy.extensions.transport_sockets.raw_buffer.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class RawBuffer(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
