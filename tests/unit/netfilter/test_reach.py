"""Rules that no packet reaches: what lint says of a rule set, against all packets that its rules tell apart."""

from __future__ import annotations

import itertools
import random

import pytest

from meshctl.netfilter import Packet, PodNet, RuleSet, Sender
from meshctl.netfilter.lint import Severity, Subject, lint
from meshctl.netfilter.lint.reach import unreachable
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import nat, nft, table

CRITERIA = ("-p tcp", "-p udp", "! -p tcp", "-p tcp --dport 80", "-p tcp --dport 80:81", "-p tcp ! --dport 81", "-d 10.0.0.0/8", "-d 10.1.0.0/16", "! -d 10.0.0.0/8", "-o lo", "! -o lo",
            "-o eth+", "-m owner --uid-owner 1", "-m owner ! --uid-owner 1", "-m conntrack --ctstate NEW", "-m conntrack ! --ctstate NEW", "-m mark --mark 7", "-m mark ! --mark 7")  # fmt: skip
TARGETS = ("RETURN", "ACCEPT", "DROP", "LOG", "A", "B", "A")


def fields(criterion: str) -> str:
    return next(word for word in ("dport", "-p", "-d", "-o", "uid", "ctstate", "mark") if word in criterion)


def rule_lines(seed: int) -> list[str]:
    """Rules of three chains; a criterion of a kind once a rule, jumps downwards only."""
    some = random.Random(seed)
    lines = ["-N A", "-N B"]
    for chain, targets in (("OUTPUT", TARGETS), ("A", (*TARGETS[:4], "B")), ("B", TARGETS[:4])):
        for _ in range(some.randint(2, 5)):
            asked = {fields(c): c for c in some.sample(CRITERIA, some.choice((0, 1, 1, 1, 2)))}
            if "dport" in asked:
                asked.pop("-p", None)
            jump = some.choice(("-g", "-j")) if chain == "OUTPUT" else "-j"
            target = some.choice(targets)
            lines.append(" ".join((f"-A {chain}", *asked.values(), jump if target in "AB" else "-j", target)))
    return lines


def packets() -> list[Packet]:
    ways = itertools.product(
        ("tcp", "udp", "icmp"), (80, 81, 82), ("10.1.0.1", "10.2.0.1", "9.9.9.9"), ("lo", "eth0", "net1")
    )
    sent = [Packet(protocol=p, dport=port, dst=to, out_if=by, src="10.9.9.9") for p, port, to, by in ways]
    who = ({"uid": 1, "gid": 1}, {"uid": 2, "gid": 2}, {"sender": Sender.KERNEL})
    marks = ({"mark": 0}, {"mark": 7})
    states = ({}, {"ct_state": "ESTABLISHED"})
    return [
        replace(packet, **a, **b, **c)  # type: ignore[arg-type]
        for packet, a, b, c in itertools.product(sent, who, marks, states)
    ]


PACKETS = packets()


@pytest.mark.parametrize("seed", range(24))
def test_a_rule_is_called_unreachable_when_no_packet_reaches_it(seed: int) -> None:
    rules = table("filter", *rule_lines(seed))
    met = {(step.chain, step.rule_number) for packet in PACKETS for step in walk(rules, packet).path}
    entered = {"OUTPUT"} | {rule.target for _, c, number, rule in rules.rules() if (c.name, number) in met}
    asked = {(chain.name, number) for _, chain, number, _ in rules.rules() if chain.name in entered}
    assert {place for place in dead(rules) if place[0] in entered} == asked - met


def dead(rules: RuleSet) -> set[tuple[str, int]]:
    return {(f.place.chain, f.place.number) for f in unreachable(rules) if f.place is not None}


