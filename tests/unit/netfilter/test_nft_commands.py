"""nft's commands in a script: what each leaves of what was there before, and which are nothing to the rules."""

from __future__ import annotations

import pytest

from meshctl.netfilter import RuleSet, parse_rules
from meshctl.netfilter.read.nft_json import priority
from meshctl.netfilter.walk.packet_walk import Verdict, walk
from tests.unit.netfilter.sidecar import APP

BEFORE = """table ip t {
  chain c { # handle 1
    type filter hook output priority 0; policy accept;
    tcp dport 1 drop # handle 5
    tcp dport 2 drop # handle 6
  }
  chain d { # handle 2
    tcp dport 3 drop # handle 7
  }
}
"""


def left(found: RuleSet) -> str:
    """``c: 1 2, d: 3``: the ports of the rules of each chain."""
    ports: dict[str, list[str]] = {}
    for _, chain, _, rule in found.rules():
        if rule.text.startswith("tcp dport"):
            ports.setdefault(chain.name, []).append(rule.text.split()[2])
    return ", ".join(f"{name}: {' '.join(numbers)}" for name, numbers in ports.items())


COMMANDS = [  # a command after those, the rules that are left
    ("add rule ip t c tcp dport 9 drop", "c: 1 2 9, d: 3"), ("add rule t c tcp dport 9 drop", "c: 1 2 9, d: 3"), ("insert rule ip t c tcp dport 9 drop", "c: 9 1 2, d: 3"), ("add rule ip t c index 0 tcp dport 9 drop", "c: 1 9 2, d: 3"),
    ("insert rule ip t c index 1 tcp dport 9 drop", "c: 1 9 2, d: 3"), ("replace rule ip t c handle 5 tcp dport 9 drop", "c: 9 2, d: 3"), ("delete rule ip t c handle 5", "c: 2, d: 3"), ("delete rule ip t d handle 7", "c: 1 2"), ("delete rule ip t c handle 99", "c: 1 2, d: 3"),
    # beside the rule of a handle: `position` is an old word for it (nft(8), RULES)
    ("add rule ip t c handle 5 tcp dport 9 drop", "c: 1 9 2, d: 3"), ("add rule ip t c position 5 tcp dport 9 drop", "c: 1 9 2, d: 3"), ("insert rule ip t c position 6 tcp dport 9 drop", "c: 1 9 2, d: 3"), ("insert rule ip t c handle 5 tcp dport 9 drop", "c: 9 1 2, d: 3"),
    ("add rule ip t c handle 5 tcp dport 9 drop\nadd rule ip t c handle 5 tcp dport 8 drop", "c: 1 8 9 2, d: 3"), ("add rule ip t c tcp dport 9 drop # handle 5", "c: 1 2 9, d: 3"), ("add rule ip t c tcp dport 9 drop # handle 9\ninsert rule ip t c handle 9 tcp dport 8 drop", "c: 1 2 8 9, d: 3"),
    ("flush chain ip t c", "d: 3"), ("delete chain ip t d", "c: 1 2"), ("flush table ip t", ""), ("delete table ip t", ""), ("flush ruleset", ""), ("flush table ip other", "c: 1 2, d: 3"), ("delete table ip other", "c: 1 2, d: 3"),
    ("flush ruleset\nadd table ip t\nadd chain ip t e\nadd rule ip t e tcp dport 9 drop", "e: 9"), ("add table ip t", "c: 1 2, d: 3"), ("add chain ip t c", "c: 1 2, d: 3"), ("create chain ip t e", "c: 1 2, d: 3"), ("define p = 9\nadd rule ip t c tcp dport $p drop", "c: 1 2 9, d: 3"),
    ("list ruleset", "c: 1 2, d: 3"), ("include \"other.nft\"", "c: 1 2, d: 3"), ("table ip t {\n chain c { tcp dport 9 drop\n }\n}", "c: 1 2 9, d: 3"), ("table ip6 t {\n chain e { tcp dport 9 drop\n }\n}", "c: 1 2, d: 3, e: 9"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "rules"), COMMANDS)
def test_what_a_command_leaves(command: str, rules: str) -> None:
    found = parse_rules(f"{BEFORE}{command}\n")
    assert left(found) == rules
    assert not [note.text for note in found.notes if "not understood" in note.text]


@pytest.mark.parametrize(
    ("command", "note"),
    [
        ("enable everything", "not understood: enable everything"),
        ("add rule ip t nowhere tcp dport 9 drop", "chain nowhere was not declared"),
        ("add rule ip t c handle 99 tcp dport 9 drop", "chain c has no rule with handle 99"),
        ("add flowtable ip t f", ""),
        ("destroy table ip t", ""),
        ("nft list ruleset", ""),
        ("$ nft list ruleset", ""),
    ],
)
def test_what_is_said_of_a_command(command: str, note: str) -> None:
    said = [one.text for one in parse_rules(f"{BEFORE}{command}\n").notes]
    assert [text for text in said if "not understood" in text or "chain" in text] == ([note] if note else [])


ELEMENTS = [  # commands about a set p, whether port 80 is in it
    ("add set ip t p { type inet_service; }", False), ("add set ip t p { type inet_service; elements = { 80 } }", True), ("add set ip t p { type inet_service; flags interval; elements = { 1-100 } }", True), ("add set ip t p { type inet_service; elements = { 81 } }", False),
    ("add set ip t p { type inet_service; }\nadd element ip t p { 80 }", True), ("add set ip t p { type inet_service; elements = { 81 } }\nadd element ip t p { 79, 80 }", True), ("add element ip t p { 80 }", True), ("add set ip t p { type inet_service; }\nadd element ip t q { 80 }", False),
]  # fmt: skip


@pytest.mark.parametrize(("commands", "taken"), ELEMENTS)
def test_the_elements_of_a_set(commands: str, taken: bool) -> None:
    text = f"add table ip t\nadd chain ip t c {{ type filter hook output priority 0; }}\n{commands}\nadd rule ip t c tcp dport @p drop\n"
    assert (walk(parse_rules(text), APP).verdict is Verdict.DROP) is taken


def test_a_set_that_packets_change_is_not_known() -> None:
    text = "add table ip t\nadd chain ip t c { type filter hook output priority 0; }\nadd set ip t p { type inet_service; flags FLAG; elements = { 80 } }\nadd rule ip t c tcp dport @p drop\n"
    for flag in ("dynamic", "timeout", "interval, timeout"):
        assert walk(parse_rules(text.replace("FLAG", flag)), APP).verdict is Verdict.UNDETERMINED
    assert walk(parse_rules(text.replace("FLAG", "constant")), APP).verdict is Verdict.DROP


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (0, 0), (-150, -150), ("-150", -150), ("filter", 0), ("mangle", -150), ("raw", -300), ("dstnat", -100), ("srcnat", 100), ("security", 50),
        ("mangle - 5", -155), ("mangle + 5", -145), ("mangle+5", -145), ("dstnat-1", -101), ("5", 5), ("- 5", -5),
    ],
)  # fmt: skip
def test_priorities(text: str | int, number: int) -> None:
    assert priority(text) == number
