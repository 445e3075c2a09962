"""What a cluster says of its load balancer, in its own fields and as extensions; rings by their size and weights."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from meshctl.envoy.api.config_cluster_v3 import Cluster
from meshctl.proxy.upstream import rings
from meshctl.proxy.upstream.lb_policy import balancing

Json = dict[str, Any]
_TYPES = "type.googleapis.com/envoy.extensions.load_balancing_policies."


def extension(kind: str, **fields: Any) -> Json:
    return {"typed_extension_config": {"name": "x", "typed_config": {"@type": f"{_TYPES}{kind}", **fields}}}


def extended(*policies: Json) -> Json:
    return {"load_balancing_policy": {"policies": list(policies)}}


ROBIN, RANDOM = extension("round_robin.v3.RoundRobin"), extension("random.v3.Random")
WEIGHTED = {"locality_lb_config": {"locality_weighted_lb_config": {}}}
KINDS = [  # a cluster's settings, (kind, locality_weighted, zone aware at all, hashing at all, unknown)
    ({}, ("ROUND_ROBIN", False, True, False, "")), ({"lb_policy": "RANDOM"}, ("RANDOM", False, True, False, "")), ({"common_lb_config": {"locality_weighted_lb_config": {}}}, ("ROUND_ROBIN", True, True, False, "")),
    ({"lb_policy": "RING_HASH"}, ("RING_HASH", False, True, True, "")), ({"lb_policy": "MAGLEV"}, ("MAGLEV", False, True, True, "")), (extended(ROBIN), ("ROUND_ROBIN", False, True, False, "")),
    (extended(RANDOM, ROBIN), ("RANDOM", False, True, False, "")), (extended(extension("mine.v3.Mine"), RANDOM), ("RANDOM", False, True, False, "")),
    (extended(extension("mine.v3.Mine")), ("Mine", False, False, False, "the load balancing policy Mine is not evaluated")), (extended({}), ("without a type", False, False, False, "the load balancing policy without a type is not evaluated")),
    (extended(), ("ROUND_ROBIN", False, True, False, "")), (extended(extension("round_robin.v3.RoundRobin", **WEIGHTED)), ("ROUND_ROBIN", True, True, False, "")),
    (extended(extension("least_request.v3.LeastRequest", locality_lb_config={"zone_aware_lb_config": {}})), ("LEAST_REQUEST", False, True, False, "")),
    (extended(extension("wrr_locality.v3.WrrLocality", endpoint_picking_policy={"policies": [RANDOM]})), ("RANDOM", True, True, False, "")),
    (extended(extension("subset.v3.Subset", subset_lb_policy={"policies": [RANDOM]})), ("RANDOM", False, True, False, "")), (extended(extension("ring_hash.v3.RingHash")), ("RING_HASH", False, False, True, "")),
    (extended(extension("maglev.v3.Maglev", locality_weighted_lb_config={})), ("MAGLEV", True, False, True, "")), (extended(extension("cluster_provided.v3.ClusterProvided")), ("CLUSTER_PROVIDED", False, False, False, "")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), KINDS)
def test_kinds(message: Json, expected: tuple[Any, ...]) -> None:
    found = balancing(Cluster(message))
    assert (
        found.kind,
        found.locality_weighted,
        found.zone_aware is not None,
        found.hashing is not None,
        found.unknown,
    ) == expected


def test_subsets_of_an_extension() -> None:
    subset = extension(
        "subset.v3.Subset", subset_lb_policy={"policies": [RANDOM]}, subset_selectors=[{"keys": ["v"]}]
    )
    found = balancing(Cluster(extended(subset)))
    assert found.subsets is not None and found.kind == "RANDOM"
    own = balancing(Cluster({"lb_subset_config": {"subset_selectors": [{"keys": ["v"]}]}}))
    assert own.subsets is not None


HASHES = [  # settings, the consistent hash's own
    ({"lb_policy": "RING_HASH"}, rings.Settings("RING_HASH", 1024, 8388608, False, by_hostname=False)),
    ({"lb_policy": "RING_HASH", "ring_hash_lb_config": {"minimum_ring_size": 2, "maximum_ring_size": 3, "hash_function": "MURMUR_HASH_2"}}, rings.Settings("RING_HASH", 2, 3, True)),
    ({"lb_policy": "MAGLEV"}, rings.Settings("MAGLEV", table_size=65537)), ({"lb_policy": "MAGLEV", "maglev_lb_config": {"table_size": 7}}, rings.Settings("MAGLEV", table_size=7)),
    ({"lb_policy": "MAGLEV", "common_lb_config": {"consistent_hashing_lb_config": {"use_hostname_for_hashing": True}}}, rings.Settings("MAGLEV", by_hostname=True)),
    ({"lb_policy": "RING_HASH", "common_lb_config": {"consistent_hashing_lb_config": {"use_hostname_for_hashing": True}}}, rings.Settings("RING_HASH", by_hostname=True)),
    (extended(extension("ring_hash.v3.RingHash", minimum_ring_size=5, use_hostname_for_hashing=True)), rings.Settings("RING_HASH", 5, by_hostname=True)),
    (extended(extension("ring_hash.v3.RingHash", consistent_hashing_lb_config={"use_hostname_for_hashing": True})), rings.Settings("RING_HASH", by_hostname=True)),
    (extended(extension("maglev.v3.Maglev", table_size=11, consistent_hashing_lb_config={})), rings.Settings("MAGLEV", table_size=11)),
    (extended(extension("maglev.v3.Maglev", consistent_hashing_lb_config={"use_hostname_for_hashing": True})), rings.Settings("MAGLEV", by_hostname=True)),
]  # fmt: skip


@pytest.mark.parametrize(("message", "settings"), HASHES)
def test_consistent_hashes(message: Json, settings: rings.Settings) -> None:
    assert balancing(Cluster(message)).hashing == settings


KEYS = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]


@pytest.mark.parametrize("kind", ["RING_HASH", "MAGLEV"])
@pytest.mark.parametrize("weights", [[1 / 3] * 3, [0.5, 0.25, 0.25], [0.8, 0.1, 0.1]])
def test_shares_follow_the_weights_and_every_key_has_an_owner(kind: str, weights: list[float]) -> None:
    ring = rings.build(KEYS, weights, rings.Settings(kind, minimum=4096))
    assert ring.shares == pytest.approx(weights, abs=0.03)
    assert sum(ring.shares) == pytest.approx(1.0)
    every = 4096
    owned = [ring.owner(number * ((1 << 64) // every)) for number in range(every)]
    assert [owned.count(index) / every for index in range(3)] == pytest.approx(ring.shares, abs=0.03)


def points(settings: rings.Settings, weights: list[float]) -> int:
    """How many points a ring has: as often as the owner changes on the way round, at most."""
    ring = rings.build(["a", "b"], weights, settings)
    step = (1 << 64) // 20_000
    owners = [ring.owner(number * step) for number in range(20_000)]
    return sum(one != other for one, other in itertools.pairwise(owners))


def test_a_ring_is_not_larger_than_its_largest_size() -> None:
    assert points(rings.Settings("RING_HASH", minimum=1, maximum=1), [0.5, 0.5]) <= 2
    assert points(rings.Settings("RING_HASH", minimum=1000, maximum=4), [0.5, 0.5]) <= 4
    assert points(rings.Settings("RING_HASH", minimum=200), [0.5, 0.5]) > 50


def test_hosts_in_another_order_own_the_same_keys() -> None:
    there, back = (
        rings.build(KEYS, [1 / 3] * 3, rings.Settings("MAGLEV")),
        rings.build(KEYS[::-1], [1 / 3] * 3, rings.Settings("MAGLEV")),
    )
    for key in range(0, 1 << 64, (1 << 64) // 257):
        assert KEYS[there.owner(key)] == KEYS[::-1][back.owner(key)]
