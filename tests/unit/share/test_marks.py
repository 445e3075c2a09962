"""Marked secrets in every place they are known to stand in: none survives a snapshot's redaction.

A table: places (a function from a name and a mark to a document) times telling names, and places for texts times
shapes that tell by themselves. What no rule can know is named in docs/snapshot-format.md.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meshctl.share.redact import redact_json, redact_text

M = "mk7Qx93Zt0vB"  # a mark: nothing in it tells that it is a secret

NAMES = (
    "password", "DB_PASSWORD", "dbPassword", "API_TOKEN", "AWS_SECRET_ACCESS_KEY", "hmac_key", "hmacKey", "client_secret",
    "clientSecret", "x-api-key", "Authorization", "apiKey", "SIGNING_KEY", "encryption-key", "GITHUB_TOKEN", "PGPASSWORD",
    "REDIS_PASS", "session_token", "access_token", "DATABASE_URL", "SENTRY_DSN", "x-auth-token", "Cookie",
    "AZURE_STORAGE_ACCOUNT_KEY", "connectionString",
)  # fmt: skip

Place = Callable[[str, str], Any]


def _text_place(before: str) -> Place:
    return lambda name, mark: {"inline_string": before.format(name=name, mark=mark)}


NAMED: dict[str, Place] = {
    "a key": lambda n, m: {n: m},
    "a Struct": lambda n, m: {"@type": "t/udpa.type.v1.TypedStruct", "value": {n: m}},
    "a header that is set": lambda n, m: {"headers": {"request": {"set": {n: m}, "add": {}}}},
    "an annotation": lambda n, m: {"metadata": {"name": "a", "annotations": {f"example.com/{n}": m}}},
    "proxyMetadata": lambda n, m: {"proxyMetadata": {n: m}},
    "env of a container": lambda n, m: {"spec": {"containers": [{"name": "istio-proxy", "env": [{"name": n, "value": m}]}]}},
    "env of an ephemeral container": lambda n, m: {"ephemeralContainers": [{"name": "d", "env": [{"name": n, "value": m}]}]},
    "env of a plugin": lambda n, m: {"vmConfig": {"env": [{"name": n, "valueFrom": "INLINE", "value": m}]}},
    "pluginConfig": lambda n, m: {"pluginConfig": {n: m, "rules": [1]}},
    "an argument in one word": lambda n, m: {"args": ["serve", f"--{n}={m}"]},
    "an argument in two words": lambda n, m: {"args": ["serve", f"--{n}", m, "-v"]},
    "a shell's command": lambda n, m: {"command": ["sh", "-c", f"exec app --{n} {m} -v"]},
    "a condition of a policy": lambda n, m: {"when": [{"key": f"request.headers[{n}]", "values": [m], "notValues": []}]},
    "a header matcher": lambda n, m: {"name": n, "string_match": {"exact": m}},
    "a match of a VirtualService": lambda n, m: {"match": [{"headers": {n: {"exact": m}}}]},
    "a header that Envoy adds": lambda n, m: {"header": {"key": n, "value": m}, "append_action": "APPEND_IF_EXISTS_OR_ADD"},
    "a raw header": lambda n, m: {"header": {"key": n, "raw_value": m}},
    "Lua": _text_place('function envoy_on_request(h) h:headers():add("{name}", "{mark}") end'),
    "Lua, a table": _text_place('local t = {{ ["{name}"] = "{mark}" }}'),
    "Lua, a variable": _text_place('local v = {{}}; v.{name} = "{mark}"'),
    "Wasm": lambda n, m: {"@type": "t/google.protobuf.StringValue", "value": json.dumps({"rules": [{n: m}]})},
    "Wasm, YAML": lambda n, m: {"value": f"a: 1\n{n}: {m}\n"},
    "a query": lambda n, m: {"uri": f"https://example.test/x?a=1&{n}={m}&b=2"},
    "last applied": lambda n, m: {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({n: m})}},
    "last applied, in node metadata": lambda n, m: {
        "node": {"metadata": {"ANNOTATIONS": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"s": {n: m}})}}}
    },
}  # fmt: skip

B = "Zx81kQpLmN04vTyRw7Ju"  # 20 characters
SHAPES: dict[str, str] = {
    "PEM": f"-----BEGIN PRIVATE KEY-----\n{M}\n-----END PRIVATE KEY-----\n",
    "PEM, cut off": f"-----BEGIN RSA PRIVATE KEY-----\n{M}\n",
    "PEM, OpenSSH": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{M}\n-----END OPENSSH PRIVATE KEY-----",
    "PGP": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{M}\n-----END PGP PRIVATE KEY BLOCK-----",
    "JWT": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.{M}",
    "bearer": f"Bearer {M}",
    "basic": f"Basic {M}==",
    "htpasswd": f"admin:$apr1$abcdefgh${M}",
    "htpasswd, bcrypt": f"admin:$2y$05${M}",
    "htpasswd, SHA": f"admin:{{SHA}}{M}=",
    "URL": f"postgres://app:{M}@db.test:5432/x",
    "URL without a user": f"redis://:{M}@redis.test:6379/0",
    "Slack's webhook": f"https://hooks.slack.com/services/T000/B000/{M}",
    "Slack's token": f"xoxb-123456789012-{M}",
    "AWS": "AKIA" + "MK7QX93ZT0VBCDEF",
    "Google": "AIza" + M + B + "abc",
    "GitHub": "ghp_" + M + B + "abcd",
    "GitLab": "glpat-" + M + B,
    "Stripe": "sk_live_" + M + B,
    "SendGrid": f"SG.{M}{B}.{B}{B}",
    "npm": "npm_" + M + B + "abcd",
    "Vault": "hvs." + M + B,
    "OpenAI": "sk-proj-" + M + B,
    "SAS": f"https://x.test/c?sv=1&sig={M}%3D&se=2",
    "curl": f"curl -u me:{M} https://x.test/",
    "Azure": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={M}{B}==;EndpointSuffix=core.test",
}
TEXTS: dict[str, Callable[[str], Any]] = {
    "a value": lambda t: {"note": t},
    "an annotation": lambda t: {"annotations": {"example.com/a": t}},
    "Lua": lambda t: {"inline_string": f'local x = "{t}"'},
    "Wasm": lambda t: {"value": json.dumps({"rules": [{"a": t}]})},
    "an argument": lambda t: {"args": [t]},
}
JWKS = {
    "oct": {"kty": "oct", "k": M, "alg": "HS256"},
    "RSA": {"kty": "RSA", "n": "public", "e": "AQAB", "d": M, "p": M, "q": M, "dp": M, "dq": M, "qi": M},
    "EC": {"kty": "EC", "crv": "P-256", "x": "public", "y": "public", "d": M},
}


def _cases() -> Iterator[tuple[str, Any]]:
    for (place, make), name in itertools.product(NAMED.items(), NAMES):
        yield f"{name} in {place}", make(name, M)
    for (place, wrap), (shape, text) in itertools.product(TEXTS.items(), SHAPES.items()):
        yield f"{shape} in {place}", wrap(text)
    for kind, key in JWKS.items():
        yield f"JWK {kind}", {"keys": [key]}
        yield f"JWK {kind} in a text", {"local_jwks": {"inline_string": json.dumps({"keys": [key]})}}
    pem = base64.b64encode(SHAPES["PEM"].encode()).decode()
    yield "PEM in base64", {"data": {"tls.key": pem}}
    yield "PKCS12", {"keystore.p12": M + B}
    yield "basic auth's users", {"users": {"inline_string": f"me:{M}"}}
    yield "an API key of the schema", {"credentials": [{"key": M, "client": "me"}]}


CASES = dict(_cases())


def _survives(document: Any) -> bool:
    data, removed = redact_json(json.dumps({"before": 1, "x": document}).encode(), "f.json")
    json.loads(data)
    return M in data.decode() or "MK7QX93ZT0VB" in data.decode() or not removed


def test_there_are_enough_marks() -> None:
    assert len(CASES) >= 700


@pytest.mark.parametrize("place", [*NAMED, *TEXTS, "J", "P", "b", "a"])
def test_no_mark_survives(place: str) -> None:
    mine = {
        n: d
        for n, d in CASES.items()
        if n.endswith(f" in {place}") or (len(place) == 1 and n.startswith(place))
    }
    assert mine
    assert [name for name, document in mine.items() if _survives(document)] == []


def test_no_mark_survives_in_a_large_document() -> None:
    padding = [{"name": f"cluster-{i}", "type": "EDS", "connect_timeout": "10s"} for i in range(20_000)]
    document = {"configs": padding, "all": [*CASES.values()]}
    data, _ = redact_json(json.dumps(document).encode(), "f.json")
    assert M not in data.decode()
    assert json.loads(data)["configs"] == padding


@pytest.mark.parametrize("name", NAMES)
def test_no_mark_survives_in_a_log(name: str) -> None:
    text, _ = redact_text(f"istio-init starts\nENVOY_PORT=\n{name}={M}\n{name}: {M}\nend\n", "istio-init.log")
    assert M not in text
    assert "ENVOY_PORT=\n" in text
