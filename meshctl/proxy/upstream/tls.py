"""The TLS that is spoken to a host: the upstream TLS context of a transport socket.

Theory of operation. A transport socket may stand inside another one (PROXY protocol, tap, internal upstream): the
context is that of the innermost. What cannot be read is undecidable, for the hosts that the socket is used for.
Follows source/common/tls/{context_config_impl,client_ssl_socket}.cc.
"""

from __future__ import annotations

from meshctl.envoy.api.config_core_v3 import TransportSocket
from meshctl.envoy.api.extensions_transport_sockets_quic_v3 import QuicUpstreamTransport
from meshctl.envoy.api.extensions_transport_sockets_tls_v3 import (
    CertificateValidationContext,
    CommonTlsContext,
    UpstreamTlsContext,
)
from meshctl.envoy.message import Message, Undecidable
from meshctl.values import Struct


class TlsToHost(Struct, frozen=True):
    """The TLS context used towards a host: SNI, ALPN, whether a client certificate goes along, accepted names."""

    sni: str = ""
    alpn: tuple[str, ...] = ()
    client_certificate: str = ""  # the name of its secret; "" for none
    server_names: tuple[str, ...] = ()
    max_version: str = ""

    @property
    def mutual(self) -> bool:
        return bool(self.client_certificate)


class _Wrapping(Message):
    """What all transport sockets around another one have."""

    __slots__ = ()
    TYPE = "TransportSocket"
    transport_socket: TransportSocket | None
    SPEC = "transport_socket One config_core_v3:TransportSocket"


def tls_of(socket: TransportSocket | None) -> TlsToHost | None:
    """The upstream TLS context in a transport socket, also inside a wrapping one; None for plain text."""
    packed = socket.typed_config if socket is not None else None
    if packed is None:
        return None
    kind = packed.type_name.rpartition(".")[2]
    if kind == "UpstreamTlsContext":
        return _told(packed.as_(UpstreamTlsContext) or UpstreamTlsContext(packed.raw))
    if kind == "QuicUpstreamTransport":
        return _told(QuicUpstreamTransport(packed.raw).upstream_tls_context or UpstreamTlsContext({}))
    inner = _Wrapping(packed.raw).transport_socket
    if inner is None and kind not in _PLAIN:
        raise Undecidable(f"the transport socket {packed.type_name or packed} is not known")
    return tls_of(inner)


# Sockets that change nothing of what is sent, where they stand round no other one.
_PLAIN = frozenset(["RawBuffer", "ProxyProtocolUpstreamTransport", "InternalUpstreamTransport"])


def _told(context: UpstreamTlsContext) -> TlsToHost:
    common = context.common_tls_context or CommonTlsContext({})
    newest = common.tls_params.tls_maximum_protocol_version if common.tls_params is not None else "TLS_AUTO"
    return TlsToHost(
        context.sni,
        common.alpn_protocols,
        _client_certificate(common),
        _server_names(common),
        "" if newest == "TLS_AUTO" else newest,
    )


def _client_certificate(common: CommonTlsContext) -> str:
    secrets = common.tls_certificate_sds_secret_configs
    named = secrets[0].name if secrets else ""
    return named or ("inline" if common.tls_certificates else "")


def _server_names(common: CommonTlsContext) -> tuple[str, ...]:
    combined = common.combined_validation_context
    validation = (
        combined.default_validation_context if combined is not None else None
    ) or common.validation_context
    return () if validation is None else tuple(name for name in _exact_names(validation) if name)


def _exact_names(validation: CertificateValidationContext) -> list[str]:
    typed = [one.matcher for one in validation.match_typed_subject_alt_names]
    return [one.exact for one in (*validation.match_subject_alt_names, *typed) if one is not None]
