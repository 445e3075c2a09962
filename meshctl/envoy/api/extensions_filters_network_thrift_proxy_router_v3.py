"""Messages of envoy.extensions.filters.network.thrift_proxy.router.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Router(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.router.v3.Router"
    close_downstream_on_upstream_error: bool | None
    SPEC = """\
close_downstream_on_upstream_error OptionalFlag"""
