"""Messages of envoy.extensions.transport_sockets.starttls.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        extensions_transport_sockets_raw_buffer_v3,
        extensions_transport_sockets_tls_v3,
    )


class StartTlsConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.starttls.v3.StartTlsConfig"
    cleartext_socket_config: extensions_transport_sockets_raw_buffer_v3.RawBuffer | None
    tls_socket_config: extensions_transport_sockets_tls_v3.DownstreamTlsContext | None
    SPEC = """\
cleartext_socket_config One extensions_transport_sockets_raw_buffer_v3:RawBuffer
tls_socket_config One extensions_transport_sockets_tls_v3:DownstreamTlsContext"""


class UpstreamStartTlsConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.starttls.v3.UpstreamStartTlsConfig"
    cleartext_socket_config: extensions_transport_sockets_raw_buffer_v3.RawBuffer | None
    tls_socket_config: extensions_transport_sockets_tls_v3.UpstreamTlsContext | None
    SPEC = """\
cleartext_socket_config One extensions_transport_sockets_raw_buffer_v3:RawBuffer
tls_socket_config One extensions_transport_sockets_tls_v3:UpstreamTlsContext"""
