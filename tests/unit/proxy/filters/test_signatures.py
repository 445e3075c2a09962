"""Signatures of tokens against key sets, algorithm by algorithm; where a provider looks for its token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from meshctl.envoy.api.extensions_filters_http_jwt_authn_v3 import JwtProvider
from meshctl.match.request_view import RequestView
from meshctl.proxy.filters.http.jwks import verify
from meshctl.proxy.filters.http.jwt_request import Context, extract
from meshctl.proxy.filters.http.jwt_token import claim, parse, unescape

Json = dict[str, Any]
RSA, ED = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
CURVES = {
    "ES256": (ec.SECP256R1(), "P-256", 32),
    "ES384": (ec.SECP384R1(), "P-384", 48),
    "ES512": (ec.SECP521R1(), "P-521", 66),
}
EC = {name: ec.generate_private_key(curve) for name, (curve, _, _) in CURVES.items()}
SECRET = b"secret"
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int, size: int) -> str:
    return b64(value.to_bytes(size, "big"))


def signed(algorithm: str, text: bytes) -> bytes:
    kind, bits = algorithm[:2], algorithm[2:]
    match kind:
        case "HS":
            return hmac.new(
                SECRET, text, {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}[bits]
            ).digest()
        case "RS":
            return RSA.sign(text, padding.PKCS1v15(), DIGESTS[bits])
        case "PS":
            return RSA.sign(
                text, padding.PSS(padding.MGF1(DIGESTS[bits]), DIGESTS[bits].digest_size), DIGESTS[bits]
            )
        case "ES":
            r, s = decode_dss_signature(EC[algorithm].sign(text, ec.ECDSA(DIGESTS[bits])))
            size = CURVES[algorithm][2]
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        case _:
            return ED.sign(text)


def key(algorithm: str, **more: Any) -> Json:
    match algorithm[:2]:
        case "HS":
            return {"kty": "oct", "k": b64(SECRET), **more}
        case "RS" | "PS":
            numbers = RSA.public_key().public_numbers()
            return {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3), **more}
        case "ES":
            _, curve, size = CURVES[algorithm]
            point = EC[algorithm].public_key().public_numbers()
            return {"kty": "EC", "crv": curve, "x": number(point.x, size), "y": number(point.y, size), **more}
        case _:
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(ED.public_key().public_bytes_raw()), **more}


def token(algorithm: str, kid: str | None = None) -> str:
    head = {"alg": algorithm, **({"kid": kid} if kid else {})}
    text = f"{b64(json.dumps(head).encode())}.{b64(b'{}')}"
    return f"{text}.{b64(signed(algorithm, text.encode()))}"


ALGORITHMS = [
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
WRONG_LENGTH = "Jwt ED25519 signature is wrong length"
NO_KEY, FAILS = "Jwks doesn't have key to match kid or alg from Jwt", "Jwt verification fails"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm(algorithm: str) -> None:
    good = token(algorithm)
    head, payload, signature = good.split(".")
    forged = f"{head}.{b64(b'{ }')}.{signature}"
    assert payload == b64(b"{}")
    assert verify(parse(good), [key(algorithm)]) == ""
    assert verify(parse(good), [key(algorithm, alg=algorithm)]) == ""
    assert verify(parse(forged), [key(algorithm)]) == FAILS
    assert verify(parse(good), [key(algorithm, alg="other")]) == NO_KEY
    others = [
        key(other) for other in ("HS256", "RS256", "ES256") if key(other)["kty"] != key(algorithm)["kty"]
    ]
    assert verify(parse(good), others) == FAILS
    assert verify(parse(good), [{"kty": "mine"}]) == NO_KEY
    assert verify(parse(good), [*others, {**key(algorithm), "x": "", "n": "", "k": ""}, key(algorithm)]) == ""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_ed25519_key_takes_no_signature_of_another_length(algorithm: str) -> None:
    """Envoy tries no key behind it then."""
    good = parse(token(algorithm))
    short = algorithm in ("HS512", "ES256")  # of 64 bytes too
    if algorithm != "EdDSA":
        assert verify(good, [key("EdDSA"), key(algorithm)]) == ("" if short else WRONG_LENGTH)
    assert verify(good, [key(algorithm), key("EdDSA")]) == ""
    assert verify(good, [key("EdDSA", alg="EdDSA"), key(algorithm)]) == ""
    cut = parse(token("EdDSA")[:-2])
    assert verify(cut, [key("EdDSA")]) == WRONG_LENGTH


KIDS = [("a", "a", ""), ("a", "b", NO_KEY), ("a", None, ""), (None, "b", ""), (None, None, "")]


@pytest.mark.parametrize(("asked", "own", "failure"), KIDS)
def test_a_key_is_chosen_by_its_id(asked: str | None, own: str | None, failure: str) -> None:
    assert verify(parse(token("HS256", asked)), [key("HS256", **({"kid": own} if own else {}))]) == failure


@pytest.mark.parametrize(("text", "raw"), [
    ("", b""), ("YQ", b"a"), ("YQ==", b"a"), ("YQ=", None), ("YWI", b"ab"), ("YWI=", b"ab"), ("YWI==", None), ("Y", None), ("YWJj", b"abc"), ("YWJj=", None), ("-_8", b"\xfb\xff"),
    ("+/8", None), (" Y Q ", b"a"), ("Y===", None),
])  # fmt: skip
def test_url_safe_base64(text: str, raw: bytes | None) -> None:
    assert unescape(text) == raw


@pytest.mark.parametrize(
    ("name", "value"), [("a", 1), ("b.c", 2), ("b.c.d", None), ("x", None), ("d.e", 3), ("b", {"c": 2})]
)
def test_a_claim_may_be_a_path(name: str, value: Any) -> None:
    assert claim({"a": 1, "b": {"c": 2}, "d.e": 3, "d": {"e": 4}}, name) == value


def looked(provider: Json, path: str = "/", **headers: str) -> list[tuple[str, str, str]]:
    named = {
        ":path": [path],
        ":authority": ["a.com"],
        **{name.replace("_", "-"): [value] for name, value in headers.items()},
    }
    found = extract(
        [JwtProvider({"issuer": "i", **provider})], Context(named, RequestView(named), 0.0, lambda _: True)
    )
    assert all(one.issuers == {"i"} for one in found)
    return [(one.text, one.header, one.parameter) for one in found]


HEADERS = {"from_headers": [{"name": "X-Token", "value_prefix": "Tok "}, {"name": "host"}]}
PLACES = [  # a provider, the request, the tokens it finds as (token, header, parameter)
    ({}, {"authorization": "Bearer abc"}, [("abc", "authorization", "")]), ({}, {"authorization": "Basic abc"}, []), ({}, {"authorization": "x Bearer  =abc"}, [("abc", "authorization", "")]),
    ({}, {"authorization": "Bearer =="}, [("Bearer ==", "authorization", "")]), ({}, {"path": "/?access_token=t"}, [("t", "", "access_token")]), ({}, {"path": "/?a%63cess_token=%74"}, [("t", "", "access_token")]),
    ({}, {"path": "/?access_token=t", "authorization": "Bearer abc"}, [("abc", "authorization", ""), ("t", "", "access_token")]),
    (HEADERS, {"authorization": "Bearer abc"}, [("a.com", "host", "")]), (HEADERS, {"x_token": "Tok abc"}, [("a.com", "host", ""), ("abc", "x-token", "")]), (HEADERS, {"x_token": "abc"}, [("a.com", "host", "")]),
    ({"from_params": ["t", "s"]}, {"path": "/?t=1&s=2&access_token=3"}, [("2", "", "s"), ("1", "", "t")]), ({"from_cookies": ["c"]}, {"cookie": "c=1; d=2"}, [("1", "", "")]), ({"from_cookies": ["c"]}, {}, []),
    ({"from_cookies": ["c"], "from_params": ["t"]}, {"path": "/?t=1", "cookie": "c=2", "authorization": "Bearer abc"}, [("1", "", "t"), ("2", "", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "request_", "tokens"), PLACES)
def test_where_a_provider_looks(
    provider: Json, request_: dict[str, str], tokens: list[tuple[str, str, str]]
) -> None:
    assert looked(provider, **request_) == tokens
