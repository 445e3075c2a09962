"""The signature of a token against a JSON web key set (RS*, PS*, ES*, EdDSA, HS*).

Keys are chosen by ``kid`` and by the algorithm's key type, as jwt_verify_lib does; the words of the failures are
its words too (they end up in the access log).
"""

from __future__ import annotations

import base64
from typing import Any

from meshctl.proxy.filters.http.jwt_token import VERIFICATION, Token

Json = dict[str, Any]

_NO_KEY = "Jwks doesn't have key to match kid or alg from Jwt"
_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "HS": "oct", "Ed": "OKP"}


def _bytes(text: Any) -> bytes:
    text = str(text or "")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(token: Token, keys: list[Json]) -> str:
    """ "" when one of the keys verifies the token, else the failure."""
    algorithm, kid = str(token.header.get("alg") or ""), token.header.get("kid")
    kind = _TYPES[algorithm[:2]]
    fitting = [
        key
        for key in keys
        if (not kid or not key.get("kid") or key["kid"] == kid)
        and (not key.get("alg") or key["alg"] == algorithm)
        and key.get("kty") == kind
    ]
    if not fitting:
        return _NO_KEY
    signed = token.text.rpartition(".")[0].encode()
    return "" if any(_verifies(key, algorithm, signed, token.signature) for key in fitting) else VERIFICATION


def _verifies(key: Json, algorithm: str, signed: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        if algorithm.startswith("HS"):
            return _shared_key_holds(key, algorithm, signed, signature)
        _check(key, algorithm, signed, signature)
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _shared_key_holds(key: Json, algorithm: str, signed: bytes, signature: bytes) -> bool:
    import hashlib
    import hmac

    digest = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}[algorithm[2:]]
    return hmac.compare_digest(hmac.new(_bytes(key.get("k")), signed, digest).digest(), signature)


def _check(key: Json, algorithm: str, signed: bytes, signature: bytes) -> None:
    """Raises InvalidSignature unless the key made the signature."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if key.get("kty") == "OKP":
        ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key.get("x"))).verify(signature, signed)
        return
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
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
