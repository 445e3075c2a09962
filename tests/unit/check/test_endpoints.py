"""Hosts for what is sent: none, unhealthy, unused; limits and time-outs that cannot work; each with a near miss."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check import Severity
from tests.unit.check.found import findings, undecided
from tests.unit.proxy import build

Json = dict[str, Any]
WHOLE, SUBSET = "outbound|80||a.b.svc.cluster.local", "outbound|80|v1|a.b.svc.cluster.local"


def proxy(*clusters: Json, to: str = "c", **action: Any) -> Any:
    route = {"match": {"prefix": "/"}, "route": {"cluster": to, **action}}
    return build.proxy([build.listener([{"filters": build.http([build.virtual_host(route)])}])], clusters)


def cluster(name: str, *hosts: str | Json, **more: Any) -> Json:
    made = [build.endpoint(one) if isinstance(one, str) else one for one in hosts]
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {"endpoints": [{"lb_endpoints": made}]},
        **more,
    }


def sick(address: str) -> Json:
    return build.endpoint(address, health_status="UNHEALTHY")


def levels(*priorities: tuple[int, str], **more: Any) -> Json:
    groups = [{"priority": p, "lb_endpoints": [build.endpoint(address)]} for p, address in priorities]
    return {"name": "c", "type": "STATIC", "load_assignment": {"endpoints": groups}, **more}


def kinds(made: Any) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in findings(made)]


def test_a_cluster_without_hosts_that_a_route_leads_to():
    assert kinds(proxy(cluster("c"))) == [("endpoints-none", Severity.WARNING)]


def test_one_that_nothing_leads_to_is_no_finding():
    assert kinds(proxy(cluster("c", "10.0.0.1:80"), cluster("unused"))) == []


def test_a_subset_whose_labels_no_pod_has_is_an_error():
    (found,) = findings(proxy(cluster(WHOLE, "10.0.0.1:80"), cluster(SUBSET), to=SUBSET))
    assert (found.code, found.severity) == ("endpoints-none", Severity.ERROR)
    assert "no pod has the labels of subset v1, while a.b.svc.cluster.local has 1 host" in found.message
    assert kinds(proxy(cluster(WHOLE), cluster(SUBSET), to=SUBSET)) == [("endpoints-none", Severity.WARNING)]


def test_the_black_hole_is_empty_on_purpose():
    assert kinds(proxy(cluster("BlackHoleCluster"), to="BlackHoleCluster")) == []


def test_without_the_endpoints_nothing_is_said():
    made = proxy({"name": "c", "type": "EDS"})
    assert kinds(made) == []
    assert any(one.code == "endpoints-none" for one in undecided(made))


NO_PANIC = {"common_lb_config": {"healthy_panic_threshold": {}}}


@pytest.mark.parametrize(
    ("hosts", "more", "expected", "words"),
    [
        (
            [sick("10.0.0.1:80"), sick("10.0.0.2:80")],
            NO_PANIC,
            Severity.ERROR,
            "none of its 2 hosts is healthy",
        ),
        ([sick("10.0.0.1:80"), sick("10.0.0.2:80")], {}, Severity.WARNING, "panic: 2 of 2 hosts"),
        (
            [sick("10.0.0.1:80"), sick("10.0.0.2:80"), "10.0.0.3:80"],
            {},
            Severity.WARNING,
            "panic: 2 of 3 hosts",
        ),
        (
            [sick("10.0.0.1:80"), "10.0.0.2:80", "10.0.0.3:80"],
            {},
            Severity.INFO,
            "1 of its 3 hosts get nothing",
        ),
        (["10.0.0.1:80"], {}, None, ""),
    ],
)
def test_health_is_told_by_what_it_costs(hosts, more, expected, words):
    found = findings(proxy(cluster("c", *hosts, **more)), "endpoints-unhealthy")
    assert [one.severity for one in found] == ([expected] if expected else [])
    assert all(words in one.message for one in found)


def test_priorities_need_somebody_who_notices():
    two = ((0, "10.0.0.1:80"), (1, "10.0.0.2:80"))
    assert kinds(proxy(levels(*two))) == [("failover-never", Severity.INFO)]
    assert kinds(proxy(levels(*two, outlier_detection={}))) == []
    assert kinds(proxy(levels((0, "10.0.0.1:80"), (0, "10.0.0.2:80")))) == []


def test_a_locality_without_weight_gets_nothing():
    def made(*weights: int | None) -> Any:
        groups = [
            {
                "locality": {"region": f"r{i}"},
                "lb_endpoints": [build.endpoint(f"10.0.{i}.1:80")],
                **({"load_balancing_weight": weight} if weight else {}),
            }
            for i, weight in enumerate(weights)
        ]
        weighted = {"locality_weighted_lb_config": {}}
        one = {
            "name": "c",
            "type": "STATIC",
            "load_assignment": {"endpoints": groups},
            "common_lb_config": weighted,
        }
        return proxy(one)

    (found,) = findings(made(1, None), "endpoints-unused")
    assert "r1" in found.message
    assert findings(made(1, 2), "endpoints-unused") == []


def weighted(*localities: list[Json]) -> Any:
    groups = [
        {"locality": {"region": f"r{i}"}, "lb_endpoints": hosts, "load_balancing_weight": 50 + i}
        for i, hosts in enumerate(localities)
    ]
    common = {"common_lb_config": {"locality_weighted_lb_config": {}}}
    return proxy({"name": "c", "type": "STATIC", "load_assignment": {"endpoints": groups}, **common})


@pytest.mark.parametrize(
    ("localities", "expected"),
    [
        (([build.endpoint("10.0.0.1:80")], [build.endpoint("10.0.1.1:80")]), []),
        (([build.endpoint("10.0.0.1:80")], []), ["locality r1 is to take 50 % and has no healthy host"]),
        (([build.endpoint("10.0.0.1:80")], [sick("10.0.1.1:80")]), ["locality r1 is to take 50 % and has no healthy host"]),
        (([build.endpoint("10.0.0.1:80")], [sick("10.0.1.1:80"), build.endpoint("10.0.1.2:80")]), []),
        (([sick("10.0.0.1:80")], [sick("10.0.1.1:80")]), []),  # told as a cluster without healthy hosts
    ],
)  # fmt: skip
def test_a_locality_without_a_healthy_host_leaves_its_share(localities, expected):
    found = findings(weighted(*localities), "endpoints-unused")
    assert [one.message.partition(":")[0] for one in found] == expected


def breakers(**limits: int) -> Json:
    return cluster("c", "10.0.0.1:80", circuit_breakers={"thresholds": [limits]})


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_connections": 0}, [Severity.ERROR]),
        ({"max_requests": 0}, [Severity.ERROR]),
        ({"max_connections": 1, "max_pending_requests": 1}, [Severity.WARNING]),
        ({"max_connections": 100, "max_pending_requests": 10}, []),
        ({"max_connections": 4294967295}, []),
    ],
)
def test_limits_that_reject(limits, expected):
    assert [one.severity for one in findings(proxy(breakers(**limits)), "limit-rejects")] == expected


def retries(timeout: str, each: str, count: int) -> Any:
    policy = {"retry_on": "5xx", "num_retries": count, "per_try_timeout": each}
    return proxy(cluster("c", "10.0.0.1:80"), timeout=timeout, retry_policy=policy)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (("2s", "2s", 3), [Severity.WARNING]),
        (("5s", "2s", 3), [Severity.INFO]),
        (("8s", "2s", 3), []),
        (("0s", "2s", 3), []),
        (("2s", "3s", 0), []),
    ],
)
def test_retries_must_fit_into_the_time_out(made, expected):
    assert [one.severity for one in findings(retries(*made), "retries-never")] == expected
