"""Which endpoint takes a request: priorities, panic, localities, subsets."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.upstream.endpoints import Policy, distribute, shares_of
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.subsets import Selector, Subsets, select

UP, SICK, DOWN = Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY


def hosts(*healths: Health, priority: int = 0) -> list[Host]:
    return [Host(f"p{priority}h{i}", health=h, priority=priority) for i, h in enumerate(healths)]


def shares(found: list[Host], policy: Policy | None = None) -> dict[str, float]:
    return {e.address: round(e.probability, 4) for e in distribute(found, policy or Policy()).shares}


def test_equal_hosts_share_equally() -> None:
    assert shares(hosts(UP, UP)) == {"p0h0": 0.5, "p0h1": 0.5}


def test_an_unhealthy_host_gets_nothing() -> None:
    assert shares(hosts(UP, UP, DOWN)) == {"p0h0": 0.5, "p0h1": 0.5}


def test_too_few_healthy_hosts_are_panic_and_all_are_used() -> None:
    assert shares(hosts(UP, DOWN, DOWN)) == {"p0h0": 0.3333, "p0h1": 0.3333, "p0h2": 0.3333}


def test_threshold_zero_never_panics() -> None:
    assert shares(hosts(UP, DOWN, DOWN), Policy(panic_threshold=0)) == {"p0h0": 1.0}
    assert shares(hosts(DOWN, DOWN), Policy(panic_threshold=0)) == {}


def test_degraded_hosts_take_what_healthy_ones_leave() -> None:
    found = shares(hosts(UP, UP, SICK))
    assert found["p0h2"] == pytest.approx(0.07, abs=0.001)  # 2 of 3 healthy times 1.4 is 93 %


def test_the_next_priority_takes_the_rest() -> None:
    found = shares([*hosts(UP, DOWN), *hosts(UP, UP, priority=1)])
    assert found["p0h0"] == pytest.approx(0.7)
    assert found["p1h0"] == pytest.approx(0.15)


def test_the_next_priority_waits_while_the_first_suffices() -> None:
    assert shares([*hosts(UP, UP), *hosts(UP, priority=1)]) == {"p0h0": 0.5, "p0h1": 0.5}


def level(prefix: str, healthy: int, all_: int, priority: int) -> list[Host]:
    return [Host(f"{prefix}{i}", health=UP if i < healthy else DOWN, priority=priority) for i in range(all_)]


@pytest.mark.parametrize(
    ("name", "first", "second", "expected"),
    [
        ("all in panic: by the number of hosts", (1, 4), (3, 12), 0.25),
        ("one in panic: by availability", (1, 4), (3, 4), 0.35),
        ("the first suffices in part", (2, 4), (4, 4), 0.7),
    ],
)
def test_the_load_of_the_first_priority(
    name: str, first: tuple[int, int], second: tuple[int, int], expected: float
) -> None:
    found = shares([*level("a", *first, 0), *level("b", *second, 1)])
    assert sum(share for host, share in found.items() if host[0] == "a") == pytest.approx(expected, abs=0.01)


def test_draining_hosts_are_not_counted() -> None:
    """One of two counted hosts is healthy: 70 % stay, no panic."""
    out = Health.EXCLUDED
    found = shares([*hosts(UP, DOWN, out, out), *hosts(UP, priority=1)])
    assert found == {"p0h0": 0.7, "p1h0": 0.3}


def test_health_by_weight_where_configured() -> None:
    found = [Host("a", weight=8), Host("b", health=DOWN), Host("c", priority=1)]
    assert shares(found, Policy(by_weight=True)) == {"a": 1.0}


def test_traffic_fails_on_panic_where_configured() -> None:
    found = distribute(hosts(UP, DOWN, DOWN), Policy(fail_on_panic=True))
    assert found.shares == ()
    assert found.missing == 1.0


def test_weights_count_except_for_random() -> None:
    weighted = [Host("a", weight=3), Host("b", weight=1)]
    assert shares(weighted) == {"a": 0.75, "b": 0.25}
    assert shares(weighted, Policy(ignore_weights=True)) == {"a": 0.5, "b": 0.5}


def test_locality_weights_only_where_configured() -> None:
    found = [Host("a", locality="z1", locality_weight=3), Host("b", locality="z2", locality_weight=1)]
    assert shares(found) == {"a": 0.5, "b": 0.5}
    assert shares(found, Policy(locality_weighted=True)) == {"a": 0.75, "b": 0.25}


V1 = Host("one", metadata={"envoy.lb": {"version": "v1"}})
V2 = Host("two", metadata={"envoy.lb": {"version": "v2"}})


@pytest.mark.parametrize(
    ("fallback", "wanted", "expected"),
    [
        ("NO_FALLBACK", {"version": "v1"}, {"one"}),
        ("NO_FALLBACK", {"version": "v9"}, set()),
        ("NO_FALLBACK", {"stage": "prod"}, set()),
        ("ANY_ENDPOINT", {"version": "v9"}, {"one", "two"}),
        ("DEFAULT_SUBSET", {"version": "v9"}, {"two"}),
    ],
)
def test_subsets_and_their_fallbacks(fallback: str, wanted: dict[str, str], expected: set[str]) -> None:
    subsets = Subsets((Selector(frozenset({"version"})),), fallback, (("version", "v2"),))
    assert {e.address for e in select([V1, V2], subsets, wanted, Policy()).shares} == expected


def test_a_truth_value_is_not_a_number_in_subsets() -> None:
    host = Host("one", metadata={"envoy.lb": {"canary": True}})
    subsets = Subsets((Selector(frozenset({"canary"})),))
    assert not select([host], subsets, {"canary": 1}, Policy()).shares
    assert select([host], subsets, {"canary": True}, Policy()).shares


def test_a_single_host_per_subset_is_the_first() -> None:
    twins = [V1, Host("other", metadata=V1.metadata)]
    subsets = Subsets((Selector(frozenset({"version"}), single_host=True),))
    assert [e.address for e in select(twins, subsets, {"version": "v1"}, Policy()).shares] == ["one"]


def version_one(name: str, **more: Any) -> Host:
    return Host(name, metadata=V1.metadata, **more)


HERE, THERE = "r/a", "r/b"
ALONE: list[tuple[list[Host], dict[str, float], bool]] = [  # hosts of one subset, which one it has, whether that is open
    ([version_one("a", health=Health.UNHEALTHY), version_one("b")], {"a": 1.0}, False),
    ([version_one("a", priority=1), version_one("b")], {"b": 1.0}, False),
    ([version_one("a", locality=HERE), version_one("b", locality=THERE), version_one("c", locality=THERE)], {"a": 0.5, "b": 0.5}, True),
    ([version_one("a", locality=HERE, priority=1), version_one("b", locality=THERE)], {"b": 1.0}, False),
]  # fmt: skip


@pytest.mark.parametrize(("members", "expected", "open_"), ALONE)
@pytest.mark.parametrize("weighted", [True, False])
def test_a_single_host_is_taken_whatever_its_health_and_the_weight_of_its_locality(
    members: list[Host], expected: dict[str, float], open_: bool, weighted: bool
) -> None:
    subsets = Subsets((Selector(frozenset({"version"}), single_host=True),), locality_weight_aware=weighted)
    policy = Policy(locality_weighted=True, panic_threshold=0)
    found = select(members, subsets, {"version": "v1"}, policy)
    assert {e.address: e.probability for e in found.shares} == expected
    assert bool(found.undetermined) is open_


def test_subsets_of_hosts_whose_metadata_was_not_shown_are_undetermined() -> None:
    subsets = Subsets((Selector(frozenset({"version"})),))
    assert select([Host("one", shown=False)], subsets, {"version": "v1"}, Policy()).undetermined


def test_shares_that_do_not_add_up_leave_a_part_without_a_host() -> None:
    """A host that stands twice has both its shares; a share of nothing is no endpoint; what is open concerns a choice alone."""
    one, two, three = hosts(UP, UP, UP)
    found = shares_of(
        [(one, 0.25), (two, 0.125), (one, 0.125), (three, 0.0)], False, [one, two, three], "open"
    )
    assert [(e.address, e.probability) for e in found.shares] == [("p0h0", 0.75), ("p0h1", 0.25)]
    assert (found.missing, found.undetermined, found.reason, found.panic) == (0.5, "open", "", False)
    alone = shares_of([(one, 1.0)], True, [one], "open")
    assert (alone.missing, alone.undetermined, alone.panic) == (0.0, "", True)
    assert alone.reason == "panic: too few healthy hosts, all hosts are used"
    nothing = shares_of([(one, 0.0)], False, [one])
    assert (nothing.shares, nothing.missing) == ((), 1.0)


def test_a_host_is_told_with_what_is_known_of_it() -> None:
    host = Host("10.0.0.1:80", hostname="a.com", metadata={"ns": {"k": 1}}, additional=("[fd00::1]:80",))
    (found,) = shares_of([(host, 1.0)], False, [host]).shares
    assert (found.hostname, found.metadata, found.additional) == (
        "a.com",
        {"ns": {"k": 1}},
        ("[fd00::1]:80",),
    )
