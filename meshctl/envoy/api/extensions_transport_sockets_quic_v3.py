"""Messages of envoy.extensions.transport_sockets.quic.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_transport_sockets_tls_v3


class QuicDownstreamTransport(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport"
    downstream_tls_context: extensions_transport_sockets_tls_v3.DownstreamTlsContext | None
    enable_early_data: bool | None
    enable_resumption: bool | None
    SPEC = """\
downstream_tls_context One extensions_transport_sockets_tls_v3:DownstreamTlsContext
enable_early_data OptionalFlag
enable_resumption OptionalFlag"""


class QuicUpstreamTransport(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport"
    upstream_tls_context: extensions_transport_sockets_tls_v3.UpstreamTlsContext | None
    SPEC = """\
upstream_tls_context One extensions_transport_sockets_tls_v3:UpstreamTlsContext"""
