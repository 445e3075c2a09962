"""Ending TLS at a filter chain: whether the handshake succeeds and what is known behind it.

Theory of operation. A chain with a TLS context reads the client's first bytes as TLS: plain bytes fail, and so do
versions that do not overlap. A certificate is demanded by require_client_certificate where an authority is trusted, and
by everything that asks what it says (names, hashes), unless untrusted ones are accepted; it must be of an authority that
the chain trusts and have one of the names. ALPN: the first of the server's list that the client offers. A chain without a TLS context passes TLS
through as bytes. Follows source/common/tls/{context_impl,server_context_impl}.cc and
cert_validator/default_validator.cc.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.envoy.api.extensions_transport_sockets_tls_v3 import (
    CertificateValidationContext,
    CommonTlsContext,
    DownstreamTlsContext,
    SubjectAltNameMatcher,
    TlsParameters,
)
from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Peer
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed, answered
from meshctl.proxy.listen.listeners import Chain
from meshctl.proxy.model import Connection, Disposition, Tls, Verdict
from meshctl.values import Struct, replace

_VERSIONS = ("TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3")
# Between these a server chooses where its configuration says nothing.
_DEFAULT_RANGE = ("TLSv1_2", "TLSv1_3")
# What every TLS 1.2 client of today offers, for both kinds of server certificates.
_COMMON_SUITES = frozenset(
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
     "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"]
)  # fmt: skip
_NO_CONTEXT = CertificateValidationContext({})


class Handshake(Struct, frozen=True):
    """The connection behind the handshake; ``encrypted``: TLS goes through as bytes; ``agreed``: on a version of TLS."""

    connection: Connection
    agreed: bool = False
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


def handshake(chain: Chain, connection: Connection, supposed: Supposed = NOTHING_SUPPOSED) -> Handshake:
    """What a chain's transport socket makes of the connection.

    Raises Open where it depends on what of the client is not known, and nothing is supposed of that.
    """
    tls = connection.tls
    try:
        context = chain.tls
    except Undecidable as unknown:
        return _unread(connection, unknown, supposed)
    if context is None:
        return Handshake(connection, encrypted=tls is not None)
    if tls is None:
        return _failed(connection, "the chain expects TLS and the client speaks plain text")
    common = context.common_tls_context or CommonTlsContext({})
    agreed = False
    try:
        reason = _version_mismatch(common.tls_params or TlsParameters({}), tls)
        agreed = not reason
        reason = reason or _refused(context, common, tls)
    except Undecidable as unknown:
        reason = "" if answered(supposed, "the TLS handshake succeeds", unknown) else unknown.reason
    if reason:
        return _failed(connection, reason, agreed=agreed)
    peer = tls.peer if _asks(common) else None
    if peer is not None and not tls.mesh:
        peer = replace(peer, validated=False)
    session = replace(tls, peer=peer, agreed=_agreed(common.alpn_protocols, tls.alpn))
    inside = replace(connection, layers=connection.layers[1:], session=session)
    return Handshake(inside, agreed=True, terminated=True, encrypted=bool(inside.layers))


def _unread(connection: Connection, unknown: Undecidable, supposed: Supposed) -> Handshake:
    """Behind a transport socket that is not known, as far as it does what Envoy's own do; else everything is open."""
    tls = connection.tls
    does = "passes plain text on" if tls is None else "ends TLS as Envoy's own does"
    if not answered(supposed, f"the transport socket {does}", unknown):
        return Handshake(connection, verdict=Verdict(Disposition.UNDETERMINED, reason=unknown.reason))
    if tls is None:
        return Handshake(connection)
    asks = tls.peer is not None and answered(
        supposed, "the transport socket asks for the client's certificate", unknown
    )
    session = replace(tls, peer=tls.peer if asks else None)
    inside = replace(connection, layers=connection.layers[1:], session=session)
    return Handshake(inside, terminated=True, encrypted=bool(inside.layers))


def _failed(connection: Connection, reason: str, *, agreed: bool = False) -> Handshake:
    return Handshake(
        connection, agreed, verdict=Verdict(Disposition.CONNECTION_FAILED, 0, None, None, f"TLS: {reason}")
    )


def _version_mismatch(parameters: TlsParameters, tls: Tls) -> str:
    """Why no TLS version is common to both; a client is taken to speak 1.2 and 1.3 unless it says otherwise."""
    lowest, highest = parameters.tls_minimum_protocol_version, parameters.tls_maximum_protocol_version
    server = [
        _VERSIONS.index(default if given == "TLS_AUTO" else given)
        for given, default in zip((lowest, highest), _DEFAULT_RANGE, strict=True)
    ]
    if tls.max_version and tls.max_version not in _VERSIONS:
        raise Undecidable(f"{tls.max_version} is no TLS version that Envoy knows")
    newest = _VERSIONS.index(tls.max_version or _DEFAULT_RANGE[1])
    oldest = min(_VERSIONS.index(_DEFAULT_RANGE[0]), newest)
    agreed = min(server[1], newest)
    if max(server[0], oldest) <= agreed:
        _check_ciphers(parameters, _VERSIONS[agreed])
        return ""
    return f"the chain takes {_VERSIONS[server[0]]} to {_VERSIONS[server[1]]}, the client {_VERSIONS[oldest]} to {_VERSIONS[newest]}"


