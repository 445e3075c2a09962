"""Which service an address is, by what a proxy's listeners say."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.trace.services import _names, endpoints_of, service_map
from tests.unit.proxy.build import TCP_PROXY, cluster, listener, proxy, tcp

Json = dict[str, Any]

VIP = ("10.96.0.1", 7000)


def weighted(*clusters: str) -> list[Json]:
    parts = [{"name": name, "weight": 50} for name in clusters]
    return [{"name": "tcp", "typed_config": {"@type": TCP_PROXY, "weighted_clusters": {"clusters": parts}}}]


def host_of(filters: list[Json]) -> str | None:
    built = proxy([listener([{"filters": filters}], *VIP, bind_to_port=False)])
    return service_map(built).hosts.get(VIP)


def test_the_cluster_of_a_listener_at_a_vip_names_the_service() -> None:
    assert host_of(tcp("outbound|7000||db.test.svc.cluster.local")) == "db.test.svc.cluster.local"


def test_weighted_subsets_name_it_too() -> None:
    """A VirtualService for TCP that splits between subsets."""
    parts = [f"outbound|7000|{subset}|db.test.svc.cluster.local" for subset in ("v1", "v2")]
    assert host_of(weighted(*parts)) == "db.test.svc.cluster.local"


def test_weights_between_services_name_none() -> None:
    assert (
        host_of(
            weighted("outbound|7000||a.test.svc.cluster.local", "outbound|7000||b.test.svc.cluster.local")
        )
        is None
    )


NAMES = [  # a service's host, the names by which it is called
    ("db.test.svc.cluster.local", ["db.test.svc.cluster.local", "db.test.svc", "db.test"]), ("DB.Test.svc.cluster.local", ["db.test.svc.cluster.local", "db.test.svc", "db.test"]),
    ("a.b.svc.my.domain", ["a.b.svc.my.domain", "a.b.svc", "a.b"]), ("a.b.svc", ["a.b.svc"]), ("a.b.c.d.e", ["a.b.c.d.e"]), ("Example.com", ["example.com"]),
]  # fmt: skip


@pytest.mark.parametrize(("host", "names"), NAMES)
def test_the_names_of_a_service(host: str, names: list[str]) -> None:
    assert _names(host) == names


DB = "outbound|80||db.test.svc"
ORIGINAL = {"type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "load_assignment": None}
ENDPOINTS: list[tuple[Json, tuple[str, ...] | None]] = [  # the cluster of port 80, its ready endpoints; None: not known
    (cluster(DB, "10.0.0.1:8080", "10.0.0.2:8080"), ("10.0.0.1:8080", "10.0.0.2:8080")), (cluster(DB, "10.0.0.1:8080", **ORIGINAL), None), ({"name": DB, "type": "STATIC"}, None), ({"name": DB, "type": "EDS"}, None), (cluster("other", "10.0.0.1:8080"), None), ({**cluster(DB), "load_assignment": 5}, None),
]  # fmt: skip


@pytest.mark.parametrize(("one", "endpoints"), ENDPOINTS)
def test_the_endpoints_of_a_service_port(one: Json, endpoints: tuple[str, ...] | None) -> None:
    built = proxy([], (one,))
    assert endpoints_of(built, "db.test.svc", 80) == endpoints
    assert endpoints_of(built, "db.test.svc", 81) is None


def test_an_endpoint_that_is_not_healthy_is_none() -> None:
    sick = cluster(DB, "10.0.0.1:8080", "10.0.0.2:8080")
    sick["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["health_status"] = "UNHEALTHY"
    assert endpoints_of(proxy([], (sick,)), "db.test.svc", 80) == ("10.0.0.2:8080",)
