"""Messages of envoy.extensions.grpc_service.channel_credentials.tls.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_transport_sockets_tls_v3


class TlsCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.channel_credentials.tls.v3.TlsCredentials"
    root_certificate_provider: (
        extensions_transport_sockets_tls_v3.CommonTlsContext.CertificateProviderInstance | None
    )
    identity_certificate_provider: (
        extensions_transport_sockets_tls_v3.CommonTlsContext.CertificateProviderInstance | None
    )
    SPEC = """\
root_certificate_provider One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProviderInstance
identity_certificate_provider One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProviderInstance"""
