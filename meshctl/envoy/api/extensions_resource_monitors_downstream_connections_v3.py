"""Messages of envoy.extensions.resource_monitors.downstream_connections.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DownstreamConnectionsConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    max_active_downstream_connections: int
    SPEC = """\
max_active_downstream_connections Int"""
