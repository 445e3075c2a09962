"""Where routes lead: clusters and subsets that do not exist, weights, mirrors."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check import Severity
from tests.unit.check.found import findings, undecided
from tests.unit.proxy import build

Json = dict[str, Any]
V1, V2 = "outbound|80|v1|a.b.svc.cluster.local", "outbound|80|v2|a.b.svc.cluster.local"
PLAIN = "outbound|80||a.b.svc.cluster.local"


def proxy(action: Json, *clusters: str, host: str = "vh") -> Any:
    route = {"match": {"prefix": "/"}, "route": action}
    listed = [{**build.virtual_host(route), "name": host}]
    found = tuple(build.cluster(name, "10.0.0.1:80") for name in clusters)
    return build.proxy([build.listener([{"filters": build.http(listed)}])], found)


@pytest.mark.parametrize(
    ("action", "severity", "words"),
    [
        ({"cluster": V2}, Severity.ERROR, "every request of it is answered 503 (NC)"),
        (
            {"weighted_clusters": {"clusters": [{"name": V1, "weight": 90}, {"name": V2, "weight": 10}]}},
            Severity.ERROR,
            "10 of 100 requests are answered 503 (NC)",
        ),
        (
            {"weighted_clusters": {"clusters": [{"name": V1, "weight": 100}, {"name": V2, "weight": 0}]}},
            Severity.INFO,
            "no request goes there yet (weight 0)",
        ),
        (
            {"cluster": V1, "request_mirror_policies": [{"cluster": V2}]},
            Severity.WARNING,
            "mirrored to nowhere",
        ),
    ],
)
def test_a_missing_subset_is_told_with_what_it_costs_and_the_subsets_that_exist(action, severity, words):
    (found,) = findings(proxy(action, V1, PLAIN), "cluster-missing")
    assert found.severity is severity
    assert words in found.message
    assert V2 in found.message
    assert "subsets of a.b.svc.cluster.local that exist: v1" in found.evidence


def test_clusters_that_exist_are_no_finding():
    action = {
        "weighted_clusters": {"clusters": [{"name": V1, "weight": 1}, {"name": V2, "weight": 1}]},
        "request_mirror_policies": [{"cluster": PLAIN}],
    }
    assert findings(proxy(action, V1, V2, PLAIN)) == []


def test_a_cluster_named_by_a_header_is_nobodys_fault():
    assert findings(proxy({"cluster_header": "x-cluster"}, V1), "cluster-missing") == []


def test_a_tcp_proxy_leads_to_a_missing_cluster():
    listeners = [build.listener([{"filters": build.tcp("outbound|9||gone.b.svc.cluster.local")}])]
    (found,) = findings(build.proxy(listeners, (build.cluster(V1, "10.0.0.1:80"),)), "cluster-missing")
    assert found.object == "listener 0.0.0.0_80 > chain #0"
    assert "there is no cluster of host gone.b.svc.cluster.local at all" in found.evidence


def test_istios_virtual_host_on_port_80_of_a_service_without_it_is_information():
    nine = "outbound|9080||a.b.svc.cluster.local"
    made = proxy({"cluster": PLAIN}, nine, host="a.b.svc.cluster.local:80")
    (found,) = findings(made)
    assert (found.code, found.severity) == ("host-without-port", Severity.INFO)


def test_absence_is_not_concluded_from_a_part_of_the_clusters():
    made = proxy({"cluster": V2}, V1)
    made.snapshot.coverage.clear()
    assert findings(made, "cluster-missing") == []
    (open_,) = undecided(made, "cluster-missing")
    assert open_.needs.startswith("the clusters of the dump")


def test_weights_that_add_up_to_nothing():
    action = {"weighted_clusters": {"clusters": [{"name": V1, "weight": 0}, {"name": V2}]}}
    found = findings(proxy(action, V1, V2), "weights-zero")
    assert [one.object for one in found] == ["route rc > vh > #1"]
