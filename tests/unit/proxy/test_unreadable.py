"""A value of a wrong kind, or outside the schema, costs what depends on it and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage
from meshctl.trace.services import service_map
from tests.unit.proxy.build import (
    ask,
    cluster,
    endpoint,
    get,
    http,
    listener,
    proxy,
    route,
    tcp,
    virtual_host,
)

Json = dict[str, Any]
OPEN = Disposition.UNDETERMINED


def asked(*hosts: Json, host: str = "a.com", path: str = "/", **settings: Any) -> list[Passage]:
    return ask(proxy([listener([{"filters": http(list(hosts), **settings)}])]), get(path, host))


def told(
    *hosts: Json, host: str = "a.com", path: str = "/", **settings: Any
) -> tuple[str | None, Disposition]:
    (passage,) = asked(*hosts, host=host, path=path, **settings)
    return passage.route_name, passage.verdict.disposition


def either(*hosts: Json, host: str = "a.com", path: str = "/") -> set[str | None]:
    """The routes that a request may take where nothing says how often, each with why."""
    passages = asked(*hosts, host=host, path=path)
    assert not any(passage.decided for passage in passages)
    assert all(passage.undetermined for passage in passages)
    assert {p.verdict.disposition for p in passages} <= {Disposition.DELIVERED, Disposition.NO_ROUTE}
    return {passage.route_name for passage in passages}


REST = route("rest", {"prefix": "/"})
ODD = [
    ("a condition of tomorrow", {"prefix": "/odd", "of_tomorrow": {}}),
    ("a path of tomorrow", {"path_of_tomorrow": "/odd", "headers": [{"name": ":path", "exact_match": "/odd"}]}),
    ("a header condition of tomorrow", {"prefix": "/odd", "headers": [{"name": "x", "match_of_tomorrow": "1"}]}),
    ("a string condition of tomorrow", {"prefix": "/odd", "headers": [{"name": ":path", "string_match": {"like": "x"}}]}),
    ("a custom string matcher", {"prefix": "/odd", "headers": [{"name": ":path", "string_match": {"custom": {"name": "c"}}}]}),
    ("a header list that is none", {"prefix": "/odd", "headers": "x"}),
    ("a regex that RE2 refuses", {"prefix": "/odd", "headers": [{"name": ":path", "string_match": {"safe_regex": {"regex": "(?=x)"}}}]}),
    ("a path policy of tomorrow", {"path_match_policy": {"name": "p", "typed_config": {"@type": "x/vendor.Policy"}},
                                   "headers": [{"name": ":path", "exact_match": "/odd"}]}),
]  # fmt: skip


@pytest.mark.parametrize("match", [o[1] for o in ODD], ids=[o[0] for o in ODD])
def test_what_is_not_known_of_a_match_never_counts_as_met(match: Json) -> None:
    hosts = virtual_host(route("odd", match), REST)
    assert either(hosts, path="/odd") == {"odd", "rest"}
    assert told(hosts, path="/else") == ("rest", Disposition.DELIVERED)


def test_a_route_that_is_none_may_take_what_those_behind_it_take() -> None:
    odd = {"name": "odd", "match": "x", "route": {"cluster": "c"}}
    hosts = virtual_host(route("first", {"prefix": "/first"}), odd, REST)
    assert told(hosts, path="/first") == ("first", Disposition.DELIVERED)
    assert either(hosts) == {"odd", "rest"}


def test_domains_that_cannot_be_read_may_take_all_but_exact_ones() -> None:
    odd = {"name": "odd", "domains": "a.com", "routes": [route("odd", {"prefix": "/"})]}
    exact = virtual_host(REST, domains=("b.com",))
    assert told(odd, exact, host="b.com") == ("rest", Disposition.DELIVERED)
    assert either(odd, exact, virtual_host(REST), host="c.com") == {"odd", "rest"}
    assert either(odd, exact, host="c.com") == {"odd", None}


OLD = [
    ({"regex": "/a.*"}, "/abc", True), ({"regex": "/a"}, "/abc", False),
    ({"prefix": "/", "headers": [{"name": ":path", "regex_match": "/a.*"}]}, "/abc", True),
    ({"prefix": "/", "headers": [{"name": ":path", "exact_match": "/a"}]}, "/a", True),
    ({"prefix": "/", "headers": [{"name": ":path", "prefix_match": "/a"}]}, "/abc", True),
    ({"prefix": "/", "query_parameters": [{"name": "q", "value": "1"}]}, "/?q=1", True),
    ({"prefix": "/", "query_parameters": [{"name": "q", "value": "1"}]}, "/?q=2", False),
    ({"prefix": "/", "query_parameters": [{"name": "q", "value": "1.", "regex": True}]}, "/?q=12", True),
    ({"prefix": "/", "query_parameters": [{"name": "q"}]}, "/?q", True),
]  # fmt: skip


@pytest.mark.parametrize(("match", "path", "taken"), OLD)
def test_old_spellings(match: Json, path: str, taken: bool) -> None:
    assert told(virtual_host(route("old", match), REST), path=path)[0] == ("old" if taken else "rest")


def test_a_set_field_that_nobody_evaluates_leaves_the_answer_open() -> None:
    odd = {**REST, "of_tomorrow": 1}
    built = proxy([listener([{"filters": http([virtual_host(odd)])}])])
    passages = ask(built, get())
    assert {p.verdict.disposition for p in passages} == {Disposition.DELIVERED, OPEN}
    assert sum(p.probability for p in passages) == pytest.approx(1)
    assert all("Route.of_tomorrow" in p.undetermined[0] for p in passages)


def ways_to(one: Json, *others: Json, to: str = "c", bootstrap: Json | None = None) -> dict[str, float]:
    """What happens to a request for a cluster, by endpoint or, where it is open, by reason."""
    chain = {"filters": http([virtual_host(route("rest", {"prefix": "/"}, to=to))])}
    return outcomes(ask(proxy([listener([chain])], (one, *others), bootstrap), get()))


def outcomes(passages: list[Passage]) -> dict[str, float]:
    found: dict[str, float] = {}
    for passage in passages:
        words = passage.undetermined if passage.verdict.disposition is OPEN else passage.upstream_hosts
        for word in words:
            name, share = word if isinstance(word, tuple) else (word, 1.0)
            found[name] = found.get(name, 0.0) + passage.probability * share
    return {name: round(share, 3) for name, share in found.items()}


def tls_socket(**context: Any) -> Json:
    kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    return {"name": "tls", "typed_config": {"@type": kind, **context}}


ODD_TLS = [
    (tls_socket(sni=7), "UpstreamTlsContext.sni is a number"),
    (tls_socket(common_tls_context="x"), "UpstreamTlsContext.common_tls_context is a text"),
    (tls_socket(common_tls_context={"alpn_protocols": "h2"}), "CommonTlsContext.alpn_protocols is a text"),
    ({"name": "tap", "typed_config": {"@type": "x/Tap", "transport_socket": 1}}, "transport_socket is a number"),
    ("tls", "Cluster.transport_socket is a text"),
]  # fmt: skip


@pytest.mark.parametrize(("socket", "reason"), ODD_TLS, ids=[reason for _, reason in ODD_TLS])
def test_a_tls_context_that_cannot_be_read_leaves_the_handshake_open(socket: Any, reason: str) -> None:
    found = ways_to(cluster("c", "10.0.0.1:1", transport_socket=socket))
    assert found.pop("10.0.0.1:1") == 0.5  # if it succeeds
    ((said, share),) = found.items()
    assert "cluster c: " in said and reason in said and share == 0.5


def test_a_tls_match_that_cannot_be_read_costs_the_hosts_that_it_is_for() -> None:
    labels = {"filter_metadata": {"envoy.transport_socket_match": {"tlsMode": "istio"}}}
    hosts = [endpoint("10.0.0.1:1"), {**endpoint("10.0.0.2:1"), "metadata": labels}]
    matches = [{"name": "m", "match": {"tlsMode": "istio"}, "transport_socket": tls_socket(sni=[])}]
    one = cluster("c", transport_socket_matches=matches)
    one["load_assignment"] = {"endpoints": [{"lb_endpoints": hosts}]}
    found = ways_to(one)
    assert (found.pop("10.0.0.1:1"), found.pop("10.0.0.2:1")) == (0.5, 0.25)
    assert found == {"cluster c: UpstreamTlsContext.sni is a list, where the API has a text": 0.25}


def with_endpoints(*groups: Any, **policy: Any) -> Json:
    return {**cluster("c"), "load_assignment": {"endpoints": list(groups), **policy}}


def lb(name: str, **fields: Any) -> Json:
    kind = f"type.googleapis.com/envoy.extensions.load_balancing_policies.{name}"
    return {
        "policies": [{"typed_extension_config": {"name": "p", "typed_config": {"@type": kind, **fields}}}]
    }


GOOD = endpoint("10.0.0.1:1")
ODD_CLUSTERS = [
    (cluster("c", "10.0.0.1:1", type="BY_MOON"), "Cluster.type is BY_MOON"),
    (cluster("c", "10.0.0.1:1", type=True), "Cluster.type is a truth value"),
    (cluster("c", "10.0.0.1:1", cluster_type="x"), "Cluster.cluster_type is a text"),
    (cluster("c", "10.0.0.1:1", eds_cluster_config=[]), "Cluster.eds_cluster_config is a list"),
    (cluster("c", "10.0.0.1:1", load_assignment=3), "Cluster.load_assignment is a number"),
    (cluster("c", "10.0.0.1:1", circuit_breakers={"thresholds": {}}), "CircuitBreakers.thresholds is an object"),
    (cluster("c", "10.0.0.1:1", circuit_breakers={"thresholds": [{"max_requests": "x"}]}), "Thresholds.max_requests"),
    (cluster("c", "10.0.0.1:1", upstream_bind_config="x"), "Cluster.upstream_bind_config is a text"),
    (cluster("c", "10.0.0.1:1", typed_extension_protocol_options=[]), "typed_extension_protocol_options is a list"),
    (cluster("c", "10.0.0.1:1", lb_policy="BY_MOON"), "Cluster.lb_policy is BY_MOON"),
    (cluster("c", "10.0.0.1:1", lb_policy="MAGLEV", maglev_lb_config=1), "Cluster.maglev_lb_config is a number"),
    (cluster("c", "10.0.0.1:1", lb_subset_config={"subset_selectors": {}}), "LbSubsetConfig.subset_selectors"),
    (cluster("c", "10.0.0.1:1", common_lb_config={"healthy_panic_threshold": 5}), "CommonLbConfig.healthy_panic_threshold"),
    (cluster("c", "10.0.0.1:1", common_lb_config={"healthy_panic_threshold": {"value": "NaN"}}), "a percentage of nan"),
    (with_endpoints({"lb_endpoints": [GOOD, {**endpoint("10.0.0.2:1"), "load_balancing_weight": -1}]}), "weight of -1"),
    (cluster("c", "10.0.0.1:1", load_balancing_policy={"policies": "x"}), "LoadBalancingPolicy.policies is a text"),
    (cluster("c", "10.0.0.1:1", load_balancing_policy=lb("random.v3.Random", locality_lb_config=1)), "Random.locality_lb_config"),
    (cluster("c", "10.0.0.1:1", metadata="x"), "Cluster.metadata is a text"),
    (cluster("c", "10.0.0.1:1", metadata={"filter_metadata": {"istio": 1}}), "Metadata.filter_metadata is a number"),
    (with_endpoints("x"), "ClusterLoadAssignment.endpoints is a text"),
    (with_endpoints({"lb_endpoints": {}}), "LocalityLbEndpoints.lb_endpoints is an object"),
    (with_endpoints({"lb_endpoints": [GOOD], "priority": "x"}), "LocalityLbEndpoints.priority is a text"),
    (with_endpoints({"lb_endpoints": [GOOD], "priority": -1}), "an endpoint of priority -1"),
    (with_endpoints({"lb_endpoints": [GOOD], "priority": 10**9}), "an endpoint of priority 1000000000"),
    (with_endpoints({"lb_endpoints": [{**GOOD, "load_balancing_weight": {}}]}), "LbEndpoint.load_balancing_weight"),
    (with_endpoints({"lb_endpoints": [{**GOOD, "health_status": "DREAMING"}]}), "LbEndpoint.health_status is DREAMING"),
    (with_endpoints({"lb_endpoints": [{"endpoint": {"address": "10.0.0.1"}}]}), "Endpoint.address is a text"),
    (with_endpoints({"lb_endpoints": [{**GOOD, "metadata": {"filter_metadata": {"envoy.lb": 1}}}]}), "Metadata.filter_metadata"),
    (with_endpoints({"lb_endpoints": [GOOD]}, policy={"drop_overloads": 1}), "Policy.drop_overloads is a number"),
    (with_endpoints({"lb_endpoints": [GOOD]}, policy=[]), "ClusterLoadAssignment.policy is a list"),
]  # fmt: skip


@pytest.mark.parametrize(("odd", "reason"), ODD_CLUSTERS, ids=[reason for _, reason in ODD_CLUSTERS])
def test_a_cluster_that_cannot_be_read_is_open_and_no_other(odd: Json, reason: str) -> None:
    other = cluster("d", "10.0.0.9:1")
    ((said, share),) = ways_to(odd, other).items()
    assert reason in said and share == 1.0
    assert ways_to(odd, other, to="d") == {"10.0.0.9:1": 1.0}


def test_a_local_cluster_that_cannot_be_read_costs_only_routing_by_zone() -> None:
    local = {**with_endpoints("x"), "name": "local"}
    bootstrap = {"cluster_manager": {"local_cluster_name": "local"}}
    by_zone = cluster("c", "10.0.0.1:1", "10.0.0.2:1")
    ((said, _),) = ways_to(by_zone, local, bootstrap=bootstrap).items()
    assert said.startswith("zone aware routing: ClusterLoadAssignment.endpoints is a text")
    by_locality = {**by_zone, "common_lb_config": {"locality_weighted_lb_config": {}}}
    assert ways_to(by_locality, local, bootstrap=bootstrap) == {said: 1.0}  # there are no weights
    by_locality["load_assignment"]["endpoints"][0]["load_balancing_weight"] = 1
    assert len(ways_to(by_locality, local, bootstrap=bootstrap)) == 2


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("l4", [True, False])
def test_a_weighted_cluster_that_cannot_be_read_costs_its_own_share(first: bool, l4: bool) -> None:
    weights = [{"name": "c", "weight": 30}, {"name": "d", "weight": 70}]
    action = {"weighted_clusters": {"clusters": weights if first else weights[::-1]}}
    (proxied,) = tcp("")
    proxied["typed_config"] = {"@type": proxied["typed_config"]["@type"], **action}
    routes = [virtual_host({"name": "r", "match": {"prefix": "/"}, "route": action})]
    built = proxy(
        [listener([{"filters": [proxied] if l4 else http(routes)}])],
        (with_endpoints("x"), cluster("d", "10.0.0.9:1")),
    )
    found = outcomes(ask(built, get()))
    assert found.pop("10.0.0.9:1") == 0.7
    ((said, share),) = found.items()
    assert "ClusterLoadAssignment.endpoints is a text" in said and share == 0.3


ODD_ORIGINALS = [
    ({"original_dst_lb_config": "x"}, "Cluster.original_dst_lb_config is a text"),
    ({"original_dst_lb_config": {"use_http_header": True, "http_header_name": 1}}, "OriginalDstLbConfig.http_header_name"),
    ({"original_dst_lb_config": {"use_http_header": 1}}, "OriginalDstLbConfig.use_http_header is a number"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "reason"), ODD_ORIGINALS, ids=[reason for _, reason in ODD_ORIGINALS])
def test_an_original_destination_that_cannot_be_read(config: Json, reason: str) -> None:
    odd = {"name": "c", "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", **config}
    (said,) = ways_to(odd)
    assert reason in said


def test_an_aggregate_whose_clusters_cannot_be_read_is_open() -> None:
    kind = "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig"
    custom = {"name": "envoy.clusters.aggregate", "typed_config": {"@type": kind, "clusters": "d"}}
    (said,) = ways_to({"name": "c", "cluster_type": custom}, cluster("d", "10.0.0.9:1"))
    assert "ClusterConfig.clusters is a text" in said


ODD: list[Any] = [1, "x", [1], ["x"], {"a": 1}, [[]], True]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "place", ["filter_chain_match", "filters", "listener_filters", "filter_chains", "additional_addresses"]
)
def test_an_odd_listener_beside_it_costs_a_request_nothing(place: str, odd: Any) -> None:
    """What cannot be read of one listener never stops the way through another."""
    chain: dict[str, Any] = {"filters": http([virtual_host(route("r", {"prefix": "/"}))])}
    good, bad = listener([chain]), listener([{"filters": []}], ip="10.7.7.7", port=9999, bind_to_port=False)
    holder = (
        bad
        if place in bad or place in ("listener_filters", "additional_addresses")
        else bad["filter_chains"][0]
    )
    holder[place] = odd
    built = proxy([good, bad], (cluster("c", "10.0.0.1:8080"),))
    (passage,) = ask(built, get())
    assert passage.verdict.disposition is Disposition.DELIVERED
    assert service_map(built) is not None
