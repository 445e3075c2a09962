"""What counts as a secret, what does not, and that everything else stays byte for byte."""

from __future__ import annotations

import base64
import json

import pytest

from meshctl.share.redact import redact_json, redact_text
from meshctl.share.shapes import MARK

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
TYPED = "type.googleapis.com/udpa.type.v1.TypedStruct"

SECRETS = [
    (
        "a password of a filter in a TypedStruct",
        {"@type": TYPED, "value": {"password": "hunter2!"}},
        "hunter2!",
    ),
    ("a short password", {"password": "abc", "other": "abcdef"}, '"abc"'),
    ("a private key as inline string", {"private_key": {"inline_string": KEY}}, "MIIEvQ"),
    (
        "a private key as inline bytes",
        {"x": {"inline_bytes": base64.b64encode(KEY.encode()).decode()}},
        "LS0tLS1CRUdJTi",
    ),
    (
        "a header that a route adds",
        {"header": {"key": "Authorization", "value": "Basic dXNlcjpwYXNz"}},
        "dXNlcjpwYXNz",
    ),
    ("an API key header", {"header": {"key": "x-api-key", "value": "k-12345"}}, "k-12345"),
    ("a header matcher", {"name": "authorization", "string_match": {"exact": "tok-abcdef"}}, "tok-abcdef"),
    (
        "a token that is matched",
        {"name": "x-token", "string_match": {"exact": "a8f5f167f44f4964e6c998de"}},
        "a8f5f167",
    ),
    ("an environment variable", {"name": "DB_PASSWORD", "value": "s3cr3tvalue"}, "s3cr3tvalue"),
    ("an API key's list", {"credentials": [{"key": "abcdef123", "client": "one"}]}, "abcdef123"),
    (
        "users of basic auth",
        {"users": {"inline_string": "me:{SHA}2kuSN7rMzfGcB2DKt67EqDWQELA="}, "password": "x" * 9},
        "x" * 9,
    ),
    ("a JWT anywhere", {"note": f"use {JWT} for tests"}, JWT),
    ("a password in a URL", {"uri": "https://me:topsecret@example.test/x"}, "topsecret"),
    (
        "a secret in a Lua script",
        {"inline_string": 'local t = { ["api_key"] = "zzz-999-yyy" }'},
        "zzz-999-yyy",
    ),
    ("a secret in a Wasm configuration", {"value": '{"client_secret": "wasm-secret-1"}'}, "wasm-secret-1"),
    ("an argument", {"args": ["--password=swordfish1"]}, "swordfish1"),
    ("a cloud key", {"note": "AKIAIOSFODNN7EXAMPLE"}, "AKIAIOSFODNN7EXAMPLE"),
    ("an OAuth client secret", {"client_secret": "oauth-secret-9"}, "oauth-secret-9"),
    (
        "AWS credentials",
        {"secret_access_key": "wJalrXUtnFEMI/K7MDENG", "session_token": "FwoGZXIvYXdz"},
        "wJalrXUtnFEMI",
    ),
]


@pytest.mark.parametrize(
    ("document", "secret"), [case[1:] for case in SECRETS], ids=[case[0] for case in SECRETS]
)
def test_a_secret_is_removed_marked_and_listed(document: dict[str, object], secret: str) -> None:
    data, removed = redact_json(json.dumps({"keep": "this", "x": document}).encode(), "f.json")
    text = data.decode()
    assert secret not in text
    assert MARK in text
    assert json.loads(text)["keep"] == "this"
    assert removed
    assert all(r.file == "f.json" and r.path.startswith("x") for r in removed)


HARMLESS = [
    {"private_key": {"inline_bytes": "W3JlZGFjdGVkXQ=="}},  # Envoy's own mark
    {"private_key": {"filename": "/etc/certs/key.pem"}},
    {"tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": {"ads": {}}}]},
    {
        "secret": {
            "name": "default",
            "tls_certificate": {"certificate_chain": {"inline_bytes": "LS0tLS1CRUdJTiBDRVJU"}},
        }
    },
    {"hash_policy": [{"cookie": {"name": "session", "ttl": "3600s"}}]},
    {"name": "cookie", "string_match": {"safe_regex": {"regex": "^(.*?;)?(user=jason)(;.*)?$"}}},
    {"name": "x-token", "string_match": {"exact": "admin"}},
    {"from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}]},
    {"token_bucket": {"max_tokens": 100, "tokens_per_fill": 10}},
    {"name": "authorization", "present_match": True},
    {"local_jwks": {"inline_string": '{"keys":[{"kty":"RSA","n":"abc","e":"AQAB"}]}'}},
    {"header": {"key": "x-envoy-foo", "value": "%REQ(authorization)%"}},
]


@pytest.mark.parametrize("document", HARMLESS, ids=[str(next(iter(d))) for d in HARMLESS])
def test_what_is_no_secret_stays_byte_for_byte(document: dict[str, object]) -> None:
    data = json.dumps(document).encode()
    assert redact_json(data, "f.json") == (data, [])


def test_the_rest_of_the_document_keeps_its_bytes() -> None:
    before = b'{\n "a":   [1, 2.50],\n "password": "longenough",\n "b": "\\u003cx\\u003e"\n}\n'
    after, _ = redact_json(before, "f.json")
    assert after == before.replace(b"longenough", MARK.encode())


def test_a_secret_is_removed_wherever_else_it_stands() -> None:
    after, _ = redact_json(b'{"password": "swordfish9", "note": "swordfish9"}', "f.json")
    assert b"swordfish9" not in after


def test_secrets_in_a_log_are_removed() -> None:
    text, removed = redact_text(f"start\ntoken: Bearer abcdef123456789\n{KEY}", "log")
    assert "abcdef123456789" not in text
    assert "MIIEvQ" not in text
    assert {r.reason for r in removed} >= {"private key"}
