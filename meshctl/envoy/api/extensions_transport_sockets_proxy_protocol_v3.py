"""Messages of envoy.extensions.transport_sockets.proxy_protocol.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class ProxyProtocolUpstreamTransport(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport"
    config: config_core_v3.ProxyProtocolConfig | None
    transport_socket: config_core_v3.TransportSocket | None
    allow_unspecified_address: bool
    tlv_as_pool_key: bool
    SPEC = """\
config One config_core_v3:ProxyProtocolConfig
transport_socket One config_core_v3:TransportSocket
allow_unspecified_address Flag
tlv_as_pool_key Flag"""
