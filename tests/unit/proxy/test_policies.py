"""RBAC, JWT, faults, CORS and the authorizer: who is let in, and what is told when not."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.match.request_view import Peer
from meshctl.proxy.filters.conditions import Subject
from meshctl.proxy.filters.policies import attributes_of
from meshctl.proxy.model import Connection, Disposition, Payload, Request, Tls
from meshctl.proxy.visit import visit
from tests.unit.proxy.build import (
    NETWORK_RBAC,
    RBAC,
    ask,
    cluster,
    get,
    http,
    listener,
    proxy,
    route,
    routed,
    tcp,
    virtual_host,
)

CALLER = Tls("sni", ("istio-http/1.1",), Peer(("spiffe://cluster.local/ns/a/sa/b",)), True)
MUTUAL = {
    "transport_socket": {
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "require_client_certificate": True,
            "common_tls_context": {"validation_context_sds_secret_config": {"name": "ROOTCA"}},
        }
    }
}


def rbac(action: str, permission: dict[str, Any], principal: dict[str, Any]) -> dict[str, Any]:
    policy = {"permissions": [permission], "principals": [principal]}
    name = "ns[foo]-policy[bar]-rule[0]"
    return {
        "name": "rbac",
        "typed_config": {"@type": RBAC, "rules": {"action": action, "policies": {name: policy}}},
    }


def verdict(
    filters: tuple[dict[str, Any], ...], request: Request, tls: Tls | None = None
) -> tuple[int | None, str | None]:
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=filters)}
    if tls is not None:
        chain.update(MUTUAL)
    (passage,) = ask(proxy([listener([chain])]), request, tls=tls)
    return passage.verdict.code, passage.verdict.details


ANY = {"any": True}
ME = {"authenticated": {"principal_name": {"exact": "spiffe://cluster.local/ns/a/sa/b"}}}
DENIED = "rbac_access_denied_matched_policy[ns[foo]-policy[bar]-rule[0]]"
NONE = "rbac_access_denied_matched_policy[none]"

CASES = [
    ("allow: who matches passes", rbac("ALLOW", ANY, ME), CALLER, (200, "via_upstream")),
    ("allow: a plain client has no identity", rbac("ALLOW", ANY, ME), None, (403, NONE)),
    ("deny: who matches is refused by name", rbac("DENY", ANY, ME), CALLER, (403, DENIED)),
    ("deny: who does not match passes", rbac("DENY", ANY, ME), None, (200, "via_upstream")),
    ("path", rbac("DENY", {"url_path": {"path": {"prefix": "/adm"}}}, ANY), None, (403, DENIED)),
    ("method by header", rbac("DENY", {"header": {"name": ":method", "string_match": {"exact": "GET"}}}, ANY), None, (403, DENIED)),
    ("port", rbac("ALLOW", {"destination_port": 81}, ANY), None, (403, NONE)),
    ("not", rbac("ALLOW", {"not_rule": {"destination_port": 81}}, ANY), None, (200, "via_upstream")),
    ("source", rbac("DENY", ANY, {"direct_remote_ip": {"address_prefix": "10.1.0.0", "prefix_len": 16}}), None, (403, DENIED)),
    ("and", rbac("DENY", {"and_rules": {"rules": [ANY, {"destination_port": 80}]}}, ANY), None, (403, DENIED)),
    ("or", rbac("DENY", {"or_rules": {"rules": [{"destination_port": 1}, {"destination_port": 80}]}}, ANY), None, (403, DENIED)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "http_filter", "tls", "expected"), CASES, ids=[c[0] for c in CASES])
def test_rbac(name: str, http_filter: dict[str, Any], tls: Tls | None, expected: tuple[int, str]) -> None:
    assert verdict((http_filter,), get("/admin"), tls) == expected


NAMED = Peer(("spiffe://td/a", "spiffe://td/b"), ("a.com", "b.com"), "CN=a")
CONNECTIONS = [  # whether it is TLS, the client's certificate, (mtls, its URI, its DNS name, its subject)
    (True, NAMED, (True, "spiffe://td/a", "a.com", "CN=a")), (True, Peer(dns=("a.com",)), (True, None, "a.com", None)), (True, Peer(), (False, None, None, None)),
    (True, None, (False, None, None, None)), (False, NAMED, (False, "spiffe://td/a", "a.com", "CN=a")), (False, None, (False, None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("tls", "peer", "told"), CONNECTIONS)
def test_what_an_expression_may_ask_of_a_connection(
    tls: bool, peer: Peer | None, told: tuple[Any, ...]
) -> None:
    told_port = Subject("10.9.9.9", 80, "10.1.1.1", "10.2.2.2", "sni", tls, peer, remote_port=7)
    found = attributes_of(told_port)
    assert found.connection is not None
    names = ("mtls", "uri_san_peer_certificate", "dns_san_peer_certificate", "subject_peer_certificate")
    assert tuple(found.connection[name] for name in names) == told
    assert found.connection["requested_server_name"] == "sni"
    assert (found.source, found.destination) == (
        {"address": "10.2.2.2:7", "port": 7},
        {"address": "10.9.9.9:80", "port": 80},
    )
    assert ("tls_version" in found.connection) is not tls


UNTOLD = [("10.2.2.2", None, "the client's port is not told"), ("", 7, "the client's address is not known")]


@pytest.mark.parametrize(("ip", "port", "why"), UNTOLD)
def test_an_address_without_its_port_is_not_known(ip: str, port: int | None, why: str) -> None:
    source = attributes_of(Subject("10.9.9.9", 80, "", ip, "", False, None, remote_port=port)).source
    assert source is not None
    assert {str(unknown) for unknown in source.values()} == {why}


HEADER = ("203.0.113.9", 4000, "10.1.2.3", 80)
BY_ADDRESS = [  # an RBAC principal's field, its address, whether it is the caller of a connection with a PROXY header
    ("source_ip", "203.0.113.9", True), ("source_ip", "10.1.0.9", False), ("direct_remote_ip", "10.1.0.9", True), ("direct_remote_ip", "203.0.113.9", False), ("remote_ip", "203.0.113.9", True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "address", "denied"), BY_ADDRESS)
@pytest.mark.parametrize("over", ["a connection", "a request"])
def test_whom_an_address_is_of(name: str, address: str, denied: bool, over: str) -> None:
    rules = rbac("DENY", ANY, {name: {"address_prefix": address, "prefix_len": 32}})
    network = {**rules, "typed_config": {**rules["typed_config"], "@type": NETWORK_RBAC}}
    filters = http(
        [virtual_host(route("r", {"prefix": "/"}))], filters=() if over == "a connection" else (rules,)
    )
    header = {
        "name": "p",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"
        },
    }
    chain = {"filters": [network, *filters] if over == "a connection" else filters}
    built = proxy([listener([chain], listener_filters=[header])])
    came = Connection("10.1.0.9", "10.0.0.1", 80, 0, payload=Payload.HTTP1, proxy_header=HEADER)
    (passage,) = visit(built, built.listeners.all[0], came, get(), silent=True)
    assert (passage.verdict.disposition is Disposition.DENIED) is denied


def test_a_log_action_denies_nobody() -> None:
    assert verdict((rbac("LOG", ANY, ME),), get()) == (200, "via_upstream")


def test_an_empty_allow_denies_everybody_and_no_rules_nobody() -> None:
    empty = {"name": "rbac", "typed_config": {"@type": RBAC, "rules": {}}}
    nothing = {"name": "rbac", "typed_config": {"@type": RBAC}}
    assert verdict((empty,), get()) == (403, NONE)
    assert verdict((nothing,), get()) == (200, "via_upstream")


def test_a_denied_request_without_a_route_is_403_not_404() -> None:
    chain = {"filters": http([virtual_host(route("r", {"path": "/x"}))], filters=(rbac("DENY", ANY, ANY),))}
    assert routed(proxy([listener([chain])]), get("/y")).verdict.code == 403


def test_metadata_of_a_route_that_is_not_there_is_met_by_nothing() -> None:
    matcher = {"filter": "m", "path": [{"key": "k"}], "value": {"bool_match": True}, "invert": True}
    inverted = rbac(
        "ALLOW", ANY, {"sourced_metadata": {"metadata_matcher": matcher, "metadata_source": "ROUTE"}}
    )
    chain = {"filters": http([virtual_host(route("r", {"path": "/x"}))], filters=(inverted,))}
    built = proxy([listener([chain])])
    assert routed(built, get("/x")).verdict.code == 200
    assert routed(built, get("/y")).verdict.code == 403


def test_a_condition_that_cannot_be_known_leaves_both_answers_open() -> None:
    chain = {
        "filters": http(
            [virtual_host(route("r", {"prefix": "/"}))],
            filters=(rbac("ALLOW", {"matcher": {"name": "x", "typed_config": {"@type": "t/foo.Bar"}}}, ANY),),
        )
    }
    passages = ask(proxy([listener([chain])]), get())
    assert {p.verdict.disposition for p in passages} == {Disposition.DELIVERED, Disposition.DENIED}
    assert not any(p.decided for p in passages)
    assert all("Bar" in p.undetermined[0] for p in passages)


def test_another_policy_may_allow_for_sure() -> None:
    unknown = rbac("ALLOW", {"matcher": {"name": "x", "typed_config": {"@type": "t/foo.Bar"}}}, ANY)
    unknown["typed_config"]["rules"]["policies"]["zz"] = {"permissions": [ANY], "principals": [ANY]}
    assert verdict((unknown,), get()) == (200, "via_upstream")


def test_a_denied_connection_names_the_policy_and_keeps_the_cluster() -> None:
    fields = {**rbac("DENY", ANY, ANY)["typed_config"], "@type": NETWORK_RBAC}
    chain = {"filters": [{"name": "rbac", "typed_config": fields}, *tcp("c")]}
    (passage,) = ask(proxy([listener([chain])]), payload=Payload.RAW)
    assert passage.verdict.disposition is Disposition.DENIED
    assert passage.cluster == "c"
    assert "AuthorizationPolicy foo/bar rule 0" in passage.verdict.reason


def ext_authz(**fields: Any) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"
    service = {"http_service": {"server_uri": {"cluster": "authz"}}}
    return {"name": "ext_authz", "typed_config": {"@type": kind, **service, **fields}}


def test_the_authorizer_leaves_its_answers_open() -> None:
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=(ext_authz(),))}
    clusters = (cluster("c", "10.0.0.1:8080"), cluster("authz", "10.0.0.2:9000"))
    passages = ask(proxy([listener([chain])], clusters), get())
    assert sorted((p.verdict.code or 0, p.verdict.details) for p in passages) == [
        (200, "via_upstream"),
        (403, "ext_authz_denied"),
        (403, "ext_authz_error"),
    ]
    assert not any(p.decided for p in passages)
    assert sum(p.probability for p in passages) == pytest.approx(1.0)


def test_an_authorizer_that_is_not_there_fails_for_sure() -> None:
    assert verdict((ext_authz(),), get()) == (403, "ext_authz_error")
    assert verdict((ext_authz(status_on_error={"code": "ServiceUnavailable"}),), get()) == (
        503,
        "ext_authz_error",
    )
    assert verdict((ext_authz(failure_mode_allow=True),), get()) == (200, "via_upstream")


def fault(**fields: Any) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault"
    return {"name": "fault", "typed_config": {"@type": kind, **fields}}


def test_a_fault_splits_by_its_percentage() -> None:
    abort = fault(abort={"http_status": 503, "percentage": {"numerator": 25}})
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=(abort,))}
    passages = ask(proxy([listener([chain])]), get())
    assert {(p.verdict.code, p.verdict.flags): p.probability for p in passages} == {
        (200, None): 0.75,
        (503, "FI"): 0.25,
    }


def test_a_delay_is_flagged_and_goes_on() -> None:
    delay = fault(delay={"fixed_delay": "5s", "percentage": {"numerator": 100}})
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=(delay,))}
    (passage,) = ask(proxy([listener([chain])]), get())
    assert (passage.verdict.code, passage.verdict.flags) == (200, "DI")


def test_a_filter_disabled_on_the_route_does_not_run() -> None:
    off = {"rbac": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}}
    entry = {**route("r", {"prefix": "/"}), "typed_per_filter_config": off}
    chain = {"filters": http([virtual_host(entry)], filters=(rbac("DENY", ANY, ANY),))}
    assert routed(proxy([listener([chain])]), get()).verdict.code == 200


LUA = {
    "name": "lua",
    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"},
}


def test_a_filter_of_unknown_effect_leaves_open_whether_it_answers() -> None:
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=(LUA,))}
    passages = ask(proxy([listener([chain])]), get())
    found = {passage.verdict.disposition for passage in passages}
    assert found == {Disposition.DELIVERED, Disposition.UNDETERMINED}
    assert not any(passage.decided for passage in passages)
    assert all("lua" in passage.undetermined[0] for passage in passages)


def test_behind_a_filter_of_unknown_effect_conditions_on_what_it_may_change_are_open() -> None:
    """The port it cannot change; the header it can."""

    def ends(permission: dict[str, Any]) -> set[Disposition]:
        filters = (LUA, rbac("DENY", permission, ANY))
        chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=filters)}
        return {p.verdict.disposition for p in ask(proxy([listener([chain])]), get())}

    assert ends({"destination_port": 80}) == {Disposition.DENIED, Disposition.UNDETERMINED}
    either = {Disposition.DELIVERED, Disposition.DENIED, Disposition.UNDETERMINED}
    assert ends({"header": {"name": "x", "present_match": True}}) == either
