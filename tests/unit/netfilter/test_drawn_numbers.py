"""Numbers that a rule draws or hashes: every value is followed, as often as it comes where that is known."""

from __future__ import annotations

import pytest

from meshctl.netfilter import RuleSet, WalkResult
from meshctl.netfilter.model import Drawn
from meshctl.netfilter.walk import drawn
from meshctl.netfilter.walk.explain import explain
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.netfilter.walk.records import result_to_record
from meshctl.proxy.model import Disposition, Payload
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.streams import Stream
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, nat, nft

NAT = """table ip nat {{
 map hosts {{ type integer : ipv4_addr; elements = {{ 0 : 10.0.0.5, 1 : 10.0.0.6 }} }}
 chain one {{ tcp dport 80 redirect to :1 }}
 chain two {{ redirect to :2 }}
 chain output {{ type nat hook output priority -100; policy accept;
  {}
 }}
}}
"""


def shares(result: WalkResult, share: float | None = 1.0) -> list[tuple[str, float | None]]:
    """How the packet fares, and how often (None: nothing tells)."""
    if not result.branches:
        place = result.redirect_port or result.nat_to
        return [
            (
                f"{result.verdict.name}{f' {place}' if place else ''}",
                share if share is None else round(share, 4),
            )
        ]
    found = []
    for branch in result.branches:
        part = None if share is None or branch.share is None else share * branch.share
        found += shares(branch.result, part)
    return found


def of(statements: str) -> list[tuple[str, float | None]]:
    return shares(walk(nft(NAT.format(statements)), APP))


