"""Network filters: who closes a connection, who leaves it open, who names the cluster; the HTTP codes by name."""

from __future__ import annotations

import http
from typing import Any

import pytest

from meshctl.match.request_view import Peer
from meshctl.proxy.filters.services import asked_cluster, http_status, reachable
from meshctl.proxy.model import Disposition, Passage, Payload, Tls
from tests.unit.proxy import build
from tests.unit.proxy.build import TCP_PROXY, ask, cluster, listener, proxy, tcp

Json = dict[str, Any]
NETWORK = "type.googleapis.com/envoy.extensions.filters.network."
D, DENIED, DIRECT = Disposition.DELIVERED, Disposition.DENIED, Disposition.DIRECT_RESPONSE
OPEN, NONE = Disposition.UNDETERMINED, Disposition.NO_CLUSTER


def network(kind: str, **fields: Any) -> Json:
    return {"name": kind.split(".")[0], "typed_config": {"@type": f"{NETWORK}{kind}", **fields}}


def ways(
    *filters: Json, tls: Tls | None = None, clusters: tuple[Json, ...] = (), end: list[Json] | None = None
) -> list[Passage]:
    found = (cluster("c", "10.0.0.1:8080"), cluster("d", "10.0.0.2:8080"), *clusters)
    chain = {"filters": [*filters, *(tcp("c") if end is None else end)]}
    return ask(proxy([listener([chain])], found), payload=Payload.RAW, tls=tls)


def grpc(name: str) -> Json:
    return {"grpc_service": {"envoy_grpc": {"cluster_name": name}}}


AUTHZ, LIMIT, RATE = "ext_authz.v3.ExtAuthz", "local_ratelimit.v3.LocalRateLimit", "ratelimit.v3.RateLimit"
OFF = {"runtime_enabled": {"default_value": False}}
ASKED, GONE = {"rate_limit_service": grpc("d")}, {"rate_limit_service": grpc("none")}
MINE = {"matcher": {"name": "mine", "typed_config": {"@type": "type.googleapis.com/mine.Matcher"}}}
OPAQUE = {"policies": {"p": {"permissions": [MINE], "principals": [{"any": True}]}}}
ENDS = [  # a filter before tcp_proxy, the ends as (verdict, flags, details), whether they are open
    (network("direct_response.v3.Config"), [(DIRECT, None, "direct_response")], False),
    (network("echo.v3.Echo"), [(DIRECT, None, None)], False),
    (network(AUTHZ, **grpc("d")), [(D, None, None), (DENIED, "UAEX", "ext_authz_denied"), (DENIED, "UAEX", "ext_authz_error")], True),
    (network(AUTHZ, **grpc("d"), failure_mode_allow=True), [(D, None, None), (DENIED, "UAEX", "ext_authz_denied")], True),
    (network(AUTHZ, **grpc("none")), [(DENIED, "UAEX", "ext_authz_error")], False),
    (network(AUTHZ, **grpc("none"), failure_mode_allow=True), [(D, None, None)], False),
    (network(LIMIT, token_bucket={"max_tokens": 1}), [(D, None, None), (DENIED, "URX", None)], True),
    (network(LIMIT, token_bucket={"max_tokens": 1}, **OFF), [(D, None, None)], False),
    (network("connection_limit.v3.ConnectionLimit", max_connections=1), [(D, None, None), (DENIED, None, None)], True),
    (network("connection_limit.v3.ConnectionLimit", max_connections=1, **OFF), [(D, None, None)], False),
    (network(RATE, **ASKED), [(D, None, None), (DENIED, None, None)], True),
    (network(RATE, **GONE), [(D, None, None)], False),
    (network(RATE, **GONE, failure_mode_deny=True), [(DENIED, None, None)], False),
    (network("rbac.v3.RBAC", rules=OPAQUE), [(D, None, None), (DENIED, None, None)], True),
    (network("rbac.v3.RBAC", rules={**OPAQUE, "action": "DENY"}), [(D, None, None), (DENIED, None, None)], True),
    (network("rbac.v3.RBAC", rules={}), [(DENIED, None, None)], False),
    (network("rbac.v3.RBAC"), [(D, None, None)], False),
    (network("redis_proxy.v3.RedisProxy"), [(OPEN, None, None)], True),
    (network("mine.v3.Mine"), [(D, None, None), (OPEN, None, None)], True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "ends", "open_"), ENDS, ids=[f"{i}-{e[0]['name']}" for i, e in enumerate(ENDS)]
)
def test_how_a_connection_ends(one: Json, ends: list[Any], open_: bool) -> None:
    found = ways(one)
    assert [(p.verdict.disposition, p.verdict.flags, p.verdict.details) for p in found] == ends
    assert any(p.undetermined or not p.decided for p in found) is open_
    assert {p.verdict.code for p in found if p.verdict.disposition is DENIED} <= {0}


