"""Who may call: a port's guards in words, and one call asked of the proxy itself with everything unknown that is not told."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.access import matrix, ports
from meshctl.access.calls import Answer, Asked, Caller, call, inbound
from meshctl.trace.pods import Pod
from tests.unit.proxy import build

Json = dict[str, Any]

IP, PORT = "10.0.0.9", 8080
ANN, BOB = "spiffe://cluster.local/ns/a/sa/ann", "spiffe://cluster.local/ns/b/sa/bob"
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
_JWT = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"


def rbac(action: str, policies: Json, **more: Any) -> Json:
    return {
        "name": "rbac",
        "typed_config": {"@type": build.RBAC, "rules": {"action": action, "policies": policies}, **more},
    }


def rule(*, who: Json | None = None, what: Json | None = None) -> Json:
    return {"principals": [who or {"any": True}], "permissions": [what or {"any": True}]}


def caller_is(identity: str) -> Json:
    return {"authenticated": {"principal_name": {"exact": identity}}}


def method(name: str) -> Json:
    return {"header": {"name": ":method", "string_match": {"exact": name}}}


def path(prefix: str) -> Json:
    return {"url_path": {"path": {"prefix": prefix}}}


def pod(*filters: Json, strict: bool = True, plain: bool = False) -> Pod:
    """A pod whose virtualInbound has one port with these HTTP filters."""
    http = build.http([build.virtual_host(build.route("default", {"prefix": "/"}))], filters=filters)
    secure = {
        "name": "tls",
        "filter_chain_match": {"destination_port": PORT, "transport_protocol": "tls"},
        "transport_socket": {
            "name": "tls",
            "typed_config": {
                "@type": _TLS,
                "require_client_certificate": True,
                "common_tls_context": {"validation_context_sds_secret_config": {"name": "ROOTCA"}},
            },
        },
        "filters": http,
    }
    open_ = {
        "filter_chain_match": {"destination_port": PORT, "transport_protocol": "raw_buffer"},
        "filters": http,
    }
    chains = [secure, *([open_] if plain or not strict else [])]
    listening = "type.googleapis.com/envoy.extensions.filters.listener."
    filters_ = [
        {"name": "original_dst", "typed_config": {"@type": f"{listening}original_dst.v3.OriginalDst"}},
        {"name": "tls_inspector", "typed_config": {"@type": f"{listening}tls_inspector.v3.TlsInspector"}},
    ]
    listener = build.listener(chains, port=15006, traffic_direction="INBOUND", listener_filters=filters_)
    listener["name"] = "virtualInbound"
    return Pod("server", "x", (IP,), proxy=build.proxy([listener]))


def asked(server: Pod, identity: str = ANN, ip: str = "10.0.0.1", **told: Any):
    assert server.proxy is not None
    listener = inbound(server.proxy)
    assert listener is not None
    return call(server.proxy, listener, Caller("c", identity, ip), IP, PORT, Asked(**told))


def test_without_policies_every_caller_of_the_mesh_is_allowed():
    assert asked(pod()).answer is Answer.ALLOWED


def test_plain_text_to_a_strict_port_is_denied():
    assert asked(pod(), identity="").answer is Answer.DENIED


def test_plain_text_to_a_permissive_port_is_allowed():
    assert asked(pod(strict=False), identity="").answer is Answer.ALLOWED


ALLOW_ANN = rbac("ALLOW", {"ns[x]-policy[readers]-rule[0]": rule(who=caller_is(ANN))})


def test_an_allow_policy_by_identity():
    assert asked(pod(ALLOW_ANN)).answer is Answer.ALLOWED
    assert asked(pod(ALLOW_ANN)).by == "AuthorizationPolicy x/readers rule 0"
    denied = asked(pod(ALLOW_ANN), BOB)
    assert denied.answer is Answer.DENIED and "no ALLOW policy matches" in denied.by


READ_ONLY = rbac("ALLOW", {"ns[x]-policy[readers]-rule[0]": rule(who=caller_is(ANN), what=method("GET"))})


def test_what_is_not_told_is_what_it_depends_on():
    found = asked(pod(READ_ONLY))
    assert (found.answer, found.on) == (Answer.DEPENDS, ("the method",))
    assert asked(pod(READ_ONLY), method="GET", path="/").answer is Answer.ALLOWED
    assert asked(pod(READ_ONLY), method="PUT", path="/").answer is Answer.DENIED


def test_who_may_never_call_is_denied_whatever_is_not_told():
    assert asked(pod(READ_ONLY), BOB).answer is Answer.DENIED


NO_DELETE = rbac(
    "DENY",
    {
        "ns[x]-policy[a-no-delete]-rule[0]": rule(what=method("DELETE")),
        "ns[x]-policy[b-no-bob]-rule[0]": rule(who=caller_is(BOB)),
    },
)


def test_a_policy_that_denies_for_sure_denies_though_another_is_open():
    denied = asked(pod(NO_DELETE), BOB)
    assert denied.answer is Answer.DENIED and "x/b-no-bob" in denied.by
    assert asked(pod(NO_DELETE)).answer is Answer.DEPENDS


def test_a_header_that_is_not_told_is_named():
    guard = rbac("ALLOW", {"p": rule(what={"header": {"name": "x-team", "string_match": {"exact": "a"}}})})
    assert asked(pod(guard), method="GET", path="/").on == ("header `x-team`",)
    told = asked(pod(guard), method="GET", path="/", headers=(("x-team", "a"),))
    assert told.answer is Answer.ALLOWED
    assert asked(pod(guard), method="GET", path="/", whole=True).answer is Answer.DENIED


def test_a_source_address_that_is_not_known_is_named():
    guard = rbac(
        "ALLOW", {"p": rule(who={"direct_remote_ip": {"address_prefix": "10.0.0.0", "prefix_len": 8}})}
    )
    assert asked(pod(guard)).answer is Answer.ALLOWED
    assert asked(pod(guard), ip="192.0.2.1").answer is Answer.DENIED
    assert asked(pod(guard), ip="").answer in (Answer.DEPENDS, Answer.UNDECIDED)


def test_a_policy_on_tokens_depends_on_the_token():
    jwt = {
        "name": "jwt",
        "typed_config": {
            "@type": _JWT,
            "providers": {
                "p": {
                    "issuer": "https://i",
                    "local_jwks": {"inline_string": "{}"},
                    "payload_in_metadata": "payload",
                }
            },
            "rules": [
                {
                    "match": {"prefix": "/"},
                    "requires": {
                        "requires_any": {"requirements": [{"provider_name": "p"}, {"allow_missing": {}}]}
                    },
                }
            ],
        },
    }
    claim = {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": "payload"}, {"key": "iss"}],
        "value": {"string_match": {"exact": "https://i"}},
    }
    guard = rbac("ALLOW", {"p": rule(who={"metadata": claim})})
    found = asked(pod(jwt, guard), method="GET", path="/")
    assert found.answer is Answer.DEPENDS and "the token" in found.on
    assert asked(pod(jwt, guard), method="GET", path="/", whole=True).answer is Answer.DENIED


def test_the_guards_of_a_port_in_words_with_parentheses():
    guard = rbac(
        "ALLOW",
        {
            "ns[x]-policy[p]-rule[0]": {
                "principals": [
                    {
                        "and_ids": {
                            "ids": [{"or_ids": {"ids": [caller_is(ANN), caller_is(BOB)]}}, {"any": True}]
                        }
                    }
                ],
                "permissions": [
                    {
                        "or_rules": {
                            "rules": [method("GET"), {"and_rules": {"rules": [method("PUT"), path("/a")]}}]
                        }
                    }
                ],
            }
        },
    )
    server = pod(guard)
    assert server.proxy is not None
    port = ports.port(inbound(server.proxy), PORT)
    assert (port.tls, port.over) == ("STRICT", ("HTTP",))
    (found,) = port.guards
    assert found.rules[0].policy == "x/p rule 0"
    assert found.rules[0].source == f"(caller exact `{ANN}` or caller exact `{BOB}`) and anyone"
    assert found.rules[0].target == "method `GET` or (method `PUT` and path prefix `/a`)"


@pytest.mark.parametrize(("strict", "plain", "word"), [(True, False, "STRICT"), (False, True, "PERMISSIVE")])
def test_the_tls_of_a_port(strict, plain, word):
    server = pod(strict=strict, plain=plain)
    assert server.proxy is not None
    assert ports.port(inbound(server.proxy), PORT).tls == word


def test_the_matrix_has_every_caller_but_the_pod_itself():
    server = pod(ALLOW_ANN)
    callers = [Caller("ann", ANN), Caller("bob", BOB), Caller("plain"), Caller(server.full_name, BOB)]
    found = {c.caller.name: c.call.answer for c in matrix.cells([server], callers, wanted=PORT)}
    assert found == {"ann": Answer.ALLOWED, "bob": Answer.DENIED, "plain": Answer.DENIED}


def test_what_strict_would_break():
    server = pod(strict=False)
    to = build.cluster("outbound|80||server.x", f"{IP}:{PORT}")
    client = Pod("client", "x", ("10.0.0.1",), proxy=build.proxy([], (to,)))
    plain = Pod("plain", "x", ("10.0.0.2",))
    found = {(one.caller, one.through) for one in matrix.breaks([server, client, plain])}
    assert found == {("client.x", "outbound|80||server.x"), ("plain.x", "")}
    assert not list(matrix.breaks([pod(), client, plain]))
