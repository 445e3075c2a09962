"""``proxy-config endpoint`` and ``eds``: addresses, filters, health from every source."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views import eds, endpoints
from meshctl.views.endpoint_filter import EndpointFilter
from tests.unit.views import dumps
from tests.unit.views.dumps import columns

Json = dict[str, Any]
EVERY = EndpointFilter()


def socket(address: str, port: int = 80) -> Json:
    return {"socket_address": {"address": address, "port_value": port}}


ADDRESSES = [  # an address, as eds, as endpoint, as the wide tables tell it
    (socket("10.0.0.1"), "10.0.0.1:80", "10.0.0.1:80", "10.0.0.1:80"), (socket("::1"), "::1:80", "::1:80", "[::1]:80"),
    ({"pipe": {"path": "/x"}}, "/x", "unix:///x", "unix:///x"), (socket("10.0.0.1", 0), "10.0.0.1:0", "10.0.0.1", "10.0.0.1:0"),
    ({"envoy_internal_address": {"server_listener_name": "l", "endpoint_id": "e"}}, "envoy://l/e", "envoy://l/e", "envoy://l/e"),
    ({"envoy_internal_address": {}}, "unknown", "unknown", "envoy://"), ({}, "unknown", "unknown", "-"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "of_eds", "of_clusters", "wide"), ADDRESSES)
def test_addresses(address: Json, of_eds: str, of_clusters: str, wide: str) -> None:
    group = {"lb_endpoints": [{"endpoint": {"address": address}}]}
    given = dumps.endpoints({"cluster_name": "c", "endpoints": [group]})
    live = dumps.hosts({"name": "c", "host_statuses": [{"address": address}]})
    assert columns(eds.VIEW.short(given, EVERY), "NAME") == eds.VIEW.names(given, EVERY) == [of_eds]
    assert (
        columns(endpoints.VIEW.short(live, EVERY), "ENDPOINT")
        == endpoints.VIEW.names(live, EVERY)
        == [of_clusters]
    )
    assert (
        columns(eds.VIEW.wide(given, EVERY), "ENDPOINT")
        == columns(endpoints.VIEW.wide(live, EVERY), "ENDPOINT")
        == [wide]
    )


def one(address: str, port: int = 80, **more: Any) -> Json:
    extra = more.pop("additional", ())
    return {
        "endpoint": {
            "address": socket(address, port),
            "additional_addresses": [{"address": socket(a, port)} for a in extra],
        },
        **more,
    }


GIVEN = dumps.endpoints(
    {"cluster_name": "outbound|80||b", "endpoints": [{"lb_endpoints": [one("10.0.0.2"), one("10.0.0.1", 81, health_status="UNHEALTHY")]}]},
    {"cluster_name": "outbound|80||a", "endpoints": [
        {"locality": {"region": "r", "zone": "z"}, "lb_endpoints": [one("10.0.0.3", additional=("fd00::3",))]}, {"lb_endpoints": []}]},
    {"cluster_name": "outbound|80||empty", "endpoints": [{}]},
)  # fmt: skip
LIVE = dumps.hosts(
    {"name": "outbound|80||b", "host_statuses": [
        {"address": socket("10.0.0.2")}, {"address": socket("10.0.0.1", 81), "health_status": {"eds_health_status": "UNHEALTHY", "failed_outlier_check": True}}]},
    {"name": "outbound|80||a", "host_statuses": [{"address": socket("10.0.0.3"), "health_status": {"eds_health_status": "HEALTHY"}}]},
)  # fmt: skip
FILTERS = [  # a filter, the addresses of eds, those of endpoint
    ({}, ["10.0.0.3:80", "10.0.0.2:80", "10.0.0.1:81"], ["10.0.0.1:81", "10.0.0.2:80", "10.0.0.3:80"]), ({"port": 80}, ["10.0.0.3:80", "10.0.0.2:80"], ["10.0.0.2:80", "10.0.0.3:80"]),
    ({"port": 80 + 2**32}, ["10.0.0.3:80", "10.0.0.2:80"], ["10.0.0.2:80", "10.0.0.3:80"]), ({"cluster": "OUTBOUND|80||A"}, ["10.0.0.3:80"], ["10.0.0.3:80"]),
    ({"cluster": "outbound|80||"}, [], []), ({"status": "unhealthy"}, ["10.0.0.1:81"], ["10.0.0.1:81"]), ({"address": "10.0.0.2"}, [], ["10.0.0.2:80"]),
    ({"address": "10.0.0.2:80"}, ["10.0.0.2:80"], []), ({"address": "FD00::3:80"}, ["10.0.0.3:80"], []), ({"port": 81, "status": "HEALTHY"}, [], []),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "of_eds", "of_clusters"), FILTERS)
def test_filters(wanted: Json, of_eds: list[str], of_clusters: list[str]) -> None:
    asked = EndpointFilter(**wanted)
    assert eds.VIEW.names(GIVEN, asked) == of_eds
    assert endpoints.VIEW.names(LIVE, asked) == of_clusters
    assert len(endpoints.VIEW.wide(LIVE, asked).rows) == len(of_clusters)
    shown = [
        e
        for v in eds.VIEW.values(GIVEN, asked, lambda _, value: value)
        for group in v["endpoints"]
        for e in group.get("lb_endpoints", ())
    ]
    assert len(shown) == len(of_eds)


def test_eds_rows() -> None:
    assert eds.VIEW.short(GIVEN, EVERY).rows == [
        ("10.0.0.3:80,fd00::3:80", "UNKNOWN", "r/z", "outbound|80||a"), ("10.0.0.2:80", "UNKNOWN", "", "outbound|80||b"),
        ("10.0.0.1:81", "UNHEALTHY", "", "outbound|80||b"),
    ]  # fmt: skip
    assert columns(eds.VIEW.labelled(GIVEN, EVERY), "NAME")[1:] == [
        "endpoint/10.0.0.2:80",
        "endpoint/10.0.0.1:81",
    ]
    assert eds.VIEW.unseen(GIVEN) == []


def test_endpoint_rows_of_clusters_and_of_a_dump() -> None:
    assert endpoints.VIEW.short(LIVE, EVERY).rows == [
        ("10.0.0.1:81", "UNHEALTHY", "FAILED", "outbound|80||b"), ("10.0.0.2:80", "UNKNOWN", "OK", "outbound|80||b"),
        ("10.0.0.3:80", "HEALTHY", "OK", "outbound|80||a"),
    ]  # fmt: skip
    assert endpoints.VIEW.unseen(LIVE) == []
    assert {row[2] for row in endpoints.VIEW.short(GIVEN, EVERY).rows} == {"-"}
    assert "only in /clusters?format=json" in endpoints.VIEW.unseen(GIVEN)[0]
    assert endpoints.VIEW.names(GIVEN, EndpointFilter(address="10.0.0.2")) == ["10.0.0.2:80"]
    assert len(endpoints.VIEW.wide(GIVEN, EndpointFilter(address="10.0.0.2")).rows) == 1
    assert len(endpoints.VIEW.values(GIVEN, EndpointFilter(address="10.0.0.2"), lambda _, value: value)) == 1
    assert [
        v["name"]
        for v in endpoints.VIEW.values(LIVE, EndpointFilter(address="10.0.0.3"), lambda _, value: value)
    ] == ["outbound|80||a"]


LB = {"envoy.lb": {"version": "v1", "canary": True, "n": 2}}
WIDE = [  # an endpoint, its group, (status, priority, weight, locality, metadata, hostname)
    ({}, {}, ("UNKNOWN", "0", "1", "-", "-", "-")),
    ({"health_status": "DEGRADED", "load_balancing_weight": 3}, {"priority": 1, "load_balancing_weight": 9, "locality": {"region": "r"}},
     ("DEGRADED", "1", "3 (locality 9)", "r", "-", "-")),
    ({"load_balancing_weight": 0}, {"load_balancing_weight": 0}, ("UNKNOWN", "0", "0 (locality 0)", "-", "-", "-")),
    ({"metadata": {"filter_metadata": LB}}, {}, ("UNKNOWN", "0", "1", "-", "version=v1,canary=true,n=2", "-")),
    ({"metadata": {"filter_metadata": {"istio": {"workload": "w;n", "other": "x"}, "odd": 7, "x": {"workload": "y"}}}}, {},
     ("UNKNOWN", "0", "1", "-", "w;n,other=x,workload=y", "-")),
    ({"metadata": {"filter_metadata": {}}}, {}, ("UNKNOWN", "0", "1", "-", "-", "-")), ({"metadata": 7}, {}, ("UNKNOWN", "0", "1", "-", "-", "-")),
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "group", "row"), WIDE)
def test_wide_rows_of_eds(endpoint: Json, group: Json, row: tuple[str, ...]) -> None:
    given = dumps.endpoints(
        {"cluster_name": "c", "endpoints": [{**group, "lb_endpoints": [one("10.0.0.1", **endpoint)]}]}
    )
    assert eds.VIEW.wide(given, EVERY).rows == [("10.0.0.1:80", *row, "c")]


def test_a_hostname_is_told() -> None:
    named = {"endpoint": {"address": socket("10.0.0.1"), "hostname": "h"}}
    given = dumps.endpoints({"cluster_name": "c", "endpoints": [{"lb_endpoints": [named]}]})
    assert columns(eds.VIEW.wide(given, EVERY), "HOSTNAME") == ["h"]


USED = [  # what /clusters says of a host, whether it is used
    ({}, "yes"), ({"eds_health_status": "HEALTHY"}, "yes"), ({"eds_health_status": "DEGRADED"}, "degraded by EDS"), ({"eds_health_status": "UNHEALTHY"}, "no: unhealthy by EDS"),
    ({"eds_health_status": "TIMEOUT"}, "no: timeout by EDS"), ({"eds_health_status": "DRAINING"}, "no: draining by EDS"),
    ({"failed_active_health_check": True}, "no: failed active health check"), ({"failed_outlier_check": True}, "no: ejected by outlier detection"),
    ({"failed_active_degraded_check": True}, "no: degraded by active health check"), ({"pending_dynamic_removal": True}, "no: about to be removed"),
    ({"pending_active_hc": True}, "no: not yet health-checked"), ({"excluded_via_immediate_hc_fail": True}, "no: excluded after an immediate failure"),
    ({"active_hc_timeout": True}, "no: health check timed out"),
    ({"eds_health_status": "UNHEALTHY", "failed_outlier_check": True}, "no: unhealthy by EDS, ejected by outlier detection"),
    ({"eds_health_status": "DEGRADED", "failed_outlier_check": True}, "no: ejected by outlier detection"),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "words"), USED)
def test_whether_a_host_is_used(flags: Json, words: str) -> None:
    live = dumps.hosts(
        {"name": "c", "host_statuses": [{"address": socket("10.0.0.1"), "health_status": flags}]}
    )
    assert columns(endpoints.VIEW.wide(live, EVERY), "USED") == [words]


def test_wide_rows_of_clusters() -> None:
    more = {
        "weight": 3,
        "hostname": "h",
        "priority": 1,
        "locality": {"region": "r", "zone": "z", "sub_zone": "s"},
    }
    live = dumps.hosts(
        {
            "name": "c",
            "host_statuses": [{"address": socket("10.0.0.1")}, {"address": socket("10.0.0.2"), **more}],
        }
    )
    assert endpoints.VIEW.wide(live, EVERY).rows == [
        ("10.0.0.1:80", "UNKNOWN", "yes", "0", "-", "-", "-", "c"), ("10.0.0.2:80", "UNKNOWN", "yes", "1", "3", "r/z/s", "h", "c"),
    ]  # fmt: skip