def test_an_unknown_filter_that_stands_last_ends_the_chain() -> None:
    (passage,) = ways(end=[network("mine.v3.Mine")])
    assert "network filter mine (Mine) ends the chain" in passage.verdict.reason
    (nothing,) = ways(end=[])
    assert (nothing.verdict.disposition, nothing.verdict.reason) == (
        Disposition.DROPPED,
        "the chain has no filter that ends it",
    )


def test_the_first_refusal_stays() -> None:
    first = network(AUTHZ, **grpc("none"))
    (passage,) = ways(first, end=[network("echo.v3.Echo")])
    assert passage.verdict.details == "ext_authz_error"
    found = ways(first, network(AUTHZ, **grpc("d")))
    assert {p.verdict.details for p in found} == {"ext_authz_error"}


def weighted(**weights: int) -> list[Json]:
    clusters = [{"name": name, "weight": weight} for name, weight in weights.items()]
    return [
        {"name": "tcp", "typed_config": {"@type": TCP_PROXY, "weighted_clusters": {"clusters": clusters}}}
    ]


TLS_CHAIN = {
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"validation_context": {"trusted_ca": {"inline_string": "x"}}},
        "require_client_certificate": True,
    }
}
CERTIFIED = Tls("s", (), Peer(("spiffe://me",)), mesh=True)
RBAC, MODE = "rbac.v3.RBAC", "upstream_connect_mode"
AFTER_DATA, AFTER_TLS = {MODE: "ON_DOWNSTREAM_DATA"}, {MODE: "ON_DOWNSTREAM_TLS_HANDSHAKE"}
REFUSES = network(RBAC, rules={})
FAILED, EMPTY = Disposition.CONNECTION_FAILED, Disposition.NO_HEALTHY_ENDPOINT


def tcp_proxy(name: str = "c", **fields: Any) -> Json:
    return {"name": "tcp", "typed_config": {"@type": TCP_PROXY, "cluster": name, **fields}}


def named(when: str, text: str) -> Json:
    """A filter that names tcp_proxy's cluster."""
    form = {"text_format_source": {"inline_string": text}}
    return network(
        "set_filter_state.v3.Config",
        **{when: [{"object_key": "envoy.tcp_proxy.cluster", "format_string": form}]},
    )


def at(filters: list[Json], tls: Tls | None, payload: Payload, *, terminated: bool) -> Passage:
    chain: Json = {"filters": filters, **({"transport_socket": TLS_CHAIN} if terminated else {})}
    found = (cluster("c", "10.0.0.1:8080"), cluster("d", "10.0.0.2:8080"), cluster("empty"))
    (passage,) = ask(proxy([listener([chain])], found), payload=payload, tls=tls)
    return passage


PLAIN: list[tuple[list[Json], Payload, Any]] = [  # filters on plain bytes, what the client sends; the end, flags, details, cluster
    ([REFUSES, network("direct_response.v3.Config")], Payload.RAW, (DIRECT, None, "direct_response", None)),
    ([REFUSES, network("echo.v3.Echo")], Payload.RAW, (DENIED, None, None, None)),
    ([REFUSES, tcp_proxy()], Payload.RAW, (DENIED, None, None, "c")),
    ([REFUSES, tcp_proxy("none")], Payload.RAW, (NONE, "NC", None, None)),
    ([REFUSES, tcp_proxy("empty")], Payload.RAW, (EMPTY, "UH", None, "empty")),
    ([REFUSES, tcp_proxy(**AFTER_DATA)], Payload.RAW, (DENIED, None, None, None)),
    ([REFUSES, tcp_proxy(**AFTER_TLS)], Payload.RAW, (DENIED, None, None, "c")),
    ([REFUSES, tcp_proxy()], Payload.NONE, (D, None, None, "c")),
    ([network(AUTHZ, **grpc("none")), tcp_proxy()], Payload.NONE, (D, None, None, "c")),
    ([tcp_proxy(**AFTER_DATA)], Payload.NONE, (D, None, None, None)),
    ([tcp_proxy(**AFTER_DATA)], Payload.RAW, (D, None, None, "c")),
    ([named("on_new_connection", "d"), tcp_proxy()], Payload.RAW, (D, None, None, "d")),
    ([named("on_downstream_tls_handshake", "d"), tcp_proxy()], Payload.RAW, (D, None, None, "d")),
    ([named("on_new_connection", "none"), *weighted(d=1)], Payload.RAW, (D, None, None, "d")),
]  # fmt: skip


