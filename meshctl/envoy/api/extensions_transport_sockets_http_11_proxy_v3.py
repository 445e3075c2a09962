"""Messages of envoy.extensions.transport_sockets.http_11_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Http11ProxyUpstreamTransport(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.http_11_proxy.v3.Http11ProxyUpstreamTransport"
    transport_socket: config_core_v3.TransportSocket | None
    default_proxy_address: config_core_v3.Address | None
    SPEC = """\
transport_socket One config_core_v3:TransportSocket
default_proxy_address One config_core_v3:Address"""
