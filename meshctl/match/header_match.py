"""Conditions on headers, query parameters and cookies, compiled to testable criteria with readable text.

The rules that surprise: a repeated header is matched value by value, one match is enough (inverted: none may
match); a condition on the value of an absent header fails even inverted, unless treat_missing_header_as_empty;
an absent range start is 0; a query parameter or cookie is compared raw and the first of a name counts.
Follows source/common/http/header_utility.cc and source/common/router/config_utility.cc.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Drawn, PartlyKnown, RequestView

Json = dict[str, Any]
Test = Callable[[RequestView], bool]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition on a request: what it looks at, what it wants, whether it holds, what was there instead."""

    subject: str
    want: str
    test: Test
    seen: Callable[[RequestView], str]

    @property
    def text(self) -> str:
        return f"{self.subject} {self.want}".strip()

    def failure(self, view: RequestView) -> str:
        return f"{self.subject} {self.seen(view)}, wants {self.want}"


_SPECIFIERS = ("exact", "prefix", "suffix", "contains")
_INTEGER = re.compile(r"[+-]?[0-9]+")


def _range(message: Json) -> string_match.StringMatch:
    """Int64Range: half open, decimal; what does not parse as an int64 does not match."""
    start, end = int(message.get("start", 0)), int(message.get("end", 0))

    def test(value: str) -> bool:
        value = value.strip()
        if not _INTEGER.fullmatch(value):
            return False
        number = int(value) if len(value) < 25 else 1 << 70
        return -(1 << 63) <= number < 1 << 63 and start <= number < end

    return string_match.StringMatch(f"in range [{start}, {end})", test)


def _value_match(message: Json) -> string_match.StringMatch | None:
    """The condition on the value; None for a mere presence condition."""
    if "string_match" in message:
        return string_match.parse(message["string_match"])
    for kind in _SPECIFIERS:
        if f"{kind}_match" in message:
            return string_match.plain(kind, str(message[f"{kind}_match"]))
    if "safe_regex_match" in message:
        return string_match.regex(str(message["safe_regex_match"].get("regex", "")))
    if "range_match" in message:
        return _range(message["range_match"])
    return None


def _seen_header(name: str) -> Callable[[RequestView], str]:
    def seen(view: RequestView) -> str:
        values = view.values(name)
        return "is " + " and ".join(f"`{v}`" for v in values) if values else "is absent"

    return seen


def header(message: Json) -> Criterion:
    """A HeaderMatcher."""
    name = str(message.get("name", "")).lower()
    invert = bool(message.get("invert_match"))
    missing_is_empty = bool(message.get("treat_missing_header_as_empty"))
    subject, seen = f"header `{name}`", _seen_header(name)
    matcher = _value_match(message)
    if matcher is None:
        present = bool(message.get("present_match", True))
        want = "present" if present != invert else "absent"
        return Criterion(subject, want, _presence(name, present, invert, missing_is_empty), seen)
    test = _by_value(name, matcher, invert, missing_is_empty)
    want = matcher.text + (" (absent counts as empty)" if missing_is_empty else "")
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
    name = str(message.get("name", ""))
    subject = f"query parameter `{name}`"

    def seen(view: RequestView) -> str:
        return f"is `{view.query[name]}`" if name in view.query else "is absent"

    if "string_match" in message:
        matcher = string_match.parse(message["string_match"])
        return Criterion(
            subject, matcher.text, lambda view: name in view.query and matcher.test(view.query[name]), seen
        )
    present = bool(message.get("present_match", True))
    want = "present" if present else "absent"
    return Criterion(subject, want, lambda view: (name in view.query) == present, seen)


def cookie(message: Json) -> Criterion:
    """A CookieMatcher: an absent cookie never matches, except inverted."""
    name = str(message.get("name", ""))
    matcher = string_match.parse(message.get("string_match") or {})
    invert = bool(message.get("invert_match"))

    def test(view: RequestView) -> bool:
        value = view.cookies.get(name)
        return (value is not None and matcher.test(value)) != invert

    def seen(view: RequestView) -> str:
        return f"is `{view.cookies[name]}`" if name in view.cookies else "is absent"

    return Criterion(f"cookie `{name}`", f"not {matcher.text}" if invert else matcher.text, test, seen)
