"""ValueMatcher and MetadataMatcher: conditions on dynamic metadata (JWT claims, what filters wrote).

Follows envoy.type.matcher.v3.{ValueMatcher,MetadataMatcher} and source/common/common/matchers.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshctl.match import string_match
from meshctl.match.header_match import Criterion
from meshctl.match.request_view import RequestView

Json = dict[str, Any]
ValueTest = Callable[[Any], bool]


def value_matcher(message: Json) -> tuple[str, ValueTest]:
    """The text and the test of a ValueMatcher; a value of another type never matches."""
    if "string_match" in message:
        matcher = string_match.parse(message["string_match"])
        return matcher.text, lambda value: isinstance(value, str) and matcher.test(value)
    if "list_match" in message:
        text, inner = value_matcher(message["list_match"].get("one_of") or {})
        return f"a list with {text}", lambda value: isinstance(value, list) and any(map(inner, value))
    if "or_match" in message:
        parts = [value_matcher(part) for part in message["or_match"].get("value_matchers") or ()]
        return " or ".join(t for t, _ in parts), lambda value: any(test(value) for _, test in parts)
    if "bool_match" in message:
        wanted = bool(message["bool_match"])
        return str(wanted).lower(), lambda value: isinstance(value, bool) and value is wanted
    if "double_match" in message:
        return _double(message["double_match"])
    if "present_match" in message:
        present = bool(message["present_match"])
        return ("present" if present else "never"), lambda value: present and value is not None
    return "null", lambda value: value is None


def _double(message: Json) -> tuple[str, ValueTest]:
    if "range" in message:
        start, end = float(message["range"].get("start", 0)), float(message["range"].get("end", 0))
        return f"in [{start}, {end})", lambda value: _is_number(value) and start <= value < end
    wanted = float(message.get("exact", 0))
    return str(wanted), lambda value: _is_number(value) and float(value) == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def metadata(message: Json) -> Criterion:
    """A MetadataMatcher on the request's dynamic metadata."""
    namespace = str(message.get("filter", ""))
    path = tuple(str(part.get("key", "")) for part in message.get("path") or ())
    text, test = value_matcher(message.get("value") or {})
    invert = bool(message.get("invert"))

    def check(view: RequestView) -> bool:
        return test(view.metadata_value(namespace, path)) != invert

    def seen(view: RequestView) -> str:
        value = view.metadata_value(namespace, path)
        return "is absent" if value is None else f"is {value!r}"

    subject = f"metadata {namespace}: {'.'.join(path)}"
    return Criterion(subject, f"not {text}" if invert else text, check, seen)
