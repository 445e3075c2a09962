"""Which service an address is, by what a proxy's listeners say."""

from __future__ import annotations

from typing import Any

from meshctl.trace.services import service_map
from tests.unit.proxy.build import TCP_PROXY, listener, proxy, tcp

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
