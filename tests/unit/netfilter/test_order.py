"""When the kernel asks a chain, what it can see of the connection there, and what a rule set says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.coverage import Basis, Gap
from meshctl.netfilter import Family, Hook, Packet, RuleSet, Verdict, merge, parse_rules
from meshctl.netfilter.model import OBSERVE, Rule, Unseen, hidden, is_hidden
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, INBOUND, nat, nft, table

ORDERS = [  # chains of one hook in the order they were made (type, priority), the order in which they are asked
    ([("filter", 0), ("filter", -1), ("filter", 1)], "102"),
    # of equal ones the one made last comes first (nf_hook_entries_grow)
    ([("filter", 0), ("filter", 0), ("filter", -5)], "210"),
    # all nat chains stand where the first of them was made, at -100; among them their own priorities count
    ([("nat", 50), ("filter", -99)], "01"), ([("nat", -300), ("filter", -101)], "10"), ([("nat", -100), ("filter", -100)], "10"), ([("filter", -100), ("nat", -100)], "10"),
    ([("nat", -90), ("nat", -110)], "10"), ([("nat", -100), ("nat", -100)], "10"), ([("filter", -100), ("nat", -90), ("filter", -100), ("nat", -110)], "2310"), ([("route", -150), ("nat", -300)], "01"),
]  # fmt: skip


@pytest.mark.parametrize(("chains", "order"), ORDERS)
def test_the_order_in_which_chains_are_asked(chains: list[tuple[str, int]], order: str) -> None:
    text = "".join(
        f"table ip t{number} {{ chain c {{ type {kind} hook output priority {priority}; ct state new counter continue; }} }}\n"
        for number, (kind, priority) in enumerate(chains)
    )
    assert "".join(step.table[1:] for step in walk(nft(text), APP).path) == order


def test_chains_that_come_after_routing_translate_at_100() -> None:
    text = (
        "table ip a { chain c { type nat hook postrouting priority -50; snat to 10.9.9.9; } }\n"
        "table ip b { chain c { type filter hook postrouting priority PLACE; ip saddr 10.9.9.9 drop; } }\n"
    )
    packet = replace(APP, hook=Hook.POSTROUTING)
    assert walk(nft(text.replace("PLACE", "101")), packet).verdict is Verdict.DROP
    assert walk(nft(text.replace("PLACE", "99")), packet).verdict is Verdict.SNAT


SEEN = [  # a chain's hook and priority, a packet, the state of its connection that the chain sees
    ("output", -201, APP, "invalid"), ("output", -199, APP, "new"), ("prerouting", -300, INBOUND, "invalid"), ("prerouting", -150, INBOUND, "new"),
    # what comes back over lo brings its connection along; other hooks are later
    ("prerouting", -300, replace(INBOUND, in_if="lo"), "new"), ("input", -300, replace(INBOUND, hook=Hook.INPUT), "new"), ("postrouting", -300, replace(APP, hook=Hook.POSTROUTING), "new"),
    ("output", -300, replace(APP, ct_state="UNTRACKED"), "untracked"), ("output", 0, replace(APP, ct_state="ESTABLISHED"), "established"), ("output", -300, replace(APP, ct_state="ESTABLISHED"), "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "priority", "packet", "state"), SEEN)
def test_what_a_chain_sees_of_the_connection(hook: str, priority: int, packet: Packet, state: str) -> None:
    for name in ("new", "invalid", "established", "untracked"):
        text = f"table ip t {{ chain c {{ type filter hook {hook} priority {priority}; ct state {name} drop; }} }}"
        assert (walk(nft(text), packet).verdict is Verdict.DROP) is (name == state), name


def test_a_connections_mark_is_seen_after_tracking_only() -> None:
    for priority, verdict in ((-300, Verdict.ACCEPT), (-150, Verdict.DROP)):
        text = f"table ip t {{ chain c {{ type filter hook output priority {priority}; ct mark 7 drop; }} }}"
        assert walk(nft(text), replace(APP, ct_state="ESTABLISHED", ct_mark=7)).verdict is verdict


IPTABLES = [  # a rule, whether it makes the kernel track connections (nf_ct_netns_get)
    ("-p tcp -j RETURN", False), ("-p tcp -j REDIRECT --to-ports 1", True), ("-p tcp -j DNAT --to-destination 10.0.0.1", True), ("-j SNAT --to-source 10.0.0.1", True), ("-j MASQUERADE", True),
    ("-m conntrack --ctstate NEW", True), ("-m conntrack --ctdir REPLY", True), ("-m connmark --mark 1", True), ("-j CONNMARK --set-mark 1", True), ("-j CONNMARK --save-mark", True), ("-j CONNMARK --restore-mark", True),
    ("-j CT --zone 1", True), ("-j CT --notrack", False), ("-j MARK --set-mark 1", False), ("-m mark --mark 1", False), ("-m owner --uid-owner 1", False), ("-p tcp -m multiport --ports 1,2", False), ("-j LOG", False),
    ("-m bpf --x 1 -j RETURN", True), ("-j MYSTERY --x", True),
]  # fmt: skip
NFT = [
    ("tcp dport 80 accept", False), ("redirect to :1", True), ("ct state new", True), ("ct mark 1", True), ("ct mark set 1", True), ("meta mark set ct mark", True), ("meta mark set 1", False), ("notrack", False), ("masquerade", True),
    ("ct state . tcp dport { new . 80 }", True), ("ip daddr . tcp dport { 10.0.0.1 . 80 }", False), ("ct state vmap { new : accept }", True), ("tcp dport vmap { 80 : accept }", False), ("tcp dport @nothing", False), ("ip ttl 5", True),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "tracked"), IPTABLES)
def test_which_rules_of_iptables_make_the_kernel_track(rule: str, tracked: bool) -> None:
    assert nat(f"-A OUTPUT {rule}").tracking == (frozenset({Family.V4}) if tracked else frozenset())


@pytest.mark.parametrize(("rule", "tracked"), NFT)
def test_which_rules_of_nft_make_the_kernel_track(rule: str, tracked: bool) -> None:
    text = "table {} t {{ set nothing {{ type inet_service; }} chain c {{ type nat hook output priority 0; {}; }} }}"
    assert nft(text.format("inet", rule)).tracking == (frozenset(Family) if tracked else frozenset())
    assert nft(text.format("ip", rule)).tracking == (frozenset({Family.V4}) if tracked else frozenset())


NORMAL: list[tuple[dict[str, Any], dict[str, Any]]] = [  # a packet, what follows from its hook alone
    ({"hook": Hook.OUTPUT}, {"in_if": "", "ct_mark": 0, "tcp_flags": 2}), ({"hook": Hook.POSTROUTING}, {"in_if": "", "ct_mark": 0, "tcp_flags": 2}), ({"hook": Hook.PREROUTING}, {"out_if": "", "ct_mark": 0, "tcp_flags": 2}),
    ({"hook": Hook.INPUT}, {"out_if": "", "ct_mark": 0, "tcp_flags": 2}), ({"hook": Hook.FORWARD}, {"ct_mark": 0, "tcp_flags": 2}), ({"protocol": "udp"}, {"in_if": "", "ct_mark": 0}), ({"protocol": None}, {"in_if": "", "ct_mark": 0}),
    ({"tcp_flags": 16, "in_if": "lo", "ct_mark": 5}, {}), ({"hook": Hook.PREROUTING, "in_if": "lo"}, {"out_if": "", "tcp_flags": 2}), ({"hook": Hook.PREROUTING, "out_if": "x", "in_if": "eth0"}, {"ct_mark": 0, "tcp_flags": 2}),
    ({"ct_state": "INVALID"}, {"in_if": "", "tracked": False, "ct_mark": 0}), ({"ct_state": "UNTRACKED"}, {"in_if": "", "tracked": False, "ct_mark": 0}), ({"ct_state": "ESTABLISHED"}, {"in_if": ""}), ({"ct_state": None}, {"in_if": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "added"), NORMAL)
def test_what_follows_from_a_packets_hook(fields: dict[str, Any], added: dict[str, Any]) -> None:
    assert Packet(**fields).normal() == Packet(**{**fields, **added})


NAMED = [  # a rule, the word that names what it does
    ("-p tcp -j RETURN", "RETURN"), ("-p tcp", ""), ("-j LOG", "LOG"), ("-j MYSTERY --x 1", "MYSTERY"), ("-j C", "C"), ("-g C", "C"), ("-p tcp -j REDIRECT --to-ports 1", "REDIRECT"), ("-m bpf --x 1 -j DROP", "DROP"),
]  # fmt: skip
NFT_NAMED = [
    ("tcp dport 80 accept", "accept"), ("counter", ""), ("log accept", "accept"), ("log", "log"), ("meta mark set 1 accept", "meta mark set"), ("tcp dport vmap { 80 : accept }", "vmap"), ("continue", "continue"), ("log continue", "log"),
    ("secmark 5 accept", "secmark"), ("log tcp dport vmap { 80 : drop }", "vmap"), ("jump other", "jump"), ("redirect to :1", "redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name"), NAMED)
def test_the_word_that_names_a_rule_of_iptables(rule: str, name: str) -> None:
    (found,) = [one for *_, one in nat("-N C", f"-A OUTPUT {rule}").rules()]
    assert found.target == name


@pytest.mark.parametrize(("rule", "name"), NFT_NAMED)
def test_the_word_that_names_a_rule_of_nft(rule: str, name: str) -> None:
    text = f"table ip t {{ chain other {{ }}\n chain c {{ type filter hook output priority 0; {rule}\n }} }}"
    (found,) = [one for *_, one in nft(text).rules()]
    assert found.target == name


def test_a_hidden_rule_is_told_from_one_that_is_not_understood() -> None:
    gap = Gap("chain OUTPUT of nat", "a listing without it was given", OBSERVE)
    assert is_hidden(hidden(gap))
    assert hidden(gap).text == f"({gap})"
    for _, _, _, rule in nat("-A OUTPUT -m bpf --x 1 -j MYSTERY --x", "-A OUTPUT -p tcp -j RETURN").rules():
        assert not is_hidden(rule)
    assert not is_hidden(Rule("(x)", hidden(gap).steps))


UNSEEN = Gap("the nat table", "only mangle was given", OBSERVE)
CONCERNS = [  # what was not shown, a family, table and chain, whether rules of it may be among that
    (Unseen(UNSEEN), (Family.V6, "nat", "OUTPUT"), True), (Unseen(UNSEEN, "nat"), (Family.V4, "nat", ""), True), (Unseen(UNSEEN, "nat"), (Family.V4, "mangle", ""), False), (Unseen(UNSEEN, "nat", "OUTPUT"), (Family.V4, "nat", "OUTPUT"), True),
    (Unseen(UNSEEN, "nat", "OUTPUT"), (Family.V4, "nat", "INPUT"), False), (Unseen(UNSEEN, "nat", "OUTPUT"), (Family.V4, "nat", ""), True), (Unseen(UNSEEN, "nat", "", Family.V6), (Family.V4, "nat", ""), False), (Unseen(UNSEEN, "nat", "", Family.V6), (Family.V6, "nat", "X"), True),
]  # fmt: skip


@pytest.mark.parametrize(("unseen", "place", "concerned"), CONCERNS)
def test_what_was_not_shown_concerns(unseen: Unseen, place: tuple[Family, str, str], concerned: bool) -> None:
    assert unseen.concerns(*place) is concerned
    found = RuleSet(covers=frozenset(Family), unseen=(unseen,)).gap(*place)
    assert found == (UNSEEN if concerned else None)


def test_before_what_was_not_shown_comes_a_failed_run_and_a_family_without_rules() -> None:
    assert str(RuleSet(failure="exit status 2").gap(Family.V4, "nat")) == "the rules in force: exit status 2"
    only = RuleSet(covers=frozenset({Family.V4}))
    assert str(only.gap(Family.V6, "nat")) == "the ip6 rules: none were given for this family"
    assert only.gap(Family.V4, "nat") is None


def test_several_sources_as_one() -> None:
    one = replace(
        parse_rules("*nat\n-A OUTPUT -j RETURN\nCOMMIT\n", name="one"), facts={"log": "a", "x": "1"}
    )
    two = replace(
        parse_rules("*nat\n-A OUTPUT -j RETURN\nCOMMIT\n", name="two"),
        facts={"log": "b"},
        origin=Basis.COMPUTED,
    )
    found = merge(one, two)
    assert (found.source, found.facts, found.origin) == ("one + two", {"log": "b", "x": "1"}, Basis.COMPUTED)
    assert [str(note) for note in found.notes] == ["two: table nat (ip) is also in one"]
    assert merge(one, replace(one, source="one")).notes == ()
    assert merge(one) is one
    assert merge(one, replace(two, origin=Basis.OBSERVED)).origin is Basis.OBSERVED
    assert merge(one, replace(two, failure="no")).failure == "no"
    numbered = [number for *_, number, _ in table("filter", "-A OUTPUT", "-A OUTPUT", "-A INPUT").rules()]
    assert numbered == [1, 2, 1]
