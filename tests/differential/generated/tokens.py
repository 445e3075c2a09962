"""jwt_authn and tokens, drawn: providers, where they look and what they write, requirements of every shape; tokens good and bad.

The keys are the same for all, one of each kind. A token is signed by one of them, or not, or for another; it may be out of time, for others,
without what is asked, or no token at all.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from tests.differential.generated.draw import HTTP, NAMES, NAMESPACES, VALUES, Draw, Json

ISSUERS, AUDIENCES, SUBJECTS = ("i1", "i2"), ("a1", "a2", "http://a1/"), ("ann", "bob")
NAMED = ("r1", "r2")  # requirements by name
_PROVIDERS = ("p1", "p2", "p3")
_SECRET = b"a secret of thirty-two bytes....."
_CURVE = {"ES256": (ec.SECP256R1(), hashes.SHA256(), 32), "ES384": (ec.SECP384R1(), hashes.SHA384(), 48)}
_DIGEST = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_SIGNED = ("HS256", "HS256", "HS384", "HS512", "ES256", "ES384", "RS256", "PS256", "EdDSA")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _whole(number: int, size: int = 0) -> str:
    return _text(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


@functools.cache
def _curve_key(alg: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(12345, _CURVE[alg][0])


@functools.cache
def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@functools.cache
def _edwards_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"ed").digest())


@functools.cache
def _keys() -> dict[str, Json]:
    """The public half of each, as a JWK."""
    found: dict[str, Json] = {"oct": {"kty": "oct", "k": _text(_SECRET)}}
    for alg, (_, _, size) in _CURVE.items():
        at = _curve_key(alg).public_key().public_numbers()
        found[alg] = {"kty": "EC", "crv": f"P-{alg[2:]}", "x": _whole(at.x, size), "y": _whole(at.y, size)}
    public = _rsa_key().public_key().public_numbers()
    found["RSA"] = {"kty": "RSA", "n": _whole(public.n), "e": _whole(public.e)}
    raw = _edwards_key().public_key().public_bytes_raw()
    return found | {"EdDSA": {"kty": "OKP", "crv": "Ed25519", "x": _text(raw)}}


def _key_of(alg: str) -> str:
    return alg if alg in _keys() else "oct" if alg in _DIGEST else "RSA"


def _signature(alg: str, signed: bytes) -> bytes:
    if alg in _DIGEST:
        return hmac.new(_SECRET, signed, _DIGEST[alg]).digest()
    if alg in _CURVE:
        _, digest, size = _CURVE[alg]
        first, second = utils.decode_dss_signature(_curve_key(alg).sign(signed, ec.ECDSA(digest)))
        return first.to_bytes(size, "big") + second.to_bytes(size, "big")
    if alg == "EdDSA":
        return _edwards_key().sign(signed)
    form: padding.AsymmetricPadding = padding.PKCS1v15()
    if alg == "PS256":
        form = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return _rsa_key().sign(signed, form, hashes.SHA256())


# ---- tokens ----


def token(draw: Draw) -> str:
    alg = draw.one(_SIGNED)
    head: Json = {
        "alg": alg,
        **draw.optional(0.6, kid=draw.one((_key_of(alg), _key_of(alg), _key_of(alg), "other")), typ="JWT"),
    }
    if draw.maybe(0.06):
        head |= draw.one(({"alg": "none"}, {"alg": 5}, {"kid": 5}, {"alg": "RS512"}, {"alg": ""}))
    parts = [_text(json.dumps(head).encode()), _text(json.dumps(_payload(draw)).encode())]
    signature = _signature(alg, ".".join(parts).encode())
    if draw.maybe(0.08):
        signature = draw.one((signature[:-1], b"", bytes(len(signature)), signature + b"x"))
    whole = ".".join([*parts, _text(signature)])
    if draw.maybe(0.06):
        return draw.one((whole + ".x", ".".join(parts), "a.b.c", "", ".." , whole + "=", f"{_text(b'[1]')}.{parts[1]}.x",
                         f"{parts[0]}.{_text(b'no json')}.x", f"{parts[0]}.{_text(b'[]')}.x"))  # fmt: skip
    return whole


def _payload(draw: Draw) -> Json:
    now = int(time.time())  # when it is drawn: a token may not run out between its request and the comparison
    found: Json = draw.optional(
        0.85,
        iss=draw.one((*ISSUERS, *ISSUERS, *ISSUERS, "i9")),
        sub=draw.one(SUBJECTS),
        aud=draw.one((*AUDIENCES, ["a1", "a9"], ["a9"], [], "a1/", "a9")),
        exp=now + draw.one((600, 600, 600, 600, 5000, -600)),
    )
    found |= draw.optional(0.2, nbf=now + draw.one((-600, -600, 600)), iat=now + draw.one((-600, 0)))
    odd: Json = draw.optional(0.03, iss=5, sub=["ann"], aud={"a": 1}, exp="soon", nbf="x", iat=1.5)
    if draw.maybe(0.05):
        odd["exp"] = draw.one((0, -1, 1e12, True))
    claims: Json = draw.optional(
        0.5, k=draw.one((*VALUES, 1, 2.5, True, ["1", "ab"], None)), scope="1 ab", groups=["1", "2"], j={"k": draw.one((*VALUES, 7))}
    )  # fmt: skip
    return {**found, **odd, **claims}


def carried(draw: Draw) -> list[tuple[str, str]]:
    """Headers that bring tokens, or what looks like one."""
    found = []
    if draw.maybe(0.8):
        prefix = draw.one(("Bearer ", "Bearer ", "Bearer ", "bearer ", "", "Basic "))
        found.append(("authorization", prefix + token(draw)))
    for name in draw.some(NAMES, 0, 1):
        found.append((name, draw.one(("", "", "pre:", "pre=")) + token(draw)))
    if draw.maybe(0.15):
        found.append(("cookie", f"t={token(draw)}"))
    return found


# ---- the filter ----


def jwt(draw: Draw) -> tuple[Json, Json | None]:
    names = draw.some(_PROVIDERS, 1, 3)
    settings: Json = {
        "@type": f"{HTTP}.jwt_authn.v3.JwtAuthentication",
        "providers": {name: _provider(draw) for name in names},
        "rules": draw.several(lambda: _rule(draw, names), 0 if draw.maybe(0.1) else 1, 3),
        "requirement_map": {name: requirement(draw, names, 2) for name in NAMED},
        **draw.optional(0.2, bypass_cors_preflight=True),
    }
    if draw.maybe(0.15):
        settings["filter_state_rules"] = {
            "name": "fs.one",
            "requires": {value: requirement(draw, names, 1) for value in draw.some(VALUES, 1, 2)},
        }
    own = draw.one(({"requirement_name": draw.one((*NAMED, "r9"))}, {"disabled": True}))
    return settings, {"@type": f"{HTTP}.jwt_authn.v3.PerRouteConfig", **own}


def _provider(draw: Draw) -> Json:
    keys = draw.some(sorted(_keys()), 1, 5)
    shown = [{**_keys()[name], **draw.optional(0.6, kid=name)} for name in keys]
    found: Json = {"local_jwks": {"inline_string": json.dumps({"keys": shown})}}
    found |= draw.optional(0.85, issuer=draw.one(ISSUERS))
    found |= draw.optional(
        0.25,
        audiences=draw.some(AUDIENCES, 1, 2),
        subjects=draw.string(SUBJECTS),
        clock_skew_seconds=draw.one((0, 1, 700)),
    )
    found |= draw.optional(0.15, require_expiration=True, max_lifetime=draw.one(("1000s", "100s")))
    if draw.maybe(0.5):
        prefix = draw.one(
            ({}, {"value_prefix": "Bearer "}, {"value_prefix": "pre"}, {"value_prefix": "pre:"})
        )
        found["from_headers"] = [{"name": draw.one((*NAMES, "authorization")), **prefix}]
    found |= draw.optional(0.2, from_params=["t"], from_cookies=["t"])
    found |= draw.optional(
        0.3, forward=True, payload_in_metadata=draw.one(NAMESPACES), forward_payload_header=draw.one(NAMES)
    )
    found |= draw.optional(
        0.2,
        header_in_metadata="m.one",
        failed_status_in_metadata="m.two",
        pad_forward_payload_header=True,
        clear_route_cache=True,
    )
    if "payload_in_metadata" in found:
        found |= draw.optional(0.3, normalize_payload_in_metadata={"space_delimited_claims": ["scope"]})
    claims = draw.several(
        lambda: {
            "header_name": draw.one(NAMES),
            "claim_name": draw.one(("k", "j.k", "sub", "scope", "groups", "exp", "none", "j")),
        },
        1,
        2,
    )
    return found | draw.optional(0.35, claim_to_headers=claims)


def _rule(draw: Draw, names: list[str]) -> Json:
    match: Json = {"prefix": draw.one(("/", "/", "/a", "/b"))}
    match |= draw.optional(0.15, headers=[draw.header()])
    if draw.maybe(0.1):
        return {"match": match}
    if draw.maybe(0.15):
        return {"match": match, "requirement_name": draw.one(NAMED)}
    return {"match": match, "requires": requirement(draw, names, 2)}


def requirement(draw: Draw, names: list[str], depth: int) -> Json:
    kinds = ("provider_name",) * 4 + (
        "provider_and_audiences",
        "allow_missing",
        "allow_missing_or_failed",
        "extract_only_without_validation",
    )
    kind = draw.one((*kinds, "requires_any", "requires_any", "requires_all") if depth else kinds)
    if kind == "provider_name":
        return {kind: draw.one(names)}
    if kind == "provider_and_audiences":
        return {kind: {"provider_name": draw.one(names), "audiences": draw.some(AUDIENCES, 1, 2)}}
    if kind.startswith("requires_"):
        parts = [requirement(draw, names, depth - 1) for _ in range(draw.randint(2, 3))]
        return {kind: {"requirements": parts}}
    if kind == "extract_only_without_validation":
        return {kind: draw.optional(0.5, verification_status_header=draw.one(NAMES))}
    return {kind: {}}


__all__ = ["carried", "jwt", "token"]
