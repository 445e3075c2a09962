"""Capture rules as rows and back: of iptables or of nft, they take packets where they took them before."""

from __future__ import annotations

import json

import pytest

from meshctl.coverage import Basis
from meshctl.fleet.capture_rows import _rows, _text
from meshctl.fleet.records import _rules
from meshctl.netfilter import RuleSet, parse_rules
from meshctl.netfilter.packet import Family
from meshctl.netfilter.walk.summary import summarise
from tests.corpus import corpus_root
from tests.unit.netfilter.sidecar import rules as computed

COLUMNS = ("family", "rule_table", "chain", "nth", "target", "rule", "origin")


def rows_of(rules: RuleSet) -> list[dict]:
    rows = [dict(zip(COLUMNS, row, strict=True)) for table, row in _rows(rules) if table == "capture_rules"]
    return sorted(rows, key=lambda row: (row["family"], row["rule_table"], row["chain"], row["nth"]))


def again(rules: RuleSet) -> RuleSet:
    return _rules(rows_of(rules), rules.covers, "pod")


def recorded() -> list[tuple[str, str]]:
    file = corpus_root() / "istio-capture-rules.jsonl"
    if not file.exists():
        return []
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    forms = {"iptables": "\n".join, "nft": str}
    return [
        (f"{number}-{form}", text(line[form]))
        for number, line in enumerate(lines)
        for form, text in forms.items()
        if line[form] and not line[f"{form}_error"]
    ]


def ways(rules: RuleSet, family: Family) -> list[object]:
    """What becomes of both directions; exceptions in any order."""
    found = summarise(rules, family)
    return [
        (way.default, {o: {k: sorted(v) for k, v in kinds.items()} for o, kinds in way.exceptions.items()})
        for way in (found.inbound, found.outbound)
    ]


def same(rules: RuleSet) -> None:
    back = again(rules)
    assert not back.failure
    assert back.covers == rules.covers
    for family in rules.covers:
        assert ways(back, family) == ways(rules, family)


@pytest.mark.parametrize(("name", "text"), recorded(), ids=[name for name, _ in recorded()])
def test_recorded_rules_come_back(name: str, text: str) -> None:
    rules = parse_rules(text)
    if not rows_of(rules):
        pytest.skip("no rules were made")
    same(rules)


def test_computed_rules_come_back_in_both_forms() -> None:
    for rules in (computed(), parse_rules(NFT)):
        assert rows_of(rules)
        same(rules)


NFT = """table inet istio-proxy-nat {
    chain istio-output {
        meta skuid 1337 counter return
        tcp dport 5432 return
        meta l4proto tcp redirect to :15001
    }
    chain output {
        type nat hook output priority -100; policy accept;
        meta l4proto tcp jump istio-output
    }
    chain input {
        type filter hook input priority 0; policy drop;
        tcp dport 8080 accept
    }
}
"""


def test_a_chains_hook_and_policy_are_rows() -> None:
    rows = [row for row in rows_of(parse_rules(NFT)) if row["nth"] == 0]
    assert {(row["chain"], row["rule"]) for row in rows} == {
        ("output", "type nat hook output priority -100; policy accept;"),
        ("input", "type filter hook input priority 0; policy drop;"),
    }


def with_set(rule: str, declared: str) -> str:
    return NFT.replace("tcp dport 5432 return", rule).replace(
        "    chain istio-output", f"    {declared}\n    chain istio-output"
    )


SETS = {
    "addresses": ("ip daddr @s return", "set s { type ipv4_addr; elements = { 192.0.2.1, 198.51.100.0/24 }; }"),
    "ports": ("tcp dport @s return", "set s { type inet_service; flags interval; elements = { 5432, 6000-6010 }; }"),
    "both": ("ip daddr . tcp dport @s return", "set s { type ipv4_addr . inet_service; elements = { 192.0.2.1 . 80 }; }"),
    "none": ("tcp dport @s return", "set s { type inet_service; }"),
    "interfaces": ("oifname @s return", 'set s { type ifname; elements = { "lo", "eth1" }; }'),
    "verdicts": ("tcp dport vmap @s", "map s { type inet_service : verdict; elements = { 5432 : return, 80 : accept }; }"),
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_named_sets_come_back_with_what_they_hold(name: str) -> None:
    rules = parse_rules(with_set(*SETS[name]))
    assert [row["chain"] for row in rows_of(rules) if row["chain"].startswith("@")] == ["@s"]
    assert not rules.notes
    same(rules)


def test_elements_that_change_with_traffic_are_not_known() -> None:
    rules = parse_rules(
        with_set("tcp dport @s return", "set s { type inet_service; flags dynamic,timeout; }")
    )
    same(rules)
    assert any("UNDETERMINED" in str(way) for way in ways(again(rules), Family.V4))


def test_a_set_of_which_there_is_no_row_is_not_known() -> None:
    """As in data sets of older versions."""
    rows = rows_of(parse_rules(with_set(*SETS["ports"])))
    back = _rules([row for row in rows if not row["chain"].startswith("@")], frozenset(Family), "pod")
    assert "does not hold all of them" in back.failure
    assert "@s" in back.failure


def test_rules_that_differ_in_what_a_set_holds_are_walked_apart() -> None:
    rule, declared = SETS["ports"]
    one, other = (parse_rules(with_set(rule, declared.replace("5432", port))) for port in ("5432", "5433"))
    assert list(_text(one)) != list(_text(other))


def test_assumed_rules_are_not_rows_of_the_pod() -> None:
    assert all(row["origin"] == Basis.OBSERVED.value for row in rows_of(parse_rules(NFT)))


def test_a_table_of_nft_without_its_hooks_is_not_known() -> None:
    rows = [row for row in rows_of(parse_rules(NFT)) if row["nth"]]
    assert "where istio-proxy-nat is called" in _rules(rows, frozenset(Family), "pod").failure
