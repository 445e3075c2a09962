"""Whether what is required of a request's tokens is met.

Theory of operation. Of the tokens that a provider finds (``jwt_request``) the last is tried first, and all of them must
be good. Bare allow_missing and allow_missing_or_failed look wherever any provider does, and give each token to the
provider of its issuer. A good token's claims go to headers and metadata. requires_any tells the most telling failure.
Remote keys are not in the dump: the signature is then taken on trust and that is said.
Follows source/extensions/filters/http/jwt_authn/{authenticator,verifier,jwks_cache}.cc.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from meshctl.envoy.api.extensions_filters_http_jwt_authn_v3 import (
    ExtractOnlyWithoutValidation,
    JwtProvider,
    JwtRequirement,
)
from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Headers, Part, Unseen
from meshctl.proxy.filters.http import jwt_token as words
from meshctl.proxy.filters.http.jwks import verify
from meshctl.proxy.filters.http.jwt_request import Context, Found, extract, written_by
from meshctl.proxy.filters.http.jwt_token import Token, claim, parse
from meshctl.values import Struct

Json = dict[str, Any]

_CLOCK_SKEW = 60


class Requirements(Struct, frozen=True):
    """The providers of a filter and what may be required of them."""

    providers: dict[str, JwtProvider]

    def check(self, requirement: JwtRequirement, context: Context) -> str:
        """ "" when the requirement is met, else the failure."""
        form = _FORMS.get(requirement.requires_type or "")
        return "" if form is None else form(self, requirement, context)

    def by_provider(self, name: str, audiences: Sequence[str], context: Context) -> str:
        """All tokens that a provider finds must be good."""
        provider = self.providers.get(name)
        if provider is None:
            return f"provider {name} is not configured"
        status = words.MISSING
        for found in reversed(extract([provider], context)):
            status = self._verify(found, name, audiences, context)
            if status:
                return status
        return status

    def by_issuer(self, context: Context) -> list[str]:
        """The statuses of all tokens that any provider finds, each at the provider of its issuer."""
        providers = self.providers.values()
        return [
            self._verify(found, None, (), context) for found in reversed(extract(providers, context))
        ] or [words.MISSING]

    def _verify(self, found: Found, name: str | None, audiences: Sequence[str], context: Context) -> str:
        token = parse(found.text)
        if token.problem:
            return token.problem
        if "" not in found.issuers and token.issuer not in found.issuers:
            return words.UNKNOWN_ISSUER
        if name is None:
            owners = self._owners(token.issuer)
            if not owners:
                return words.UNKNOWN_ISSUER
            if len(owners) > 1:
                return self._of_any(owners, token, context)
            name = owners[0]
        provider = self.providers[name]
        status = _status(provider, token, audiences or provider.audiences, context)
        if not status:
            _accept(provider, name, found, token, context)
        elif provider.failed_status_in_metadata:
            _tell_failure(provider.failed_status_in_metadata, status, context)
        return status

    def _owners(self, issuer: str) -> list[str]:
        """The providers of an issuer, else those that name none."""
        names = sorted(self.providers)
        mine = [n for n in names if "issuer" in self.providers[n].raw and self.providers[n].issuer == issuer]
        return mine or [n for n in names if not self.providers[n].issuer]

    def _of_any(self, owners: list[str], token: Token, context: Context) -> str:
        """Of several providers of an issuer Envoy takes the first of a map, whose order differs from process to process."""
        ends = {_status(self.providers[n], token, self.providers[n].audiences, context) for n in owners}
        told = any(self.providers[n].failed_status_in_metadata for n in owners)
        if len(ends) == 1 and "" not in ends and not told:
            return ends.pop()
        raise Undecidable(
            f"which of the providers {', '.join(owners)} checks a token of issuer {token.issuer!r} differs from process to process"
        )


def _status(provider: JwtProvider, token: Token, audiences: Sequence[str], context: Context) -> str:
    """Time, audience, subject, lifetime, signature: the first that fails."""
    payload, now = token.payload, int(context.now)
    skew = provider.clock_skew_seconds or _CLOCK_SKEW
    if now + skew < int(payload.get("nbf") or 0):
        return words.NOT_YET
    expiry = int(payload.get("exp") or 0)
    if expiry and now > expiry + skew:
        return words.EXPIRED
    if audiences and not _audience_allowed(token.audiences, audiences):
        return words.AUDIENCE
    subjects = provider.subjects
    if subjects is not None and not string_match.parse(subjects.raw).test(str(payload.get("sub") or "")):
        return words.VERIFICATION
    if not _lifetime_allowed(provider, expiry - now if expiry else None):
        return words.VERIFICATION
    return _signature(provider, token, context)


def _lifetime_allowed(provider: JwtProvider, left: int | None) -> bool:
    """max_lifetime bounds what is left of a token's life, and like require_expiration wants an end of it."""
    longest = provider.max_lifetime
    if longest is None:
        return left is not None or not provider.require_expiration
    return left is not None and left <= longest


