"""What policies make of a pod: deny-all, HTTP rules on TCP ports, issuers without keys; each with a near miss."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.check.found import findings
from tests.unit.proxy import build

Json = dict[str, Any]
ANY = {"any": True}
ALWAYS = {"permissions": [{"and_rules": {"rules": [ANY]}}], "principals": [{"and_ids": {"ids": [ANY]}}]}
NEVER = {"permissions": [{"not_rule": ANY}], "principals": [{"not_id": ANY}]}
GET = {
    "permissions": [{"header": {"name": ":method", "string_match": {"exact": "GET"}}}],
    "principals": [ANY],
}
IDENTITY = {
    "permissions": [ANY],
    "principals": [{"authenticated": {"principal_name": {"exact": "spiffe://cluster.local/ns/a/sa/b"}}}],
}


def rule(name: str, number: int = 0) -> str:
    return f"ns[foo]-policy[{name}]-rule[{number}]"


def rbac(kind: str, action: str, **policies: Json) -> Json:
    named = {rule(name): one for name, one in policies.items()}
    rules = {"action": action, "policies": named} if named else {"action": action}
    return {"name": "rbac", "typed_config": {"@type": kind, "rules": rules}}


def http_chain(port: int, *filters: Json) -> Json:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "c"}}
    made = build.http([build.virtual_host(route)], filters=filters)
    return {"filter_chain_match": {"destination_port": port}, "filters": made}


def tcp_chain(port: int, *filters: Json) -> Json:
    return {"filter_chain_match": {"destination_port": port}, "filters": [*filters, *build.tcp("c")]}


def sidecar(*chains: Json) -> Any:
    return build.proxy(
        [{**build.listener(list(chains), port=15006, traffic_direction="INBOUND"), "name": "virtualInbound"}]
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([rbac(build.RBAC, "ALLOW")], 1),
        ([rbac(build.RBAC, "ALLOW", nothing=NEVER)], 1),
        ([rbac(build.RBAC, "ALLOW", nothing=NEVER, get=GET)], 0),
        ([rbac(build.RBAC, "DENY", all=ALWAYS)], 1),
        ([rbac(build.RBAC, "DENY", get=GET)], 0),
        ([rbac(build.RBAC, "LOG", all=ALWAYS)], 0),
        ([], 0),
    ],
)
def test_a_pod_that_nobody_may_call(filters, expected):
    found = findings(sidecar(http_chain(80, *filters)), "policy-denies-all")
    assert len(found) == expected
    assert all(one.message.startswith("nobody may call this pod") for one in found)


def test_one_port_that_nobody_may_call():
    denied, free = http_chain(80, rbac(build.RBAC, "ALLOW", nothing=NEVER)), http_chain(81)
    (found,) = findings(sidecar(denied, free), "policy-denies-all")
    assert found.object == "port 80"
    assert "AuthorizationPolicy foo/nothing allows nothing" in found.message


def test_a_deny_rule_with_http_attributes_denies_all_of_a_tcp_port():
    """istiod leaves out what a TCP chain cannot ask, and what is left of a DENY rule is everything."""
    chains = (
        http_chain(80, rbac(build.RBAC, "DENY", get=GET)),
        tcp_chain(3306, rbac(build.NETWORK_RBAC, "DENY", get=ALWAYS)),
    )
    (found,) = findings(sidecar(*chains))
    assert (found.code, found.object) == ("policy-http-on-tcp", "AuthorizationPolicy foo/get rule 1")
    assert "every TCP connection to port 3306" in found.message
    both = (http_chain(80, rbac(build.RBAC, "DENY", get=GET)), tcp_chain(3306))
    assert findings(sidecar(*both)) == []


def test_an_allow_rule_with_http_attributes_allows_nothing_on_a_tcp_port():
    marked = {
        "name": "rbac",
        "typed_config": {
            "@type": build.NETWORK_RBAC,
            "rules": {"policies": {"_anonymous_match_nothing_": NEVER}},
        },
    }
    (found,) = findings(sidecar(http_chain(80), tcp_chain(3306, marked)))
    assert (found.code, found.object) == ("policy-http-on-tcp", "port 3306")
    assert "nothing is allowed there" in found.message


def test_identities_are_asked_where_plain_text_is_taken():
    (found,) = findings(sidecar(http_chain(80, rbac(build.RBAC, "ALLOW", who=IDENTITY))))
    assert (found.code, found.severity.value) == ("policy-identity-plain", "info")
    strict = http_chain(80, rbac(build.RBAC, "ALLOW", who=IDENTITY))
    strict["filter_chain_match"]["transport_protocol"] = "tls"
    assert findings(sidecar(strict)) == []


def unfetched(url: str) -> str:
    """What istiod sends while it cannot fetch the keys (CreateFakeJwks of pilot/pkg/model/jwks_resolver.go)."""
    spelt = base64.urlsafe_b64encode(f"Error-IstiodFailedToFetchJwksUri-{url}".encode()).decode().rstrip("=")
    return f'{{"keys":[ {{"e":"AQAB","kid":"abc","kty":"RSA","n":"{spelt}"}}]}}'


def jwt(provider: Json) -> Json:
    kind = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"
    return {
        "name": "jwt",
        "typed_config": {"@type": kind, "providers": {"origins-0": {"issuer": "me", **provider}}},
    }


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ({"local_jwks": {"inline_string": '{"keys":[]}'}}, 1),
        ({"local_jwks": {"inline_string": "<html>"}}, 1),
        ({"local_jwks": {"inline_string": '{"keys":[{"kty":"RSA"}]}'}}, 0),
        ({"local_jwks": {"inline_string": unfetched("https://keys.example/jwks")}}, 1),
        ({"local_jwks": {"inline_string": '{"keys":[{"kty":"RSA","n":"RXJyb3I"}]}'}}, 0),
        ({"local_jwks": {"filename": "/keys"}}, 0),
        ({"remote_jwks": {"http_uri": {"uri": "https://a", "cluster": "gone"}}}, 1),
        ({"remote_jwks": {"http_uri": {"uri": "https://a", "cluster": "c"}}}, 0),
        ({}, 1),
    ],
)
def test_issuers_need_keys(provider, expected):
    assert len(findings(sidecar(http_chain(80, jwt(provider))), "jwt-keys-missing")) == expected
