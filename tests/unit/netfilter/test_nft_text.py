"""nft's notation: where a statement ends and the next begins, what a table holds beside its chains, how marks are reckoned."""

from __future__ import annotations

import json
import random

import pytest

from meshctl.netfilter import Packet, RuleSet, Verdict, parse_rules
from meshctl.netfilter.model import Action, Step, Unknown, Verb
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, nft, table

CHAIN = "table ip t {{\n chain o {{ }}\n chain c {{ type filter hook output priority 0; policy accept;\n  {}\n }}\n}}\n"


def steps(rule: str) -> tuple[Step, ...]:
    (found,) = [one for *_, one in nft(CHAIN.format(rule)).rules()]
    return found.steps


REST = "tcp dport 81 drop"
STATEMENTS = [  # a statement, what of it bears on the packet: nothing, an action, or what is not known
    ("counter", None), ("counter packets 5 bytes 600", None), ('counter name "seen"', None), ("last", None), ("last used never", None),
    ("log", Verb.PASS), ('log prefix "in: "', Verb.PASS), ('log prefix "in: " level info', Verb.PASS), ("log group 1 snaplen 64 queue-threshold 5", Verb.PASS), ("log flags all", Verb.PASS), ("meta priority set 1", Verb.PASS), ("ct helper set \"ftp\"", Verb.PASS),
    ("meta nftrace set 1", Verb.PASS), ("add @seen { ip saddr }", Verb.PASS), ("update @seen { ip saddr timeout 5m }", Verb.PASS), ("delete @seen { ip saddr . tcp dport }", Verb.PASS),
    ("notrack", Verb.NOTRACK), ("ct zone set 1", Verb.ZONE), ("meta mark set 0x5", Verb.SET_MARK), ("ct mark set 5", Verb.SET_CT_MARK), ("ct mark set meta mark", Verb.SAVE_MARK), ("meta mark set ct mark", Verb.RESTORE_MARK), ("mark set 5", Verb.SET_MARK),
    ("accept", Verb.ACCEPT), ("return", Verb.RETURN), ("continue", Verb.PASS), ("jump o", Verb.JUMP), ("goto o", Verb.GOTO), ("queue", Verb.QUEUE), ("queue num 1", Verb.QUEUE), ("queue num 1-3 bypass", Verb.QUEUE), ("queue flags bypass,fanout to 1", Verb.QUEUE), ("queue to 0", Verb.QUEUE),
    ("reject", Verb.REJECT), ("reject with tcp reset", Verb.REJECT), ("reject with icmp type port-unreachable", Verb.REJECT), ("reject with icmpx type admin-prohibited", Verb.REJECT), ("reject with icmp port-unreachable", Verb.REJECT), ("reject with icmpx port-unreachable", Verb.REJECT),
    ("redirect", Verb.REDIRECT), ("redirect to :80", Verb.REDIRECT), ("redirect to 80", Verb.REDIRECT), ("redirect to :80-90 random", Verb.REDIRECT), ("dnat to 10.0.0.1", Verb.DNAT), ("dnat ip to 10.0.0.1:80 persistent", Verb.DNAT), ("snat to 10.0.0.1-10.0.0.9 random,persistent", Verb.SNAT),
    ("masquerade", Verb.MASQUERADE), ("masquerade fully-random", Verb.MASQUERADE), ("masquerade to :1024-65535", Verb.MASQUERADE), ("tproxy to :15006", Verb.TPROXY), ("tproxy ip to 127.0.0.1:15006", Verb.TPROXY),
    ("limit rate 10/second", Unknown), ("limit rate over 10/second burst 5 packets", Unknown), ("limit rate 1 mbytes/second", Unknown), ("flow add @f", Verb.PASS), ("flow offload @f", Verb.PASS), ('xt target "TPROXY"', Unknown),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "kind"), STATEMENTS)
def test_a_statement_ends_where_the_next_begins(statement: str, kind: object) -> None:
    found, rest = steps(f"{statement} {REST}"), steps(REST)
    assert found[len(found) - len(rest) :] == rest
    own = found[: len(found) - len(rest)]
    assert own == steps(statement)
    if kind is None:
        assert own == ()
    elif kind is Unknown:
        assert [isinstance(step, Unknown) for step in own] == [True]
    else:
        assert [step.verb for step in own if isinstance(step, Action)] == [kind]


