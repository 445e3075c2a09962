"""Ending TLS at a filter chain: whether the handshake succeeds and what is known behind it.

Theory of operation. A chain with a TLS context reads the client's first bytes as TLS: plain bytes fail, a client
without a certificate fails where one is required (require_client_certificate), a certificate that the mesh did
not issue fails where it is verified. A chain without a TLS context passes TLS through as bytes. ALPN: the
server's list decides. Follows source/common/tls/{context_impl,server_context_impl}.cc.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from meshctl.proxy.listen.listeners import Chain
from meshctl.proxy.model import Connection, Disposition, Verdict

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handshake:
    """The connection behind the handshake; ``encrypted``: TLS goes through as bytes."""

    connection: Connection
    terminated: bool = False
    encrypted: bool = False
    verdict: Verdict | None = None

    @property
    def text(self) -> str:
        """What a reader wants to know of it: "" for plain text, else who the client is."""
        session = self.connection.session
        if not self.terminated or session is None:
            return "TLS passes through" if self.encrypted and self.verdict is None else ""
        if session.peer is None:
            return "TLS, client without a certificate"
        return f"mutual TLS, client {session.peer.principal or 'without a name'}"


def handshake(chain: Chain, connection: Connection) -> Handshake:
    """What a chain's transport socket makes of the connection."""
    tls = connection.tls
    if chain.tls is None:
        return Handshake(connection, encrypted=tls is not None)
    if tls is None:
        return _failed(connection, "the chain expects TLS and the client speaks plain text")
    validates = _validates(chain.tls)
    if chain.tls.get("require_client_certificate") and tls.peer is None:
        return _failed(connection, "the chain requires a client certificate and the client presents none")
    peer = tls.peer if _asks_for_certificate(chain.tls) else None
    if peer is not None and validates and not tls.mesh:
        return _failed(connection, "the client's certificate is not from an authority that the chain trusts")
    inside = replace(connection, layers=connection.layers[1:], session=replace(tls, peer=peer))
    return Handshake(inside, terminated=True, encrypted=bool(inside.layers))


def _failed(connection: Connection, reason: str) -> Handshake:
    return Handshake(
        connection, verdict=Verdict(Disposition.CONNECTION_FAILED, 0, None, None, f"TLS: {reason}")
    )


def _validation(tls: Json) -> Json:
    common = tls.get("common_tls_context") or {}
    return common.get("combined_validation_context") or common.get("validation_context") or {}


def _validates(tls: Json) -> bool:
    """Whether client certificates are verified against an authority."""
    common = tls.get("common_tls_context") or {}
    return any(
        key in common
        for key in (
            "combined_validation_context",
            "validation_context",
            "validation_context_sds_secret_config",
        )
    )


def _asks_for_certificate(tls: Json) -> bool:
    return _validates(tls) or bool(tls.get("require_client_certificate"))