TAKEN = [  # rules of nat, the rule that is never met, the rules that take its packets
    (["-A OUTPUT -p tcp -j RETURN", "-A OUTPUT -p tcp --dport 80 -j DROP"], ("OUTPUT", 2), ["nat OUTPUT rule 1"]),
    (["-A OUTPUT -p udp -j DROP", "-A OUTPUT -p tcp -j RETURN", "-A OUTPUT -p tcp --dport 80 -j DROP"], ("OUTPUT", 3), ["nat OUTPUT rule 2"]),
    (["-A OUTPUT -p tcp --dport 0:80 -j RETURN", "-A OUTPUT -p tcp --dport 81:65535 -j RETURN", "-A OUTPUT -p tcp -j DROP"], ("OUTPUT", 3), ["nat OUTPUT rule 1", "nat OUTPUT rule 2"]),
    (["-N A", "-A OUTPUT -p tcp -j A", "-A OUTPUT -p tcp -d 10.0.0.1 -j DROP", "-A A -j RETURN", "-A A -p tcp -d 10.0.0.2 -j DROP"], ("A", 2), ["nat A rule 1"]),
    (["-N A", "-A OUTPUT -p tcp -j A", "-A A -p udp -j DROP"], ("A", 1), []),
    (["-N A", "-A OUTPUT -g A", "-A OUTPUT -p tcp -j DROP"], ("OUTPUT", 2), ["nat OUTPUT rule 1"]),
    (["-N A", "-A OUTPUT -p tcp -j A", "-A A -p tcp -j ACCEPT", "-A OUTPUT -p tcp -j DROP"], ("OUTPUT", 2), ["nat OUTPUT rule 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "place", "by"), TAKEN)
def test_who_takes_the_packets_of_a_rule(lines: list[str], place: tuple[str, int], by: list[str]) -> None:
    (finding,) = unreachable(nat(*lines))
    assert finding.place is not None
    assert (finding.place.chain, finding.place.number) == place
    assert [str(taker) for taker in finding.by] == by
    said = f"Every packet it asks for was already decided by {', '.join(by)}."
    assert finding.why == (said if by else f"No packet it asks for enters chain {place[0]}.")


SURE = [  # rules: whether the last is surely never met, or only perhaps (an action or a match that is not understood)
    (["-A OUTPUT -m bpf --x 1 -j RETURN", "-A OUTPUT -p tcp -j DROP"], None),
    (["-A OUTPUT -j MYSTERY --x", "-A OUTPUT -p tcp -j DROP"], None),
    (["-A OUTPUT -p tcp -j LOG", "-A OUTPUT -p tcp -j DROP"], None),
    (["-A OUTPUT -p tcp -j MARK --set-mark 1", "-A OUTPUT -p tcp -j DROP"], None),
    (["-A OUTPUT -p tcp -m multiport --ports 1,2 -j RETURN", "-A OUTPUT -p tcp -j DROP"], None),
    (["-N A", "-A OUTPUT -m bpf --x 1 -g A", "-A OUTPUT -p tcp -j DROP", "-A A -j DROP"], None),
    (["-N A", "-A OUTPUT -m bpf --x 1 -j A", "-A OUTPUT -p tcp -j DROP", "-A A -j DROP"], None),
    (["-A OUTPUT -p tcp -j RETURN", "-A OUTPUT -p tcp -m bpf --x 1 -j DROP"], Severity.INFO),
    (["-A OUTPUT -p tcp -j RETURN", "-A OUTPUT -p tcp -j DROP"], Severity.WARNING),
    (["-N ISTIO_OUTPUT", "-A OUTPUT -j ISTIO_OUTPUT", "-A ISTIO_OUTPUT -p tcp -j RETURN", "-A ISTIO_OUTPUT -p tcp -j DROP"], Severity.INFO),
    (["-N ISTIO_OUTPUT", "-A OUTPUT -j ISTIO_OUTPUT", "-A ISTIO_OUTPUT -p tcp -j RETURN", "-A ISTIO_OUTPUT -p tcp --dport 80 -j DROP"], Severity.WARNING),
    (["-N ISTIO_OUTPUT", "-A OUTPUT -j ISTIO_OUTPUT", "-A ISTIO_OUTPUT -j RETURN", "-A ISTIO_OUTPUT -m owner --uid-owner 1 -j DROP"], Severity.INFO),
    (["-N ISTIO_OUTPUT", "-A OUTPUT -j ISTIO_OUTPUT", "-A ISTIO_OUTPUT -j RETURN", "-A ISTIO_OUTPUT -m owner --gid-owner 1 -j DROP"], Severity.INFO),
    (["-A OUTPUT -j RETURN", "-A OUTPUT -m owner --gid-owner 1 -j DROP"], Severity.WARNING),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "severity"), SURE)
def test_how_bad_a_rule_is_that_is_never_met(lines: list[str], severity: Severity | None) -> None:
    assert [finding.severity for finding in unreachable(nat(*lines))] == ([severity] if severity else [])


ENDS = "ACCEPT DROP REJECT QUEUE RETURN REDIRECT DNAT:--to-destination:10.0.0.1 SNAT:--to-source:10.0.0.1 MASQUERADE".split()


@pytest.mark.parametrize("target", ENDS)
def test_what_ends_a_chain_leaves_nothing_for_the_next_rule(target: str) -> None:
    words = target.replace(":", " ")
    assert dead(nat(f"-A OUTPUT -p tcp -j {words}", "-A OUTPUT -p tcp -j DROP")) == {("OUTPUT", 2)}


@pytest.mark.parametrize("count", [40, 1400])
def test_rules_that_cut_the_packets_into_too_many_cases_are_not_judged(count: int) -> None:
    lines = [
        f"-A OUTPUT -p tcp -d 10.{n // 250}.{n % 250}.1 --dport {n + 1} -m mark --mark {n} -j LOG"
        for n in range(count)
    ]
    found = lint(Subject(nat(*lines, *(line.replace("LOG", "RETURN") for line in lines)), PodNet()))
    assert ("not-analysed" in {f.code for f in found}) is (count > 1000)


def test_a_table_is_looked_at_in_each_family_it_covers() -> None:
    text = "table {} t {{ chain c {{ type filter hook output priority 0; {} accept; {} drop }} }}"
    assert dead(nft(text.format("inet", "tcp dport 80", "tcp dport 80"))) == {("c", 2)}
    assert dead(nft(text.format("inet", "ip daddr 10.0.0.1", "meta l4proto tcp"))) == set()
    assert dead(nft(text.format("ip6", "meta nfproto ipv6", "meta l4proto tcp"))) == {("c", 2)}
    assert dead(nft(text.format("inet", "meta nfproto ipv6", "meta l4proto tcp"))) == set()
    # what can only be in one family is judged by that one
    assert dead(nft(text.format("inet", "meta nfproto ipv6", "ip6 daddr ::1"))) == {("c", 2)}
    assert dead(nft(text.format("inet", "meta nfproto ipv4", "ip6 daddr ::1"))) == set()
    assert dead(nft(text.format("ip", "tcp dport 80", "ip6 daddr ::1"))) == set()


def test_what_cannot_be_at_a_hook() -> None:
    assert dead(nat("-A PREROUTING -i lo -j RETURN", "-A PREROUTING -p tcp -j RETURN")) == set()
    assert dead(
        nat("-A PREROUTING -i eth0 -j RETURN", "-A PREROUTING ! -i eth0 -j RETURN", "-A PREROUTING -j DROP")
    ) == {("PREROUTING", 3)}
    mangle = table("mangle", "-A PREROUTING ! -i lo -j RETURN", "-A PREROUTING -p tcp -j DROP")
    assert dead(mangle) == set()
    assert dead(nat("-A PREROUTING ! -i lo -j RETURN", "-A PREROUTING -p tcp -j DROP")) == {("PREROUTING", 2)}


def test_what_is_in_no_empty_set_is_everything_and_the_rest_of_the_rule_still_counts() -> None:
    found = nft(
        "table ip t { set nothing { type inet_service; } chain c { type filter hook output priority 0;"
        " tcp dport != @nothing ip daddr 10.0.0.1 return; tcp dport 80 ip daddr 10.0.0.2 drop } }"
    )
    assert dead(found) == set()