def _audience_allowed(claimed: list[str], allowed: Sequence[str]) -> bool:
    """Audiences compare without scheme and without a trailing slash."""

    def bare(text: str) -> str:
        for scheme in ("https://", "http://"):
            text = text.removeprefix(scheme)
        return text.removesuffix("/")

    return bool({bare(a) for a in claimed} & {bare(a) for a in allowed})


def _signature(provider: JwtProvider, token: Token, context: Context) -> str:
    if provider.jwks_source_specifier == "remote_jwks":
        if not context.fetched(provider):
            return words.FETCH
        issuer = provider.issuer or "the provider"
        context.trusted.append(f"the signature (keys of {issuer} are fetched at run time)")
        return ""
    keys = _local_keys(provider)
    if keys is None:
        context.trusted.append("the signature (the keys are in a file of the proxy's)")
        return ""
    return verify(token, keys) if keys else words.NO_KEYS


def _local_keys(provider: JwtProvider) -> list[Json] | None:
    """The keys of local_jwks; None when they are not in the dump."""
    source = provider.local_jwks
    if source is None or source.specifier not in ("inline_string", "inline_bytes"):
        return None
    text = source.inline_string if source.specifier == "inline_string" else source.inline_bytes
    try:
        keys = json.loads(text).get("keys")
    except (ValueError, AttributeError):
        return []
    return [key for key in keys or () if isinstance(key, dict)]


def _accept(provider: JwtProvider, name: str, found: Found, token: Token, context: Context) -> None:
    """What a good token leaves behind: headers, metadata, and itself only with ``forward``."""
    headers = context.headers
    forwarded = provider.forward_payload_header.lower()
    if forwarded:
        text = token.payload_text
        padding = "=" * (-len(text) % 4) if provider.pad_forward_payload_header else ""
        headers.setdefault(forwarded, []).append(text + padding)
    for rule in provider.claim_to_headers:
        value = _claim_text(claim(token.payload, rule.claim_name))
        if value:
            headers.setdefault(rule.header_name.lower(), []).append(value)
    if not provider.forward:
        _remove(found, headers)
    parts = ((provider.header_in_metadata, token.header), (provider.payload_in_metadata, token.payload))
    for key, part in parts:
        if key:
            context.metadata[key] = _normalised(provider, part)
    context.accepted.append(name)
    context.reroute = context.reroute or provider.clear_route_cache


# Envoy's numbers of the failures that a dump can tell of.
_CODES = {words.NOT_YET: 2, words.EXPIRED: 3}


def _tell_failure(key: str, status: str, context: Context) -> None:
    """failed_status_in_metadata: the failure of a token whose provider is known."""
    context.metadata[key] = {"message": status}
    if status in _CODES:
        context.metadata[key]["code"] = _CODES[status]
    else:
        context.opaque[Part.METADATA] = Unseen(f"Envoy's number of the failure `{status}` is not known")