ENDS = [  # where a translation sends to: the words, the address, the ports
    ("redirect to :80", None, (80, 80)), ("redirect to 80", None, (80, 80)), ("redirect to :80-90", None, (80, 90)), ("redirect", None, None), ("dnat to 10.0.0.1", "10.0.0.1", None), ("dnat to 10.0.0.1:80", "10.0.0.1", (80, 80)),
    ("dnat to 10.0.0.1:80-90", "10.0.0.1", (80, 90)), ("dnat ip6 to [fd00::1]:80", "fd00::1", (80, 80)), ("dnat to fd00::1", "fd00::1", None), ("dnat ip6 to [fd00::1]", "fd00::1", None), ("snat to 10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9", None),
    ("dnat to :80", None, (80, 80)), ("redirect to :http", None, (80, 80)), ("tproxy ip6 to [::1]:15006", "::1", (15006, 15006)),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "address", "ports"), ENDS)
def test_where_a_translation_sends_to(
    statement: str, address: str | None, ports: tuple[int, int] | None
) -> None:
    (action,) = steps(statement)
    assert isinstance(action, Action)
    assert (action.address, action.ports) == (address, ports)


MAPS = [  # a translation by a map, a packet to port 80 of 10.102.168.134: where it goes, None where the map has nothing for it
    ("dnat to tcp dport map { 81 : 10.0.0.6, 80 : 10.0.0.5 }", "DNAT 10.0.0.5:80"), ("dnat ip to tcp dport map { 80 : 10.0.0.5 . 8080 }", "DNAT 10.0.0.5:8080"), ("dnat to tcp dport map { 81 : 10.0.0.6 }", None),
    ("dnat to ip daddr map { 10.102.0.0/16 : 10.0.0.1, 10.102.168.134 : 10.0.0.5 }", "DNAT 10.0.0.5:80"), ("dnat to ip daddr . tcp dport map { 10.102.168.134 . 80 : 10.0.0.5 }", "DNAT 10.0.0.5:80"),
    ("dnat to ip daddr map @m", "DNAT 10.0.0.9:80"), ("redirect to :tcp dport map { 80 : 15001 }", "REDIRECT 15001"), ("redirect to tcp dport map { 80 : 15001 }", "REDIRECT 15001"), ("dnat to 10.0.0.5", "DNAT 10.0.0.5:80"),
]  # fmt: skip
NAT = """table ip t {{
 map m {{ type ipv4_addr : ipv4_addr; elements = {{ 10.102.168.134 : 10.0.0.9 }}
 }}
 chain c {{ type nat hook output priority -100; policy accept;
  {}
 }}
}}
"""


@pytest.mark.parametrize(("statement", "goes"), MAPS)
def test_a_map_says_where_a_translation_sends_to(statement: str, goes: str | None) -> None:
    found = walk(nft(NAT.format(statement)), APP)
    place = found.redirect_port or found.nat_to
    assert f"{found.verdict.name} {place}" == (goes or "ACCEPT None")


OPEN = [  # what is done to the packet, or where it is sent, is not told by the rules (or not known here)
    "dnat to numgen inc mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }", "dnat to ip daddr map @nowhere", "dnat to nonsense", "dnat to jhash ip saddr mod 2 map { 0 : 10.0.0.5 }", "redirect to :tcp dport", "ip daddr set 10.0.0.5", "tcp dport set 81",
    "th dport set 81", "@th,16,16 set 81", "ip saddr set 10.0.0.5", "ip protocol set udp", "ct state set new", "meta mark set numgen inc mod 2",
]  # fmt: skip


@pytest.mark.parametrize("statement", OPEN)
def test_what_changes_the_packet_in_a_way_not_known_is_undetermined(statement: str) -> None:
    assert walk(nft(NAT.format(statement)), APP).verdict is Verdict.UNDETERMINED


