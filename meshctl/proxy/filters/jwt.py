"""jwt_authn: which token a request carries, whether it is valid, what the filter makes of it.

Theory of operation. The first rule whose match takes the request names its requirement: a provider, any or all
of several, allow_missing, allow_missing_or_failed. A provider looks for tokens where it was told to (else the
Authorization header's Bearer and the query's access_token), checks issuer, time and audience, and the signature
with the keys of its inline JWKS. Remote keys are not in the dump: the signature is then taken on trust and that
is said. The payload goes to dynamic metadata, claims to headers.
Follows source/extensions/filters/http/jwt_authn/{authenticator,verifier,extractor,matcher}.cc.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from meshctl.match import route_match
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import RequestView
from meshctl.proxy.filters.jwks import verify

Json = dict[str, Any]

MISSING = "Jwt is missing"
_FORBIDDEN = "Audiences in Jwt are not allowed"
_CLOCK_SKEW = 60


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was found: its text, where, and its parts when it has the form of one."""

    text: str
    place: str
    header: Json = field(default_factory=dict)
    payload: Json = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """A provider's or a requirement's result: "" in ``problem`` for success."""

    problem: str = ""
    provider: str = ""
    payload: Json = field(default_factory=dict)
    trusted: str = ""  # what was taken on trust

    @property
    def code(self) -> int:
        return 403 if self.problem == _FORBIDDEN else 401


def _decode_part(text: str) -> Json | None:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        value = json.loads(raw)
    except (ValueError, binascii.Error):
        return None
    return value if isinstance(value, dict) else None


def parse_token(text: str, place: str) -> Token:
    """A compact JWS; ``problem`` says what is wrong with its form."""
    parts = text.split(".")
    if len(parts) != 3:
        return Token(
            text,
            place,
            problem="Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
        )
    header = _decode_part(parts[0])
    if header is None:
        return Token(text, place, problem="Jwt header is an invalid Base64url encoded")
    payload = _decode_part(parts[1])
    if payload is None:
        return Token(text, place, problem="Jwt payload is an invalid Base64")
    return Token(text, place, header, payload)


def tokens(provider: Json, view: RequestView) -> Iterator[Token]:
    """The tokens a provider finds, in order."""
    headers, params = provider.get("from_headers") or (), provider.get("from_params") or ()
    cookies = provider.get("from_cookies") or ()
    if not headers and not params and not cookies:
        headers, params = ({"name": "Authorization", "value_prefix": "Bearer "},), ("access_token",)
    for header in headers:
        name, prefix = str(header.get("name", "")).lower(), str(header.get("value_prefix") or "")
        value = ",".join(view.values(name))
        if prefix:
            start = value.find(prefix)
            if start < 0:
                continue
            value = value[start + len(prefix) :]
            value = value.split(",", 1)[0].split(" ", 1)[0] if value else ""
        if value:
            yield parse_token(value.strip(), f"header {name}")
    for param in params:
        if param in view.query:
            yield parse_token(view.query[param], f"query parameter {param}")
    for cookie in cookies:
        if cookie in view.cookies:
            yield parse_token(view.cookies[cookie], f"cookie {cookie}")


def _check(provider: Json, token: Token, audiences: list[str], now: float) -> tuple[str, str]:
    """(problem, what was taken on trust) of one token at one provider."""
    if token.problem:
        return token.problem, ""
    issuer = str(provider.get("issuer") or "")
    if issuer and token.payload.get("iss") != issuer:
        return "Jwt issuer is not configured", ""
    skew = int(provider.get("clock_skew_seconds") or _CLOCK_SKEW)
    if float(token.payload.get("nbf") or 0) > now + skew:
        return "Jwt not yet valid", ""
    expiry = token.payload.get("exp")
    if expiry is not None and float(expiry) + skew < now:
        return "Jwt is expired", ""
    if audiences and not _audience_allowed(token.payload.get("aud"), audiences):
        return _FORBIDDEN, ""
    keys = _inline_keys(provider)
    if keys is None:
        return "", f"the signature (keys of {issuer or 'the provider'} are fetched at run time)"
    return verify(token.text, token.header, keys), ""


def _audience_allowed(claimed: Any, allowed: list[str]) -> bool:
    """Audiences compare without scheme and without a trailing slash."""

    def bare(text: str) -> str:
        for scheme in ("https://", "http://"):
            text = text.removeprefix(scheme)
        return text.removesuffix("/")

    have = [claimed] if isinstance(claimed, str) else list(claimed or ())
    return bool({bare(str(a)) for a in have} & {bare(a) for a in allowed})


