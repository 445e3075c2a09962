"""iptables' commands on a chain against a plain list, and what the kernel does with the chains it calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from meshctl.netfilter.hooks import builtin_priority, builtin_type
from tests.unit.netfilter.sidecar import nat, table

RULES = some.sampled_from(["-p tcp -j ACCEPT", "-p udp -j ACCEPT", "-j DROP"])
PLACES = some.integers(1, 4)
COMMANDS = some.lists(
    some.one_of(
        some.tuples(some.just("A"), some.just(0), RULES),
        some.tuples(some.just("I"), some.integers(0, 4), RULES),
        some.tuples(some.just("R"), PLACES, RULES),
        some.tuples(some.just("D"), some.just(0), RULES),
        some.tuples(some.just("D"), PLACES, some.just("")),
        some.tuples(some.just("F"), some.just(0), some.just("")),
    ),
    max_size=8,
)


def run(commands: list[tuple[str, int, str]]) -> tuple[list[str], list[str]]:
    """The lines of iptables that can be run, and the rules that are left."""
    lines, left = [], []
    for command, place, rule in commands:
        match command:
            case "A":
                left.append(rule)
            case "I" if place <= len(left) + 1:
                left.insert(max(place, 1) - 1, rule)
            case "R" if place <= len(left):
                left[place - 1] = rule
            case "D" if rule and rule in left:
                left.remove(rule)
            case "D" if not rule and place <= len(left):
                del left[place - 1]
            case "F":
                left.clear()
            case _:
                continue  # the kernel refuses it
        lines.append(" ".join(part for part in (f"-{command}", "OUTPUT", str(place or ""), rule) if part))
    return lines, left


def steps(*lines: str) -> list[object]:
    return [rule.steps for *_, rule in nat(*lines).rules()]


@given(COMMANDS)
def test_commands_leave_what_a_list_would_hold(commands: list[tuple[str, int, str]]) -> None:
    lines, left = run(commands)
    assert steps(*lines) == steps(*(f"-A OUTPUT {rule}" for rule in left))


def test_chains_are_made_given_a_policy_and_removed() -> None:
    found = nat("-N MINE", "-N OTHER", "-A MINE -j DROP", "-P OUTPUT DROP", "-X OTHER", "-A OUTPUT -j MINE")
    (only,) = found.tables
    chains = {chain.name: (chain.policy, len(chain.rules)) for chain in only.chains}
    assert (chains["MINE"], chains["OUTPUT"], "OTHER" in chains) == ((None, 1), ("DROP", 1), False)


CALLED = [  # a table and chain of iptables: where the kernel calls it, when, as what
    ("raw", "PREROUTING", -300, "filter"), ("raw", "OUTPUT", -300, "filter"), ("mangle", "PREROUTING", -150, "filter"), ("mangle", "OUTPUT", -150, "route"),
    ("mangle", "POSTROUTING", -150, "filter"), ("nat", "PREROUTING", -100, "nat"), ("nat", "OUTPUT", -100, "nat"), ("nat", "INPUT", 100, "nat"), ("nat", "POSTROUTING", 100, "nat"),
    ("filter", "INPUT", 0, "filter"), ("filter", "FORWARD", 0, "filter"), ("filter", "OUTPUT", 0, "filter"), ("security", "INPUT", 50, "filter"), ("security", "OUTPUT", 50, "filter"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "chain", "priority", "kind"), CALLED)
def test_where_the_kernel_calls_a_chain(name: str, chain: str, priority: int, kind: str) -> None:
    assert (builtin_priority(name, chain), builtin_type(name, chain)) == (priority, kind)
    (found,) = [c for t in table(name, f"-A {chain} -j ACCEPT").tables for c in t.chains if c.name == chain]
    assert (str(found.hook), found.priority, found.type) == (chain.lower(), priority, kind)
