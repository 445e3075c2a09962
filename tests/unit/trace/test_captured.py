"""What a pod's rules do to a connection that a trace sends or receives; and which names and addresses are outside."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter import RuleSet
from meshctl.trace.capture import arrive, send
from meshctl.trace.elsewhere import decided_by, is_outside
from meshctl.trace.pods import Pod
from tests.unit.netfilter.sidecar import nat, nft, rules, table
from tests.unit.proxy import build

OWN, OTHER = "10.0.0.1", "10.0.0.9"
TO = "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001"
TPROXY_LO = "-A PREROUTING -i lo -p tcp -j TPROXY --on-port 15006 --tproxy-mark 1"
UNKNOWN = "what '-m bpf --x 1' means here"
SENT: list[tuple[RuleSet | None, str, list[str], tuple[bool, int, bool, bool], tuple[str, ...]]] = [
    # rules, where to: the hooks' verdicts; whether it stays in the pod, to which port, redirected, dropped; what is open
    (None, OTHER, [], (False, 80, False, False), ()), (None, OWN, [], (True, 80, False, False), ()), (None, "127.0.0.1", [], (True, 80, False, False), ()), (None, "::1", [], (True, 80, False, False), ()), (None, "a.name", [], (False, 80, False, False), ()),
    (RuleSet(), OTHER, ["output NO_RULE_MATCHED"], (False, 80, False, False), ()), (nat(TO), OTHER, ["output REDIRECT", "prerouting NO_RULE_MATCHED"], (True, 15001, True, False), ()), (nat("-A OUTPUT -p tcp -j REDIRECT"), OTHER, ["output REDIRECT", "prerouting NO_RULE_MATCHED"], (True, 80, True, False), ()),
    (table("filter", "-A OUTPUT -p tcp -j RETURN"), OTHER, ["output RETURN"], (False, 80, False, False), ()), (table("filter", "-A OUTPUT -p tcp -j ACCEPT"), OTHER, ["output ACCEPT"], (False, 80, False, False), ()),
    (table("filter", "-A OUTPUT -p tcp -j DROP"), OTHER, ["output DROP"], (False, 80, False, True), ()), (table("filter", "-A OUTPUT -p tcp -j REJECT"), OTHER, ["output DROP"], (False, 80, False, True), ()), (table("filter", "-A OUTPUT -p tcp -j DROP"), OWN, ["output DROP"], (True, 80, False, True), ()),
    # what a rule sends elsewhere, or hands to a program, is not followed, and not said to go on as it was
    (nat("-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.77:81"), OTHER, ["output UNDETERMINED"], (False, 80, False, False), ("a rule sends the connection to 10.0.0.77:81 (DNAT), which is not followed",)),
    (table("filter", "-A OUTPUT -p tcp -j NFQUEUE --queue-num 1"), OTHER, ["output UNDETERMINED"], (False, 80, False, False), ("a rule hands the packet to a program (QUEUE), which decides",)),
    # what stays in the pod comes back over lo, where it may be taken once more
    (table("mangle", TPROXY_LO), OWN, ["output NO_RULE_MATCHED", "prerouting TPROXY"], (True, 15006, True, False), ()), (table("mangle", TPROXY_LO), OTHER, ["output NO_RULE_MATCHED"], (False, 80, False, False), ()),
    (table("mangle", "-A PREROUTING -i lo -j DROP"), OWN, ["output NO_RULE_MATCHED", "prerouting DROP"], (True, 80, False, True), ()),
    (table("mangle", "-A OUTPUT -o lo -j MARK --set-mark 7", "-A PREROUTING -i lo -m mark --mark 7 -j DROP"), OWN, ["output ACCEPT", "prerouting DROP"], (True, 80, False, True), ()),
]  # fmt: skip


@pytest.mark.parametrize(("rule_set", "dst", "hooks", "fate", "open_"), SENT)
def test_a_connection_that_is_sent(
    rule_set: RuleSet | None,
    dst: str,
    hooks: list[str],
    fate: tuple[bool, int, bool, bool],
    open_: tuple[str, ...],
) -> None:
    (found,) = send(Pod("p", ips=(OWN,), rules=rule_set), OWN, dst, 80, 1000, 1000)
    assert [f"{one.hook} {one.verdict}" for one in found.hooks] == hooks
    assert (found.local, found.port, found.redirected, found.dropped) == fate
    assert found.undetermined == open_
    assert [one.interface for one in found.hooks] == ["lo" if dst == OWN else "eth0", "lo"][: len(hooks)]


@pytest.mark.parametrize(
    ("uid", "gid", "mark", "port"),
    [(1000, 1000, 0, 15001), (1337, 1337, 0, 80), (1000, 1337, 0, 80), (1337, 5, 0, 80)],
)
def test_who_sends_it_counts(uid: int, gid: int, mark: int, port: int) -> None:
    (found,) = send(Pod("p", ips=(OWN,), rules=rules()), OWN, OTHER, 80, uid, gid, mark)
    assert found.port == port


def test_a_mark_of_the_socket_counts() -> None:
    pod = Pod("p", ips=(OWN,), rules=nat("-A OUTPUT -p tcp -m mark ! --mark 7 -j REDIRECT --to-ports 15001"))
    assert [send(pod, OWN, OTHER, 80, 1, 1, mark)[0].port for mark in (0, 7)] == [15001, 80]
    unmarked = Pod(
        "p", ips=(OWN,), rules=nat("-A OUTPUT -p tcp -m mark --mark 0 -j REDIRECT --to-ports 15001")
    )
    assert send(unmarked, OWN, OTHER, 80, 1, 1)[0].port == 15001


CAME: list[tuple[RuleSet | None, list[str], tuple[int, bool, bool, bool], tuple[str, ...]]] = [
    # rules: the hook's verdict; the port, redirected, transparently, dropped; what is open
    (None, [], (80, False, False, False), ()), (RuleSet(), ["NO_RULE_MATCHED"], (80, False, False, False), ()), (nat("-A PREROUTING -p tcp -j REDIRECT --to-ports 15006"), ["REDIRECT"], (15006, True, False, False), ()), (nat("-A PREROUTING -p tcp -j REDIRECT"), ["REDIRECT"], (80, True, False, False), ()),
    (table("mangle", "-A PREROUTING -p tcp -j TPROXY --on-port 15006 --tproxy-mark 1"), ["TPROXY"], (15006, True, True, False), ()), (table("mangle", "-A PREROUTING -j DROP"), ["DROP"], (80, False, False, True), ()), (table("mangle", "-A PREROUTING -i lo -j DROP"), ["NO_RULE_MATCHED"], (80, False, False, False), ()),
    (nat("-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.77"), ["UNDETERMINED"], (80, False, False, False), ("a rule sends the connection to 10.0.0.77:80 (DNAT), which is not followed",)),
    (table("mangle", "-A PREROUTING -s 10.0.0.9 -d 10.0.0.1 -p tcp -j RETURN"), ["RETURN"], (80, False, False, False), ()),
]  # fmt: skip


@pytest.mark.parametrize(("rule_set", "hooks", "fate", "open_"), CAME)
def test_a_connection_that_comes(
    rule_set: RuleSet | None, hooks: list[str], fate: tuple[int, bool, bool, bool], open_: tuple[str, ...]
) -> None:
    (found,) = arrive(Pod("p", ips=(OWN,), rules=rule_set), OTHER, OWN, 80)
    assert [one.verdict for one in found.hooks] == hooks
    assert (found.port, found.redirected, found.transparent, found.dropped) == fate
    assert found.undetermined == open_


OPEN = [
    (table("filter", "-A OUTPUT -m bpf --x 1 -j DROP"), OTHER),
    (table("mangle", "-A PREROUTING -i lo -m bpf --x 1 -j DROP"), OWN),
]


@pytest.mark.parametrize(("rule_set", "dst"), OPEN)
def test_a_rule_that_cannot_be_decided_drops_what_is_sent_or_does_not(rule_set: RuleSet, dst: str) -> None:
    found = send(Pod("p", ips=(OWN,), rules=rule_set), OWN, dst, 80, 1000, 1000)
    assert [(one.dropped, one.undetermined) for one in found] == [(True, (UNKNOWN,)), (False, (UNKNOWN,))]


def test_a_rule_that_cannot_be_decided_drops_what_comes_or_does_not() -> None:
    rule_set = table("mangle", "-A PREROUTING -m bpf --x 1 -j DROP")
    found = arrive(Pod("p", ips=(OWN,), rules=rule_set), OTHER, OWN, 80)
    assert [(one.dropped, one.undetermined) for one in found] == [(True, (UNKNOWN,)), (False, (UNKNOWN,))]


def test_rules_that_did_not_match_say_why() -> None:
    (found,) = send(Pod("p", ips=(OWN,), rules=nat("-A OUTPUT -p udp -j RETURN", TO)), OWN, OTHER, 80, 1, 1)
    (hook, _) = found.hooks
    assert hook.tried == (("nat OUTPUT rule 1: -A OUTPUT -p udp -j RETURN", "-p udp"),)
    assert [step.rule_number for step in hook.rules] == [2]
    assert hook.dst == "10.0.0.9:80"


BPF = "-m bpf --x 1 -j DROP"


def test_what_is_not_known_is_followed_both_ways() -> None:
    sent = send(Pod("p", ips=(OWN,), rules=table("filter", f"-A OUTPUT {BPF}")), OWN, OTHER, 80, 1, 1)
    assert [(one.hooks[0].verdict, one.dropped, one.undetermined) for one in sent] == [
        ("DROP", True, (UNKNOWN,)),
        ("NO_RULE_MATCHED", False, (UNKNOWN,)),
    ]
    back = send(Pod("p", ips=(OWN,), rules=table("mangle", f"-A PREROUTING -i lo {BPF}")), OWN, OWN, 80, 1, 1)
    assert [(one.hooks[1].verdict, one.dropped, one.undetermined) for one in back] == [
        ("DROP", True, (UNKNOWN,)),
        ("NO_RULE_MATCHED", False, (UNKNOWN,)),
    ]
    came = arrive(Pod("p", ips=(OWN,), rules=table("mangle", f"-A PREROUTING {BPF}")), OTHER, OWN, 80)
    assert [(one.hooks[0].verdict, one.dropped, one.undetermined) for one in came] == [
        ("DROP", True, (UNKNOWN,)),
        ("NO_RULE_MATCHED", False, (UNKNOWN,)),
    ]


# ---- outside ----

NAMES = [  # a name, whether it is of a host outside
    ("example.com", True), ("a.b.example.org.", True), ("EXAMPLE.COM", True), ("example", False), ("com", False), ("reviews.default.svc.cluster.local", False), ("reviews.default.svc", False), ("svc.example.com", False), ("reviews.default", False),
    ("api.shop.de", True), ("shop.de", False), ("api.shop.qa", False), ("api.shop.ci", False), ("api.shop.d1", False), ("api.shop.deu", False), ("known.internal", True), ("other.internal", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "outside"), NAMES)
def test_names_of_hosts_outside(name: str, outside: bool) -> None:
    proxy = build.proxy([], (build.cluster("outbound|443||known.internal", "9.9.9.9:443"),))
    assert is_outside(name, Pod("p", proxy=proxy)) is outside


def test_without_a_proxy_only_the_name_itself_tells() -> None:
    assert (is_outside("example.com", Pod("p")), is_outside("known.internal", Pod("p"))) == (True, False)


PUBLIC: list[tuple[RuleSet, str]] = [  # rules, what makes it matter which public address is dialled
    (nat("-A OUTPUT -d 9.9.9.9 -j RETURN"), "a capture rule asks for -d 9.9.9.9"), (nat("-A OUTPUT -d 10.0.0.0/8 -j RETURN"), ""), (nat("-A OUTPUT -d 0.0.0.0/0 -j RETURN"), ""), (nat("-A OUTPUT -s 9.9.9.9 -j RETURN"), ""), (nat("-A OUTPUT -p tcp -j RETURN"), ""),
    (nat("-A OUTPUT -d 192.0.0.0/3 -j RETURN"), "a capture rule asks for -d 192.0.0.0/3"), (nat("-A OUTPUT -d 8.0.0.0/6 -j RETURN"), "a capture rule asks for -d 8.0.0.0/6"), (nat("-A OUTPUT -d 2600::/8 -j RETURN"), ""), (rules(), ""), (rules(outbound_ranges_exclude="9.9.9.0/24"), "a capture rule asks for -d 9.9.9.0/24"),
    (nft("table ip t { chain c { type nat hook output priority 0; ip daddr . tcp dport { 9.9.9.9 . 80 } return\n } }"), "a capture rule asks for ip daddr . tcp dport { 9.9.9.9 . 80 }"),
    (nft("table ip t { chain c { type nat hook output priority 0; ip daddr vmap { 9.9.9.9 : return }\n } }"), "a capture rule asks for ip daddr vmap { 9.9.9.9 : return }"),
]  # fmt: skip


@pytest.mark.parametrize(("rule_set", "why"), PUBLIC)
def test_rules_that_tell_public_addresses_apart(rule_set: RuleSet, why: str) -> None:
    assert decided_by(Pod("p", rules=rule_set), 443) == why


LISTENERS: list[tuple[dict[str, Any], int, str]] = [  # a listener's address, the port that is dialled, what decides
    ({"ip": "9.9.9.9", "port": 443}, 443, "listener l is for public addresses"), ({"ip": "9.9.9.9", "port": 443}, 80, ""), ({"ip": "10.0.0.9", "port": 443}, 443, ""), ({"ip": "0.0.0.0", "port": 443}, 443, ""),
]  # fmt: skip


@pytest.mark.parametrize(("place", "port", "why"), LISTENERS)
def test_listeners_that_tell_public_addresses_apart(place: dict[str, Any], port: int, why: str) -> None:
    listener = {
        "name": "l",
        "address": {"socket_address": {"address": place["ip"], "port_value": place["port"]}},
        "filter_chains": [{"filters": build.tcp("c")}],
    }
    proxy = build.proxy([listener], (build.cluster("c", "9.9.9.9:443"),))
    assert decided_by(Pod("p", proxy=proxy), port) == why
    ranges = {**listener, "address": {"socket_address": {"address": "0.0.0.0", "port_value": place["port"]}}}
    chain = {
        "filter_chain_match": {"prefix_ranges": [{"address_prefix": place["ip"], "prefix_len": 32}]},
        "filters": build.tcp("c"),
    }
    ranged = build.proxy([{**ranges, "filter_chains": [chain]}], (build.cluster("c", "9.9.9.9:443"),))
    assert decided_by(Pod("p", proxy=ranged), port) == why