def _check_ciphers(parameters: TlsParameters, version: str) -> None:
    """Up to TLS 1.2 the chain may name suites; that a client shares one is sure only of those all have."""
    if version == "TLSv1_3" or not parameters.cipher_suites:
        return
    named = {suite for group in parameters.cipher_suites for suite in group.strip("[]").split("|")}
    if not named & _COMMON_SUITES:
        raise Undecidable(f"whether the client has one of {', '.join(parameters.cipher_suites)} is not known")


def _context(common: CommonTlsContext) -> CertificateValidationContext:
    """What of the validation stands in the listener; the rest of a combined one comes by SDS."""
    combined = common.combined_validation_context
    found = combined.default_validation_context if combined is not None else common.validation_context
    return found or _NO_CONTEXT


def _by_sds(common: CommonTlsContext) -> bool:
    combined = common.combined_validation_context
    return common.validation_context_type not in (
        None,
        "validation_context",
        "combined_validation_context",
    ) or (combined is not None and combined.validation_context_sds_secret_config is not None)


def _has_authority(common: CommonTlsContext) -> bool:
    """Whether client certificates are verified against an authority."""
    context = _context(common)
    members = (
        context.trusted_ca,
        context.ca_certificate_provider_instance,
        context.system_root_certs,
        context.custom_validator_config,
    )
    return _by_sds(common) or any(member is not None for member in members)


def _names(context: CertificateValidationContext) -> bool:
    """Whether the validation asks what a certificate says."""
    return bool(
        context.match_typed_subject_alt_names
        or context.match_subject_alt_names
        or context.verify_certificate_hash
        or context.verify_certificate_spki
    )


def _asks(common: CommonTlsContext) -> bool:
    """Whether the server asks for a certificate; else the client never shows it."""
    return _has_authority(common) or _names(_context(common))


def demand(context: DownstreamTlsContext) -> str:
    """What of a chain demands a certificate, in words; "" where a client without one is let in.

    What requires one counts only beside an authority: without, Envoy asks for none.
    """
    common = context.common_tls_context or CommonTlsContext({})
    if context.require_client_certificate and _has_authority(common):
        return "requires a client certificate"
    validation = _context(common)
    if _names(validation) and validation.trust_chain_verification != "ACCEPT_UNTRUSTED":
        return "matches names or hashes of client certificates"
    return ""


def _refused(context: DownstreamTlsContext, common: CommonTlsContext, tls: Tls) -> str:
    """Why the client's certificate, or that it has none, ends the handshake."""
    if tls.peer is None:
        demanded = demand(context)
        return f"the chain {demanded} and the client presents none" if demanded else ""
    validation = _context(common)
    if validation.trust_chain_verification == "ACCEPT_UNTRUSTED":
        return ""
    if _has_authority(common) and not tls.mesh:
        return "the client's certificate is not from an authority that the chain trusts"
    return _misnamed(validation, tls.peer)


def _misnamed(validation: CertificateValidationContext, peer: Peer) -> str:
    typed, plain = validation.match_typed_subject_alt_names, validation.match_subject_alt_names
    named = any(_has_name(matcher, peer) for matcher in typed) or any(
        string_match.parse(matcher.raw).test(name) for matcher in plain for name in (*peer.uris, *peer.dns)
    )
    if (typed or plain) and not named:
        return "no name of the client's certificate is one that the chain matches"
    if validation.verify_certificate_hash or validation.verify_certificate_spki:
        raise Undecidable("whether the client's certificate has a hash that the chain verifies is not known")
    return ""


def _has_name(wanted: SubjectAltNameMatcher, peer: Peer) -> bool:
    if wanted.matcher is None:
        return False
    test = string_match.parse(wanted.matcher.raw).test
    match wanted.san_type:
        case "URI":
            return any(map(test, peer.uris))
        case "DNS":
            exact = wanted.matcher.exact if wanted.matcher.match_pattern == "exact" else None
            return any(test(name) or (exact is not None and _covers(name, exact)) for name in peer.dns)
        case other:
            raise Undecidable(f"whether the client's certificate has the {other} name is not known")


def _covers(name: str, wanted: str) -> bool:
    """A wildcard DNS name of a certificate stands for one label."""
    return name.startswith("*.") and wanted.partition(".")[2].lower() == name[2:].lower()


def _agreed(server: Iterable[str], client: tuple[str, ...]) -> str:
    """What ALPN agrees on: the server's order counts; "" without a common protocol."""
    return next((protocol for protocol in server if protocol in client), "")
