"""Messages of envoy.extensions.upstreams.http.reverse_tunnel.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ReverseTunnelUpstreamCodecOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.upstreams.http.reverse_tunnel.v3.ReverseTunnelUpstreamCodecOptions"
    enable_drain_with_goaway: bool
    SPEC = """\
enable_drain_with_goaway Flag"""
