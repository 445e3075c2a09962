"""The signature of a token against a JSON web key set (RS*, PS*, ES*, EdDSA, HS*).

Keys are chosen by ``kid`` and ``alg`` where both sides name them, as jwt_verify_lib does (src/verify.cc); the words of the
failures are its words too (they end up in the access log).
"""

from __future__ import annotations

import base64
from typing import Any

from meshctl.proxy.filters.http.jwt_token import VERIFICATION, Token

Json = dict[str, Any]

_NO_KEY = "Jwks doesn't have key to match kid or alg from Jwt"
_WRONG_LENGTH = "Jwt ED25519 signature is wrong length"
_TYPES = ("RSA", "EC", "oct", "OKP")
_ED25519_SIZE = 64


def _bytes(text: Any) -> bytes:
    text = str(text or "")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(token: Token, keys: list[Json]) -> str:
    """ "" when one of the keys verifies the token, else the failure.

    The keys are tried in their order; one of another type than the token's algorithm is tried too, and an Ed25519 key ends that
    where the signature has not its length.
    """
    algorithm, kid = str(token.header.get("alg") or ""), token.header.get("kid")
    signed = token.text.rpartition(".")[0].encode()
    failure = _NO_KEY
    for key in keys:
        other = kid and key.get("kid") and key["kid"] != kid
        if other or (key.get("alg") and key["alg"] != algorithm) or key.get("kty") not in _TYPES:
            continue
        if key["kty"] == "OKP" and len(token.signature) != _ED25519_SIZE:
            return _WRONG_LENGTH
        if _verifies(key, algorithm, signed, token.signature):
            return ""
        failure = VERIFICATION
    return failure


def _verifies(key: Json, algorithm: str, signed: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        if key["kty"] == "oct":
            return _shared_key_holds(key, algorithm, signed, signature)
        if key["kty"] == "RSA" and algorithm[:2] not in ("RS", "PS"):
            return False
        _check(key, algorithm, signed, signature)
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _shared_key_holds(key: Json, algorithm: str, signed: bytes, signature: bytes) -> bool:
    import hashlib
    import hmac

    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(algorithm, hashlib.sha256)
    return hmac.compare_digest(hmac.new(_bytes(key.get("k")), signed, digest).digest(), signature)


def _check(key: Json, algorithm: str, signed: bytes, signature: bytes) -> None:
    """Raises InvalidSignature unless the key made the signature."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if key.get("kty") == "OKP":
        ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key.get("x"))).verify(signature, signed)
        return
    digests: dict[str, hashes.HashAlgorithm] = {"384": hashes.SHA384(), "512": hashes.SHA512()}
    digest = digests.get(algorithm[2:], hashes.SHA256())
    if key.get("kty") == "RSA":
        numbers = rsa.RSAPublicNumbers(
            int.from_bytes(_bytes(key.get("e")), "big"), int.from_bytes(_bytes(key.get("n")), "big")
        )
        fill: padding.AsymmetricPadding = padding.PKCS1v15()
        if algorithm.startswith("PS"):
            fill = padding.PSS(padding.MGF1(digest), digest.digest_size)
        numbers.public_key().verify(signature, signed, fill, digest)
        return
    curves: dict[str, ec.EllipticCurve] = {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
    }
    point = ec.EllipticCurvePublicNumbers(
        int.from_bytes(_bytes(key.get("x")), "big"),
        int.from_bytes(_bytes(key.get("y")), "big"),
        curves[str(key.get("crv"))],
    )
    half = len(signature) // 2
    encoded = encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )
    point.public_key().verify(encoded, signed, ec.ECDSA(digest))
