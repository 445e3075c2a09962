"""Rows of a pod's capture rules: the rules themselves, and what becomes of traffic by walking packets through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshctl.coverage import Basis
from meshctl.fleet.batch import Row
from meshctl.netfilter.model import Chain, RuleSet, Table
from meshctl.netfilter.packet import Family
from meshctl.netfilter.walk.summary import Direction, summarise
from meshctl.reader.pod import GivenPod, Identity
from meshctl.reader.pod_rules import assumed_rules, rules_of

Rows = tuple[tuple[str, Row], ...]
FAMILY_WORDS = {Family.V4: "ipv4", Family.V6: "ipv6"}
_MOST = 1000  # different sets of rules that are remembered


class Captures:
    """The rules of pods, walked once for all pods that have the same."""

    def __init__(self) -> None:
        self._walked: dict[object, Rows] = {}

    def of(self, pod: GivenPod, identity: Identity) -> tuple[object, Rows] | None:
        """A key that equal rules share, and the rows; None where nothing is known of the pod's rules."""
        rules = rules_of(pod)
        if rules is None and not identity.router:
            rules = assumed_rules(identity)
        if rules is None or (not rules.tables and rules.origin is Basis.COMPUTED):
            return None
        key = (rules.origin, rules.covers, rules.failure, rules.unseen, *_text(rules))
        if key not in self._walked:
            if len(self._walked) >= _MOST:
                self._walked.clear()
            self._walked[key] = tuple(_rows(rules))
        return key, self._walked[key]


def _text(rules: RuleSet) -> Iterator[tuple[str, ...]]:
    for table in rules.tables:
        yield (table.family, table.name, *(text for _, text in table.sets))
        for chain in table.chains:
            yield (table.family, table.name, chain.name, chain.policy or "", *(r.text for r in chain.rules))


def _rows(rules: RuleSet) -> Iterator[tuple[str, Row]]:
    origin = rules.origin.value
    for gap in dict.fromkeys([str(u.gap) for u in rules.unseen] + ([rules.failure] if rules.failure else [])):
        yield "capture_rules", ("", "", "", 0, "?", f"({gap})", origin)
    for table in rules.tables:
        for name, text in table.sets:
            yield "capture_rules", (table.family, table.name, f"@{name}", 0, None, text, origin)
        for chain in table.chains:
            told = _declared(table, chain)
            if told:
                head = (table.family, table.name, chain.name, 0, chain.policy)
                yield "capture_rules", (*head, told, origin)
    for table, chain, number, rule in rules.rules():
        yield "capture_rules", (table.family, table.name, chain.name, number, rule.target, rule.text, origin)
    for family in sorted(rules.covers, key=lambda f: f.value):
        summary = summarise(rules, family)
        word = FAMILY_WORDS[family]
        for direction, found in (("inbound", summary.inbound), ("outbound", summary.outbound)):
            for what, value, outcome in _directed(found):
                yield "capture", (word, direction, what, value, outcome, origin)


def _declared(table: Table, chain: Chain) -> str:
    """How a chain is declared, where its name does not say it: a policy, or in nft's words its hook."""
    if in_nft_words(rule.text for other in table.chains for rule in other.rules):
        if chain.hook is None:
            return ""
        kind = f"type {chain.type} hook {chain.hook.value} priority {chain.priority};"
        return f"{kind} policy {(chain.policy or 'ACCEPT').lower()};"
    dropping = chain.policy not in (None, "", "-", "ACCEPT", "accept")
    return f"-P {chain.name} {chain.policy}" if dropping else ""


def in_nft_words(texts: Iterable[str]) -> bool:
    """Whether the rules of a table are nft's; those of iptables begin with a dash."""
    return any(not text.startswith("-") for text in texts)


def _directed(found: Direction) -> Iterator[tuple[str, str | None, str]]:
    yield "default", None, str(found.default)
    for outcome, kinds in found.exceptions.items():
        for what, values in kinds.items():
            yield from ((what, value, outcome) for value in values)
