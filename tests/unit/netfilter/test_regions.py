"""Boxes of packets against sets of packets: what the arithmetic of lint's abstract walk must mean."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from meshctl.netfilter.lint.regions import Box, Budget, TooMany, intersect, meet, space, subtract
from meshctl.netfilter.model import Backend, Field
from meshctl.netfilter.packet import Family, Hook
from tests.unit.netfilter.sidecar import nat, nft

BITS = (2, 3, 1)  # how many atoms each axis has
boxes = some.tuples(*(some.integers(1, (1 << bits) - 1) for bits in BITS))


def points(box: Box | None) -> set[tuple[int, ...]]:
    """The packets of a box: one atom of each axis."""
    if box is None:
        return set()
    return set(
        itertools.product(
            *([bit for bit in range(bits) if mask >> bit & 1] for mask, bits in zip(box, BITS, strict=True))
        )
    )


def all_points(found: list[Box]) -> set[tuple[int, ...]]:
    return set().union(*map(points, found)) if found else set()


@given(boxes, boxes)
def test_intersect_is_what_both_have(left: Box, right: Box) -> None:
    assert points(intersect(left, right)) == points(left) & points(right)


@given(some.lists(boxes, max_size=4), boxes)
def test_subtract_leaves_what_is_not_taken(given_: list[Box], taken: Box) -> None:
    left = subtract(given_, taken)
    assert all_points(left) == all_points(given_) - points(taken)
    assert sum(len(points(box)) for box in left) <= sum(len(points(box)) for box in given_)  # no packet twice


@given(some.lists(boxes, max_size=4), boxes)
def test_meet_is_what_is_in_the_box(given_: list[Box], box: Box) -> None:
    assert all_points(meet(given_, box)) == all_points(given_) & points(box)


def test_a_budget_ends() -> None:
    budget = Budget(3)
    budget.spend(2)
    budget.spend(1)
    with pytest.raises(TooMany):
        budget.spend(1)


def test_too_many_pieces_are_told() -> None:
    every = (3, 3, 3)
    assert len(subtract([every] * 1000, (1, 1, 1))) == 3000
    with pytest.raises(TooMany):
        subtract([every] * 1001, (1, 1, 1))


RULES = [  # rules, family and hook, how many atoms each axis has
    (["-A OUTPUT -p tcp --dport 80 -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 3, "dport": 3}),
    (["-A OUTPUT -d 10.0.0.0/8 -j RETURN"], Family.V4, Hook.OUTPUT, {"dst": 3}),
    (["-A OUTPUT -d 10.0.0.0/8 -j RETURN", "-A OUTPUT -d 10.1.0.0/16 -j RETURN"], Family.V4, Hook.OUTPUT, {"dst": 5}),
    (["-A OUTPUT -m owner --uid-owner 1337 -j RETURN"], Family.V4, Hook.OUTPUT, {"uid": 4}),
    (["-A OUTPUT -m owner --uid-owner 1337 -j RETURN"], Family.V4, Hook.PREROUTING, {"uid": 1}),
    (["-A OUTPUT -o lo -j RETURN"], Family.V4, Hook.OUTPUT, {"out_if": 2}),
    (["-A OUTPUT -o lo -j RETURN"], Family.V4, Hook.PREROUTING, {"out_if": 1}),
    (["-A PREROUTING -i eth+ -j RETURN"], Family.V4, Hook.PREROUTING, {"in_if": 3}),
    (["-A PREROUTING -i lo -j RETURN"], Family.V4, Hook.PREROUTING, {"in_if": 1}),
    (["-A OUTPUT -m conntrack --ctstate NEW -j RETURN"], Family.V4, Hook.OUTPUT, {"ct_state": 1}),
    (["-A OUTPUT -m mark --mark 0x539 -j RETURN"], Family.V4, Hook.OUTPUT, {"mark": 3}),
    # a range that begins or ends where the numbers do makes no piece beyond
    (["-A OUTPUT -p tcp --sport 80:65535 -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 3, "sport": 2}),
    (["-A OUTPUT -p tcp --dport 80:65535 -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 3, "dport": 2}),
    (["-A OUTPUT -p tcp --dport 0:80 -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 3, "dport": 2}),
    (["-A OUTPUT -d 255.0.0.0/8 -j RETURN"], Family.V4, Hook.OUTPUT, {"dst": 2}),
    (["-A OUTPUT -s 0.0.0.0/0 -j RETURN"], Family.V4, Hook.OUTPUT, {"src": 1}),
    (["-A OUTPUT -s ff00::/8 -j RETURN"], Family.V6, Hook.OUTPUT, {"src": 2}),
    (["-A OUTPUT -d fd00::/8 -j RETURN"], Family.V6, Hook.OUTPUT, {"dst": 3}),
    (["-A OUTPUT -p 255 -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 2}),
    (["-A OUTPUT -p icmp --icmp-type 8 -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 3, "icmp_type": 3}),
    (["-A OUTPUT -m owner --uid-owner 4294967295 -j RETURN"], Family.V4, Hook.OUTPUT, {"uid": 3}),
    (["-A OUTPUT -m mark --mark 0xffffffff -j RETURN"], Family.V4, Hook.OUTPUT, {"mark": 2}),
    (["-A OUTPUT -p tcp --tcp-flags SYN,ACK SYN -j RETURN"], Family.V4, Hook.OUTPUT, {"protocol": 3, "tcp_flags": 3}),
    # a mark is another question under another mask, a negated one is the same
    (["-A OUTPUT -m mark --mark 1/1 -j RETURN", "-A OUTPUT -m mark ! --mark 1/1 -j RETURN", "-A OUTPUT -m connmark --mark 1 -j RETURN"], Family.V4, Hook.OUTPUT, {"mark": 3, "ct_mark": 3}),
    # what is not told apart is one piece
    (["-A OUTPUT -m addrtype --dst-type LOCAL -j RETURN", "-A OUTPUT -m conntrack --ctdir REPLY -j RETURN"], Family.V4, Hook.OUTPUT, {"dst_type": 1, "ct_direction": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "family", "hook", "sizes"), RULES)
def test_values_that_differ_in_the_eyes_of_the_rules(
    lines: list[str], family: Family, hook: Hook, sizes: dict[str, int]
) -> None:
    rules = [rule for table in nat(*lines).tables for chain in table.chains for rule in chain.rules]
    cut = space(rules, family, hook, "nat", Backend.LEGACY)
    found = {axis[0].name.lower(): len(atoms) for axis, atoms in zip(cut.axes, cut.atoms, strict=True)}
    assert found == sizes
    assert cut.everything == tuple((1 << len(atoms)) - 1 for atoms in cut.atoms)


def test_the_box_of_a_rule_and_whether_it_is_all_of_it() -> None:
    lines = (
        "-A OUTPUT -p tcp --dport 80 -j RETURN",
        "-A OUTPUT -p udp -j RETURN",
        "-A OUTPUT -p tcp -m statistic --mode random --probability 0.5 -j RETURN",
    )
    rules = [rule for table in nat(*lines).tables for chain in table.chains for rule in chain.rules]
    cut = space(rules, Family.V4, Hook.OUTPUT, "nat", Backend.LEGACY)
    tcp80, udp, perhaps = (cut.box(rule) for rule in rules)
    assert (tcp80[1], udp[1], perhaps[1]) == (True, True, False)
    assert tcp80[0] is not None and udp[0] is not None and perhaps[0] is not None
    assert intersect(tcp80[0], udp[0]) is None
    assert intersect(tcp80[0], perhaps[0]) == tcp80[0]


def test_marks_under_two_masks_are_two_questions() -> None:
    lines = (
        "-A OUTPUT -m mark --mark 1/1 -j RETURN",
        "-A OUTPUT -m mark --mark 1/3 -j RETURN",
        "-A OUTPUT -d 10.0.0.1 -j RETURN",
    )
    rules = [rule for *_, rule in nat(*lines).rules()]
    cut = space(rules, Family.V4, Hook.OUTPUT, "nat", Backend.LEGACY)
    assert cut.axes == ((Field.MARK, 1), (Field.MARK, 3), (Field.DST, None))


BOXES = [  # an nft rule, whether a box of all that it matches is known; None: it matches nothing
    ("tcp dport 80 accept", True), ("tcp dport @nothing accept", None), ("tcp dport != @nothing accept", True), ("tcp dport @nothing tcp dport 80 accept", None),
    ("ip daddr . tcp dport { 10.0.0.1 . 80 } accept", False), ("ip ttl 5 accept", False), ("ip6 daddr ::1 accept", None), ("meta nfproto ipv4 accept", True), ("tcp dport 80 tcp dport 81 accept", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "exact"), BOXES)
def test_the_box_of_an_nft_rule(line: str, exact: bool | None) -> None:
    found = nft(
        "table inet t { set nothing { type inet_service; }\n"
        f" chain c {{ type filter hook output priority 0; {line}\n tcp dport 81 accept\n }} }}"
    )
    rules = [rule for *_, rule in found.rules()]
    cut = space(rules, Family.V4, Hook.OUTPUT, "filter", Backend.NFT)
    box, whole = cut.box(rules[0])
    assert (box is None, whole) == (exact is None, exact is not False)


@given(boxes, boxes, boxes)
def test_pieces_do_not_overlap(box: Box, first: Box, second: Box) -> None:
    left = subtract(subtract([box], first), second)
    assert sum(len(points(piece)) for piece in left) == len(all_points(left))