POLISH = [  # what changes nothing that a rule here asks for, and the packet that it is not for
    ("tcp option maxseg size set rt mtu", "udp"), ("tcp option maxseg size set 1400", "udp"), ("reset tcp option sack-perm", "udp"), ("ip dscp set cs1", None), ("ip ttl set 64", None), ("meta priority set 1:2", None), ("ct label set 1", None),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "other"), POLISH)
def test_what_is_polished_decides_nothing(statement: str, other: str | None) -> None:
    rules = nft(CHAIN.format(f"{statement} drop"))
    assert walk(rules, APP).verdict is Verdict.DROP
    if other is not None:  # there is no such header: the rule ends before its verdict
        assert walk(rules, replace(APP, protocol=other)).verdict is Verdict.ACCEPT


CUT = ["tcp", "tcp dport", "tcp dport {", "tcp dport { 80", "ct", "fib", "jump", "meta mark set", "dnat to", "tcp flags & (syn", "tcp dport vmap { 80 :", "reject with", "add", "xt target", "nonsense 5"]  # fmt: skip


@pytest.mark.parametrize("words", CUT)
def test_a_rule_that_is_cut_off_may_be_anything(words: str) -> None:
    found = nft(CHAIN.format(f"{words}\n  {REST}"))
    assert any(
        isinstance(step, Unknown)
        for _, _, number, rule in found.rules()
        if number == 1
        for step in rule.steps
    )


BESIDE = [
    "flowtable f {\n hook ingress priority 0; devices = { eth0, eth1 };\n }", "flowtable f { hook ingress priority 0; }", 'ct helper ftp {\n type "ftp" protocol tcp\n l3proto ip\n }', "counter seen {\n packets 5 bytes 6\n }", "counter seen",
    "quota q {\n over 25 mbytes used 3 bytes\n }", "limit l {\n rate 10/second\n }", 'secmark s {\n "x"\n }', "synproxy s {\n mss 1460\n }", 'comment "a table"', "# a remark", "# handle 7",
    "set s {\n type ipv4_addr\n size 65535\n flags interval\n counter\n elements = { 10.0.0.1 counter packets 5 bytes 6, 10.0.0.2 timeout 5m expires 3m }\n }", "map m {\n type inet_service : verdict\n }",
]  # fmt: skip


@pytest.mark.parametrize("item", BESIDE)
def test_what_a_table_holds_beside_its_chains_changes_none_of_them(item: str) -> None:
    before, after = "chain a { tcp dport 1 drop\n }", "chain b { tcp dport 2 drop\n }"
    found = parse_rules(
        f"table ip t {{\n {before}\n {item}\n {after}\n}}\ntable ip u {{ chain c {{ accept\n }} }}\n"
    )
    assert [(t.name, chain.name, rule.text) for t, chain, _, rule in found.rules() if "(" not in rule.text] == [
        ("t", "a", "tcp dport 1 drop"), ("t", "b", "tcp dport 2 drop"), ("u", "c", "accept"),
    ]  # fmt: skip
    assert not [note for note in found.notes if "not understood" in note.text]


# ---- a table that the kernel does not ask ----

DORMANT = [  # a table, whether the kernel asks its chains (nft(8): "dormant: table is not evaluated any more")
    ("table ip t { flags dormant; CHAIN }", False), ("table ip t {\n flags dormant\n CHAIN }", False), ("table ip t { flags owner; CHAIN }", True), ("table ip t { CHAIN }", True), ("table ip t { flags dormant,owner; CHAIN }", False),
    ("add table ip t { flags dormant; }\ntable ip t { CHAIN }", True), ("table ip t { flags dormant; CHAIN }\nadd table ip t", True), ("table ip t { CHAIN }\nadd table ip t { flags dormant; }", False),
    ("table ip u { flags dormant; }\ntable ip t { CHAIN }", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "asked"), DORMANT)
def test_a_dormant_table_is_not_asked(text: str, asked: bool) -> None:
    found = nft(text.replace("CHAIN", "chain c { type filter hook output priority 0; drop\n }") + "\n")
    assert walk(found, APP).verdict is (Verdict.DROP if asked else Verdict.ACCEPT)
    assert any("dormant" in note.text for note in found.notes if " t " in note.text) is not asked


