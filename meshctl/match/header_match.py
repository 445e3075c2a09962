"""Conditions on headers, query parameters and cookies, compiled to testable criteria with readable text.

The rules that surprise: a repeated header is matched value by value, one match is enough (inverted: none may
match); a condition on the value of an absent header fails even inverted, unless treat_missing_header_as_empty;
an absent range start is 0; a query parameter or cookie is compared raw and the first of a name counts.
Follows source/common/http/header_utility.cc and source/common/router/config_utility.cc.
"""

from __future__ import annotations

from collections.abc import Callable

from meshctl.envoy.api.config_route_v3 import CookieMatcher, HeaderMatcher, QueryParameterMatcher
from meshctl.envoy.api.type_v3 import Int64Range
from meshctl.envoy.message import Message, Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Drawn, PartlyKnown, RequestView
from meshctl.match.supposing import answered
from meshctl.patterns import expression
from meshctl.plain import Json
from meshctl.values import Struct

Test = Callable[[RequestView], bool]


class Criterion(Struct, frozen=True):
    """One condition on a request: what it looks at, what it wants, whether it holds, what was there instead."""

    subject: str
    want: str
    test: Test
    seen: Callable[[RequestView], str]

    @property
    def text(self) -> str:
        return f"{self.subject} {self.want}".strip()

    def holds(self, view: RequestView) -> bool:
        """Whether it holds, or is supposed to. Raises Open where neither is known."""
        try:
            return self.test(view)
        except Undecidable as unknown:
            return answered(view.supposed, self.text, unknown)

    def failure(self, view: RequestView) -> str:
        return f"{self.subject} {self.seen(view)}, wants {self.want}"


_INTEGER = expression(r"[+-]?[0-9]+")


def _range(bounds: Int64Range) -> string_match.StringMatch:
    """Int64Range: half open, decimal; what does not parse as an int64 does not match."""
    start, end = bounds.start, bounds.end

    def test(value: str) -> bool:
        value = value.strip()
        if not _INTEGER.fullmatch(value):
            return False
        digits = value.lstrip("+-0")[:20] or "0"  # an int64 has nineteen; zeros before them do not count
        number = -int(digits) if value.startswith("-") else int(digits)
        return -(1 << 63) <= number < 1 << 63 and start <= number < end

    return string_match.StringMatch(f"in range [{start}, {end})", test)


def _value_match(matcher: HeaderMatcher) -> string_match.StringMatch | None:
    """The condition on the value; None for a mere presence condition."""
    match matcher.header_match_specifier:
        case "string_match" if matcher.string_match is not None:
            return string_match.parse(matcher.string_match.raw)
        case "safe_regex_match" if matcher.safe_regex_match is not None:
            return string_match.regex(matcher.safe_regex_match.regex)
        case "regex_match":
            return string_match.regex(matcher.regex_match)
        case "range_match" if matcher.range_match is not None:
            return _range(matcher.range_match)
        case "exact_match" | "prefix_match" | "suffix_match" | "contains_match" as kind:
            return string_match.plain(kind.removesuffix("_match"), getattr(matcher, kind))
        case _:
            return None


def undecided(subject: str, reason: str) -> Criterion:
    """A condition of which it cannot be known whether it holds."""

    def test(_: RequestView) -> bool:
        raise Undecidable(reason)

    return Criterion(subject, "what meshctl does not know", test, lambda _: f"is not known: {reason}")


def known(subject: str, build: Callable[[], Criterion], message: Message) -> Criterion:
    """A compiled condition; one that has parts outside the schema, or cannot be read, never counts as met."""
    if unknown := message.unknown_inside:
        return undecided(subject, f"{subject} has {', '.join(unknown)}, which meshctl does not know")
    try:
        return build()
    except Undecidable as reason:
        return undecided(subject, reason.reason)


def _seen_header(name: str) -> Callable[[RequestView], str]:
    def seen(view: RequestView) -> str:
        values = view.values(name)
        return "is " + " and ".join(f"`{v}`" for v in values) if values else "is absent"

    return seen


