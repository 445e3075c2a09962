"""The conditions of a matcher tree: an input asked, a value compared; joined by and, or, not.

One that cannot be read, or is made of a matcher that is not evaluated, is undecidable where the search comes to it, never
false. ``samples`` says which values of an input a condition tells apart, for those who prove what a tree can reach.
Follows source/common/matcher/{matcher,field_matcher,value_input_matcher}.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshctl.envoy.api import xds_type_matcher_v3 as api
from meshctl.envoy.api.extensions_matching_input_matchers_ip_v3 import Ip
from meshctl.envoy.api.xds_core_v3 import TypedExtensionConfig
from meshctl.envoy.message import Undecidable
from meshctl.match import address_ranges, cel, string_match
from meshctl.plain import Json
from meshctl.values import Struct

# What an input yields: its type's full name and fields in, its value or None (no data) out.
Inputs = Callable[[str, Json], Any]


class Input(Struct, frozen=True):
    """A data input."""

    type_name: str
    fields: Json

    @property
    def text(self) -> str:
        short = self.type_name.rsplit(".", 1)[-1]
        name = self.fields.get("header_name") or self.fields.get("query_param") or self.fields.get("key")
        return f"{short}({name})" if name else short


def input_of(extension: TypedExtensionConfig | None) -> Input:
    packed = extension.typed_config if extension is not None else None
    return Input(packed.type_name, packed.raw) if packed is not None else Input("", {})


# Inputs, each with values that tell the branches apart which ask for it; None: no list of values does.
Samples = tuple[tuple[Input, tuple[str, ...]], ...] | None


class Predicate(Struct, frozen=True):
    """A condition over inputs: its test, its text, and the values that it tells apart."""

    text: str
    test: Callable[[Inputs], bool]
    samples: Samples = None


def _undecided(text: str, reason: str) -> Predicate:
    def test(_: Inputs) -> bool:
        raise Undecidable(reason)

    return Predicate(text, test)


def predicate_of(message: api.Matcher.MatcherList.Predicate | None) -> Predicate:
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
            inner = predicate_of(message.not_matcher)
            return Predicate(f"not ({inner.text})", lambda inputs: not inner.test(inputs), inner.samples)
        case "or_matcher" if message.or_matcher is not None:
            return _joined("or", [predicate_of(part) for part in message.or_matcher.predicate])
        case "and_matcher" if message.and_matcher is not None:
            return _joined("and", [predicate_of(part) for part in message.and_matcher.predicate])
        case _:
            return Predicate("nothing", lambda _: False, ())


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

    told = [part.samples for part in parts]
    samples = None if None in told else tuple(one for each in told for one in each or ())
    return Predicate(f" {word} ".join(f"({part.text})" for part in parts), test, samples)


def _single(message: api.Matcher.MatcherList.Predicate.SinglePredicate) -> Predicate:
    asked = input_of(message.input)
    if message.matcher == "custom_match" and message.custom_match is not None:
        return _custom_predicate(asked, message.custom_match)
    matcher = string_match.parse(message.value_match.raw if message.value_match is not None else {})

    def test(inputs: Inputs) -> bool:
        value = inputs(asked.type_name, asked.fields)
        return value is not None and matcher.test(value)

    return Predicate(f"{asked.text} {matcher.text}", test, _told_apart(asked, message.value_match))


def _told_apart(asked: Input, matcher: api.StringMatcher | None) -> Samples:
    """What an exact text or a prefix tells apart: itself, and what goes on behind it."""
    if matcher is None or matcher.match_pattern not in ("exact", "prefix"):
        return None
    text = matcher.exact if matcher.match_pattern == "exact" else matcher.prefix
    cases = (text, text.swapcase()) if matcher.ignore_case else (text,)
    return ((asked, tuple(value for case in cases for value in (case, case + MORE))),)


MORE = "~"  # makes of a text one that begins with it and that nothing names


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

    text = f"{asked.text} in {', '.join(r.text for r in ranges)}"
    return Predicate(text, in_ranges, ((asked, tuple(address_ranges.edges(ranges))),))


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
