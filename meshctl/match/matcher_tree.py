"""xDS matcher trees (xds.type.matcher.v3.Matcher): parsed once, evaluated, told in words.

Theory of operation. A tree asks for inputs (an address, a header) and ends in an action. A node whose input
has no value goes to its on_no_match. A nested tree without a result is no result: a list goes on with its next
entry, a prefix map with the next shorter prefix, an IP or server name map with the next wider range (unless
``exclusive``), and at last on_no_match. Inputs are asked through a function, so that filter chains, routes and
RBAC share this module; an input it cannot know raises Undecidable.
Follows source/common/matcher/{matcher,list_matcher,map_matcher,prefix_map_matcher}.h and
source/extensions/common/matcher/{trie_matcher,domain_matcher}.h.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.message import Undecidable
from meshctl.match import address_ranges, cel, string_match

Json = dict[str, Any]
# What an input yields: its type's full name and fields in, its value or None (no data) out.
Inputs = Callable[[str, Json], Any]


@dataclass(frozen=True, slots=True)
class Action:
    """A leaf: the action's name and its typed_config."""

    name: str
    config: Json


@dataclass(slots=True)
class Decision:
    """What an evaluation found: the action, or None; and the way it went, one phrase a node."""

    action: Action | None = None
    trail: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Input:
    """A data input."""

    type_name: str
    fields: Json

    @property
    def text(self) -> str:
        short = self.type_name.rsplit(".", 1)[-1]
        name = self.fields.get("header_name") or self.fields.get("query_param") or self.fields.get("key")
        return f"{short}({name})" if name else short


def _input(message: Json | None) -> Input:
    name, fields = unpack((message or {}).get("typed_config"))
    return Input(name, fields)


@dataclass(frozen=True, slots=True)
class OnMatch:
    """What follows a match: an action or a nested tree; with ``keep_matching`` the search goes on."""

    action: Action | None = None
    tree: Tree | None = None
    keep_matching: bool = False

    def resolve(self, inputs: Inputs, decision: Decision) -> Action | None:
        if self.tree is not None:
            found = self.tree.evaluate(inputs, decision)
        else:
            found = self.action
        return None if self.keep_matching else found


