"""xDS matcher trees (xds.type.matcher.v3.Matcher): parsed once, evaluated, told in words.

Theory of operation. A tree asks for inputs (an address, a header) and ends in an action. A node whose input
has no value goes to its on_no_match. A nested tree without a result is no result: a list goes on with its next
entry, a prefix map with the next shorter prefix, an IP or server name map with the next wider range (unless
``exclusive``), and at last on_no_match. Inputs are asked through a function, so that filter chains, routes and
RBAC share this module. A condition on what it cannot know is an open question, one a branch of a map; what the decision
supposes of it is followed (``match/supposing``).
Follows source/common/matcher/{matcher,list_matcher,map_matcher,prefix_map_matcher}.h and
source/extensions/common/matcher/{trie_matcher,domain_matcher}.h.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from meshctl.envoy.api import xds_type_matcher_v3 as api
from meshctl.envoy.message import Undecidable
from meshctl.match import address_ranges
from meshctl.match.matcher_predicates import MORE, Input, Inputs, Predicate, input_of, predicate_of
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed, answered
from meshctl.patterns import expression
from meshctl.plain import Json
from meshctl.values import Struct, field

_INT64 = expression(r"-?[0-9]{1,19}")

__all__ = ["Action", "Branches", "Decision", "Inputs", "OnMatch", "Tree", "parse"]


class Action(Struct, frozen=True):
    """A leaf: the action's name and its typed_config."""

    name: str
    config: Json


class Decision(Struct):
    """What an evaluation found: the action, or None; and the way it went, one phrase a node. supposed: what is taken to hold."""

    action: Action | None = None
    trail: list[str] = field(default_factory=list)
    supposed: Supposed = field(default_factory=lambda: NOTHING_SUPPOSED)


class OnMatch(Struct, frozen=True):
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


def _holds(predicate: Predicate, inputs: Inputs, decision: Decision) -> bool:
    try:
        return predicate.test(inputs)
    except Undecidable as unknown:
        return answered(decision.supposed, predicate.text, unknown)


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


# A map's keys as they are told, each with what follows.
Branches = tuple[tuple[str, OnMatch], ...]
# A map's ways to answer: the value to its candidates (key, OnMatch), in order of preference.
Candidates = Callable[[str], Iterator[tuple[str, OnMatch]]]


class Tree(Struct, frozen=True):
    """One node: a list of (predicate, on_match), or an input with candidates by its value."""

    on_no_match: OnMatch | None
    entries: tuple[tuple[Predicate, OnMatch], ...] = ()
    asked: Input | None = None
    candidates: Candidates | None = None
    branches: Branches = ()
    unknown: str = ""
    samples: tuple[str, ...] = ()

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
            if _holds(predicate, inputs, decision):
                decision.trail.append(predicate.text)
                found = on_match.resolve(inputs, decision)
                if found is not None:
                    return found
        return None

    def _from_map(self, inputs: Inputs, decision: Decision) -> Action | None:
        assert self.asked is not None
        try:
            value = inputs(self.asked.type_name, self.asked.fields)
        except Undecidable as unknown:
            value, found_by = "(not known)", self._supposed(unknown, decision)
        else:
            if value is None or self.candidates is None:
                return None
            found_by = self.candidates(value)
        for key, on_match in found_by:
            decision.trail.append(f"{self.asked.text} {value} is {key}")
            found = on_match.resolve(inputs, decision)
            if found is not None:
                return found
        return None

    def _supposed(self, unknown: Undecidable, decision: Decision) -> Iterator[tuple[str, OnMatch]]:
        """The branches of a map whose value is not known, as far as they are supposed to be the one."""
        asked = self.asked.text if self.asked is not None else ""
        for key, on_match in self.branches:
            if answered(decision.supposed, f"{asked} is {key}", unknown):
                yield key, on_match

    def followers(self) -> Iterator[OnMatch]:
        """What may follow, in the order of the configuration; each of a map once: several keys may lead to one."""
        yield from (entry for _, entry in self.entries)
        yield from {id(one): one for _, one in self.branches}.values()
        if self.on_no_match is not None:
            yield self.on_no_match

    def actions(self) -> Iterator[Action]:
        """All leaves, in the order of the configuration."""
        for on_match in self.followers():
            if on_match.tree is not None:
                yield from on_match.tree.actions()
            elif on_match.action is not None:
                yield on_match.action


