"""Rows of a pod's capture rules: the rules themselves, and what becomes of traffic by walking packets through them."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.coverage import Basis
from meshctl.fleet.batch import Row
from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.walk.summary import Direction, summarise
from meshctl.reader.pod import GivenPod, Identity
from meshctl.reader.pod_rules import assumed_rules, rules_of

Rows = tuple[tuple[str, Row], ...]
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
        for chain in table.chains:
            yield (table.family, table.name, chain.name, chain.policy or "", *(r.text for r in chain.rules))


def _rows(rules: RuleSet) -> Iterator[tuple[str, Row]]:
    origin = rules.origin.value
    for gap in dict.fromkeys([str(u.gap) for u in rules.unseen] + ([rules.failure] if rules.failure else [])):
        yield "capture_rules", ("", "", "", 0, "?", f"({gap})", origin)
    for table in rules.tables:
        for chain in table.chains:
            if chain.policy not in (None, "", "-", "ACCEPT", "accept"):
                head = (table.family, table.name, chain.name, 0, chain.policy)
                yield "capture_rules", (*head, f"-P {chain.name} {chain.policy}", origin)
    for table, chain, number, rule in rules.rules():
        yield "capture_rules", (table.family, table.name, chain.name, number, rule.target, rule.text, origin)
    for family in sorted(rules.covers, key=lambda f: f.value):
        summary = summarise(rules, family)
        word = {"ip": "ipv4", "ip6": "ipv6"}.get(family.value, family.value)
        for direction, found in (("inbound", summary.inbound), ("outbound", summary.outbound)):
            for what, value, outcome in _directed(found):
                yield "capture", (word, direction, what, value, outcome, origin)


def _directed(found: Direction) -> Iterator[tuple[str, str | None, str]]:
    yield "default", None, str(found.default)
    for outcome, kinds in found.exceptions.items():
        for what, values in kinds.items():
            yield from ((what, value, outcome) for value in values)
