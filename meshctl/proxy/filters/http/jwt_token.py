"""A JSON web token read as jwt_verify_lib reads it: its form, its types, its words for what is wrong.

Theory of operation. Three sections behind two dots; the header must be a JSON object with a known ``alg``; the
payload's ``iss``, ``sub`` and ``jti`` are strings, ``iat``, ``nbf`` and ``exp`` numbers that are not negative,
``aud`` a string or a list of strings; each may be absent, none may be of another type (null included). The first
problem is the answer; the words end up in the access log.
Follows jwt_verify_lib src/{jwt,struct_utils,status}.cc and absl's WebSafeBase64Unescape.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from meshctl.patterns import expression
from meshctl.values import Struct, field

Json = dict[str, Any]

MISSING = "Jwt is missing"
EXPIRED = "Jwt is expired"
NOT_YET = "Jwt not yet valid"
UNKNOWN_ISSUER = "Jwt issuer is not configured"
AUDIENCE = "Audiences in Jwt are not allowed"
VERIFICATION = "Jwt verification fails"
FETCH = "Jwks remote fetch is failed"
NO_KEYS = "Jwks doesn't have any valid public key"
BAD_FORM = "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
BAD_SIGNATURE = "Jwt signature is an invalid Base64url encoded"

_ALGORITHMS = frozenset(
    "EdDSA ES256 ES384 ES512 HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512".split()
)
_URL_SAFE = expression(r"[A-Za-z0-9_-]*(={0,2})")


class Token(Struct, frozen=True):
    """A parsed token; ``problem`` says what is wrong with its form, "" for nothing."""

    text: str
    header: Json = field(default_factory=dict)
    payload: Json = field(default_factory=dict)
    payload_text: str = ""
    signature: bytes = b""
    problem: str = ""

    @property
    def issuer(self) -> str:
        return str(self.payload.get("iss") or "")

    @property
    def audiences(self) -> list[str]:
        found = self.payload.get("aud")
        return [found] if isinstance(found, str) else list(found or ())


def unescape(text: str) -> bytes | None:
    """Base64 in its URL-safe alphabet; padding is either left out or exactly as long as it should be."""
    text = "".join(text.split())
    found = _URL_SAFE.fullmatch(text)
    if found is None:
        return None
    bare = text.rstrip("=")
    if len(bare) % 4 == 1 or (found[1] and len(text) % 4 != 0):
        return None
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _object(raw: bytes) -> Json | None:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def parse(text: str) -> Token:
    """A token from its text."""
    parts = [part for part in text.split(".") if part]
    if len(parts) != 3:
        return Token(text, problem=BAD_FORM)
    header, payload, problem = _parts(parts)
    if problem:
        return Token(text, problem=problem)
    signature = unescape(parts[2])
    if signature is None:
        return Token(text, problem=BAD_SIGNATURE)
    return Token(text, header, payload, parts[1], signature)


def _parts(parts: list[str]) -> tuple[Json, Json, str]:
    """(header, payload, problem)."""
    raw = unescape(parts[0])
    if raw is None:
        return {}, {}, "Jwt header is an invalid Base64url encoded"
    header = _object(raw)
    if header is None:
        return {}, {}, "Jwt header is an invalid JSON"
    problem = _header_problem(header)
    if problem:
        return {}, {}, problem
    raw = unescape(parts[1])
    if raw is None:
        return {}, {}, "Jwt payload is an invalid Base64url encoded"
    payload = _object(raw)
    if payload is None:
        return {}, {}, "Jwt payload is an invalid JSON"
    return header, payload, _payload_problem(payload)


def _header_problem(header: Json) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        return "Jwt header [alg] field is required and must be a string"
    if algorithm not in _ALGORITHMS:
        return "Jwt header [alg] is not supported"
    if "kid" in header and not isinstance(header["kid"], str):
        return "Jwt header [kid] field is not a string"
    return ""


def _payload_problem(payload: Json) -> str:
    for name in ("iss", "sub"):
        if name in payload and not isinstance(payload[name], str):
            return f"Jwt payload [{name}] field is not a string"
    for name in ("iat", "nbf", "exp"):
        problem = _number_problem(name, payload)
        if problem:
            return problem
    if "jti" in payload and not isinstance(payload["jti"], str):
        return "Jwt payload [jti] field is not a string"
    audience = payload.get("aud", "")
    listed = isinstance(audience, list) and all(isinstance(item, str) for item in audience)
    if not listed and not isinstance(audience, str):
        return "Jwt payload [aud] field is not a string or string list"
    return ""


def _number_problem(name: str, payload: Json) -> str:
    if name not in payload:
        return ""
    value = payload[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"Jwt payload [{name}] field is not an integer"
    if not 0 <= value < 1 << 64:
        return f"Jwt payload [{name}] field is not a positive 64 bit integer"
    return ""


def claim(payload: Json, name: str) -> Any:
    """A claim by its name, which may be a path with dots; None when it is absent."""
    if name in payload:
        return payload[name]
    value: Any = payload
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
