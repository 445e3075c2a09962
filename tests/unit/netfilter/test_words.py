"""Rules in a person's words, nft's JSON in nft's own, and the words that stand for numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.netfilter import parse_rules
from meshctl.netfilter.model import Rule
from meshctl.netfilter.read.nft_json import priority
from meshctl.netfilter.read.nft_words import statement_words, words
from meshctl.netfilter.read.values import integer, number_range, numbers, port_number
from meshctl.netfilter.walk.explain import addresses, explain, span
from meshctl.netfilter.walk.long_chains import by_destination
from tests.unit.netfilter.sidecar import nat, nft


def only(rules: Any) -> Rule:
    (found,) = [rule for *_, rule in rules.rules()]
    return found


EXPLAINED = [  # a rule, in words
    ("-p tcp -j RETURN", "TCP → back to the caller (not captured here)"), ("! -p tcp -j ACCEPT", "not TCP → accepted, as it is"),
    ("-p 132 -j DROP", "SCTP → dropped"), ("-s 10.0.0.0/8 -j RETURN", "from 10.0.0.0/8 → back to the caller (not captured here)"),
    ("! -d 127.0.0.1/32 -j RETURN", "not to 127.0.0.1 → back to the caller (not captured here)"),
    ("-s 127.0.0.6/32 -j RETURN", "from 127.0.0.6 (Envoy's inbound connections) → back to the caller (not captured here)"),
    ("-p tcp --dport 80 -j RETURN", "TCP, to port 80 → back to the caller (not captured here)"), ("-p tcp --sport 80:90 -j DROP", "TCP, from port 80-90 → dropped"),
    ("-p tcp --dport 15090 -j DROP", "TCP, to port 15090 (Envoy's metrics) → dropped"), ("-p udp --dport 53 -j REDIRECT --to-ports 15053", "UDP, to port 53 → REDIRECT to port 15053 (the agent's DNS proxy)"),
    ("-p tcp -m multiport --dports 80,90:91 -j DROP", "TCP, to port 80, 90-91 → dropped"), ("-p tcp -j REDIRECT --to-ports 80-90", "TCP → REDIRECT to port 80-90"),
    ("-p tcp -j REDIRECT", "TCP → REDIRECT to port (same)"), ("-i eth0 -j DROP", "in by eth0 → dropped"), ("! -o lo -j DROP", "not out by lo → dropped"),
    ("-m owner --uid-owner 1337 -j RETURN", "sent by uid 1337 (Envoy) → back to the caller (not captured here)"), ("-m owner ! --gid-owner 7 -j DROP", "not sent by gid 7 → dropped"),
    ("-m conntrack --ctstate NEW,RELATED -j DROP", "connection RELATED, NEW → dropped"), ("-m conntrack ! --ctstate INVALID -j DROP", "connection not INVALID → dropped"),
    ("-m mark --mark 0x539 -j DROP", "mark of the proxy (0x539 = 1337) → dropped"), ("-m mark --mark 0x7/0xff -j DROP", "mark 0x7 in bits 0xff → dropped"),
    ("-m mark ! --mark 1338 -j DROP", "mark not of Envoy's own calls to its pod (1338) → dropped"), ("-m connmark --mark 0x111 -j DROP", "connection mark of the proxy's connections (0x111) → dropped"),
    ("-j MARK --set-xmark 0x539/0xffffffff", "everything → mark of the proxy (0x539 = 1337)"), ("-j MARK --set-xmark 0x7/0xffffffff", "everything → mark 0x7"),
    ("-j CONNMARK --save-mark", "everything → the packet's mark is kept for the connection"), ("-j CONNMARK --restore-mark", "everything → the connection's mark is put on the packet"),
    ("-p tcp -j DNAT --to-destination 10.0.0.1:80", "TCP → DNAT to 10.0.0.1:80"), ("-j MASQUERADE", "everything → source address of the outgoing interface"),
    ("-j OTHER", "everything → chain OTHER"), ("-g OTHER", "everything → goto OTHER"), ("-p tcp", "TCP → counted only"), ("-p tcp -j REJECT", "TCP → rejected"),
    ("-p tcp -m tcp --syn -j DROP", "TCP, TCP flags SYN of FIN, SYN, RST, ACK → dropped"), ("-p tcp --tcp-flags ALL NONE -j DROP", "TCP, TCP flags none of FIN, SYN, RST, PSH, ACK, URG → dropped"),
    ("-p tcp ! --tcp-flags SYN,ACK SYN -j DROP", "TCP, TCP flags not SYN of SYN, ACK → dropped"), ("-d 10.0.0.134/255.0.0.255 -j DROP", "to 10.0.0.134 in bits 255.0.0.255 → dropped"), ("-m connmark --mark 0x5/0xf -j DROP", "connection mark 0x5 in bits 0xf → dropped"), ("-p icmp --icmp-type 8 -j DROP", "ICMP, ICMP type 8 → dropped"),
    ("-m addrtype --dst-type LOCAL -j DROP", "destination of type local → dropped"), ("-m addrtype ! --src-type LOCAL -j DROP", "source not of type local → dropped"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "said"), EXPLAINED)
def test_a_rule_in_words(line: str, said: str) -> None:
    (first, *_) = [rule for *_, rule in nat("-N OTHER", f"-A OUTPUT {line}").rules()]
    assert explain(first) == said


@pytest.mark.parametrize(("low", "high", "v6", "text"), [
    (0x0A000001, 0x0A000001, False, "10.0.0.1"), (0x0A000000, 0x0AFFFFFF, False, "10.0.0.0/8"), (0x0A000001, 0x0A000005, False, "10.0.0.1-10.0.0.5"),
    (0, 1 << 40, False, "0.0.0.0/0"), (1, 1, True, "::1"), (0, (1 << 128) - 1, True, "::/0"), (6, 6, True, "::6 (Envoy's inbound connections)"),
])  # fmt: skip
def test_addresses_as_a_network_where_they_are_one(low: int, high: int, v6: bool, text: str) -> None:
    assert addresses(low, high, v6) == text
    assert (span(3, 3), span(3, 4)) == ("3", "3-4")


def test_a_long_chain_is_asked_by_destination() -> None:
    lines = [
        "-d 10.0.0.1/32 -j A",
        "-p tcp -j B",
        "-d 10.0.0.2/32 -p tcp -j A",
        "-p tcp -d 10.0.0.1/32 -j B",
        "! -d 10.0.0.1/32 -j A",
        "-d 10.0.0.0/8 -j B",
        "-d 10.0.0.1/32 -j C",
    ]
    (chain,) = [
        c
        for t in nat("-N A", "-N B", "-N C", *(f"-A OUTPUT {line}" for line in lines)).tables
        for c in t.chains
        if c.name == "OUTPUT"
    ]
    found = by_destination(chain)
    numbered = {
        text: list(found.numbers(number))
        for text, number in (("10.0.0.1", 0x0A000001), ("10.0.0.2", 0x0A000002), ("10.0.0.3", 0x0A000003))
    }
    always = [n for n, rule in enumerate(chain.rules, 1) if n not in {1, 3, 7} and n in found.always]
    assert numbered["10.0.0.3"] == list(found.always) == always
    assert numbered["10.0.0.1"] == sorted({1, 7, *found.only_for[0x0A000001], *always})
    assert 3 in numbered["10.0.0.2"] and 1 not in numbered["10.0.0.2"]
    assert {2, 5, 6} <= set(always)


NFT_WORDS = [  # an expression, in nft's words
    (None, ""), ("x", "x"), (7, "7"), (True, "True"), (["a", "b"], "a,b"), ({"&": [{"meta": {"key": "mark"}}, 4095]}, "meta mark & 4095"), ({"|": "x"}, "x"),
    ({"meta": {"key": "iifname"}}, "iifname"), ({"meta": {"key": "oif"}}, "oif"), ({"meta": {"key": "l4proto"}}, "meta l4proto"), ({"ct": {"key": "state"}}, "ct state"),
    ({"ct": {"key": "saddr", "dir": "original"}}, "ct original saddr"), ({"payload": {"protocol": "tcp", "field": "dport"}}, "tcp dport"),
    ({"prefix": {"addr": "10.0.0.0", "len": 8}}, "10.0.0.0/8"), ({"range": [1, 2]}, "1-2"), ({"set": [1, 2]}, "{ 1, 2 }"), ({"set": 1}, "{ 1 }"),
    ({"set": [[1, {"accept": None}]]}, "{ 1 : accept }"), ({"concat": ["a", "b"]}, "a . b"), ({"elem": {"val": "a", "timeout": 3}}, "a"), ({"jump": {"target": "x"}}, "jump x"),
    ({"goto": {"target": "x"}}, "goto x"), ({"accept": None}, "accept"), ({"fib": {"result": "type", "flags": "daddr"}}, "fib result type flags daddr"), ({"a": 1, "b": 2}, "a 1 b 2"), ({}, ""),
]  # fmt: skip
STATEMENTS = [
    ({"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 80}}, "tcp dport 80"),
    ({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}}, "ct state new"),
    ({"match": {"op": "!=", "left": {"meta": {"key": "oifname"}}, "right": "lo"}}, "oifname != lo"), ({"counter": {"packets": 1, "bytes": 2}}, "counter"),
    ({"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1337}}, "meta mark set 1337"), ({"vmap": {"key": {"meta": {"key": "mark"}}, "data": "@m"}}, "meta mark vmap @m"),
    ({"xt": {"type": "target", "name": "REDIRECT"}}, 'xt target "REDIRECT"'), ({"redirect": {"port": 15001}}, "redirect to :15001"), ({"redirect": None}, "redirect"),
    ({"dnat": {"addr": "10.0.0.1", "port": 80, "family": "ip"}}, "dnat ip to 10.0.0.1:80"), ({"dnat": {"addr": "10.0.0.1"}}, "dnat to 10.0.0.1"), ({"masquerade": None}, "masquerade"),
    ({"tproxy": {"port": 15006}}, "tproxy to :15006"), ({"return": None}, "return"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), NFT_WORDS)
def test_nfts_expressions_in_its_own_words(expression: Any, text: str) -> None:
    assert words(expression) == text


@pytest.mark.parametrize(("statement", "text"), STATEMENTS)
def test_nfts_statements_in_its_own_words(statement: Any, text: str) -> None:
    assert statement_words(statement) == text


@pytest.mark.parametrize(("text", "number"), [("80", 80), (" 0x50 ", 80), ("0120", 80), ("0", 0), ("-5", -5)])
def test_integers(text: str, number: int) -> None:
    assert integer(text) == number


SERVICES = {  # as /etc/services has them
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37, "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "gopher": 70, "http": 80, "kerberos": 88,
    "pop3": 110, "sunrpc": 111, "ntp": 123, "netbios-ns": 137, "imap2": 143, "imap": 143, "snmp": 161, "bgp": 179, "ldap": 389, "https": 443, "microsoft-ds": 445, "submission": 587,
    "ldaps": 636, "domain-s": 853, "imaps": 993, "pop3s": 995, "ms-sql-s": 1433, "nfs": 2049, "mysql": 3306, "postgresql": 5432, "amqp": 5672, "x11": 6000, "http-alt": 8080,
    "webcache": 8080, "tproxy": 8081, "zabbix-agent": 10050, "80": 80, "0": 0, "65535": 65535, " HTTP ": 80,
}  # fmt: skip


@pytest.mark.parametrize(("text", "port"), SERVICES.items())
def test_ports_by_name(text: str, port: int) -> None:
    assert port_number(text) == port


@pytest.mark.parametrize("text", ["65536", "-1", "nobody", ""])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        port_number(text)


@pytest.mark.parametrize(("text", "bounds"), [
    ("80", (80, 80)), ("80:90", (80, 90)), ("80-90", (80, 90)), (":90", (0, 90)), ("80:", (80, 0xFFFF)), ("http", (80, 80)), ("ftp-data", (20, 20)), ("http:https", (80, 443)),
])  # fmt: skip
def test_ranges_of_ports(text: str, bounds: tuple[int, int]) -> None:
    assert number_range(text, port_number) == bounds


@pytest.mark.parametrize(
    ("text", "pair"), [("0x539", (0x539, 0xFFFFFFFF)), ("0x539/0xfff", (0x539, 0xFFF)), ("7/3", (7, 3))]
)
def test_marks(text: str, pair: tuple[int, int]) -> None:
    assert numbers(text) == pair


@pytest.mark.parametrize(("value", "number"), [
    (0, 0), (-5, -5), ("filter", 0), ("raw", -300), ("mangle", -150), ("dstnat", -100), ("srcnat", 100), ("security", 50), ("mangle - 5", -155), ("mangle + 5", -145), ("dstnat+1", -99), ("-7", -7),
])  # fmt: skip
def test_priorities(value: Any, number: int) -> None:
    assert priority(value) == number


def document(*objects: Any) -> Any:
    table = {"table": {"family": "ip", "name": "t"}}
    chain = {
        "chain": {
            "family": "ip",
            "table": "t",
            "name": "c",
            "type": "nat",
            "hook": "output",
            "prio": -100,
            "policy": "drop",
        }
    }
    return parse_rules(json.dumps({"nftables": [table, chain, *objects]}))


def rule(port: int, **more: Any) -> dict[str, Any]:
    match = {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": port}}
    return {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [match, {"accept": None}], **more}}


def ports(found: Any) -> list[str]:
    return [r.text for *_, r in found.rules()]


ONE, TWO, THREE = "tcp dport 1 accept", "tcp dport 2 accept", "tcp dport 3 accept"
COMMANDS = [  # objects, the rules that are left
    ([rule(1), rule(2)], [ONE, TWO]), ([{"add": rule(1)}, {"insert": rule(2)}], [TWO, ONE]), ([rule(1), rule(2), {"insert": rule(3, index=1)}], [ONE, THREE, TWO]),
    ([rule(1), rule(2), {"add": rule(3, index=0)}], [ONE, THREE, TWO]), ([rule(1, handle=7), rule(2, handle=8), {"delete": rule(0, handle=7)}], [TWO]),
    # a command's handle is the rule that the new one is put beside, a listing's is the rule's own (libnftables-json(5))
    ([rule(1, handle=7), rule(2, handle=8), {"add": rule(3, handle=7)}], [ONE, THREE, TWO]), ([rule(1, handle=7), rule(2, handle=8), {"insert": rule(3, handle=8)}], [ONE, THREE, TWO]),
    ([rule(1, handle=7), rule(2, handle=8), {"replace": rule(3, handle=7)}], [THREE, TWO]),
    ([rule(1), {"flush": {"chain": {"family": "ip", "table": "t", "name": "c"}}}, rule(2)], [TWO]), ([rule(1), {"flush": {"table": {"family": "ip", "name": "t"}}}], []),
    ([rule(1), {"delete": {"chain": {"family": "ip", "table": "t", "name": "c"}}}], []), ([rule(1), {"delete": {"table": {"family": "ip", "name": "t"}}}], []),
    ([rule(1), {"flush": {"ruleset": None}}], []), ([rule(1), {"metainfo": {}}, {"counter": {}}, {"quota": {}}, {"flowtable": {}}], [ONE]),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "left"), COMMANDS)
def test_nfts_commands_as_json(objects: list[Any], left: list[str]) -> None:
    assert ports(document(*objects)) == left


def test_what_nfts_json_says_of_a_chain_and_a_rule() -> None:
    found = document(
        {
            "rule": {
                "family": "ip",
                "table": "t",
                "chain": "c",
                "handle": 9,
                "comment": "why",
                "expr": [{"counter": {"packets": 5, "bytes": 1}}, {"accept": None}],
            }
        }
    )
    ((table, chain, _, one),) = found.rules()
    assert (
        table.name,
        table.family,
        chain.name,
        chain.type,
        chain.priority,
        chain.policy,
        str(chain.hook),
    ) == ("t", "ip", "c", "nat", -100, "DROP", "output")
    assert (one.text, one.handle, one.packets, one.comment) == ("accept", 9, 5, "why")


ODD = [  # an object that nft does not print, what is told
    (7, "object 3 is nothing of nftables"), ({"a": 1, "b": 2}, "object 3 is nothing of nftables"), ({"secmark": {}}, "object secmark not understood"),
    ({"rule": {"family": "ip", "table": "t", "chain": "d", "expr": []}}, "chain d was not declared"), ({"set": {"family": "ip", "table": "t", "name": "s", "elem": 3, "flags": 7}}, ""),
    ({"chain": {"family": "ip", "table": "t", "name": "e", "hook": "ingress"}}, "chain e is called at ingress, which is not walked here"),
    ({"chain": {"family": "ip", "table": "t", "name": "e", "hook": "input", "prio": "soon"}}, "chain e: priority 'soon' not understood, taken for 0"),
    ({"rule": {"family": "ip", "table": "t", "chain": "c", "expr": 7}}, "a rule holds values that nft does not print"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "told"), ODD)
def test_what_nft_does_not_print_is_told(item: Any, told: str) -> None:
    notes = [note.text for note in document(item, rule(1)).notes]
    assert (told in notes) if told else not notes
    assert ONE in ports(document(item, rule(1)))


def in_set(name: str) -> dict[str, Any]:
    match = {
        "match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": f"@{name}"}
    }
    return {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [match, {"accept": None}]}}


def a_set(name: str, *elements: int, **more: Any) -> dict[str, Any]:
    return {"set": {"family": "ip", "table": "t", "name": name, "elem": list(elements), **more}}


SETS = [  # sets and a rule that asks one, the words of the rule
    ([a_set("s", 1, 2), in_set("s")], "to port 1, 2 → accepted, as it is"), ([a_set("s"), {"element": {"family": "ip", "table": "t", "name": "s", "elem": [3]}}, in_set("s")], "to port 3 → accepted, as it is"),
    ([a_set("s", 1), {"element": {"family": "ip", "table": "t", "name": "s", "elem": 3}}, in_set("s")], "to port 1, 3 → accepted, as it is"),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "said"), SETS)
def test_sets_that_rules_ask(objects: list[Any], said: str) -> None:
    assert explain(only(document(*objects))) in (said, f"TCP, {said}")


ODD_VALUES = [True, None, 1.5, {"what": 1}, [True], {"range": [1]}, {"set": [True]}, -1, 1 << 128, "nobody"]


@pytest.mark.parametrize("value", ODD_VALUES)
def test_a_value_that_a_field_cannot_hold_is_not_known(value: Any) -> None:
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    match = {"match": {"op": "==", "left": left, "right": value}}
    found = document(
        {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [match, {"accept": None}]}}
    )
    assert "not understood" in explain(only(found))


@pytest.mark.parametrize("objects", [[a_set("s", 1, flags=["dynamic"]), in_set("s")], [a_set("s", 1, flags="timeout"), in_set("s")],
                                     [a_set("s", 1, flags=["dynamic"]), {"element": {"family": "ip", "table": "t", "name": "s", "elem": [3]}}, in_set("s")]])  # fmt: skip
def test_a_set_that_changes_is_not_known(objects: list[Any]) -> None:
    assert "not understood" in explain(only(document(*objects)))


def test_tables_of_one_name_in_two_families_are_two() -> None:
    found = nft(
        "table ip t { chain c { type nat hook output priority -100; tcp dport 1 accept } }\ntable ip6 t { chain c { type nat hook output priority -100; tcp dport 2 accept } }"
    )
    assert [(t.family, t.name) for t in found.tables] == [("ip", "t"), ("ip6", "t")]