def header(message: Json) -> Criterion:
    """A HeaderMatcher."""
    matcher = HeaderMatcher(message)
    return known("a header condition", lambda: _header(matcher), matcher)


def _header(matcher: HeaderMatcher) -> Criterion:
    name = matcher.name.lower()
    invert, missing_is_empty = matcher.invert_match, matcher.treat_missing_header_as_empty
    subject, seen = f"header `{name}`", _seen_header(name)
    value = _value_match(matcher)
    if value is None:
        present = matcher.present_match if "present_match" in matcher.raw else True
        want = "present" if present != invert else "absent"
        return Criterion(subject, want, _presence(name, present, invert, missing_is_empty), seen)
    test = _by_value(name, value, invert, missing_is_empty)
    want = value.text + (" (absent counts as empty)" if missing_is_empty else "")
    return Criterion(subject, f"not {want}" if invert else want, test, seen)


def _presence(name: str, present: bool, invert: bool, missing_is_empty: bool) -> Test:
    """Presence; with treat_missing_header_as_empty an absent header counts as there."""
    if missing_is_empty:
        return lambda _: present != invert
    return lambda view: (bool(view.values(name)) == present) != invert


def _by_value(name: str, matcher: string_match.StringMatch, invert: bool, missing_is_empty: bool) -> Test:
    matches = matcher.test

    def test(view: RequestView) -> bool:
        values = view.values(name)
        if not values:
            return missing_is_empty and matches("") != invert
        if len(values) == 1 and values[0].__class__ is str:
            return matches(values[0]) != invert
        return any(_matches_known(name, matcher, value) for value in values) != invert

    return test


def _matches_known(name: str, matcher: string_match.StringMatch, value: str) -> bool:
    """The test of one value; undecidable where it depends on the part that is not known."""
    if not isinstance(value, PartlyKnown):
        return matcher.test(value)
    if matcher.kind == "contains" and matcher.test(value):
        return True
    if matcher.kind == "exact" and isinstance(value, Drawn):
        return False
    raise Undecidable(f"the value of header `{name}` is not known in full")


def query_parameter(message: Json) -> Criterion:
    """A QueryParameterMatcher."""
    matcher = QueryParameterMatcher(message)
    return known("a query parameter condition", lambda: _query_parameter(matcher), matcher)


def _query_parameter(matcher: QueryParameterMatcher) -> Criterion:
    name = matcher.name
    subject = f"query parameter `{name}`"

    def seen(view: RequestView) -> str:
        return f"is `{view.query[name]}`" if name in view.query else "is absent"

    value = _parameter_value(matcher)
    if value is not None:
        test = value.test
        return Criterion(
            subject, value.text, lambda view: name in view.query and test(view.query[name]), seen
        )
    present = matcher.present_match if matcher.query_parameter_match_specifier == "present_match" else True
    want = "present" if present else "absent"
    return Criterion(subject, want, lambda view: (name in view.query) == present, seen)


def _parameter_value(matcher: QueryParameterMatcher) -> string_match.StringMatch | None:
    """The condition on the value, in today's words or in those of before 2020; None where none is asked."""
    if matcher.query_parameter_match_specifier == "string_match" and matcher.string_match is not None:
        return string_match.parse(matcher.string_match.raw)
    if matcher.value:
        return (
            string_match.regex(matcher.value) if matcher.regex else string_match.plain("exact", matcher.value)
        )
    return None


def cookie(message: Json) -> Criterion:
    """A CookieMatcher: an absent cookie never matches, except inverted."""
    matcher = CookieMatcher(message)
    return known("a cookie condition", lambda: _cookie(matcher), matcher)


def _cookie(matcher: CookieMatcher) -> Criterion:
    name, invert = matcher.name, matcher.invert_match
    value = string_match.parse(matcher.string_match.raw if matcher.string_match is not None else {})

    def test(view: RequestView) -> bool:
        found = view.cookies.get(name)
        return (found is not None and value.test(found)) != invert

    def seen(view: RequestView) -> str:
        return f"is `{view.cookies[name]}`" if name in view.cookies else "is absent"

    return Criterion(f"cookie `{name}`", f"not {value.text}" if invert else value.text, test, seen)