def parse(message: Json) -> Tree:
    """A compiled Matcher; a node that cannot be read is undecidable where the search comes to it."""
    matcher = api.Matcher(message)
    try:
        on_no_match = _on_match(matcher.on_no_match)
        match matcher.matcher_type:
            case "matcher_list" if matcher.matcher_list is not None:
                entries = [(e.predicate, e.on_match) for e in matcher.matcher_list.matchers]
                return Tree(
                    on_no_match, tuple((predicate_of(p), _on_match(m) or OnMatch()) for p, m in entries)
                )
            case "matcher_tree" if matcher.matcher_tree is not None:
                return _map(matcher.matcher_tree, on_no_match)
            case _:
                return Tree(on_no_match)
    except Undecidable as unknown:
        return Tree(None, unknown=unknown.reason)


def _map(message: api.Matcher.MatcherTree, on_no_match: OnMatch | None) -> Tree:
    asked = input_of(message.input)
    match message.tree_type:
        case "exact_match_map" if message.exact_match_map is not None:
            table = {k: _on_match(v) or OnMatch() for k, v in message.exact_match_map.map.items()}
            return Tree(
                on_no_match,
                asked=asked,
                candidates=_exact(table),
                branches=tuple(table.items()),
                samples=_texts(table),
            )
        case "prefix_match_map" if message.prefix_match_map is not None:
            table = {k: _on_match(v) or OnMatch() for k, v in message.prefix_match_map.map.items()}
            return Tree(
                on_no_match,
                asked=asked,
                candidates=_prefixes(table),
                branches=tuple((f"{key}*", one) for key, one in table.items()),
                samples=_texts(table),
            )
    packed = message.custom_match.typed_config if message.custom_match is not None else None
    if packed is not None:
        if (by_ip := packed.as_(api.IPMatcher)) is not None:
            return _ip_map(by_ip, asked, on_no_match)
        if (by_name := packed.as_(api.ServerNameMatcher)) is not None:
            names = _domain_table(by_name)
            samples = _texts(key.replace("*.", f"{MORE}.", 1) for key in names)
            return Tree(
                on_no_match,
                asked=asked,
                candidates=_domains(names),
                branches=tuple(names.items()),
                samples=samples,
            )
        by_number = packed.as_(api.Int64RangeMatcher) or packed.as_(api.Int32RangeMatcher)
        if by_number is not None:
            return _number_map(by_number, asked, on_no_match)
    short = packed.type_name.rpartition(".")[2] if packed is not None else ""
    return Tree(None, unknown=f"the matcher {short} on {asked.text} is not evaluated")


def _texts(keys: Iterable[str]) -> tuple[str, ...]:
    """Each key, and a text that begins with it and is none."""
    return tuple(text for key in keys for text in (key, key + MORE))


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
    found: list[tuple[str, OnMatch]] = []
    every: list[address_ranges.Range] = []
    for matcher in config.range_matchers:
        on_match = _on_match(matcher.on_match) or OnMatch()
        exclusive = matcher.exclusive
        for cidr in (address_ranges.parse(one.raw) for one in matcher.ranges):
            if cidr is not None and ranges.get(cidr) is None:
                ranges.set(cidr, (cidr.text, on_match, exclusive))
                found.append((cidr.text, on_match))
                every.append(cidr)

    def candidates(value: str) -> Iterator[tuple[str, OnMatch]]:
        for text, on_match, exclusive in ranges.matches(value):
            yield text, on_match
            if exclusive:
                return

    samples = tuple(address_ranges.edges(every))
    return Tree(on_no_match, asked=asked, candidates=candidates, branches=tuple(found), samples=samples)


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
                yield _interval(start, end), on_match

    branches = tuple((_interval(start, end), one) for start, end, one in table)
    bounds_of = {bound + more for start, end, _ in table for bound in (start, end) for more in (-1, 0, 1)}
    samples = tuple(map(str, sorted(bounds_of)))
    return Tree(
        on_no_match,
        asked=asked,
        candidates=candidates,
        branches=branches,
        samples=samples,
    )


def _interval(start: int, end: int) -> str:
    return f"in [{start}, {end})"