@pytest.mark.parametrize(
    ("flags", "asked"),
    [("dormant", False), (["owner", "dormant"], False), ([], True), (None, True), ("owner", True)],
)
def test_nor_is_one_in_json(flags: object, asked: bool) -> None:
    place = {"family": "ip", "table": "t"}
    objects = [
        {"table": {"family": "ip", "name": "t", **({} if flags is None else {"flags": flags})}},
        {"chain": {**place, "name": "c", "type": "filter", "hook": "output", "prio": 0, "policy": "accept"}},
        {"rule": {**place, "chain": "c", "expr": [{"drop": None}]}},
    ]
    found = parse_rules(json.dumps({"nftables": objects}))
    assert walk(found, APP).verdict is (Verdict.DROP if asked else Verdict.ACCEPT)


# ---- marks ----

OPERATORS = {"and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b}
SIGNS = {"and": "&", "or": "|", "xor": "^"}


def mark_of(rule: str, packet: Packet, own: str) -> int | None:
    post = walk(nft(CHAIN.format(rule)), packet).post
    assert post is not None
    return post.mark if own == "meta mark" else post.ct_mark


@pytest.mark.parametrize("seed", range(30))
def test_marks_are_reckoned_bit_by_bit(seed: int) -> None:
    some = random.Random(seed)
    own, other = some.choice((("meta mark", "ct mark"), ("ct mark", "meta mark")))
    packet = replace(APP, mark=some.getrandbits(32), ct_mark=some.getrandbits(32), ct_state="ESTABLISHED")
    start = some.choice((own, own, other))
    value = packet.mark if start == "meta mark" else packet.ct_mark
    assert value is not None
    words = [own, "set", start]
    # of the other mark some bits are taken, nothing else
    for name in [
        some.choice(("and",) if start == other else ("and", "or", "xor")) for _ in range(some.randint(0, 4))
    ]:
        operand = some.getrandbits(32)
        words += [some.choice((name, SIGNS[name])), hex(operand)]
        value = OPERATORS[name](value, operand)
    assert mark_of(" ".join(words), packet, own) == value


@pytest.mark.parametrize(
    "words",
    [
        "meta mark set ct mark or 1",
        "ct mark set meta mark xor 1",
        "meta mark set ip dscp",
        "meta mark set numgen inc mod 2",
    ],
)
def test_what_a_mark_cannot_be_reckoned_from_is_not_known(words: str) -> None:
    assert any(isinstance(step, Unknown) for step in steps(words))


UNTRACKED = [  # a rule for a packet without a connection, whether it goes on: nft stops where it cannot load the connection's mark
    ("ct mark set 5", True), ("ct mark set ct mark or 1", False), ("meta mark set ct mark", False), ("ct mark set meta mark", True), ("meta mark set 5", True), ("meta mark set meta mark or 1", True),
]  # fmt: skip


@pytest.mark.parametrize(("words", "goes_on"), UNTRACKED)
def test_a_mark_of_no_connection(words: str, goes_on: bool) -> None:
    packet = replace(APP, ct_state="UNTRACKED")
    assert (walk(nft(CHAIN.format(f"{words} drop")), packet).verdict is Verdict.DROP) is goes_on


def test_iptables_goes_on_where_there_is_no_connection() -> None:
    for target in ("--set-mark 5", "--save-mark", "--restore-mark", "--or-mark 1"):
        found = table("filter", f"-A OUTPUT -j CONNMARK {target}", "-A OUTPUT -j DROP")
        assert walk(found, replace(APP, ct_state="UNTRACKED")).verdict is Verdict.DROP


# ---- what is not known ----


def unknowns(count: int) -> RuleSet:
    lines = [f"-A OUTPUT -m bpf --x {n} -j RETURN" for n in range(count)]
    return table("filter", *lines, "-A OUTPUT -p udp -j DROP")


@pytest.mark.parametrize(
    ("count", "verdict"),
    [(1, Verdict.ACCEPT), (5, Verdict.ACCEPT), (6, Verdict.UNDETERMINED), (60, Verdict.UNDETERMINED)],
)
def test_five_unknowns_are_followed_both_ways_and_no_more(count: int, verdict: Verdict) -> None:
    result = walk(unknowns(count), APP)
    assert result.verdict is verdict
    assert len(result.undetermined) == min(count, 6)
