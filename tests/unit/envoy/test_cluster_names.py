"""Istio's cluster names taken apart, and what stands beside one."""

from __future__ import annotations

import pytest

from meshctl.envoy.cluster_names import ClusterName, parts_of, subsets_beside

REVIEWS = "reviews.default.svc.cluster.local"


def test_a_name_of_istio_has_four_parts() -> None:
    assert parts_of(f"outbound|9080|v1|{REVIEWS}") == ClusterName("outbound", "9080", "v1", REVIEWS)
    assert parts_of("inbound|80||") == ClusterName("inbound", "80", "", "")


@pytest.mark.parametrize("name", ["", "PassthroughCluster", "outbound|80|v1", "outbound|80|v1|host|more"])
def test_another_name_has_no_parts(name: str) -> None:
    assert parts_of(name) is None


def test_subsets_are_those_of_the_same_direction_port_and_host() -> None:
    names = [
        f"outbound|9080|v3|{REVIEWS}", f"outbound|9080||{REVIEWS}", f"outbound|9080|v1|{REVIEWS}",
        f"outbound|9081|v4|{REVIEWS}", f"inbound|9080|v5|{REVIEWS}", "outbound|9080|v6|other", "xds-grpc",
    ]  # fmt: skip
    assert subsets_beside(ClusterName("outbound", "9080", "v9", REVIEWS), names) == ["v1", "v3"]