FIFTH, SIXTH = "DNAT 10.0.0.5:80", "DNAT 10.0.0.6:80"
NUMBERS: list[tuple[str, list[tuple[str, float | None]]]] = [
    ("dnat to numgen random mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }", [(FIFTH, 0.5), (SIXTH, 0.5)]),
    ("dnat to numgen inc mod 2 map @hosts", [(FIFTH, 0.5), (SIXTH, 0.5)]),
    ("dnat to jhash ip saddr . tcp sport mod 2 map @hosts", [(FIFTH, None), (SIXTH, None)]),
    ("dnat to jhash ip saddr mod 2 seed 7 map @hosts", [(FIFTH, None), (SIXTH, None)]),
    ("dnat to symhash mod 2 map @hosts", [(FIFTH, None), (SIXTH, None)]),
    ("dnat to numgen random mod 1 map @hosts", [(FIFTH, 1.0)]),
    ("dnat to numgen random mod 2 offset 1 map @hosts", [(SIXTH, 0.5), ("ACCEPT", 0.5)]),
    ("dnat to numgen random mod 10 map { 0-2 : 10.0.0.5, 3-9 : 10.0.0.6 }", [(FIFTH, 0.3), (SIXTH, 0.7)]),
    ("dnat to numgen random mod 4 map { 0 : 10.0.0.5, * : 10.0.0.6 }", [(FIFTH, 0.25), (SIXTH, 0.75)]),
    ("numgen random mod 3 vmap { 0 : jump one, 1 : jump two }", [("REDIRECT 1", 0.3333), ("REDIRECT 2", 0.3333), ("ACCEPT", 0.3333)]),
    ("redirect to :numgen random mod 2 map { 0 : 8080, 1 : 8081 }", [("REDIRECT 8080", 0.5), ("REDIRECT 8081", 0.5)]),
    # compared
    ("numgen random mod 10 < 3 drop", [("DROP", 0.3), ("ACCEPT", 0.7)]), ("numgen random mod 10 >= 3 drop", [("DROP", 0.7), ("ACCEPT", 0.3)]),
    ("numgen random mod 4 != 0 drop", [("DROP", 0.75), ("ACCEPT", 0.25)]), ("numgen random mod 4 { 0, 2-3 } drop", [("DROP", 0.75), ("ACCEPT", 0.25)]),
    ("numgen random mod 4 > 7 drop", [("ACCEPT", 1.0)]), ("numgen random mod 4 != 7 drop", [("DROP", 1.0)]),
    # each rule draws anew; a hash is the same in all, and what it is not there it is elsewhere
    ("numgen random mod 2 0 drop\n numgen random mod 2 0 drop", [("DROP", 0.5), ("DROP", 0.25), ("ACCEPT", 0.25)]),
    ("jhash ip saddr mod 2 0 redirect to :1\n jhash ip saddr mod 2 1 redirect to :2", [("REDIRECT 1", None), ("REDIRECT 2", None)]),
    ("jhash ip saddr mod 2 0 redirect to :1\n jhash ip daddr mod 2 1 redirect to :2", [("REDIRECT 1", None), ("REDIRECT 2", None), ("ACCEPT", None)]),
    # what is not there is not hashed: the rule stops
    ("jhash udp dport mod 2 vmap { 0 : drop, 1 : drop }", [("ACCEPT", 1.0)]), ("jhash ip6 saddr mod 1 0 drop", [("ACCEPT", 1.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "found"), NUMBERS, ids=[one for one, _ in NUMBERS])
def test_every_number_is_followed(statements: str, found: list[tuple[str, float | None]]) -> None:
    assert of(statements) == found


def test_a_chain_that_is_entered_twice_draws_twice() -> None:
    text = NAT.format("jump coin\n jump coin").replace(
        "chain two {", "chain coin { numgen random mod 2 0 drop; }\n chain two {"
    )
    assert shares(walk(nft(text), APP)) == [("DROP", 0.5), ("DROP", 0.25), ("ACCEPT", 0.25)]


def test_a_long_map_is_listed_as_far_as_branches_are_followed() -> None:
    def mapped(count: int) -> list[tuple[str, float | None]]:
        values = ", ".join(f"{n} : 10.0.0.{n + 1}" for n in range(count))
        return of(f"dnat to numgen random mod {count} map {{ {values} }}")

    assert mapped(16) == [(f"DNAT 10.0.0.{n + 1}:80", 0.0625) for n in range(16)]
    found = mapped(64)
    assert found[0] == ("DNAT 10.0.0.1:80", 0.0156) and found[-1][0] == "UNDETERMINED"


STATISTIC: list[tuple[str, list[tuple[str, float | None]]]] = [
    ("--mode random --probability 0.25000000000", [("REDIRECT 1", 0.25), ("ACCEPT", 0.75)]),
    ("--mode random ! --probability 0.25", [("REDIRECT 1", 0.75), ("ACCEPT", 0.25)]),
    ("--mode random --probability 1.0", [("REDIRECT 1", 1.0)]), ("--mode random --probability 0", [("ACCEPT", 1.0)]),
    ("--mode nth --every 4", [("REDIRECT 1", 0.25), ("ACCEPT", 0.75)]), ("--mode nth --every 1 --packet 0", [("REDIRECT 1", 1.0)]),
    ("--mode nth ! --every 4 --packet 2", [("REDIRECT 1", 0.75), ("ACCEPT", 0.25)]),
    ("--mode of-tomorrow", [("REDIRECT 1", None), ("ACCEPT", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "found"), STATISTIC)
def test_a_share_of_the_packets(words: str, found: list[tuple[str, float | None]]) -> None:
    rules = nat(f"-A OUTPUT -p tcp -m statistic {words} -j REDIRECT --to-ports 1")
    assert shares(walk(rules, APP)) == found


HALF = nft(NAT.format("numgen random mod 4 0 drop"))
HASHED = nft(NAT.format("jhash ip daddr mod 4 0 drop"))


@pytest.mark.parametrize(
    ("rules", "ways"),
    [
        (HALF, [(Disposition.DROPPED, 0.25, True, ()), (Disposition.DELIVERED, 0.75, True, ())]),
        (
            HASHED,
            [
                (Disposition.DROPPED, 0.5, False, ("which number jhash ip daddr mod 4 gives",)),
                (Disposition.DELIVERED, 0.5, False, ("which number jhash ip daddr mod 4 gives",)),
            ],
        ),
    ],
    ids=["drawn", "hashed"],
)
def test_a_trace_tells_how_often(rules: RuleSet, ways: list[tuple[object, ...]]) -> None:
    pod, other = Pod("p", "ns", ("10.0.0.1",), rules=rules), Pod("q", "ns", ("10.0.0.9",))
    found = Journey(Pods([pod, other])).start(pod, "10.0.0.9", 80, Stream(Payload.RAW))
    assert [(w.answer.disposition, w.probability, w.decided, w.undetermined) for w in found] == ways


def test_it_is_told_with_its_share() -> None:
    record = result_to_record(walk(HALF, APP))
    assert [(branch["if"], branch["share"]) for branch in record["branches"]] == [
        ("numgen random mod 4 0", 0.25),
        ("not (numgen random mod 4 0)", 0.75),
    ]
    assert "share" not in result_to_record(walk(HASHED, APP))["branches"][0]


@pytest.mark.parametrize(("rules", "said"), [(HALF, "drawn"), (HASHED, "hashed")])
def test_it_is_explained_as_what_it_is(rules: RuleSet, said: str) -> None:
    ((*_, rule),) = [one for one in rules.rules() if "mod 4" in one[-1].text]
    assert f"mod 4 0 ({said}) → dropped" in explain(rule)


RANGES = [  # values, what is asked for, those that are, those that are not
    (((0, 9),), ((0, 2),), ((0, 2),), ((3, 9),)), (((0, 9),), ((3, 5),), ((3, 5),), ((0, 2), (6, 9))),
    (((0, 9),), ((8, 20),), ((8, 9),), ((0, 7),)), (((0, 1), (5, 6)), ((1, 5),), ((1, 1), (5, 5)), ((0, 0), (6, 6))),
    (((0, 9),), ((0, 4), (5, 9)), ((0, 9),), ()), (((0, 9),), ((20, 30),), (), ((0, 9),)), (((0, 9),), ((4, 2),), (), ((0, 9),)),
    (((0, 9),), ((0, 4), (2, 6)), ((0, 6),), ((7, 9),)), ((), ((0, 1),), (), ()),
]  # fmt: skip


@pytest.mark.parametrize(("values", "wanted", "passing", "other"), RANGES)
def test_what_a_question_leaves(
    values: drawn.Ranges, wanted: drawn.Ranges, passing: drawn.Ranges, other: drawn.Ranges
) -> None:
    question = Drawn("n", (0, 9), wanted, "n")
    assert drawn.asked(question, values) == (passing, other)
    assert drawn.asked(replace(question, negate=True), values) == (other, passing)
    assert drawn.size(passing) + drawn.size(other) == drawn.size(values)
