"""ValueMatcher and MetadataMatcher: conditions on dynamic metadata (JWT claims, what filters wrote).

Follows envoy.type.matcher.v3.{ValueMatcher,MetadataMatcher} and source/common/common/matchers.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshctl.envoy.api.type_matcher_v3 import DoubleMatcher, MetadataMatcher, ValueMatcher
from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.header_match import Criterion, known
from meshctl.match.request_view import RequestView
from meshctl.plain import Json

ValueTest = Callable[[Any], bool]


def value_matcher(message: Json) -> tuple[str, ValueTest]:
    """The text and the test of a ValueMatcher; a value of another type never matches."""
    try:
        return _value(ValueMatcher(message))
    except Undecidable as unknown:
        reason = unknown.reason

        def test(_: Any) -> bool:
            raise Undecidable(reason)

        return "what meshctl does not know", test


def _value(matcher: ValueMatcher) -> tuple[str, ValueTest]:
    match matcher.match_pattern:
        case "string_match" if matcher.string_match is not None:
            wanted = string_match.parse(matcher.string_match.raw)
            return wanted.text, lambda value: isinstance(value, str) and wanted.test(value)
        case "list_match" if matcher.list_match is not None:
            one = matcher.list_match.one_of
            text, inner = value_matcher(one.raw if one is not None else {})
            return f"a list with {text}", lambda value: isinstance(value, list) and any(map(inner, value))
        case "or_match" if matcher.or_match is not None:
            parts = [value_matcher(part.raw) for part in matcher.or_match.value_matchers]
            return " or ".join(t for t, _ in parts), lambda value: any(test(value) for _, test in parts)
        case "bool_match":
            flag = matcher.bool_match
            return str(flag).lower(), lambda value: isinstance(value, bool) and value is flag
        case "double_match" if matcher.double_match is not None:
            return _double(matcher.double_match)
        case "present_match":
            present = matcher.present_match
            word = "present" if present else "never"
            return word, lambda value: present and value is not ABSENT and value is not None
        case _:
            return "null", lambda value: value is None


# Stands for a value that is not there, where null is one.
ABSENT = object()


def _double(matcher: DoubleMatcher) -> tuple[str, ValueTest]:
    if matcher.match_pattern == "range" and matcher.range is not None:
        start, end = matcher.range.start, matcher.range.end
        return f"in [{start}, {end})", lambda value: _is_number(value) and start <= value < end
    wanted = matcher.exact
    return str(wanted), lambda value: _is_number(value) and float(value) == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def metadata(message: Json) -> Criterion:
    """A MetadataMatcher on the request's dynamic metadata."""
    matcher = MetadataMatcher(message)
    return known("a metadata condition", lambda: _metadata(matcher), matcher)


def _metadata(matcher: MetadataMatcher) -> Criterion:
    namespace, invert = matcher.filter, matcher.invert
    path = tuple(part.key for part in matcher.path)
    text, test = value_matcher(matcher.value.raw if matcher.value is not None else {})

    def check(view: RequestView) -> bool:
        return test(view.metadata_value(namespace, path, absent=ABSENT)) != invert

    def seen(view: RequestView) -> str:
        value = view.metadata_value(namespace, path)
        return "is absent" if value is None else f"is {value!r}"

    subject = f"metadata {namespace}: {'.'.join(path)}"
    return Criterion(subject, f"not {text}" if invert else text, check, seen)