def _on_match(message: Json | None) -> OnMatch | None:
    if not message:
        return None
    keep = bool(message.get("keep_matching"))
    if "matcher" in message:
        return OnMatch(tree=parse(message["matcher"]), keep_matching=keep)
    action = message.get("action") or {}
    return OnMatch(Action(str(action.get("name", "")), action.get("typed_config") or {}), keep_matching=keep)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition over inputs: its test and its text."""

    text: str
    test: Callable[[Inputs], bool]


def _predicate(message: Json) -> Predicate:
    if "single_predicate" in message:
        return _single(message["single_predicate"])
    if "not_matcher" in message:
        inner = _predicate(message["not_matcher"])
        return Predicate(f"not ({inner.text})", lambda inputs: not inner.test(inputs))
    for key, combine in (("or_matcher", any), ("and_matcher", all)):
        if key in message:
            parts = [_predicate(part) for part in message[key].get("predicate") or ()]
            word = f" {key.split('_')[0]} "
            return Predicate(
                word.join(f"({part.text})" for part in parts),
                lambda inputs, parts=parts, combine=combine: combine(p.test(inputs) for p in parts),  # type: ignore[misc]
            )
    return Predicate("nothing", lambda _: False)


def _single(message: Json) -> Predicate:
    asked = _input(message.get("input"))
    if "custom_match" in message:
        return _custom_predicate(asked, message["custom_match"])
    matcher = string_match.parse(message.get("value_match") or {})

    def test(inputs: Inputs) -> bool:
        value = inputs(asked.type_name, asked.fields)
        return value is not None and matcher.test(value)

    return Predicate(f"{asked.text} {matcher.text}", test)


def _custom_predicate(asked: Input, message: Json) -> Predicate:
    """A custom single predicate: IP ranges are decided, all others (CEL, hyperscan, Lua) are not."""
    name, fields = unpack(message.get("typed_config"))
    short = name.rsplit(".", 1)[-1]
    if short == "Ip":
        ranges = [r for r in map(address_ranges.parse, fields.get("cidr_ranges") or ()) if r is not None]
        text = f"{asked.text} in {', '.join(r.text for r in ranges)}"

        def in_ranges(inputs: Inputs) -> bool:
            value = inputs(asked.type_name, asked.fields)
            return value is not None and any(address_ranges.contains(r, value) for r in ranges)

        return Predicate(text, in_ranges)

    if short == "CelMatcher":
        return _cel(asked, fields)

    def undecided(_: Inputs) -> bool:
        raise Undecidable(f"the matcher {short or message.get('name', '')} on {asked.text} is not evaluated")

    return Predicate(f"{asked.text} by {short}", undecided)


def _cel(asked: Input, fields: Json) -> Predicate:
    """CelMatcher over the attributes of a request: parsed or checked expressions."""
    match = fields.get("expr_match") or {}
    holder = match.get("cel_expr_checked") or match.get("cel_expr_parsed") or {}
    expression = holder.get("expr") or (match.get("parsed_expr") or match.get("checked_expr") or {}).get(
        "expr"
    )

    def holds(inputs: Inputs) -> bool:
        if expression is None:
            raise Undecidable("the matcher CelMatcher has no parsed expression")
        return cel.Expression(expression).holds(inputs(asked.type_name, asked.fields))

    return Predicate(f"{asked.text} by CEL", holds)


# A map's ways to answer: the value to its candidates (key, OnMatch), in order of preference.
Candidates = Callable[[str], Iterator[tuple[str, OnMatch]]]


@dataclass(frozen=True, slots=True)
class Tree:
    """One node: a list of (predicate, on_match), or an input with candidates by its value."""

    on_no_match: OnMatch | None
    entries: tuple[tuple[Predicate, OnMatch], ...] = ()
    asked: Input | None = None
    candidates: Candidates | None = None
    keys: tuple[str, ...] = ()
    unknown: str = ""

    def evaluate(self, inputs: Inputs, decision: Decision) -> Action | None:
        """The action of the first way that leads to one; the trail tells the way."""
        found = self._from_map(inputs, decision) if self.asked else self._from_list(inputs, decision)
        if found is not None or self.on_no_match is None:
            return found
        decision.trail.append("no match: on_no_match")
        return self.on_no_match.resolve(inputs, decision)

    def _from_list(self, inputs: Inputs, decision: Decision) -> Action | None:
        for predicate, on_match in self.entries:
            if predicate.test(inputs):
                decision.trail.append(predicate.text)
                found = on_match.resolve(inputs, decision)
                if found is not None:
                    return found
        return None

    def _from_map(self, inputs: Inputs, decision: Decision) -> Action | None:
        assert self.asked is not None
        if self.unknown:
            raise Undecidable(self.unknown)
        value = inputs(self.asked.type_name, self.asked.fields)
        if value is None or self.candidates is None:
            return None
        for key, on_match in self.candidates(value):
            decision.trail.append(f"{self.asked.text} {value} is {key}")
            found = on_match.resolve(inputs, decision)
            if found is not None:
                return found
        return None

    def actions(self) -> Iterator[Action]:
        """All leaves, in the order of the configuration."""
        for on_match in (*(entry for _, entry in self.entries), *self._mapped(), self.on_no_match):
            if on_match is None:
                continue
            if on_match.tree is not None:
                yield from on_match.tree.actions()
            elif on_match.action is not None:
                yield on_match.action

    def _mapped(self) -> Iterator[OnMatch]:
        seen: set[int] = set()
        for key in self.keys:
            for _, on_match in self.candidates(key) if self.candidates else ():
                if id(on_match) not in seen:
                    seen.add(id(on_match))
                    yield on_match


def parse(message: Json) -> Tree:
    """A compiled Matcher."""
    on_no_match = _on_match(message.get("on_no_match"))
    if "matcher_list" in message:
        entries = tuple(
            (_predicate(entry.get("predicate") or {}), _on_match(entry.get("on_match")) or OnMatch())
            for entry in message["matcher_list"].get("matchers") or ()
        )
        return Tree(on_no_match, entries)
    if "matcher_tree" in message:
        return _map(message["matcher_tree"], on_no_match)
    return Tree(on_no_match)


def _map(message: Json, on_no_match: OnMatch | None) -> Tree:
    asked = _input(message.get("input"))
    for key, candidates in (("exact_match_map", _exact), ("prefix_match_map", _prefixes)):
        if key in message:
            table = {k: _on_match(v) or OnMatch() for k, v in (message[key].get("map") or {}).items()}
            return Tree(on_no_match, asked=asked, candidates=candidates(table), keys=tuple(table))
    name, fields = unpack((message.get("custom_match") or {}).get("typed_config"))
    short = name.rsplit(".", 1)[-1]
    if short == "IPMatcher":
        return _ip_map(fields, asked, on_no_match)
    if short == "ServerNameMatcher":
        table = _domain_table(fields)
        return Tree(on_no_match, asked=asked, candidates=_domains(table), keys=tuple(table))
    if short in ("Int64RangeMatcher", "Int32RangeMatcher"):
        return _number_map(fields, asked, on_no_match)
    return Tree(on_no_match, asked=asked, unknown=f"the matcher {short} on {asked.text} is not evaluated")


def _exact(table: dict[str, OnMatch]) -> Candidates:
    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        if value in table:
            yield value, table[value]

    return candidates


def _prefixes(table: dict[str, OnMatch]) -> Candidates:
    lengths = sorted({len(key) for key in table}, reverse=True)

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        for length in lengths:
            if length <= len(value) and value[:length] in table:
                yield f"{value[:length]}*", table[value[:length]]

    return candidates


def _ip_map(fields: Json, asked: Input, on_no_match: OnMatch | None) -> Tree:
    """IPMatcher: ranges, the longest first; the first declared wins between equal ones."""
    ranges: address_ranges.RangeMap[tuple[str, OnMatch, bool]] = address_ranges.RangeMap()
    keys: list[str] = []
    for matcher in fields.get("range_matchers") or ():
        on_match = _on_match(matcher.get("on_match")) or OnMatch()
        exclusive = bool(matcher.get("exclusive"))
        for cidr in map(address_ranges.parse, matcher.get("ranges") or ()):
            if cidr is not None and ranges.get(cidr) is None:
                ranges.set(cidr, (cidr.text, on_match, exclusive))
                keys.append(cidr.text.split("/")[0])

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        for text, on_match, exclusive in ranges.matches(value):
            yield text, on_match
            if exclusive:
                return

    return Tree(on_no_match, asked=asked, candidates=candidates, keys=tuple(keys))


def _domain_table(fields: Json) -> dict[str, OnMatch]:
    table: dict[str, OnMatch] = {}
    for matcher in fields.get("domain_matchers") or ():
        on_match = _on_match(matcher.get("on_match")) or OnMatch()
        for domain in matcher.get("domains") or ():
            table.setdefault(str(domain), on_match)
    return table


def _domains(table: dict[str, OnMatch]) -> Candidates:
    """ServerNameMatcher: exact, then ``*.suffix`` from the longest, then ``*``; never for an empty name."""

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        if not value:
            return
        suffix = value
        if value in table:
            yield value, table[value]
        while "." in suffix:
            suffix = suffix.split(".", 1)[1]
            key = f"*.{suffix}"
            if key in table:
                yield key, table[key]
        if "*" in table:
            yield "*", table["*"]

    return candidates


def _number_map(fields: Json, asked: Input, on_no_match: OnMatch | None) -> Tree:
    """Int32/Int64RangeMatcher: half open ranges in the order declared."""
    table: list[tuple[int, int, OnMatch]] = []
    for matcher in fields.get("range_matchers") or ():
        on_match = _on_match(matcher.get("on_match")) or OnMatch()
        for bounds in matcher.get("ranges") or ():
            table.append((int(bounds.get("start", 0)), int(bounds.get("end", 0)), on_match))

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        if not value.lstrip("-").isdigit():
            return
        for start, end, on_match in table:
            if start <= int(value) < end:
                yield f"in [{start}, {end})", on_match

    return Tree(on_no_match, asked=asked, candidates=candidates, keys=tuple(str(s) for s, _, _ in table))
