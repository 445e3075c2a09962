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

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from meshctl.envoy.api import xds_type_matcher_v3 as api
from meshctl.envoy.api.extensions_matching_input_matchers_ip_v3 import Ip
from meshctl.envoy.api.xds_core_v3 import TypedExtensionConfig
from meshctl.envoy.message import Undecidable
from meshctl.match import address_ranges, cel, string_match
from meshctl.plain import Json

_INT64 = re.compile(r"-?[0-9]{1,19}")

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


def _input(extension: TypedExtensionConfig | None) -> Input:
    packed = extension.typed_config if extension is not None else None
    return Input(packed.type_name, packed.raw) if packed is not None else Input("", {})


@dataclass(frozen=True, slots=True)
class OnMatch:
    """What follows a match: an action or a nested tree; with ``keep_matching`` the search goes on."""

    action: Action | None = None
    tree: Tree | None = None
    keep_matching: bool = False
    unknown: str = ""

    def resolve(self, inputs: Inputs, decision: Decision) -> Action | None:
        if self.unknown:
            raise Undecidable(self.unknown)
        found = self.tree.evaluate(inputs, decision) if self.tree is not None else self.action
        return None if self.keep_matching else found


def _on_match(message: api.Matcher.OnMatch | None) -> OnMatch | None:
    """What follows a match; one that cannot be read is undecidable where the search comes to it."""
    if message is None:
        return None
    try:
        keep = message.keep_matching
        if message.on_match == "matcher" and message.matcher is not None:
            return OnMatch(tree=parse(message.matcher.raw), keep_matching=keep)
        action = message.action
        config = action.raw.get("typed_config") or {} if action is not None else {}
        return OnMatch(Action(action.name if action is not None else "", config), keep_matching=keep)
    except Undecidable as unknown:
        return OnMatch(unknown=unknown.reason)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition over inputs: its test and its text."""

    text: str
    test: Callable[[Inputs], bool]


def _undecided(text: str, reason: str) -> Predicate:
    def test(_: Inputs) -> bool:
        raise Undecidable(reason)

    return Predicate(text, test)


def _predicate(message: api.Matcher.MatcherList.Predicate | None) -> Predicate:
    """A compiled predicate; one that cannot be read is undecidable, never false."""
    try:
        return _parsed_predicate(message or api.Matcher.MatcherList.Predicate({}))
    except Undecidable as unknown:
        return _undecided("what meshctl does not know", unknown.reason)


def _parsed_predicate(message: api.Matcher.MatcherList.Predicate) -> Predicate:
    match message.match_type:
        case "single_predicate" if message.single_predicate is not None:
            return _single(message.single_predicate)
        case "not_matcher":
            inner = _predicate(message.not_matcher)
            return Predicate(f"not ({inner.text})", lambda inputs: not inner.test(inputs))
        case "or_matcher" if message.or_matcher is not None:
            return _joined("or", [_predicate(part) for part in message.or_matcher.predicate])
        case "and_matcher" if message.and_matcher is not None:
            return _joined("and", [_predicate(part) for part in message.and_matcher.predicate])
        case _:
            return Predicate("nothing", lambda _: False)


def _joined(word: str, parts: list[Predicate]) -> Predicate:
    """All or any of some predicates; what one cannot decide does not matter where another does."""
    decisive = word == "or"

    def test(inputs: Inputs) -> bool:
        doubt: Undecidable | None = None
        for part in parts:
            try:
                if part.test(inputs) is decisive:
                    return decisive
            except Undecidable as unknown:
                doubt = doubt or unknown
        if doubt is not None:
            raise doubt
        return not decisive

    return Predicate(f" {word} ".join(f"({part.text})" for part in parts), test)


def _single(message: api.Matcher.MatcherList.Predicate.SinglePredicate) -> Predicate:
    asked = _input(message.input)
    if message.matcher == "custom_match" and message.custom_match is not None:
        return _custom_predicate(asked, message.custom_match)
    matcher = string_match.parse(message.value_match.raw if message.value_match is not None else {})

    def test(inputs: Inputs) -> bool:
        value = inputs(asked.type_name, asked.fields)
        return value is not None and matcher.test(value)

    return Predicate(f"{asked.text} {matcher.text}", test)


def _custom_predicate(asked: Input, extension: TypedExtensionConfig) -> Predicate:
    """A custom single predicate: IP ranges and CEL are decided, all others (hyperscan, Lua) are not."""
    packed = extension.typed_config
    if packed is not None and packed.type_name == api.CelMatcher.TYPE:
        return _cel(asked, packed.raw)
    found = packed.as_(Ip) if packed is not None else None
    if found is None:
        short = packed.type_name.rpartition(".")[2] if packed is not None else extension.name
        return _undecided(f"{asked.text} by {short}", f"the matcher {short} on {asked.text} is not evaluated")
    ranges = [r for r in (address_ranges.parse(cidr.raw) for cidr in found.cidr_ranges) if r is not None]

    def in_ranges(inputs: Inputs) -> bool:
        value = inputs(asked.type_name, asked.fields)
        return value is not None and any(address_ranges.contains(r, value) for r in ranges)

    return Predicate(f"{asked.text} in {', '.join(r.text for r in ranges)}", in_ranges)


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
        if self.unknown:
            raise Undecidable(self.unknown)
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
    """A compiled Matcher; a node that cannot be read is undecidable where the search comes to it."""
    matcher = api.Matcher(message)
    try:
        on_no_match = _on_match(matcher.on_no_match)
        match matcher.matcher_type:
            case "matcher_list" if matcher.matcher_list is not None:
                entries = [(e.predicate, e.on_match) for e in matcher.matcher_list.matchers]
                return Tree(
                    on_no_match, tuple((_predicate(p), _on_match(m) or OnMatch()) for p, m in entries)
                )
            case "matcher_tree" if matcher.matcher_tree is not None:
                return _map(matcher.matcher_tree, on_no_match)
            case _:
                return Tree(on_no_match)
    except Undecidable as unknown:
        return Tree(None, unknown=unknown.reason)


def _map(message: api.Matcher.MatcherTree, on_no_match: OnMatch | None) -> Tree:
    asked = _input(message.input)
    match message.tree_type:
        case "exact_match_map" if message.exact_match_map is not None:
            table = {k: _on_match(v) or OnMatch() for k, v in message.exact_match_map.map.items()}
            return Tree(on_no_match, asked=asked, candidates=_exact(table), keys=tuple(table))
        case "prefix_match_map" if message.prefix_match_map is not None:
            table = {k: _on_match(v) or OnMatch() for k, v in message.prefix_match_map.map.items()}
            return Tree(on_no_match, asked=asked, candidates=_prefixes(table), keys=tuple(table))
    packed = message.custom_match.typed_config if message.custom_match is not None else None
    if packed is not None:
        if (by_ip := packed.as_(api.IPMatcher)) is not None:
            return _ip_map(by_ip, asked, on_no_match)
        if (by_name := packed.as_(api.ServerNameMatcher)) is not None:
            names = _domain_table(by_name)
            return Tree(on_no_match, asked=asked, candidates=_domains(names), keys=tuple(names))
        by_number = packed.as_(api.Int64RangeMatcher) or packed.as_(api.Int32RangeMatcher)
        if by_number is not None:
            return _number_map(by_number, asked, on_no_match)
    short = packed.type_name.rpartition(".")[2] if packed is not None else ""
    return Tree(None, unknown=f"the matcher {short} on {asked.text} is not evaluated")


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


def _ip_map(config: api.IPMatcher, asked: Input, on_no_match: OnMatch | None) -> Tree:
    """IPMatcher: ranges, the longest first; the first declared wins between equal ones."""
    ranges: address_ranges.RangeMap[tuple[str, OnMatch, bool]] = address_ranges.RangeMap()
    keys: list[str] = []
    for matcher in config.range_matchers:
        on_match = _on_match(matcher.on_match) or OnMatch()
        exclusive = matcher.exclusive
        for cidr in (address_ranges.parse(one.raw) for one in matcher.ranges):
            if cidr is not None and ranges.get(cidr) is None:
                ranges.set(cidr, (cidr.text, on_match, exclusive))
                keys.append(cidr.text.split("/")[0])

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        for text, on_match, exclusive in ranges.matches(value):
            yield text, on_match
            if exclusive:
                return

    return Tree(on_no_match, asked=asked, candidates=candidates, keys=tuple(keys))


def _domain_table(config: api.ServerNameMatcher) -> dict[str, OnMatch]:
    table: dict[str, OnMatch] = {}
    for matcher in config.domain_matchers:
        on_match = _on_match(matcher.on_match) or OnMatch()
        for domain in matcher.domains:
            table.setdefault(domain, on_match)
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


def _number_map(
    config: api.Int64RangeMatcher | api.Int32RangeMatcher, asked: Input, on_no_match: OnMatch | None
) -> Tree:
    """Int32/Int64RangeMatcher: half open ranges in the order declared."""
    table: list[tuple[int, int, OnMatch]] = []
    for matcher in config.range_matchers:
        on_match = _on_match(matcher.on_match) or OnMatch()
        table += [(bounds.start, bounds.end, on_match) for bounds in matcher.ranges]

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        if not _INT64.fullmatch(value):
            return
        for start, end, on_match in table:
            if start <= int(value) < end:
                yield f"in [{start}, {end})", on_match

    return Tree(on_no_match, asked=asked, candidates=candidates, keys=tuple(str(s) for s, _, _ in table))