def _remove(found: Found, headers: Headers) -> None:
    if found.header:
        headers.pop(found.header, None)
    if found.parameter:
        bare, _, query = headers[":path"][0].partition("?")
        kept = [part for part in query.split("&") if part.partition("=")[0] != found.parameter]
        headers[":path"] = [f"{bare}?{'&'.join(kept)}" if kept else bare]


def _normalised(provider: JwtProvider, value: Json) -> Json:
    """normalize_payload_in_metadata: claims that are lists written with blanks."""
    normalize = provider.normalize_payload_in_metadata
    spaced = normalize.space_delimited_claims if normalize is not None else ()
    lists = {name: value[name].split(" ") for name in spaced if isinstance(value.get(name), str)}
    return {**value, **lists}


def _claim_text(value: Any) -> str:
    """A claim in a header: whole numbers without a point, lists and objects as base64 of their JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        whole = 0 <= value < 1 << 64 and float(value).is_integer()
        return str(int(value)) if whole else f"{float(value):f}"
    if value is None:
        return ""
    return base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


def _provider_name(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    return all_.by_provider(wanted.provider_name, (), context)


def _provider_and_audiences(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    named = wanted.provider_and_audiences
    return "" if named is None else all_.by_provider(named.provider_name, named.audiences, context)


def _allow_missing(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    """The token that was looked at last decides; no token is fine."""
    last = all_.by_issuer(context)[-1]
    return "" if last == words.MISSING else last


def _allow_failed(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    all_.by_issuer(context)
    return ""


def _extract_only(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    """No token is refused. What is made of one that is not good, and how that is told, differs between versions of Envoy."""
    statuses = all_.by_issuer(context)
    if statuses == [words.MISSING]:
        return ""
    config = wanted.extract_only_without_validation or ExtractOnlyWithoutValidation({})
    by = "jwt_authn (extract_only_without_validation)"
    context.opaque[(config.verification_status_header or "x-jwt-signature-verified").lower()] = by
    if any(statuses):
        context.opaque.update(dict.fromkeys(written_by(all_.providers.values()), by))
        context.opaque[Part.METADATA] = Unseen(
            "the claims of a token that is not verified may be in the metadata, or not"
        )
    return ""


def _requires_any(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    """One success is enough. Of failures, a token that is missing or of another issuer is the least telling."""
    parts = wanted.requires_any.requirements if wanted.requires_any is not None else ()
    lenient = {part.requires_type for part in parts} & _LENIENT
    checked = [part for part in parts if part.requires_type not in _LENIENT]
    if not checked and lenient:
        return _allow_failed(all_, wanted, context) if len(lenient) > 1 else all_.check(parts[0], context)
    told = words.MISSING
    for part in checked:
        status = all_.check(part, context)
        if not status:
            return ""
        if status not in (words.MISSING, words.UNKNOWN_ISSUER) or told == words.MISSING:
            told = status
    if "allow_missing_or_failed" in lenient or (told == words.MISSING and lenient):
        return ""
    return told


def _requires_all(all_: Requirements, wanted: JwtRequirement, context: Context) -> str:
    """The first failure."""
    for part in wanted.requires_all.requirements if wanted.requires_all is not None else ():
        status = all_.check(part, context)
        if status:
            return status
    return ""


_LENIENT = frozenset({"allow_missing", "allow_missing_or_failed"})
_FORMS: dict[str, Callable[[Requirements, JwtRequirement, Context], str]] = {
    "provider_name": _provider_name,
    "provider_and_audiences": _provider_and_audiences,
    "requires_any": _requires_any,
    "requires_all": _requires_all,
    "allow_missing_or_failed": _allow_failed,
    "allow_missing": _allow_missing,
    "extract_only_without_validation": _extract_only,
}
