"""Messages of envoy.extensions.quic.connection_debug_visitor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class BasicConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.connection_debug_visitor.v3.BasicConfig"