def _inline_keys(provider: Json) -> list[Json] | None:
    source = provider.get("local_jwks") or {}
    text = source.get("inline_string")
    if text is None and "inline_bytes" in source:
        text = base64.b64decode(source["inline_bytes"])
    if text is None:
        return None
    try:
        keys = json.loads(text).get("keys")
    except (ValueError, AttributeError):
        return []
    return [key for key in keys or () if isinstance(key, dict)]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled jwt_authn filter."""

    fields: Json
    rules: tuple[tuple[route_match.RouteMatch, Json], ...]

    def requirement(self, view: RequestView) -> Json | None:
        """The requirement of the first rule that takes the request."""
        for match, rule in self.rules:
            if match.matches(view):
                if rule.get("requirement_name"):
                    return (self.fields.get("requirement_map") or {}).get(rule["requirement_name"])
                return rule.get("requires")
        return None

    def verify(self, requirement: Json, view: RequestView, now: float) -> Verified:
        """The result of a requirement."""
        for key, check in _REQUIREMENTS.items():
            if key in requirement:
                return check(self, requirement[key], view, now)
        return Verified()

    def provider(self, name: str, audiences: list[str] | None, view: RequestView, now: float) -> Verified:
        provider = (self.fields.get("providers") or {}).get(name)
        if provider is None:
            return Verified(f"provider {name} is not configured", name)
        wanted = provider.get("audiences") or [] if audiences is None else audiences
        result = Verified(MISSING, name)
        for token in tokens(provider, view):
            # All tokens must be good: a bad one beside a good one would go on to the application.
            problem, trusted = _check(provider, token, list(wanted), now)
            if problem:
                return Verified(problem, name)
            result = Verified("", name, token.payload, trusted)
        return result


def compile_filter(fields: Json, runtime: Runtime) -> Filter:
    rules = tuple(
        (route_match.parse(rule.get("match") or {}, runtime), rule) for rule in fields.get("rules") or ()
    )
    return Filter(fields, rules)


def _provider_name(found: Filter, value: Any, view: RequestView, now: float) -> Verified:
    return found.provider(str(value), None, view, now)


def _provider_and_audiences(found: Filter, value: Json, view: RequestView, now: float) -> Verified:
    return found.provider(str(value.get("provider_name")), list(value.get("audiences") or ()), view, now)


def _requires_any(found: Filter, value: Json, view: RequestView, now: float) -> Verified:
    """The first success; missing tokens are let through only by allow_missing; the last problem otherwise."""
    requirements = value.get("requirements") or ()
    results = [
        found.verify(requirement, view, now)
        for requirement in requirements
        if not {"allow_missing", "allow_missing_or_failed"} & requirement.keys()
    ]
    for result in results:
        if not result.problem:
            return result
    if any("allow_missing_or_failed" in requirement for requirement in requirements):
        return Verified()
    problems = [result for result in results if result.problem != MISSING]
    if not problems and any("allow_missing" in requirement for requirement in requirements):
        return Verified()
    if problems:
        # A token that belongs to none of the issuers is told so; else the last real problem.
        telling = [p for p in problems if p.problem != "Jwt issuer is not configured"]
        return (telling or problems)[-1]
    return results[-1] if results else Verified()


def _requires_all(found: Filter, value: Json, view: RequestView, now: float) -> Verified:
    last = Verified()
    for requirement in value.get("requirements") or ():
        last = found.verify(requirement, view, now)
        if last.problem:
            return last
    return last


def _allow_missing(found: Filter, value: Json, view: RequestView, now: float) -> Verified:
    """Alone: no token is fine, a bad one is not."""
    for name in found.fields.get("providers") or {}:
        result = found.provider(name, None, view, now)
        if result.problem not in ("", MISSING):
            return result
    return Verified()


def _allow_anything(found: Filter, value: Json, view: RequestView, now: float) -> Verified:
    return Verified()


_REQUIREMENTS = {
    "provider_name": _provider_name,
    "provider_and_audiences": _provider_and_audiences,
    "requires_any": _requires_any,
    "requires_all": _requires_all,
    "allow_missing_or_failed": _allow_anything,
    "allow_missing": _allow_missing,
}


def metadata_of(provider: Json, payload: Json) -> Json:
    """What the filter writes to dynamic metadata: the payload under payload_in_metadata, lists normalised."""
    key = provider.get("payload_in_metadata")
    if not key:
        return {}
    spaced = (provider.get("normalize_payload_in_metadata") or {}).get("space_delimited_claims") or ()
    out = dict(payload)
    for claim in spaced:
        if isinstance(out.get(claim), str):
            out[claim] = out[claim].split(" ")
    return {str(key): out}


def headers_of(provider: Json, payload: Json) -> dict[str, str]:
    """claim_to_headers: scalar claims as text, others as base64 of their JSON."""
    found = {}
    for rule in provider.get("claim_to_headers") or ():
        value: Any = payload
        for part in str(rule.get("claim_name", "")).split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, str | int | float):
            text = str(value)
        else:
            text = base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
        found[str(rule.get("header_name", "")).lower()] = text
    return found
