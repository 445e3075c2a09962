"""Messages of envoy.extensions.transport_sockets.tcp_stats.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tcp_stats.v3.Config"
    transport_socket: config_core_v3.TransportSocket | None
    update_period: float | None
    SPEC = """\
transport_socket One config_core_v3:TransportSocket
update_period Seconds"""
