"""Messages of envoy.extensions.transport_sockets.tap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, extensions_common_tap_v3


class SocketTapConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tap.v3.SocketTapConfig"
    set_connection_per_event: bool
    stats_prefix: str
    SPEC = """\
set_connection_per_event Flag
stats_prefix Text"""


class Tap(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tap.v3.Tap"
    common_config: extensions_common_tap_v3.CommonExtensionConfig | None
    transport_socket: config_core_v3.TransportSocket | None
    socket_tap_config: SocketTapConfig | None
    SPEC = """\
common_config One extensions_common_tap_v3:CommonExtensionConfig
transport_socket One config_core_v3:TransportSocket
socket_tap_config One extensions_transport_sockets_tap_v3:SocketTapConfig"""
