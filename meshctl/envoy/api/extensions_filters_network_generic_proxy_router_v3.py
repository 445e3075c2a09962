"""Messages of envoy.extensions.filters.network.generic_proxy.router.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Router(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.router.v3.Router"
    bind_upstream_connection: bool
    SPEC = """\
bind_upstream_connection Flag"""
