"""Zone aware routing: which share of the requests stays in the proxy's own locality, and where the rest goes."""

from __future__ import annotations

import pytest

from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.priorities import Level
from meshctl.proxy.upstream.zones import Zone, locality_shares


def placed(text: str) -> tuple[Host, ...]:
    """``aab!``: two hosts in a, one in b that is unhealthy."""
    hosts: list[Host] = []
    for letter in text:
        if letter == "!":
            last = hosts.pop()
            hosts.append(Host(last.address, health=Health.UNHEALTHY, locality=last.locality))
        else:
            hosts.append(Host(f"{letter}{len(hosts)}", locality=letter))
    return tuple(hosts)


SHARES = [  # the cluster's hosts, the local cluster's, the proxy's own locality, the share of each; None: not by zone
    # the cluster has as much of its hosts here as the local cluster has: everything stays
    ("aabb", "ab", "a", {"a": 1.0}), ("aaab", "ab", "a", {"a": 1.0}), ("aabb", "ab", "b", {"b": 1.0}), ("abcd", "bcd", "a", {"a": 1.0}),
    # less: what fits stays, the rest goes where there is more than the local cluster has there, by how much more
    ("abbb", "ab", "a", {"a": 0.5, "b": 0.5}), ("abbc", "aabc", "a", {"a": 0.5, "b": 0.5}), ("abcc", "aaab", "a", {"a": 0.3333, "c": 0.6667}), ("abccc", "aab", "a", {"a": 0.3, "c": 0.7}),
    ("bbccca", "a", "a", {"a": 0.1666, "b": 0.3333, "c": 0.5001}),
    # none here, or none that is healthy: nothing stays
    ("aabb", "z", "z", {"a": 0.5, "b": 0.5}), ("abbb", "z", "z", {"a": 0.25, "b": 0.75}), ("a!bbcc", "a", "a", {"b": 0.5, "c": 0.5}), ("ab", "ab", "z", {"a": 0.5, "b": 0.5}),
    # nowhere more than the local cluster has: any locality, one without a healthy host too
    ("a!bc", "bc", "a", {"b": 0.3333, "c": 0.3333}),
    # hosts in one locality, too few that are healthy, a local cluster that is empty
    ("aa", "a", "a", None), ("ab!", "ab", "a", None), ("ab", "", "a", None),
    # of the local cluster too only healthy hosts count
    ("aabb", "aab!b!", "a", {"a": 0.5, "b": 0.5}), ("aabb", "a!a!b", "a", {"a": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("hosts", "local", "own", "shares"), SHARES)
def test_the_share_of_each_locality(
    hosts: str, local: str, own: str, shares: dict[str, float] | None
) -> None:
    found = locality_shares(Level(placed(hosts)), Zone(own, placed(local), min_cluster_size=2))
    assert (found and {name: round(share, 4) for name, share in sorted(found.items())}) == shares


@pytest.mark.parametrize(("least", "by_zone"), [(4, True), (5, False)])
def test_a_small_cluster_is_not_routed_by_zone(least: int, by_zone: bool) -> None:
    found = locality_shares(Level(placed("aabbb!")), Zone("a", placed("ab"), min_cluster_size=least))
    assert (found is not None) is by_zone
