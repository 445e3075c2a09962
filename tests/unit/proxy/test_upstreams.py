"""From a cluster to its hosts: aggregates, original destinations, names, and what a cluster refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.model import Disposition, Payload
from meshctl.proxy.proxy import Proxy
from tests.unit.proxy.build import ask, cluster, get, http, listener, proxy, route, tcp, virtual_host
from tests.unit.proxy.filters.chains import a_filter

D, NONE = Disposition.DELIVERED, Disposition.NO_HEALTHY_ENDPOINT


def ways(
    clusters: tuple[dict[str, Any], ...], *headers: tuple[str, str], bootstrap: Any = None, **more: Any
) -> Any:
    filters = more.pop("filters", ())
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}, **more))], filters=filters)}
    return ask(proxy([listener([chain])], clusters, bootstrap), get("/", "a.com", *headers))


def shares(clusters: tuple[dict[str, Any], ...], *headers: tuple[str, str], **more: Any) -> dict[str, float]:
    (passage,) = ways(clusters, *headers, **more)
    return {address: round(share, 3) for address, share in passage.upstream_hosts}


def sick(one: dict[str, Any], *indexes: int) -> dict[str, Any]:
    for index in indexes:
        one["load_assignment"]["endpoints"][0]["lb_endpoints"][index]["health_status"] = "UNHEALTHY"
    return one


def aggregate(*names: str) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig"
    custom = {"name": "envoy.clusters.aggregate", "typed_config": {"@type": kind, "clusters": list(names)}}
    return {"name": "c", "lb_policy": "CLUSTER_PROVIDED", "cluster_type": custom}


def test_an_aggregate_joins_the_priorities_of_its_clusters() -> None:
    """One of two hosts is healthy: 70 % stay with the first cluster, as a real Envoy shared them."""
    members = (
        aggregate("a", "b"),
        sick(cluster("a", "10.0.0.1:1", "10.0.0.2:1"), 1),
        cluster("b", "10.0.0.3:1"),
    )
    assert shares(members) == {"10.0.0.1:1": 0.7, "10.0.0.3:1": 0.3}


def test_a_key_decides_in_the_cluster_of_an_aggregate_that_hashes() -> None:
    """Whichever priority the aggregate chose: the hash looks for one itself."""
    hosts = [f"127.0.0.1:{port}" for port in range(21004, 21009)]
    members = (
        aggregate("a", "b"),
        sick(cluster("a", "10.0.0.1:1", "10.0.0.2:1"), 1),
        cluster("b", *hosts, lb_policy="RING_HASH"),
    )
    policy = [{"header": {"header_name": "x-u"}}]
    assert shares(members, ("x-u", "alice"), hash_policy=policy) == {
        "10.0.0.1:1": 0.7,
        "127.0.0.1:21008": 0.3,
    }


def test_a_subset_is_chosen_in_each_cluster_of_an_aggregate() -> None:
    wanted = {"filter_metadata": {"envoy.lb": {"v": "2"}}}

    def versions(name: str, *hosts: tuple[str, str], **more: Any) -> dict[str, Any]:
        subsets = {"subset_selectors": [{"keys": ["v"]}], **more}
        one = cluster(name, *(address for address, _ in hosts), lb_subset_config=subsets)
        for endpoint, (_, version) in zip(
            one["load_assignment"]["endpoints"][0]["lb_endpoints"], hosts, strict=True
        ):
            endpoint["metadata"] = {"filter_metadata": {"envoy.lb": {"v": version}}}
        return one

    first = sick(
        versions("a", ("10.0.0.1:1", "1"), ("10.0.0.2:1", "2"), ("10.0.0.3:1", "2"), ("10.0.0.4:1", "3")),
        0,
        3,
    )
    second = versions("b", ("10.0.0.5:1", "1"), ("10.0.0.6:1", "2"))
    assert shares((aggregate("a", "b"), first, second), metadata_match=wanted) == {
        "10.0.0.2:1": 0.35, "10.0.0.3:1": 0.35, "10.0.0.6:1": 0.3,
    }  # fmt: skip
    none = versions("b", ("10.0.0.5:1", "1"))
    found = ways((aggregate("a", "b"), first, none), metadata_match=wanted)
    assert {(p.verdict.flags, round(p.probability, 2)) for p in found} == {(None, 0.7), ("UH", 0.3)}


def test_the_circuit_breaker_of_an_aggregates_cluster_counts_for_its_share() -> None:
    closed = {"thresholds": [{"max_requests": 0}]}
    members = (
        aggregate("a", "b"),
        sick(cluster("a", "10.0.0.1:1", "10.0.0.2:1"), 1),
        cluster("b", "10.0.0.3:1", circuit_breakers=closed),
    )
    found = {(p.verdict.flags, p.upstream_hosts): round(p.probability, 2) for p in ways(members)}
    assert found == {(None, (("10.0.0.1:1", 1.0),)): 0.7, ("UO", (("10.0.0.3:1", 1.0),)): 0.3}


def test_an_address_of_two_clusters_of_an_aggregate_has_both_shares() -> None:
    members = (
        aggregate("a", "b"),
        sick(cluster("a", "10.0.0.1:1", "10.0.0.2:1"), 1),
        cluster("b", "10.0.0.1:1", "10.0.0.3:1"),
    )
    assert shares(members) == {"10.0.0.1:1": 0.85, "10.0.0.3:1": 0.15}


def test_consistent_hashing_by_locality_has_no_host_without_weights() -> None:
    many = cluster(
        "c",
        "10.0.0.1:1",
        "10.0.0.2:1",
        lb_policy="RING_HASH",
        common_lb_config={"locality_weighted_lb_config": {}},
    )
    (passage,) = ways((many,))
    assert passage.verdict.flags == "UH"
    many["load_assignment"]["endpoints"][0]["load_balancing_weight"] = 1
    assert len(shares((many,))) == 2


def test_a_cluster_that_is_not_there_and_the_aggregate_itself_are_left_out() -> None:
    assert shares((aggregate("none", "c", "b"), cluster("b", "10.0.0.3:1"))) == {"10.0.0.3:1": 1.0}
    (passage,) = ways((aggregate("none"),))
    assert passage.verdict.disposition is NONE


def original(**config: Any) -> dict[str, Any]:
    return {
        "name": "c",
        "type": "ORIGINAL_DST",
        "lb_policy": "CLUSTER_PROVIDED",
        "original_dst_lb_config": config,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10.0.0.7:81", {"10.0.0.7:81": 1.0}),
        ("[::1]:81", {"[::1]:81": 1.0}),
        ("10.0.0.7", {}),
        ("name:81", {}),
        ("10.0.0.7:99999", {}),
    ],
)
def test_an_original_destination_in_a_header(value: str, expected: dict[str, float]) -> None:
    found = shares((original(use_http_header=True),), ("x-envoy-original-dst-host", value))
    assert found == expected


@pytest.mark.parametrize(
    ("config", "taken"),
    [
        ({"use_http_header": True}, False),
        ({"use_http_header": True, "http_header_name": "X-Mine"}, True),
        ({"http_header_name": "x-mine"}, False),
        ({"use_http_header": True, "http_header_name": "x-mine", "upstream_port_override": 9}, True),
    ],
)
def test_which_header_has_the_original_destination(config: Any, taken: bool) -> None:
    port = config.get("upstream_port_override", 81)
    found = shares((original(**config),), ("x-mine", "10.0.0.7:81"))
    assert found == ({f"10.0.0.7:{port}": 1.0} if taken else {})


def test_an_original_destination_in_metadata() -> None:
    written = a_filter(
        "set_metadata.v3.Config", metadata=[{"metadata_namespace": "ns", "value": {"h": "10.0.0.7:81"}}]
    )
    config = {"metadata_key": {"key": "ns", "path": [{"key": "h"}]}}
    assert shares((original(**config),), filters=(written,)) == {"10.0.0.7:81": 1.0}


def test_a_connection_has_no_metadata_of_requests() -> None:
    config = {"metadata_key": {"key": "ns", "path": [{"key": "h"}]}, "use_http_header": True}
    chain = {"filters": tcp("c")}
    built = proxy([listener([chain], use_original_dst=True)], (original(**config),))
    (passage,) = ask(built, payload=Payload.RAW, dst=("10.9.9.9", 80))
    assert [address for address, _ in passage.upstream_hosts] == ["10.9.9.9:80"]


def test_an_aggregate_of_the_older_type() -> None:
    older = aggregate("a")
    older["cluster_type"]["typed_config"]["@type"] = (
        "type.googleapis.com/envoy.config.cluster.aggregate.v2alpha.ClusterConfig"
    )
    assert shares((older, cluster("a", "10.0.0.1:1"))) == {"10.0.0.1:1": 1.0}


def test_a_share_of_requests_is_dropped_under_overload() -> None:
    one = cluster("c", "10.0.0.1:1")
    one["load_assignment"]["policy"] = {
        "drop_overloads": [{"category": "x", "drop_percentage": {"numerator": 40}}]
    }
    found = {(p.verdict.code, p.verdict.flags): round(p.probability, 2) for p in ways((one,))}
    assert found == {(503, "DO"): 0.4, (200, None): 0.6}


def test_a_cluster_in_maintenance_refuses() -> None:
    layer = {"name": "s", "static_layer": {"upstream.maintenance_mode.c": 100}}
    (passage,) = ways((cluster("c", "10.0.0.1:1"),), bootstrap={"layered_runtime": {"layers": [layer]}})
    assert (passage.verdict.flags, passage.verdict.details) == ("UO", "maintenance_mode")


@pytest.mark.parametrize(("priority", "flags"), [("DEFAULT", None), ("HIGH", "UO")])
def test_a_circuit_breaker_of_zero_counts_for_its_priority(priority: str, flags: str | None) -> None:
    breakers = {"thresholds": [{"priority": "HIGH", "max_pending_requests": 0}]}
    (passage,) = ways((cluster("c", "10.0.0.1:1", circuit_breakers=breakers),), priority=priority)
    assert passage.verdict.flags == flags


def test_a_hashed_key_names_one_host_and_a_random_one_all() -> None:
    many = cluster("c", *(f"127.0.0.1:{port}" for port in range(21004, 21009)), lb_policy="RING_HASH")
    policy = [{"header": {"header_name": "x-u"}}]
    assert shares((many,), ("x-u", "alice"), hash_policy=policy) == {"127.0.0.1:21008": 1.0}
    assert len(shares((many,), hash_policy=policy)) == 5


@pytest.mark.parametrize(
    ("name", "rewrite", "sent"),
    [
        (":path", {"prefix_rewrite": "/new"}, "/new"),
        (":authority", {"host_rewrite_literal": "h"}, "h"),
        ("x-envoy-original-path", {"prefix_rewrite": "/new"}, "/"),
    ],
)
def test_a_key_is_of_the_request_as_it_is_sent(name: str, rewrite: dict[str, Any], sent: str) -> None:
    many = cluster("c", *(f"127.0.0.1:{port}" for port in range(21004, 21009)), lb_policy="RING_HASH")
    hashed = shares((many,), hash_policy=[{"header": {"header_name": name}}], **rewrite)
    assert hashed == shares((many,), ("x-u", sent), hash_policy=[{"header": {"header_name": "x-u"}}])


def test_a_key_that_a_filter_may_have_changed_is_not_known() -> None:
    lua = a_filter("lua.v3.Lua")
    many = cluster("c", "10.0.0.1:1", "10.0.0.2:1", lb_policy="MAGLEV")
    found = ways((many,), ("x-u", "a"), hash_policy=[{"header": {"header_name": "x-u"}}], filters=(lua,))
    delivered = next(p for p in found if p.verdict.disposition is D)
    assert len(delivered.upstream_hosts) == 2
    assert any("hash key" in reason for reason in delivered.undetermined)


def test_what_dns_says_of_a_name_is_open() -> None:
    kind = "envoy.clusters.dynamic_forward_proxy"
    forward = {"name": "c", "lb_policy": "CLUSTER_PROVIDED", "cluster_type": {"name": kind}}
    found = ways((forward,))
    assert {p.verdict.flags for p in found} == {None, "DF"}
    assert not any(p.decided for p in found)


def test_an_upstream_filter_that_is_not_known_is_told() -> None:
    options = {
        "@type": "t/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "http_filters": [a_filter("lua.v3.Lua")],
    }
    typed = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options}
    found = ways((cluster("c", "10.0.0.1:1", typed_extension_protocol_options=typed),))
    assert {p.verdict.disposition for p in found} == {D, Disposition.UNDETERMINED}
    assert all("Lua" in p.undetermined[0] for p in found)


FORWARDING: dict[str, Any] = {
    "name": "c",
    "lb_policy": "CLUSTER_PROVIDED",
    "cluster_type": {
        "name": "envoy.clusters.dynamic_forward_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig"
        },
    },
}
OVER_TLS = {
    "transport_socket": {
        "name": "tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
        },
    }
}
LOOKED_UP = [  # settings of the cluster, the host, the address it goes to, whether DNS decides
    ({}, "b.com", "b.com:80", True), ({}, "b.com:8080", "b.com:8080", True), (OVER_TLS, "b.com", "b.com:443", True), (OVER_TLS, "b.com:80", "b.com:80", True), ({}, "b.com:", "b.com::80", True),
    ({}, "10.0.0.9", "10.0.0.9:80", False), ({}, "10.0.0.9:81", "10.0.0.9:81", False), ({}, "localhost", "127.0.0.1:80", True), ({}, "LocalHost:81", "127.0.0.1:81", True),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "host", "address", "by_dns"), LOOKED_UP)
def test_a_forward_proxy_looks_the_host_up(
    settings: dict[str, Any], host: str, address: str, by_dns: bool
) -> None:
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))])}
    found = ask(proxy([listener([chain])], ({**FORWARDING, **settings},)), get("/", host))
    assert {one for way in found for one, _ in way.upstream_hosts} == {address}
    assert any("what DNS says of" in text for way in found for text in way.undetermined) is by_dns


def test_how_hosts_without_their_metadata_are_spoken_to_is_open() -> None:
    """The metadata decides between TLS and plain text, and /clusters does not show it."""
    matches = [{"name": "tls", "match": {"tlsMode": "istio"}, **OVER_TLS}]
    one = {"name": "c", "type": "EDS", "transport_socket_matches": matches}
    status = {
        "name": "c",
        "host_statuses": [{"address": {"socket_address": {"address": "10.0.0.1", "port_value": 80}}}],
    }
    chain = {"filters": http([virtual_host(route("r", {"prefix": "/"}))])}
    configs = [
        {
            "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
            "static_clusters": [{"cluster": one}],
        },
        {
            "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
            "dynamic_listeners": [{"name": "l", "active_state": {"listener": listener([chain])}}],
        },
    ]
    notes = Notes()
    dump = documents.read(json.dumps({"configs": configs}).encode(), "dump", notes)
    seen = documents.read(json.dumps({"cluster_statuses": [status]}).encode(), "clusters", notes)
    built = Proxy(snapshot.load([*dump, *seen], "test", notes), "test", 1_764_000_000.0)
    found = ask(built, get())
    told = " ".join(text for way in found for text in (*way.undetermined, *way.notes))
    assert "whether c is spoken to in TLS: the metadata of its endpoints was not shown (include_eds)" in told


REPORTS = {
    "policies": [
        {
            "typed_extension_config": {
                "name": "reports",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.load_balancing_policies."
                    "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin"
                },
            }
        }
    ]
}


@pytest.mark.parametrize(
    ("addresses", "assumed"), [(["10.0.0.1:1", "10.0.0.2:1"], True), (["10.0.0.1:1"], False)]
)
def test_hosts_that_weigh_by_what_they_report_weigh_alike_where_none_is_assumed_to(
    addresses: list[str], assumed: bool
) -> None:
    one = cluster("c", *addresses, load_balancing_policy=REPORTS)
    one["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["load_balancing_weight"] = 9
    (passage,) = ways((one,))
    assert dict(passage.upstream_hosts) == dict.fromkeys(addresses, 1 / len(addresses))
    assert passage.undetermined == ()
    said = "that no host of cluster c reports its load (ORCA): all weigh alike"
    assert (said in passage.assumed) is assumed
