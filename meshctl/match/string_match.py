"""Comparing one string as Envoy does: StringMatcher, and regexes by RE2.

Envoy matches a regex against the whole value (RE2::FullMatch) and rewrites with RE2::GlobalReplace, whose
``\\0``-``\\9`` stand for groups. RE2 runs in linear time: a pattern from a dump cannot hang the tool.
Follows envoy.type.matcher.v3.StringMatcher and source/common/common/{matchers,regex}.cc.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from meshctl.envoy.api.type_matcher_v3 import StringMatcher
from meshctl.envoy.message import Undecidable
from meshctl.plain import Json
from meshctl.values import Struct

Test = Callable[[str], bool]


@functools.cache
def compiled_regex(pattern: str) -> Any:
    """The compiled pattern; None when RE2 refuses it (Envoy would have refused the configuration)."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    try:
        return re2.compile(pattern, options=options)
    except re2.error:
        return None


@functools.cache
def full_match(pattern: str) -> Test:
    """The test that a value as a whole matches the pattern."""
    compiled = compiled_regex(pattern)
    if compiled is None:
        return lambda _: False
    match = compiled.fullmatch
    return lambda value: match(value) is not None


def replace_all(pattern: str, substitution: str, text: str) -> str:
    """RE2::GlobalReplace: every match replaced, an empty match right behind a match passed over."""
    compiled = compiled_regex(pattern)
    if compiled is None:
        return text
    parts: list[str] = []
    position = last_end = 0
    previous = -1
    while position <= len(text):
        found = compiled.search(text, position)
        if found is None:
            break
        start, end = found.span()
        if start == end == previous:
            position += 1
            continue
        parts += (text[last_end:start], _expand(substitution, found))
        last_end = previous = end
        position = end if end > start else end + 1
    parts.append(text[last_end:])
    return "".join(parts)


def _expand(substitution: str, found: Any) -> str:
    """The substitution with its groups filled in; a group that took no part is empty."""
    if "\\" not in substitution:
        return substitution
    out: list[str] = []
    chars = iter(substitution)
    for char in chars:
        if char != "\\":
            out.append(char)
            continue
        following = next(chars, "")
        out.append(_group(found, int(following)) if following.isdigit() else following)
    return "".join(out)


def _group(found: Any, number: int) -> str:
    try:
        return found.group(number) or ""
    except IndexError:
        return ""


class StringMatch(Struct, frozen=True):
    """A compiled StringMatcher: ``test`` decides, ``text`` says what it wants (``prefix `v1```)."""

    text: str
    test: Test
    kind: str = ""


def _fold(test: Test) -> Test:
    return lambda value: test(value.lower())


def _exact(want: str) -> Test:
    return lambda value: value == want


def _prefix(want: str) -> Test:
    return lambda value: value.startswith(want)


def _suffix(want: str) -> Test:
    return lambda value: value.endswith(want)


def _contains(want: str) -> Test:
    return lambda value: want in value


_PLAIN: dict[str, Callable[[str], Test]] = {
    "exact": _exact,
    "prefix": _prefix,
    "suffix": _suffix,
    "contains": _contains,
}


def plain(kind: str, want: str, ignore_case: bool = False) -> StringMatch:
    """A match of one of the four plain kinds."""
    text = f"{kind} `{want}`"
    if ignore_case:
        return StringMatch(f"{text} in any case", _fold(_PLAIN[kind](want.lower())), kind)
    return StringMatch(text, _PLAIN[kind](want), kind)


def regex(pattern: str) -> StringMatch:
    """A regex that RE2 refuses can be in no Envoy of today: what an older one made of it is not known."""
    if compiled_regex(pattern) is None:
        return undecided(f"regex `{pattern}`", f"the regex `{pattern}` is none that RE2 takes")
    return StringMatch(f"regex `{pattern}`", full_match(pattern), "regex")


def undecided(text: str, reason: str) -> StringMatch:
    """A match whose outcome is not known, whatever the value."""

    def test(_: str) -> bool:
        raise Undecidable(reason)

    return StringMatch(text, test)


def parse(message: Json) -> StringMatch:
    """A StringMatcher; an empty one is an exact match of the empty string (proto3 drops the default)."""
    matcher = StringMatcher(message)
    if strange := matcher.unknown_inside:
        names = ", ".join(strange)
        return undecided(
            "what meshctl does not know", f"a string condition has {names}, which meshctl does not know"
        )
    try:
        return _parsed(matcher)
    except Undecidable as unknown:
        return undecided("what meshctl does not know", unknown.reason)


def _parsed(matcher: StringMatcher) -> StringMatch:
    match matcher.match_pattern:
        case "safe_regex":
            return regex(matcher.safe_regex.regex if matcher.safe_regex is not None else "")
        case "regex":  # before 2021: the same meaning, in the syntax of std::regex
            return regex(matcher.regex)
        case "custom":
            name = matcher.custom.name if matcher.custom is not None else ""
            return undecided(f"custom matcher {name}", f"the custom matcher {name} is not evaluated")
        case None:
            return plain("exact", "", matcher.ignore_case)
        case kind:
            return plain(kind, str(getattr(matcher, kind)), matcher.ignore_case)
