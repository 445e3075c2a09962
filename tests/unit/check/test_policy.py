"""What policies make of a pod: deny-all, HTTP rules on TCP ports, issuers without keys; each with a near miss."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from meshctl.check import Subject, World
from meshctl.check.run import examined
from meshctl.trace.pods import Pod
from tests.unit.check.found import NOW, findings, subject
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


def exact_path(text: str) -> Json:
    return {"url_path": {"path": {"exact": text}}}


def method(name: str) -> Json:
    return {"header": {"name": ":method", "string_match": {"exact": name}}}


def principal(name: str) -> Json:
    return {"authenticated": {"principal_name": {"exact": name}}}


def any_of(*rules: Json) -> Json:
    return {"or_rules": {"rules": list(rules)}}


def all_of(*rules: Json) -> Json:
    return {"and_rules": {"rules": list(rules)}}


def allowed(permission: Json = ANY, caller: Json = ANY) -> Json:
    return {"permissions": [permission], "principals": [caller]}


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (allowed(all_of(any_of(exact_path("api/x")))), "a path begins with a slash, 'api/x' does not"),
        (allowed(all_of(any_of(exact_path("/api/x")))), ""),
        (allowed(all_of(any_of(exact_path("api"), exact_path("/x")))), ""),  # one of two is enough
        (allowed(all_of(any_of(method("get")))), "clients write GET, not get"),
        (allowed(all_of(any_of(method("GET")))), ""),
        (allowed(all_of(any_of({"destination_port": 9999}))), "it asks for port 9999"),
        (allowed(all_of(any_of({"destination_port": 80}))), ""),
        (allowed(all_of(any_of(exact_path("/a")), {"not_rule": any_of(exact_path("/a"), exact_path("/b"))})), "what it also excludes (/a)"),
        (allowed(all_of(any_of(exact_path("/a"), exact_path("/c")), {"not_rule": any_of(exact_path("/a"))})), ""),
        (allowed(all_of({"not_rule": any_of(exact_path("a"))})), ""),  # it excludes what nobody asks for
        (allowed(caller={"and_ids": {"ids": [{"or_ids": {"ids": [principal("spiffe://spiffe://cluster.local/ns/a/sa/b")]}}]}}), "without spiffe://"),
        (allowed(caller=principal("spiffe://cluster.local/ns/a/sa/b")), ""),
        (allowed(caller=principal("spiffe://frontend")), "no identity of a mesh"),
        (NEVER, ""),  # istiod's word for a policy without rules
    ],
)  # fmt: skip
def test_rules_that_no_request_meets(policy, words):
    found = findings(sidecar(http_chain(80, rbac(build.RBAC, "ALLOW", one=policy))), "policy-never-matches")
    assert [one.object for one in found] == (["AuthorizationPolicy foo/one rule 1"] if words else [])
    assert all(words in one.message for one in found)


def test_a_rule_that_is_met_in_one_chain_is_not_dead():
    one = allowed(any_of({"destination_port": 81}))
    chains = [http_chain(port, rbac(build.RBAC, "DENY", one=one)) for port in (80, 81)]
    assert findings(sidecar(*chains), "policy-never-matches") == []
    assert len(findings(sidecar(chains[0]), "policy-never-matches")) == 1


@pytest.mark.parametrize(("port", "expected"), [(80, 1), (8080, 0), (9090, 0)])
def test_the_port_of_the_service_is_none_of_the_pod(port, expected):
    """The catch-all chain takes any port: which the pod has, its containers tell."""
    denied = rbac(build.RBAC, "DENY", one=allowed(any_of({"destination_port": port})))
    proxy = sidecar(http_chain(8080, denied), {**http_chain(0, denied), "filter_chain_match": {}})
    manifest = {"spec": {"containers": [{"ports": [{"containerPort": 9090}]}]}}
    given = Subject(Pod("p", "ns", proxy=proxy), World(NOW), manifest)
    found = [one for one in examined(given) if one.code == "policy-never-matches"]
    assert len(found) == expected
    assert not [one for one in examined(subject(proxy)) if one.code == "policy-never-matches"]


def test_what_a_tcp_chain_leaves_out_of_a_rule_is_not_judged():
    whole = rbac(build.RBAC, "DENY", one=allowed(any_of(exact_path("api"))))
    rest = rbac(build.NETWORK_RBAC, "DENY", one=ALWAYS)
    assert len(findings(sidecar(http_chain(80, whole), tcp_chain(81, rest)), "policy-never-matches")) == 1
