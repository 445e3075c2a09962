"""Messages of envoy.extensions.transport_sockets.internal_upstream.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_metadata_v3


class InternalUpstreamTransport(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport"

    class MetadataValueSource(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport.MetadataValueSource"
        kind: type_metadata_v3.MetadataKind | None
        name: str
        SPEC = """\
kind One type_metadata_v3:MetadataKind
name Text"""

    passthrough_metadata: tuple[InternalUpstreamTransport.MetadataValueSource, ...]
    transport_socket: config_core_v3.TransportSocket | None
    SPEC = """\
passthrough_metadata *One extensions_transport_sockets_internal_upstream_v3:InternalUpstreamTransport.MetadataValueSource
transport_socket One config_core_v3:TransportSocket"""
