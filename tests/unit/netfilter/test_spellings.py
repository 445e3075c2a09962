"""One rule in each of its spellings: long and short options, older forms, and what a listing prints of it."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter import parse_rules
from meshctl.netfilter.model import Action, Criterion, Rule, Unknown, Verb
from meshctl.netfilter.walk.explain import explain
from meshctl.values import replace
from tests.unit.netfilter.sidecar import nat


def one(line: str) -> Rule:
    (found,) = [rule for *_, rule in nat("-N C", f"-A OUTPUT {line}").rules()]
    return found


def meaning(rule: Rule) -> list[Any]:
    """The steps without the words they were written in."""
    return [
        replace(step, text="", **({"groups": ()} if hasattr(step, "groups") else {}))
        if not isinstance(step, Action)
        else replace(step, text="")
        for step in rule.steps
    ]


SAME = [  # two spellings of one rule
    ("-s 10.0.0.0/8 -j DROP", "--source 10.0.0.0/8 --jump DROP"), ("-s 10.0.0.0/8 -j DROP", "--src 10.0.0.0/255.0.0.0 -j DROP"), ("-d 10.0.0.1 -j DROP", "--destination 10.0.0.1/32 -j DROP"), ("-d 10.0.0.1 -j DROP", "--dst=10.0.0.1 -j DROP"),
    ("-i eth0 -j DROP", "--in-interface eth0 -j DROP"), ("-o lo -j DROP", "--out-interface lo -j DROP"), ("-o + -j DROP", "-j DROP"), ("-p tcp -j DROP", "--protocol 6 -j DROP"), ("-p tcp -j DROP", "--proto TCP -j DROP"),
    ("-p all -j DROP", "-j DROP"), ("-p 0 -j DROP", "-j DROP"), ("! -s 10.0.0.1 -j DROP", "-s ! 10.0.0.1 -j DROP"), ("! -o lo -j DROP", "-o ! lo -j DROP"), ("-p tcp ! --dport 80 -j DROP", "-p tcp --dport ! 80 -j DROP"),
    ("-p tcp -m tcp --dport 80 -j DROP", "-p tcp --destination-port http -j DROP"), ("-p tcp --sport 1:2 -j DROP", "-p tcp --source-port=1:2 -j DROP"), ("-p tcp --dport 80 -j DROP", "-p tcp -m multiport --dports 80 -j DROP"),
    ("-p tcp -m multiport --dports 80,81 -j DROP", "-p tcp -m multiport --destination-ports 80,81 -j DROP"), ("-p tcp -m multiport --sports 80 -j DROP", "-p tcp -m multiport --source-ports 80 -j DROP"),
    ("-m conntrack --ctstate NEW -j DROP", "-m state --state new -j DROP"), ("-p tcp --syn -j DROP", "-p tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"), ("-p tcp --tcp-flags ALL NONE -j DROP", "-p tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j DROP"),
    ("-m owner --uid-owner 1337 -j DROP", "-m owner --uid-owner 1337-1337 -j DROP"), ("-m mark --mark 0x539 -j DROP", "-m mark --mark 1337/0xffffffff -j DROP"), ("-p icmp --icmp-type 8 -j DROP", "-p icmp --icmp-type echo-request -j DROP"),
    ("-p icmp --icmp-type 8 -j DROP", "-p icmp --icmp-type 8/0 -j DROP"), ("-p icmp --icmp-type any -j DROP", "-p icmp -j DROP"), ("-p icmp --icmp-type 255 -j DROP", "-p icmp -j DROP"), ("-d 127.0.0.1 -j DROP", "-d localhost -j DROP"),
    ("-j C", "-w -n -v --wait -j C"), ("-m comment --comment why -j C", "-j C"), ("-c 5 6 -j C", "-j C"), ("-m iprange --dst-range 10.0.0.1-10.0.0.1 -j DROP", "-d 10.0.0.1 -j DROP"), ("-m iprange --src-range 10.0.0.1 -j DROP", "-s 10.0.0.1 -j DROP"),
    ("-d 10.0.0.1 -s 10.0.0.2 -p tcp -o lo -j DROP", "-p tcp -o lo -s 10.0.0.2 -d 10.0.0.1 -j DROP"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), SAME)
def test_two_spellings_of_one_rule(first: str, second: str) -> None:
    assert meaning(one(first)) == meaning(one(second))


DIFFERENT = [
    ("-s 10.0.0.1 -j DROP", "-d 10.0.0.1 -j DROP"), ("-p tcp --sport 1 -j DROP", "-p tcp --dport 1 -j DROP"), ("-m owner --uid-owner 1 -j DROP", "-m owner --gid-owner 1 -j DROP"), ("-i eth -j DROP", "-i eth+ -j DROP"), ("-j C", "-g C"),
    ("-m mark --mark 1 -j DROP", "-m connmark --mark 1 -j DROP"), ("-m conntrack --ctdir REPLY -j DROP", "-m conntrack --ctdir ORIGINAL -j DROP"), ("-p tcp --syn -j DROP", "-p tcp ! --syn -j DROP"), ("! -o + -j DROP", "-j DROP"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_what_only_looks_alike(first: str, second: str) -> None:
    assert meaning(one(first)) != meaning(one(second))


def test_several_addresses_are_one_of_them() -> None:
    assert explain(one("-d 10.0.0.1,10.0.0.2 -j DROP")) == "one of (to 10.0.0.1 | to 10.0.0.2) → dropped"
    assert explain(one("! -d 10.0.0.1,10.0.0.2 -j DROP")) == "none of (to 10.0.0.1 | to 10.0.0.2) → dropped"
    assert (
        explain(one("-p tcp -m multiport --ports 80 -j DROP"))
        == "TCP, one of (from port 80 | to port 80) → dropped"
    )


def test_a_mask_with_holes() -> None:
    (step, _) = one("-d 10.0.0.1/255.0.0.255 -j DROP").steps
    assert isinstance(step, Criterion)
    assert (step.ranges, step.mask) == (((0x0A000001, 0x0A000001),), 0xFF0000FF)


FULL = 0xFFFFFFFF
ACTIONS = [  # a target, (verb, address, ports, value, mask)
    ("REDIRECT --to-ports 80", (Verb.REDIRECT, None, (80, 80), 0, FULL)), ("REDIRECT --to-port 80", (Verb.REDIRECT, None, (80, 80), 0, FULL)), ("REDIRECT --to-ports 80-90", (Verb.REDIRECT, None, (80, 90), 0, FULL)), ("REDIRECT", (Verb.REDIRECT, None, None, 0, FULL)),
    ("DNAT --to-destination 10.0.0.1", (Verb.DNAT, "10.0.0.1", None, 0, FULL)), ("DNAT --to-destination 10.0.0.1:80", (Verb.DNAT, "10.0.0.1", (80, 80), 0, FULL)), ("DNAT --to-destination :80", (Verb.DNAT, None, (80, 80), 0, FULL)),
    ("DNAT --to-destination [fd00::1]:80-90", (Verb.DNAT, "fd00::1", (80, 90), 0, FULL)), ("DNAT --to-destination [fd00::1]", (Verb.DNAT, "fd00::1", None, 0, FULL)), ("DNAT --to-destination fd00::1", (Verb.DNAT, "fd00::1", None, 0, FULL)),
    ("SNAT --to-source 10.0.0.1", (Verb.SNAT, "10.0.0.1", None, 0, FULL)), ("MASQUERADE --to-ports 80", (Verb.MASQUERADE, None, (80, 80), 0, FULL)), ("TPROXY --on-port 15006 --on-ip 127.0.0.1 --tproxy-mark 0x539/0xff", (Verb.TPROXY, "127.0.0.1", (15006, 15006), 0x539, 0xFF)),
    ("TPROXY --on-port 15006", (Verb.TPROXY, None, (15006, 15006), 0, 0)), ("MARK --set-mark 0x5/0x2", (Verb.SET_MARK, None, None, 5, 7)), ("MARK --set-xmark 0x5/0x2", (Verb.SET_MARK, None, None, 5, 2)), ("MARK --set-mark 5", (Verb.SET_MARK, None, None, 5, 0xFFFFFFFF)),
    ("MARK --and-mark 0xf", (Verb.SET_MARK, None, None, 0, 0xFFFFFFF0)), ("MARK --or-mark 0xf", (Verb.SET_MARK, None, None, 0xF, 0xF)), ("MARK --xor-mark 0xf", (Verb.SET_MARK, None, None, 0xF, 0)), ("CONNMARK --set-mark 5", (Verb.SET_CT_MARK, None, None, 5, 0xFFFFFFFF)),
    ("CONNMARK --save-mark", (Verb.SAVE_MARK, None, None, 0xFFFFFFFF, 0xFFFFFFFF)), ("CONNMARK --restore-mark --mask 0xf", (Verb.RESTORE_MARK, None, None, 0xF, 0xF)), ("CONNMARK --save-mark --nfmask 0x1 --ctmask 0x2", (Verb.SAVE_MARK, None, None, 2, 1)),
    ("CT --notrack", (Verb.NOTRACK, None, None, 0, FULL)), ("CT --zone 1", (Verb.ZONE, None, None, 0, FULL)), ("CT --zone-orig 1 --ctevents new", (Verb.ZONE, None, None, 0, FULL)), ("CT --ctevents new --zone 1", (Verb.ZONE, None, None, 0, FULL)), ("CT --helper ftp", (Verb.PASS, None, None, 0, FULL)), ("NFQUEUE --queue-num 1", (Verb.QUEUE, None, None, 0, FULL)), ("QUEUE", (Verb.QUEUE, None, None, 0, FULL)), ("NOTRACK", (Verb.NOTRACK, None, None, 0, FULL)),
    *((f"{name} --some thing", (Verb.PASS, None, None, 0, FULL)) for name in "LOG NFLOG ULOG TRACE AUDIT TCPMSS TCPOPTSTRIP DSCP TOS TTL HL CLASSIFY CHECKSUM SET RATEEST LED IDLETIMER SECMARK CONNSECMARK ECN".split()),
]  # fmt: skip


@pytest.mark.parametrize(("target", "expected"), ACTIONS)
def test_targets(target: str, expected: tuple[Any, ...]) -> None:
    action = one(f"-p tcp -j {target}").action
    assert isinstance(action, Action)
    assert (action.verb, action.address, action.ports, action.value, action.mask) == expected
    assert action.text == target


UNKNOWNS = [  # a rule of which something is not known, what
    ("-m recent --name x --rcheck -j DROP", "-m recent --name x --rcheck"), ("-m owner --uid-owner app -j DROP", "--uid-owner app"), ("-d db.example.com -j DROP", "-d db.example.com"), ("-f -j DROP", "-f"), ("! -f -j DROP", "! -f"),
    ("-p icmp --icmp-type odd -j DROP", "--icmp-type odd"), ("-m tcp --new-option 5 -j DROP", "-m tcp --new-option 5"), ("-m set ! --match-set s dst -j DROP", "-m set ! --match-set s dst"), ("-j MYTARGET --x 1", "MYTARGET --x 1"), ("-j HMARK --hmark-tuple src,dst --hmark-mod 2", "HMARK --hmark-tuple src,dst --hmark-mod 2"),
    ("-j SET --map-set s src --map-mark", "SET --map-set s src --map-mark"), ("-j DNAT --to-destination nginx:80", "DNAT --to-destination nginx:80"), ("-j DNAT --to-destination $POD_IP", "DNAT --to-destination $POD_IP"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "text"), UNKNOWNS)
def test_what_is_not_known_of_a_rule(line: str, text: str) -> None:
    found = [step for step in one(line).steps if isinstance(step, Unknown)]
    assert [step.text for step in found] == [text]
    assert found[0].action is line.startswith("-j")


BROKEN = [
    "-p nonsense -j DROP",
    "-s 10.0.0 -j DROP",
    "-p tcp --dport -j",
    "-p tcp --dport 99999 -j DROP",
    "-m conntrack --ctstate SOON -j DROP",
    "-j MARK",
    "-j REDIRECT --to-ports",
    "stray -j DROP",
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_rule_that_cannot_be_read_may_be_anything(line: str) -> None:
    found = nat(f"-A OUTPUT {line}")
    assert any("rule not understood" in note.text for note in found.notes)
    assert any(isinstance(step, Unknown) and step.action for *_, rule in found.rules() for step in rule.steps)


def test_what_a_rule_says_beside_its_meaning() -> None:
    rule = one('-c 5 600 -m comment --comment "why not" -j C')
    assert (rule.packets, rule.comment) == (5, "why not")


VERBOSE = "Chain OUTPUT (policy DROP 5 packets, 300 bytes)\n pkts bytes target     prot opt in     out     source               destination\n"
LISTED = [  # a line of `iptables -L -n -v`, the same rule as it is written
    ("0 0 DROP tcp -- * lo 10.0.0.0/8 !127.0.0.1 tcp dpt:80", "-p tcp -o lo -s 10.0.0.0/8 ! -d 127.0.0.1 --dport 80 -j DROP"), ("0 0 DROP all -- any any anywhere anywhere", "-j DROP"), ("0 0 DROP all -- !eth0 * 0.0.0.0/0 0.0.0.0/0", "! -i eth0 -j DROP"),
    ("0 0 DROP tcp -- * * 0.0.0.0/0 0.0.0.0/0 tcp spts:!1:2", "-p tcp ! --sport 1:2 -j DROP"), ("0 0 DROP tcp -- * * 0.0.0.0/0 0.0.0.0/0 multiport dports 80,81", "-p tcp -m multiport --dports 80,81 -j DROP"),
    ("0 0 DROP tcp -- * * 0.0.0.0/0 0.0.0.0/0 multiport sports !80,81", "-p tcp -m multiport ! --sports 80,81 -j DROP"), ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 owner UID match 1337", "-m owner --uid-owner 1337 -j DROP"),
    ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 ! owner GID match 7", "-m owner ! --gid-owner 7 -j DROP"), ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 owner ! UID match 7", "-m owner ! --uid-owner 7 -j DROP"),
    ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 mark match 0x539", "-m mark --mark 0x539 -j DROP"), ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 mark match ! 0x539/0xfff", "-m mark ! --mark 0x539/0xfff -j DROP"),
    ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 connmark match 0x111", "-m connmark --mark 0x111 -j DROP"), ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 ctstate RELATED,ESTABLISHED", "-m conntrack --ctstate RELATED,ESTABLISHED -j DROP"),
    ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 ! ctstate NEW", "-m conntrack ! --ctstate NEW -j DROP"), ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 state NEW", "-m state --state NEW -j DROP"),
    ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 ADDRTYPE match dst-type LOCAL", "-m addrtype --dst-type LOCAL -j DROP"), ("0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0 ADDRTYPE match src-type !LOCAL", "-m addrtype ! --src-type LOCAL -j DROP"),
    ("0 0 DROP tcp -- * * 0.0.0.0/0 0.0.0.0/0 tcp flags:0x17/0x02", "-p tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"), ("0 0 DROP tcp -- * * 0.0.0.0/0 0.0.0.0/0 tcp flags:!0x3F/0x00", "-p tcp ! --tcp-flags ALL NONE -j DROP"),
    ("0 0 REDIRECT tcp -- * * 0.0.0.0/0 0.0.0.0/0 redir ports 15001", "-p tcp -j REDIRECT --to-ports 15001"), ("0 0 TPROXY tcp -- * * 0.0.0.0/0 0.0.0.0/0 TPROXY redirect 127.0.0.1:15006 mark 0x539/0xffffffff", "-p tcp -j TPROXY --on-ip 127.0.0.1 --on-port 15006 --tproxy-mark 0x539/0xffffffff"),
    ("0 0 MARK all -- * * 0.0.0.0/0 0.0.0.0/0 MARK set 0x539", "-j MARK --set-xmark 0x539"), ("0 0 MARK all -- * * 0.0.0.0/0 0.0.0.0/0 MARK and 0xf", "-j MARK --and-mark 0xf"), ("0 0 CONNMARK all -- * * 0.0.0.0/0 0.0.0.0/0 CONNMARK save", "-j CONNMARK --save-mark"),
    ("0 0 CT all -- * * 0.0.0.0/0 0.0.0.0/0 CT notrack", "-j CT --notrack"), ("0 0 CT udp -- * * 0.0.0.0/0 0.0.0.0/0 udp CT zone 1", "-p udp -j CT --zone 1"), ("0 0 DNAT tcp -- * * 0.0.0.0/0 0.0.0.0/0 to:10.0.0.1:80", "-p tcp -j DNAT --to-destination 10.0.0.1:80"),
    ("0 0 SNAT tcp -- * * 0.0.0.0/0 0.0.0.0/0 to:10.0.0.1", "-p tcp -j SNAT --to-source 10.0.0.1"), ("0 0 tcp -- * * 0.0.0.0/0 10.0.0.1", "-p tcp -d 10.0.0.1"), ("0 0 REJECT tcp -- * * 0.0.0.0/0 0.0.0.0/0 reject-with tcp-reset", "-p tcp -j REJECT"),
]  # fmt: skip


def listed(text: str) -> list[Rule]:
    """The rules of the chain that is listed; of those that were not, it is said that they are hidden."""
    return [rule for _, chain, _, rule in parse_rules(text).rules() if chain.name == "OUTPUT"]


@pytest.mark.parametrize(("line", "written"), LISTED)
def test_a_line_of_a_listing(line: str, written: str) -> None:
    (rule,) = listed(VERBOSE + line + "\n")
    assert meaning(rule) == meaning(one(written))


@pytest.mark.parametrize(
    ("count", "packets"),
    [("0", 0), ("12", 12), ("3K", 3000), ("4M", 4_000_000), ("5G", 5_000_000_000), ("x", None)],
)
def test_the_packets_of_a_listing(count: str, packets: int | None) -> None:
    (rule,) = listed(f"{VERBOSE}{count} 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0\n")
    assert rule.packets == packets


def test_a_numbered_listing_and_one_without_counters() -> None:
    numbered = (
        VERBOSE.replace(" pkts", "num pkts")
        + "1 5 0 DROP all -- * lo 0.0.0.0/0 0.0.0.0/0\n2 6 0 ACCEPT all -- * * 0.0.0.0/0 0.0.0.0/0\n"
    )
    assert [(explain(rule), rule.packets) for rule in listed(numbered)] == [
        ("out by lo → dropped", 5),
        ("everything → accepted, as it is", 6),
    ]
    plain = (
        "Chain OUTPUT (policy ACCEPT)\ntarget prot opt source destination\nDROP tcp -- 0.0.0.0/0 10.0.0.1\n"
    )
    (rule,) = listed(plain)
    assert isinstance(rule.steps[0], Unknown) and "OUTPUT rule 1" in rule.steps[0].text
    assert meaning(rule)[1:] == meaning(one("-p tcp -d 10.0.0.1 -j DROP"))
    assert rule.packets is None


HEADINGS = [  # what stands before a listing, the table and the family it is of
    ("", "filter", "ip"), ("iptables -t nat -L -n -v\n", "nat", "ip"), ("$ sudo ip6tables -t mangle -L -n -v\n", "mangle", "ip6"), ("Table: nat\n", "nat", "ip"), ("nat table:\n", "nat", "ip"), ("iptables -L -n -v\n", "filter", "ip"),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "name", "family"), HEADINGS)
def test_the_table_of_a_listing(heading: str, name: str, family: str) -> None:
    chains = "".join(VERBOSE.replace("OUTPUT", chain) + "\n" for chain in ("INPUT", "FORWARD", "OUTPUT"))
    found = parse_rules(heading + chains + "0 0 DROP all -- * * 0.0.0.0/0 0.0.0.0/0\n")
    assert {(table.name, table.family) for table in found.tables} == {(name, family)}
    assert [chain.policy for table in found.tables for chain in table.chains if chain.name == "OUTPUT"] == [
        "DROP"
    ]


def test_a_line_with_too_few_columns_keeps_its_place() -> None:
    text = VERBOSE + "0 0 DROP all --\n0 0 ACCEPT all -- * * 0.0.0.0/0 0.0.0.0/0\n"
    found, rules = parse_rules(text), listed(text)
    assert len(rules) == 2 and any(isinstance(step, Unknown) and step.action for step in rules[0].steps)
    assert any("too few columns" in note.text for note in found.notes)