def seen(passage: Passage) -> Any:
    end = passage.verdict
    return end.disposition, end.flags, end.details, passage.cluster


@pytest.mark.parametrize(("filters", "payload", "end"), PLAIN)
def test_what_happens_before_the_first_bytes(filters: list[Json], payload: Payload, end: Any) -> None:
    assert seen(at(filters, None, payload, terminated=False)) == end


HANDSHAKES: list[tuple[list[Json], Tls | None, Any]] = [  # filters behind TLS, the client's TLS; the end, flags, details, cluster
    ([tcp_proxy()], CERTIFIED, (D, None, None, "c")), ([tcp_proxy()], None, (FAILED, None, None, "c")), ([tcp_proxy()], Tls("s"), (FAILED, None, None, "c")),
    ([tcp_proxy("none")], None, (NONE, "NC", None, None)), ([tcp_proxy("empty")], Tls("s"), (EMPTY, "UH", None, "empty")),
    ([tcp_proxy(**AFTER_DATA)], None, (FAILED, None, None, None)), ([tcp_proxy(**AFTER_TLS)], None, (FAILED, None, None, None)), ([tcp_proxy(**AFTER_TLS)], CERTIFIED, (D, None, None, "c")),
    ([REFUSES, tcp_proxy()], None, (FAILED, None, None, "c")), ([network(AUTHZ, **grpc("d")), tcp_proxy()], None, (FAILED, None, None, "c")),
    ([network("direct_response.v3.Config")], None, (FAILED, None, "direct_response", None)), ([network("echo.v3.Echo")], None, (FAILED, None, None, None)),
    ([network("mine.v3.Mine"), tcp_proxy()], None, (FAILED, None, None, None)), ([network("redis_proxy.v3.RedisProxy")], None, (FAILED, None, None, None)),
    ([named("on_new_connection", "d"), tcp_proxy()], None, (FAILED, None, None, "d")), ([named("on_downstream_tls_handshake", "d"), tcp_proxy()], None, (FAILED, None, None, "c")),
    ([named("on_downstream_tls_handshake", "d"), tcp_proxy()], CERTIFIED, (D, None, None, "c")), ([named("on_downstream_tls_handshake", "d"), tcp_proxy(**AFTER_TLS)], CERTIFIED, (D, None, None, "c")),
    ([named("on_new_connection", "%DOWNSTREAM_PEER_URI_SAN%"), tcp_proxy()], CERTIFIED, (NONE, "NC", None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "tls", "end"), HANDSHAKES)
def test_what_happens_before_a_handshake(filters: list[Json], tls: Tls | None, end: Any) -> None:
    assert seen(at(filters, tls, Payload.RAW, terminated=True)) == end


def test_a_handshake_that_fails_leaves_a_connection_manager_nothing_to_log() -> None:
    manager = build.http([build.virtual_host(build.route("r", {"prefix": "/"}))])
    manager[0]["typed_config"]["access_log"] = [{"name": "file"}]
    failed = at(manager, None, Payload.HTTP1, terminated=True)
    assert (failed.verdict.disposition, failed.http, failed.logged) == (FAILED, False, False)
    assert at([tcp_proxy(access_log=[{"name": "file"}])], None, Payload.RAW, terminated=True).logged


def test_a_cluster_that_is_named_at_run_time_is_undetermined() -> None:
    passage = at(
        [named("on_new_connection", "%ENVIRONMENT(X)%"), tcp_proxy()], None, Payload.RAW, terminated=False
    )
    assert (passage.verdict.disposition, passage.undetermined) == (OPEN, (passage.verdict.reason,))
    assert "the cluster that it names is known only at run time" in passage.verdict.reason


TARGETS = [
    (tcp("c"), {"c": 1.0}), (tcp("none"), {None: 1.0}), (weighted(c=3, d=1), {"c": 0.75, "d": 0.25}), (weighted(c=1, d=0), {"c": 1.0}),
    (weighted(c=1, none=1), {"c": 0.5, None: 0.5}),
]  # fmt: skip


@pytest.mark.parametrize(("end", "shares"), TARGETS)
def test_where_tcp_proxy_sends(end: list[Json], shares: dict[str | None, float]) -> None:
    found = ways(end=end)
    assert {p.cluster: p.probability for p in found} == shares
    assert {p.cluster: p.verdict.flags for p in found} == {name: None if name else "NC" for name in shares}


ALLOWED: list[tuple[Json, list[Any]]] = [  # settings of the cluster, each way of a connection: share, verdict, flags
    ({}, [(1.0, D, None)]), ({"circuit_breakers": {"thresholds": [{"max_connections": 0}]}}, [(1.0, Disposition.NO_HEALTHY_ENDPOINT, "UO")]),
    ({"policy": {"drop_overloads": [{"category": "x", "drop_percentage": {"numerator": 25}}]}}, [(1.0, D, None)]),
    ({"circuit_breakers": {"thresholds": [{"max_pending_requests": 0}]}}, [(1.0, Disposition.NO_HEALTHY_ENDPOINT, "URX")]), ({"circuit_breakers": {"thresholds": [{"max_requests": 0}]}}, [(1.0, D, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "expected"), ALLOWED)
def test_what_a_cluster_lets_tcp_proxy_do(settings: Json, expected: list[Any]) -> None:
    one = cluster("one", "10.0.0.9:1")
    one["load_assignment"] |= {"policy": settings.get("policy", {}), "cluster_name": "one"}
    one |= {key: value for key, value in settings.items() if key != "policy"}
    found = ways(end=tcp("one"), clusters=(one,))
    assert [(p.probability, p.verdict.disposition, p.verdict.flags) for p in found] == expected
    assert {p.cluster for p in found} == {"one"}


@pytest.mark.parametrize(("sni", "name", "flags"), [("d", "d", None), ("e", None, "NC"), ("", "c", None)])
def test_the_server_name_names_the_cluster(sni: str, name: str | None, flags: str | None) -> None:
    inspector = {
        "name": "i",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
        },
    }
    chain = {"filters": [network("sni_cluster.v3.SniCluster"), *tcp("c")]}
    known = (cluster("c", "10.0.0.1:8080"), cluster("d", "10.0.0.2:8080"))
    built = proxy([listener([chain], listener_filters=[inspector])], known)
    (passage,) = ask(built, payload=Payload.RAW, tls=Tls(sni))
    assert (passage.cluster, passage.verdict.flags) == (name, flags)


SERVICES = [  # a service's cluster, whether it may answer
    (cluster("s", "10.0.0.9:1"), True), (cluster("s"), False), ({"name": "s", "type": "ORIGINAL_DST"}, True),
    ({"name": "s", "type": "STRICT_DNS"}, False), ({"name": "s", "type": "EDS"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("service", "may"), SERVICES)
def test_whether_a_service_may_answer(service: Json, may: bool) -> None:
    built = proxy([listener([{"filters": tcp("c")}])], (service,))
    assert reachable(built, "s") is may
    assert reachable(built, "")
    assert not reachable(built, "none")


@pytest.mark.parametrize(("fields", "name"), [
    (grpc("g"), "g"), ({"http_service": {"server_uri": {"cluster": "h"}}}, "h"), ({}, ""), ({"grpc_service": {"google_grpc": {}}}, ""),
    ({"http_service": {"server_uri": {"cluster": "h"}}, **grpc("g")}, "h"),
])  # fmt: skip
def test_the_cluster_of_a_service(fields: Json, name: str) -> None:
    assert asked_cluster(fields) == name


# Names of envoy.type.v3.StatusCode that Python has otherwise.
_OTHERWISE = {
    "OK": "OK", "IMUsed": "IM_USED", "PayloadTooLarge": "REQUEST_ENTITY_TOO_LARGE", "URITooLong": "REQUEST_URI_TOO_LONG",
    "RangeNotSatisfiable": "REQUESTED_RANGE_NOT_SATISFIABLE", "HTTPVersionNotSupported": "HTTP_VERSION_NOT_SUPPORTED",
}  # fmt: skip
# Statuses of Python that Envoy's API has no name for.
_WITHOUT_NAME = {
    "SWITCHING_PROTOCOLS",
    "PROCESSING",
    "EARLY_HINTS",
    "IM_A_TEAPOT",
    "TOO_EARLY",
    "UNAVAILABLE_FOR_LEGAL_REASONS",
}


def _name(status: http.HTTPStatus) -> str:
    return {python: envoy for envoy, python in _OTHERWISE.items()}.get(status.name) or "".join(
        part.capitalize() for part in status.name.split("_")
    )


@pytest.mark.parametrize("status", [s for s in http.HTTPStatus if s.name not in _WITHOUT_NAME], ids=str)
def test_a_status_by_its_name(status: http.HTTPStatus) -> None:
    assert http_status({"code": _name(status)}, 0) == status.value


@pytest.mark.parametrize(("message", "code"), [
    (None, 403), ({}, 403), ({"code": 418}, 418), ({"code": "418"}, 418), ({"code": "Nonsense"}, 403), ({"code": 0}, 403), ({"code": []}, 403),
])  # fmt: skip
def test_a_status_otherwise(message: Json | None, code: int) -> None:
    assert http_status(message, 403) == code


DYNAMIC: Json = {
    "name": "dynamic",
    "lb_policy": "CLUSTER_PROVIDED",
    "cluster_type": {
        "name": "envoy.clusters.dynamic_forward_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig"
        },
    },
}
INSPECTOR = {
    "name": "i",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
    },
}


def state(key: str, text: str) -> Json:
    return {"object_key": key, "format_string": {"text_format_source": {"inline_string": text}}}


def set_state(*values: Json, when: str = "on_new_connection") -> Json:
    return network("set_filter_state.v3.Config", **{when: list(values)})


HOST, PORT = "envoy.upstream.dynamic_host", "envoy.upstream.dynamic_port"
FORWARD = network("sni_dynamic_forward_proxy.v3.FilterConfig")
FORWARDED: list[tuple[list[Json], str | None]] = [  # filters before tcp_proxy, the host of a connection with server name b.com
    ([FORWARD], "b.com:443"), ([network("sni_dynamic_forward_proxy.v3.FilterConfig", port_value=8443)], "b.com:8443"),
    ([set_state(state(HOST, "c.com")), FORWARD], "c.com:443"), ([set_state(state(PORT, "81")), FORWARD], "b.com:81"), ([set_state(state(HOST, "%REQUESTED_SERVER_NAME%"), state(PORT, "82")), FORWARD], "b.com:82"),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "host"), FORWARDED)
def test_the_server_name_is_looked_up(filters: list[Json], host: str) -> None:
    chain = {"filters": [*filters, *tcp("dynamic")]}
    built = proxy([listener([chain], listener_filters=[INSPECTOR])], (DYNAMIC,))
    found = ask(built, payload=Payload.RAW, tls=Tls("b.com"))
    assert {address for passage in found for address, _ in passage.upstream_hosts} == {host}


CLUSTER = "envoy.tcp_proxy.cluster"
NAMED: list[tuple[list[Json], str]] = [  # filters before tcp_proxy to c, the cluster
    ([], "c"), ([set_state(state(CLUSTER, "d"))], "d"), ([set_state(state(CLUSTER, "d"), when="on_downstream_tls_handshake")], "d"), ([set_state(state("other", "d"))], "c"),
    ([set_state(state(CLUSTER, "x"), state(CLUSTER, "d"))], "d"), ([set_state(state(CLUSTER, "x")), set_state(state(CLUSTER, "d"))], "d"),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "name"), NAMED)
def test_filter_state_names_the_cluster(filters: list[Json], name: str) -> None:
    (passage,) = ways(*filters)
    assert passage.cluster == name
