"""A cluster's settings, its hosts with their health, subsets, and what it refuses: one setting a line."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.config_core_v3 import Address, Locality
from meshctl.envoy.message import Undecidable
from meshctl.match.fraction import Runtime
from meshctl.proxy.model import Connection
from meshctl.proxy.upstream import admission
from meshctl.proxy.upstream.clusters import Cluster, istio_config
from meshctl.proxy.upstream.endpoints import Policy
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.load_assignment import address_text, locality_text
from meshctl.proxy.upstream.subsets import Selector, Subsets, select, subsets_of
from meshctl.proxy.upstream.upstreams import Ask, choose, endpoint_step
from meshctl.proxy.upstream.zones import Zone
from tests.unit.proxy.build import cluster, endpoint, listener, proxy, tcp

Json = dict[str, Any]
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def built(runtime: Json | None = None, **message: Any) -> Cluster:
    return Cluster({"name": "c", **message}, "here", Runtime(runtime or {}))


def options(**fields: Any) -> Json:
    return {
        "typed_extension_protocol_options": {_OPTIONS: {"@type": f"type.googleapis.com/{_OPTIONS}", **fields}}
    }


KINDS = [
    ({}, "STATIC"), ({"type": "EDS"}, "EDS"), ({"cluster_type": {"name": "envoy.clusters.aggregate"}}, "AGGREGATE"),
    ({"cluster_type": {"name": "envoy.cluster.strict_dns"}}, "STRICT_DNS"), ({"cluster_type": {"name": "mine"}}, "mine"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "kind"), KINDS)
def test_kind(message: Json, kind: str) -> None:
    assert built(**message).kind == kind


HTTP2 = [  # settings, whether requests go out as HTTP/2 (None: as they came)
    ({}, False), ({"http2_protocol_options": {}}, True), (options(explicit_http_config={"http2_protocol_options": {}}), True),
    (options(explicit_http_config={"http_protocol_options": {}}), False), (options(use_downstream_protocol_config={}), None),
    ({**options(explicit_http_config={"http_protocol_options": {}}), "http2_protocol_options": {}}, False),
    ({**options(), "http2_protocol_options": {}}, True),
]  # fmt: skip


@pytest.mark.parametrize(("message", "http2"), HTTP2)
def test_http2(message: Json, http2: bool | None) -> None:
    assert built(**message).http2 is http2


BOUND = [
    ({}, ()), ({"upstream_bind_config": {}}, ()), ({"upstream_bind_config": {"source_address": {"address": "127.0.0.6"}}}, ("127.0.0.6",)),
    ({"upstream_bind_config": {"source_address": {"address": "127.0.0.6"}, "extra_source_addresses": [{"address": {"address": "::6"}}]}},
     ("127.0.0.6", "::6")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "addresses"), BOUND)
def test_source_addresses(message: Json, addresses: tuple[str, ...]) -> None:
    assert built(**message).source_ips == addresses


def common(**fields: Any) -> Json:
    return {"common_lb_config": fields}


THRESHOLDS = [  # settings, runtime, the panic threshold
    ({}, {}, 50.0), (common(healthy_panic_threshold={"value": 30}), {}, 30.0), (common(healthy_panic_threshold={}), {}, 0.0),
    (common(healthy_panic_threshold={"value": 30.6}), {}, 31.0), ({}, {"upstream.healthy_panic_threshold": 7}, 7.0),
]  # fmt: skip


@pytest.mark.parametrize(("message", "runtime", "threshold"), THRESHOLDS)
def test_panic_threshold(message: Json, runtime: Json, threshold: float) -> None:
    assert built(runtime, **message).policy.panic_threshold == threshold


@pytest.mark.parametrize("value", [-1, 101])
def test_a_percentage_that_envoy_does_not_take(value: float) -> None:
    with pytest.raises(Undecidable, match="where Envoy takes 0 to 100"):
        _ = built(**common(healthy_panic_threshold={"value": value})).policy


POLICIES = [  # settings, fields of the policy
    ({}, {"overprovisioning": 140, "by_weight": False, "ignore_weights": False, "locality_weighted": False, "fail_on_panic": False}),
    ({"lb_policy": "RANDOM"}, {"ignore_weights": True}),
    ({"load_assignment": {"policy": {"overprovisioning_factor": 120, "weighted_priority_health": True}}},
     {"overprovisioning": 120, "by_weight": True}),
    (common(locality_weighted_lb_config={}), {"locality_weighted": True}),
    (common(zone_aware_lb_config={"fail_traffic_on_panic": True}), {"fail_on_panic": True}),
]  # fmt: skip


@pytest.mark.parametrize(("message", "fields"), POLICIES)
def test_policy(message: Json, fields: Json) -> None:
    policy = built(**message).policy
    assert {name: getattr(policy, name) for name in fields} == fields


ZONES = [  # zone settings, runtime, (the share that goes by zone, the least size)
    ({}, {}, (1.0, 6)),
    ({"routing_enabled": {"value": 40}, "min_cluster_size": 3}, {}, (0.4, 3)),
    ({"routing_enabled": {"value": 40}}, {"upstream.zone_routing.enabled": 25, "upstream.zone_routing.min_cluster_size": 2}, (0.25, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("config", "runtime", "expected"), ZONES)
def test_zone_settings(config: Json, runtime: Json, expected: tuple[float, int]) -> None:
    one = built(runtime, **common(zone_aware_lb_config=config))
    assert one.policy.zone is None  # without a local cluster
    local = Cluster(one.message, "here", one.runtime, zone=Zone("a", ()))
    assert local.policy.zone is not None
    assert (local.policy.zone.enabled, local.policy.zone.min_cluster_size) == expected
    weighted = {**one.message, **common(locality_weighted_lb_config={})}
    assert Cluster(weighted, "here", one.runtime, zone=Zone("a", ())).policy.zone is not None


def drops(*percents: int) -> Json:
    categories = [{"category": "x", "drop_percentage": {"numerator": percent}} for percent in percents]
    return {"load_assignment": {"policy": {"drop_overloads": categories}}}


@pytest.mark.parametrize(
    ("message", "share"), [({}, 0.0), (drops(), 0.0), (drops(40), 0.4), (drops(40, 10), 0.0)]
)
def test_the_share_that_is_dropped(message: Json, share: float) -> None:
    assert built(**message).drop_share == share


def breakers(**limits: int) -> Json:
    return {"circuit_breakers": {"thresholds": [{"priority": "HIGH", "max_requests": 0}, limits]}}


ADMITTED = [  # settings, runtime, (share, flags) of the ways of a request, the flags of a connection
    ({}, {}, [(1.0, None)], None),
    (drops(40), {}, [(0.4, "DO"), (0.6, None)], None),  # tcp_proxy drops nothing under overload, as a real Envoy did not
    (drops(100), {}, [(1.0, "UDO")], None),
    ({}, {"upstream.maintenance_mode.c": 30}, [(0.3, "UO"), (0.7, None)], None),
    (drops(50), {"upstream.maintenance_mode.c": 50}, [(0.5, "UO"), (0.25, "DO"), (0.25, None)], None),
    (breakers(max_connections=0), {}, [(1.0, None)], "UO"),
    (breakers(max_connections=0) | drops(40), {}, [(0.4, "DO"), (0.6, None)], "UO"),
    (breakers(max_connections=1, max_requests=0), {}, [(1.0, None)], None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "runtime", "requests", "connection"), ADMITTED)
def test_admission(message: Json, runtime: Json, requests: list[Any], connection: str | None) -> None:
    one = built(runtime, **message)
    found = [
        (round(share, 6), refusal.flags if refusal is not None else None)
        for share, refusal in admission.http(one)
    ]
    assert found == requests
    refused = admission.tcp(one)
    assert (None if refused is None else (refused.code, refused.flags)) == (
        None if connection is None else (0, connection)
    )


OVERFLOWING = [  # settings, runtime, what a request overflows: the limit, whether the host is told
    ({}, {}, None),
    (breakers(max_requests=0), {}, ("max_requests", True)),
    (breakers(max_pending_requests=0), {}, ("max_pending_requests", False)),
    (breakers(max_pending_requests=0, max_requests=0), {}, ("max_pending_requests", False)),
    (breakers(max_connections=0), {}, None),
    (breakers(max_requests=1), {}, None),
    (breakers(max_requests=1), {"circuit_breakers.c.default.max_requests": 0}, ("max_requests", True)),
]  # fmt: skip


@pytest.mark.parametrize(("message", "runtime", "expected"), OVERFLOWING)
def test_circuit_breakers_of_zero(message: Json, runtime: Json, expected: tuple[str, bool] | None) -> None:
    found = admission.overflow(built(runtime, **message), "DEFAULT")
    assert expected == (None if found is None else (found[0].reason.split()[-3], found[1]))
    pending = expected is not None and expected[0] == "max_pending_requests"
    connection = admission.overflow_of_connection(built(runtime, **message))
    assert (connection is not None) is pending
    if connection is not None:
        assert (connection[0].code, connection[0].flags, connection[1]) == (0, "URX", False)


@pytest.mark.parametrize(("statuses", "named"), [
    (None, {"UNKNOWN", "HEALTHY", "DEGRADED"}), ({"statuses": []}, {"UNKNOWN", "HEALTHY", "DEGRADED"}),
    ({"statuses": ["HEALTHY", "DRAINING"]}, {"HEALTHY", "DRAINING"}),
])  # fmt: skip
def test_the_health_by_which_a_host_may_be_named(statuses: Json | None, named: set[str]) -> None:
    assert (
        built(**common(**({"override_host_status": statuses} if statuses else {}))).override_statuses == named
    )


def of_istio(value: Any) -> Json:
    return {"metadata": {"filter_metadata": {"istio": {"config": value}}}}


@pytest.mark.parametrize(("message", "resource"), [
    ({}, ""), (of_istio(7), ""), (of_istio("other"), "other"), ({"metadata": "x"}, ""),
    (of_istio("/apis/networking.istio.io/v1alpha3/namespaces/shop/virtual-service/web"), "VirtualService shop/web"),
    (of_istio("/apis/x/v1/namespaces/shop/destination-rule/a/b"), "DestinationRule shop/a/b"),
    (of_istio("/apis/x/v1/namespaces/shop/gateway"), "/apis/x/v1/namespaces/shop/gateway"),
])  # fmt: skip
def test_the_istio_resource(message: Json, resource: str) -> None:
    assert istio_config(message) == resource


ADDRESSES = [
    (None, ""), ({"socket_address": {"address": "10.0.0.1", "port_value": 80}}, "10.0.0.1:80"),
    ({"socket_address": {"address": "::1", "port_value": 80}}, "[::1]:80"),
    ({"socket_address": {"address": "a.com", "named_port": "http"}}, "a.com:http"),
    ({"socket_address": {"address": "a.com", "named_port": "http", "port_value": 80}}, "a.com:80"), ({"pipe": {"path": "/x"}}, "/x"),
    ({"envoy_internal_address": {"server_listener_name": "l", "endpoint_id": "e"}}, "envoy://l/e"), ({"envoy_internal_address": {}}, ""),
    ({}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("address", "text"), ADDRESSES)
def test_addresses(address: Json | None, text: str) -> None:
    assert address_text(None if address is None else Address(address)) == text


@pytest.mark.parametrize(("locality", "text"), [
    (None, ""), ({}, ""), ({"region": "r"}, "r"), ({"region": "r", "zone": "z"}, "r/z"), ({"region": "r", "zone": "z", "sub_zone": "s"}, "r/z/s"),
    ({"zone": "z"}, "/z"),
])  # fmt: skip
def test_localities(locality: Json | None, text: str) -> None:
    assert locality_text(None if locality is None else Locality(locality)) == text


def status(**flags: Any) -> Json:
    more = {key: flags.pop(key) for key in ("weight", "priority", "hostname", "locality") if key in flags}
    address = {"socket_address": {"address": "10.0.0.1", "port_value": 80}}
    return {"host_statuses": [{"address": address, "health_status": flags, **more}]}


ACTIVE, OUTLIER, DEGRADED = (
    "failed_active_health_check",
    "failed_outlier_check",
    "failed_active_degraded_check",
)
UP, SICK, DOWN, OUT = Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY, Health.EXCLUDED
HEALTHS = [  # what the dump says, what /clusters says, health and reason
    (None, None, UP, ""), ("UNKNOWN", None, UP, ""), ("HEALTHY", None, UP, ""), ("UNHEALTHY", None, DOWN, "unhealthy"),
    ("TIMEOUT", None, DOWN, "timeout"), ("DRAINING", None, OUT, "draining"), ("DEGRADED", None, SICK, "degraded"),
    (None, {ACTIVE: True}, DOWN, "failed its active health check"), (None, {OUTLIER: True}, DOWN, "ejected by outlier detection"),
    (None, {"excluded_via_immediate_hc_fail": True}, DOWN, "excluded by an immediate health check failure"),
    (None, {ACTIVE: True, OUTLIER: True}, DOWN, "failed its active health check"), (None, {DEGRADED: True}, SICK, "degraded"),
    (None, {"eds_health_status": "UNHEALTHY"}, DOWN, "unhealthy"), (None, {"eds_health_status": "HEALTHY"}, UP, ""),
    ("UNHEALTHY", {"eds_health_status": "DRAINING"}, OUT, "draining"), ("UNHEALTHY", {ACTIVE: True}, DOWN, "unhealthy"),
    ("DEGRADED", {ACTIVE: True}, SICK, "degraded"),
]  # fmt: skip


@pytest.mark.parametrize(("dump", "live", "health", "reason"), HEALTHS)
def test_health(dump: str | None, live: Json | None, health: Health, reason: str) -> None:
    one = endpoint("10.0.0.1:80", **({"health_status": dump} if dump else {}))
    message = {"name": "c", "load_assignment": {"endpoints": [{"lb_endpoints": [one]}]}}
    (host,) = Cluster(message, "here", Runtime(), statuses=None if live is None else status(**live)).hosts
    assert (host.health, host.reason) == (health, reason)


def test_what_is_said_of_a_host() -> None:
    one = endpoint(
        "10.0.0.1:80", load_balancing_weight=3, metadata={"filter_metadata": {"envoy.lb": {"v": "1"}}}
    )
    one["endpoint"] |= {
        "hostname": "h",
        "additional_addresses": [{"address": {"socket_address": {"address": "::1", "port_value": 80}}}],
    }
    locality = {"lb_endpoints": [one], "priority": 1, "locality": {"region": "r"}, "load_balancing_weight": 5}
    (host,) = built(load_assignment={"endpoints": [locality]}).hosts
    assert host == Host("10.0.0.1:80", "h", UP, 3, 1, "r", 5, {"envoy.lb": {"v": "1"}}, "", ("[::1]:80",))
    (plain,) = built(load_assignment={"endpoints": [{"lb_endpoints": [endpoint("10.0.0.1:80")]}]}).hosts
    assert plain == Host("10.0.0.1:80")


def test_hosts_that_only_clusters_names() -> None:
    said = status(**{DEGRADED: True}, weight=3, priority=1, hostname="h", locality={"region": "r"})
    (host,) = Cluster({"name": "c"}, "here", Runtime(), statuses=said).hosts
    assert host == Host("10.0.0.1:80", "h", SICK, 3, 1, "r", reason="degraded", shown=False)


BAD = [
    ({"priority": 129}, "an endpoint of priority 129, where Envoy takes 0 to 128"), ({"priority": -1}, "an endpoint of priority -1"),
    ({"load_balancing_weight": -1}, "a load balancing weight of -1, below 0"),
]  # fmt: skip


@pytest.mark.parametrize(("locality", "said"), BAD)
def test_what_envoy_would_not_take_leaves_its_cluster_undecided(locality: Json, said: str) -> None:
    one = built(load_assignment={"endpoints": [{"lb_endpoints": [endpoint("10.0.0.1:80")], **locality}]})
    with pytest.raises(Undecidable, match=said):
        _ = one.hosts
    fine = built(
        load_assignment={"endpoints": [{"lb_endpoints": [endpoint("10.0.0.1:80")], "priority": 128}]}
    )
    assert fine.hosts[0].priority == 128


def host(name: str, **metadata: Any) -> Host:
    return Host(name, metadata={"envoy.lb": metadata})


HOSTS = [
    host("a", v="1", stage="prod"),
    host("b", v="2", stage="prod"),
    host("c", v=["1", "2"]),
    host("d", n=1, t=True),
]


def selector(*keys: str, **more: Any) -> Selector:
    return Selector(frozenset(keys), **more)


V, STAGED = selector("v"), selector("v", "stage")
SUBSETS = [  # configuration, metadata that is asked for, the hosts
    (Subsets((V,)), {"v": "1"}, "a"), (Subsets((V,)), {"v": "3"}, ""), (Subsets((V,)), {"stage": "prod"}, ""), (Subsets((V,)), {}, ""),
    (Subsets((V,), "ANY_ENDPOINT"), {}, "abcd"), (Subsets((V,), "ANY_ENDPOINT"), {"v": "3"}, "abcd"),
    (Subsets((V,), "DEFAULT_SUBSET", (("v", "2"),)), {"v": "3"}, "b"), (Subsets((V,), "DEFAULT_SUBSET", (("v", "3"),)), {"v": "3"}, ""),
    (Subsets((V,), "DEFAULT_SUBSET", (("v", "3"),), panic_mode_any=True), {"v": "3"}, "abcd"),
    # panic is for a fallback that finds none; without one, or by the selector's own, there is no panic
    (Subsets((V,), panic_mode_any=True), {"v": "3"}, ""), (Subsets((V,), panic_mode_any=True), {}, ""),
    (Subsets((selector("v", fallback="DEFAULT_SUBSET"),), "DEFAULT_SUBSET", (("v", "3"),), panic_mode_any=True), {"v": "3"}, ""),
    (Subsets((selector("v", fallback="DEFAULT_SUBSET"),), "DEFAULT_SUBSET", (("v", "3"),), panic_mode_any=True), {"x": "3"}, "abcd"),
    (Subsets((V, selector("v", "stage", fallback="KEYS_SUBSET", kept=("v",))), "DEFAULT_SUBSET", (("v", "3"),), panic_mode_any=True), {"v": "3", "stage": "x"}, "abcd"),
    (Subsets((selector("v", fallback="ANY_ENDPOINT"),)), {"v": "3"}, "abcd"),
    (Subsets((selector("v", fallback="NO_FALLBACK"),), "ANY_ENDPOINT"), {"v": "3"}, ""),
    (Subsets((V, selector("v", "stage", fallback="KEYS_SUBSET", kept=("v",)))), {"v": "2", "stage": "dev"}, "b"),
    (Subsets((V, STAGED)), {"v": "1", "stage": "prod"}, "a"),
    (Subsets((V,)), {"v": "1", "stage": "prod"}, ""),
    (Subsets((V, selector("stage")), redundant_keys=True), {"v": "1", "x": "y"}, "a"),
    (Subsets((V, STAGED), redundant_keys=True), {"v": "1", "stage": "dev", "x": "y"}, ""),
    (Subsets((V,), list_as_any=True), {"v": "1"}, "ac"), (Subsets((V,)), {"v": ["1", "2"]}, "c"), (Subsets((V,)), {"v": ["2", "1"]}, ""),
    (Subsets((V,)), {"v": ["1"]}, ""),
    (Subsets((selector("n"),)), {"n": 1}, "d"), (Subsets((selector("n"),)), {"n": True}, ""), (Subsets((selector("t"),)), {"t": 1}, ""),
    (Subsets((selector("v", single_host=True),), list_as_any=True), {"v": "1"}, "a"),
    (Subsets((V,), fallback_list=True), {"fallback_list": [{"v": "3"}, {"v": "2"}]}, "b"),
    (Subsets((STAGED,), fallback_list=True), {"stage": "prod", "fallback_list": [{"v": "3"}, {"v": "1"}]}, "a"),
    (Subsets((V,), fallback_list=True), {"fallback_list": [{"v": "3"}]}, ""),
    (Subsets((V,), fallback_list=True), {"v": "1", "fallback_list": []}, ""),
    (Subsets((V,)), {"fallback_list": [{"v": "1"}]}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("subsets", "wanted", "hosts"), SUBSETS)
def test_subsets(subsets: Subsets, wanted: Json, hosts: str) -> None:
    found = select(HOSTS, subsets, wanted, Policy())
    assert "".join(e.address for e in found.shares) == hosts
    assert found.missing == (0.0 if hosts else 1.0)


def test_locality_weights_in_a_subset_count_only_where_asked_for() -> None:
    near = Host("near", locality="x", locality_weight=3, metadata={"envoy.lb": {"v": "1"}})
    far = Host("far", locality="y", locality_weight=1, metadata={"envoy.lb": {"v": "1"}})
    policy = Policy(locality_weighted=True)
    for aware, hosts, share in (
        (False, [near, far, HOSTS[1]], 0.5),
        (True, [near, far, HOSTS[1]], 0.75),
        (False, [near, far], 0.5),
    ):
        found = select(hosts, Subsets((V,), locality_weight_aware=aware), {"v": "1"}, policy)
        assert found.shares[0].probability == share


@pytest.mark.parametrize(("selectors", "kept"), [  # the keys of the selectors in order, whose fallback counts
    ((("a",), ("a", "b")), (True, True)), ((("a", "b"), ("a",)), (True, False)), ((("b", "a"), ("b",)), (True, True)), ((("a", "b"), ("b", "a")), (True, False)),
    ((("b", "a"), ("a",)), (True, False)), ((("a",), ("b",), ("a",)), (True, True, False)),
])  # fmt: skip
def test_the_fallback_of_a_selector_is_lost_where_its_keys_begin_an_earlier_ones(
    selectors: tuple[tuple[str, ...], ...], kept: tuple[bool, ...]
) -> None:
    given = [{"keys": list(keys), "fallback_policy": "ANY_ENDPOINT"} for keys in selectors]
    found = built(lb_subset_config={"subset_selectors": given}).subsets
    assert found is not None
    assert tuple(one.fallback == "ANY_ENDPOINT" for one in found.selectors) == kept


def test_a_subset_configuration() -> None:
    message = {
        "fallback_policy": "DEFAULT_SUBSET", "default_subset": {"b": 1, "a": "x"}, "list_as_any": True, "panic_mode_any": True,
        "locality_weight_aware": True, "metadata_fallback_policy": "FALLBACK_LIST",
        "subset_selectors": [{"keys": ["v"], "fallback_policy": "KEYS_SUBSET", "fallback_keys_subset": ["v"], "single_host_per_subset": True}],
    }  # fmt: skip
    assert built(lb_subset_config=message).subsets == Subsets(
        (Selector(frozenset({"v"}), "KEYS_SUBSET", ("v",), True),),
        "DEFAULT_SUBSET",
        (("a", "x"), ("b", 1)),
        True,
        True,
        False,
        True,
        True,
    )
    assert built(lb_subset_config={"fallback_policy": "ANY_ENDPOINT"}).subsets is None
    assert subsets_of(None) is None


ENDPOINTS = [  # hosts with their health, what the step chooses, its detail, who was rejected and why
    (["UP"], "10.0.0.0:1", "healthy, the only one", {}),
    (["UP", "DOWN"], "10.0.0.0:1", "healthy", {"10.0.0.1:1": "unhealthy"}),
    (["DOWN", "DOWN", "UP"], "one of 3: 10.0.0.0:1 33.3 %, 10.0.0.1:1 33.3 %, 10.0.0.2:1 33.3 %",
     "ROUND_ROBIN, panic: too few healthy hosts, all hosts are used", {}),
    (["UP", "UP"], "one of 2: 10.0.0.0:1 50 %, 10.0.0.1:1 50 %", "ROUND_ROBIN", {}),
    (["OUT"], "10.0.0.0:1", "panic: too few healthy hosts, all hosts are used", {}),
]  # fmt: skip


@pytest.mark.parametrize(("healths", "chosen", "detail", "rejected"), ENDPOINTS)
def test_the_step_of_the_endpoint(
    healths: list[str], chosen: str, detail: str, rejected: dict[str, str]
) -> None:
    names = {"UP": "HEALTHY", "DOWN": "UNHEALTHY", "OUT": "DRAINING"}
    message = cluster("c", *(f"10.0.0.{i}:1" for i in range(len(healths))))
    for one, health in zip(message["load_assignment"]["endpoints"][0]["lb_endpoints"], healths, strict=True):
        one["health_status"] = names[health]
    found = proxy([listener([{"filters": tcp("c")}])], (message,))
    one = found.cluster("c")
    assert one is not None
    step = endpoint_step(choose(found, one, Ask(Connection("", "", 0))))
    assert (step.chosen, step.detail, {r.name: r.reason for r in step.rejected}) == (chosen, detail, rejected)


def test_many_endpoints_are_told_in_part() -> None:
    message = cluster("c", *(f"10.0.0.{i}:1" for i in range(10)))
    found = proxy([listener([{"filters": tcp("c")}])], (message,))
    one = found.cluster("c")
    assert one is not None
    step = endpoint_step(choose(found, one, Ask(Connection("", "", 0))))
    assert step.chosen.startswith("one of 10: 10.0.0.0:1 10 %")
    assert step.chosen.endswith("10.0.0.7:1 10 % and 2 more")


def of_dump(*healths: str, **more: Any) -> Cluster:
    """A cluster whose endpoints come by discovery, as a dump without /clusters shows them."""
    hosts = [endpoint(f"10.0.0.{number}:1", health_status=health) for number, health in enumerate(healths)]
    return Cluster(
        {"name": "c", "type": "EDS", **more},
        "here",
        Runtime({}),
        {"cluster_name": "c", "endpoints": [{"lb_endpoints": hosts}]},
    )


DRAINING: list[
    tuple[Cluster, bool]
] = [  # whether it is open which hosts are unhealthy and which are draining
    (of_dump("HEALTHY", "UNHEALTHY", "UNHEALTHY"), True),  # panic, or none
    (of_dump("HEALTHY", "HEALTHY", "UNHEALTHY"), False),  # no panic either way
    (of_dump("HEALTHY", "HEALTHY", "HEALTHY"), False),
    (built(**cluster("c", "10.0.0.1:1", "10.0.0.2:1")), False),
]


@pytest.mark.parametrize(("found", "open_"), DRAINING)
def test_hosts_that_may_be_draining_leave_shares_open_where_it_matters(found: Cluster, open_: bool) -> None:
    choice = choose(proxy([listener([{"filters": tcp("c")}])]), found, Ask(Connection("", "", 0)))
    assert ("unhealthy or draining" in choice.undetermined) is open_
