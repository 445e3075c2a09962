"""Messages of envoy.extensions.quic.connection_debug_visitor.quic_stats.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.connection_debug_visitor.quic_stats.v3.Config"
    update_period: float | None
    SPEC = """\
update_period Seconds"""
