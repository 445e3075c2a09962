"""The load of priorities, hashed keys among them, and zone aware routing: Envoy's whole percents, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from meshctl.proxy.upstream import rings
from meshctl.proxy.upstream.endpoints import Policy, _priority_of, distribute
from meshctl.proxy.upstream.hash_policy import RANDOM
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.priorities import Level, Load, loads
from meshctl.proxy.upstream.zones import Zone, locality_shares

UP, SICK, DOWN, OUT = Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY, Health.EXCLUDED


def level(up: int = 0, sick: int = 0, down: int = 0, out: int = 0, **more: Any) -> Level:
    healths = [UP] * up + [SICK] * sick + [DOWN] * down + [OUT] * out
    return Level(tuple(Host(f"h{i}", health=health) for i, health in enumerate(healths)), **more)


LOADS = [  # levels, threshold, (healthy, degraded, panic) of each
    ([level(2)], 50, [(100, 0, False)]),
    ([level(2), level(2)], 50, [(100, 0, False), (0, 0, False)]),
    ([level(1, down=1), level(1)], 50, [(70, 0, False), (30, 0, False)]),
    ([level(1, down=2), level(1)], 50, [(46, 0, False), (54, 0, False)]),
    ([level(2, sick=1)], 50, [(93, 7, False)]),
    ([level(0, sick=2)], 50, [(0, 100, False)]),
    ([level(1, sick=1, down=2), level(1)], 50, [(35, 0, False), (65, 0, False)]),
    ([level(1, down=1), level(1, down=1)], 50, [(70, 0, False), (30, 0, False)]),
    ([level(1, down=3), level(1, down=3)], 50, [(50, 0, True), (50, 0, True)]),
    ([level(1, down=3), level(2, down=10)], 50, [(25, 0, True), (75, 0, True)]),
    ([level(1, down=3), level(1, down=1)], 50, [(35, 0, False), (65, 0, False)]),  # together they suffice: no panic
    ([level(1, down=1)], 50, [(100, 0, False)]),
    ([level(1, down=1)], 51, [(100, 0, True)]),
    ([level(0, down=2)], 50, [(100, 0, True)]),
    ([level(0, down=2)], 0, [(100, 0, False)]),
    ([level(0, down=2), level(0, down=1)], 0, [(100, 0, False), (0, 0, False)]),
    ([level(1, out=5)], 50, [(100, 0, False)]),
    ([level(0, out=2), level(1)], 50, [(0, 0, False), (100, 0, False)]),
    ([level(), level()], 50, [(100, 0, True), (0, 0, True)]),
    ([level(), level(0, down=3)], 50, [(0, 0, True), (100, 0, True)]),
    ([level(1, down=1, overprovisioning=100), level(1)], 50, [(50, 0, False), (50, 0, False)]),
    ([level(1, down=1, overprovisioning=200)], 50, [(100, 0, False)]),
    ([level(0, down=1), level(1)], 50.9, [(0, 0, False), (100, 0, False)]),
    ([level(3, down=3), level(0)], 1000, [(100, 0, True), (0, 0, True)]),
]  # fmt: skip


@pytest.mark.parametrize(("levels", "threshold", "expected"), LOADS)
def test_loads(levels: list[Level], threshold: float, expected: list[tuple[int, int, bool]]) -> None:
    assert loads(levels, threshold) == [Load(*one) for one in expected]


_LEVELS = some.lists(
    some.builds(level, *[some.integers(0, 4)] * 4, overprovisioning=some.sampled_from([100, 140, 200])),
    min_size=1,
    max_size=4,
)


@given(_LEVELS, some.sampled_from([0.0, 25.0, 50.0, 100.0]))
def test_all_load_falls_somewhere(levels: list[Level], threshold: float) -> None:
    found = loads(levels, threshold)
    assert sum(load.healthy + load.degraded for load in found) == 100


@given(_LEVELS, some.sampled_from([0.0, 25.0, 50.0, 100.0]), some.booleans())
def test_shares_and_what_is_missing_sum_to_one(levels: list[Level], threshold: float, fail: bool) -> None:
    hosts = [
        Host(f"{i}-{host.address}", health=host.health, priority=i, weight=i + 1)
        for i, one in enumerate(levels)
        for host in one.hosts
    ]
    if not hosts:
        return
    found = distribute(hosts, Policy(panic_threshold=threshold, fail_on_panic=fail))
    assert sum(e.probability for e in found.shares) == pytest.approx(1.0 if found.shares else 0.0)
    assert 0.0 <= found.missing <= 1.0
    assert bool(found.reason) is (found.panic or not found.shares)


def zoned(**zones: int) -> tuple[Host, ...]:
    """Healthy hosts by zone; ``a_down=2`` are two more that are not."""
    return tuple(
        Host(f"{zone}{i}", locality=zone.removesuffix("_down"), health=DOWN if zone.endswith("_down") else UP)
        for zone, count in zones.items()
        for i in range(count)
    )


ZONES = [  # the upstream's hosts, the local cluster's, the shares of a proxy in zone a (None: not by zone)
    ({"a": 3, "b": 3}, {"a": 1, "b": 1}, {"a": 1.0}),  # as much here as callers: everything stays
    ({"a": 4, "b": 2}, {"a": 1, "b": 1}, {"a": 1.0}),
    ({"a": 2, "b": 6}, {"a": 1, "b": 1}, {"a": 0.5, "b": 0.5}),  # a quarter here for half of the callers
    ({"a": 2, "b": 4, "c": 2}, {"a": 2, "b": 1, "c": 1}, {"a": 0.5, "b": 0.5}),  # c has no more than its callers
    ({"a": 0, "b": 3, "c": 3, "a_down": 2}, {"a": 1, "b": 1}, {"c": 1.0}),  # b has no more than its callers
    ({"b": 2, "c": 4}, {"b": 1, "c": 1}, {"c": 1.0}),  # no zone of its own
    ({"b": 3, "c": 3}, {"b": 1, "c": 1}, {"b": 0.5, "c": 0.5}),  # nothing is left over: equal shares
    ({"a": 6}, {"a": 1}, None),  # one zone only
    ({"a": 3, "b": 2}, {"a": 1, "b": 1}, None),  # fewer than six
    ({"a": 3, "b": 2, "b_down": 1}, {"a": 1, "b": 1}, None),  # of healthy ones
    ({"a": 3, "b": 3}, {}, None),  # no local cluster
    ({"a": 3, "b": 3}, {"b": 2}, {"a": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("upstream", "local", "shares"), ZONES)
def test_zones(upstream: dict[str, int], local: dict[str, int], shares: dict[str, float] | None) -> None:
    found = locality_shares(Level(zoned(**upstream)), Zone("a", zoned(**local)))
    assert found == (None if shares is None else pytest.approx(shares, abs=1e-3))


@pytest.mark.parametrize(("local", "enabled", "fail", "expected"), [  # hosts of the local cluster, settings, share of zone b
    ({"a": 1, "b": 1}, 1.0, False, 0.0), ({"a": 1, "b_down": 2}, 1.0, False, 0.5), ({"a": 1, "b_down": 2}, 1.0, True, None), ({"a": 1, "b_down": 2}, 0.4, True, 0.5),
    ({"a": 1, "b": 1, "b_down": 2}, 1.0, True, 0.0),
])  # fmt: skip
def test_zones_do_not_count_while_the_local_cluster_is_in_panic(
    local: dict[str, int], enabled: float, fail: bool, expected: float | None
) -> None:
    policy = Policy(zone=Zone("a", zoned(**local), enabled=enabled), fail_on_panic=fail)
    found = distribute(zoned(a=3, b=3), policy)
    panic = "b" not in local
    assert found.missing == pytest.approx(enabled if panic and fail else 0.0)
    shares = {e.address: e.probability for e in found.shares}
    ours = sum(share for address, share in shares.items() if address.startswith("b"))
    assert (ours if shares else None) == (None if expected is None else pytest.approx(expected))


def test_degraded_hosts_are_shared_by_the_zones_of_healthy_ones() -> None:
    """What falls on a zone without a degraded host is lost, as a real Envoy lost it."""
    sick = [Host(f"sick-{zone}", "", Health.DEGRADED, locality=zone) for zone in "bc"]
    down = [Host(f"down-{n}", "", Health.UNHEALTHY, locality="c") for n in range(6)]
    policy = Policy(zone=Zone("a", zoned(a=2)))
    found = distribute([*zoned(b=3, c=3), *sick, *down], policy)
    degraded = {e.address: e.probability for e in found.shares if e.address.startswith("sick")}
    assert degraded.keys() == {"sick-b", "sick-c"}
    only = distribute([*zoned(b=3, c=3), sick[0], *down], policy)
    assert found.missing == 0.0
    assert only.missing > 0.0


def test_a_zone_counts_for_the_share_that_is_enabled_and_from_its_least_size() -> None:
    hosts = zoned(a=3, b=3)

    def shares(zone: Zone) -> dict[str, float]:
        return {e.address: round(e.probability, 3) for e in distribute(hosts, Policy(zone=zone)).shares}

    equal = {host.address: round(1 / 6, 3) for host in hosts}
    local = zoned(a=1, b=1)
    assert shares(Zone("a", local)) == {"a0": 0.333, "a1": 0.333, "a2": 0.333}
    assert shares(Zone("a", local, enabled=0.0)) == equal
    assert shares(Zone("a", local, enabled=0.4))["a0"] == pytest.approx(0.4 / 3 + 0.6 / 6, abs=1e-3)
    assert shares(Zone("a", local, enabled=0.4))["b0"] == pytest.approx(0.6 / 6, abs=1e-3)
    assert shares(Zone("a", local, min_cluster_size=7)) == equal


LOCALITIES = [  # (locality, weight, health) of each host, shares
    ([("x", 3, UP), ("y", 1, UP)], [0.75, 0.25]),
    ([("x", 1, UP), ("x", 1, DOWN), ("y", 1, UP)], [0.7 / 1.7, 0.0, 1 / 1.7]),  # 140 % of one half
    ([("x", 1, UP), ("x", 1, OUT), ("y", 1, UP)], [0.5, 0.0, 0.5]),  # draining hosts do not count
    ([("x", 0, UP), ("y", 2, UP)], [0.0, 1.0]),
    ([("x", 0, UP), ("y", 0, UP)], [0.5, 0.5]),  # no weights at all: by host
]


@pytest.mark.parametrize(("hosts", "shares"), LOCALITIES)
def test_locality_weights_times_what_is_available(
    hosts: list[tuple[str, int, Health]], shares: list[float]
) -> None:
    made = [Host(str(i), locality=x, locality_weight=w, health=h) for i, (x, w, h) in enumerate(hosts)]
    found = {e.address: e.probability for e in distribute(made, Policy(locality_weighted=True)).shares}
    assert [found.get(str(i), 0.0) for i in range(len(hosts))] == pytest.approx(shares)


HALF_DOWN = [Host("a", health=UP), Host("b", health=DOWN), Host("c", health=UP, priority=1)]
HALF_SICK = [Host("a", health=UP), Host("b", health=SICK), Host("c", health=UP, priority=1)]


@pytest.mark.parametrize("kind", ["RING_HASH", "MAGLEV"])
@pytest.mark.parametrize(
    ("hosts", "by_priority"),
    [(HALF_DOWN, [0.7, 0.3]), (HALF_SICK, [0.7, 0.3]), ([Host("a", health=UP), Host("b", health=UP)], [1.0])],
)
def test_a_random_key_meets_each_priority_by_its_load(
    kind: str, hosts: list[Host], by_priority: list[float]
) -> None:
    found = distribute(hosts, Policy(hashing=rings.Settings(kind)), RANDOM)
    sums = [
        sum(
            e.probability
            for e in found.shares
            for host in hosts
            if host.address == e.address and host.priority == at
        )
        for at in range(len(by_priority))
    ]
    assert sums == pytest.approx(by_priority)


KEYS: list[tuple[list[Load], dict[int, int]]] = [  # what falls on each priority (healthy, degraded), the priority of a key
    ([Load(70, 0), Load(20, 10)], {0: 0, 69: 0, 70: 1, 89: 1, 90: 1, 99: 1, 169: 0, 170: 1}), ([Load(50, 20), Load(30, 0)], {49: 0, 50: 1, 79: 1, 80: 0, 99: 0}),
    ([Load(0, 0), Load(100, 0)], {0: 1, 99: 1}), ([Load(0, 0), Load(0, 0)], {0: 0, 99: 0}),
]  # fmt: skip


@pytest.mark.parametrize(("falling", "keys"), KEYS)
def test_the_priority_of_a_key_is_its_remainder_of_100_among_the_loads(
    falling: list[Load], keys: dict[int, int]
) -> None:
    assert {key: _priority_of(falling, key) for key in keys} == keys
