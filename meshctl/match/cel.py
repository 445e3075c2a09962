"""CEL expressions as Envoy carries them (parsed): evaluated over what is known of a request.

Theory of operation. An expression is a tree of identifiers, selections, constants, lists and calls. A missing key or
a wrong type is an error, which ``&&`` and ``||`` absorb when the other side decides; an error, or anything but true,
does not hold. A function or an attribute that is not here is undecidable. ``response`` and what is known only at
run time do not exist when a request is judged. Follows cel-go's langdef and
source/extensions/filters/common/expr/{context,evaluator}.cc.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import RequestView
from meshctl.plain import Json
from meshctl.values import Struct, field


class _Error(Exception):
    """A CEL error: a missing key, a wrong type."""


class Attributes(Struct, frozen=True):
    """What an expression may ask for; ``view`` None for a connection without a request."""

    view: RequestView | None
    source: Mapping[str, Any] = field(default_factory=dict)
    destination: Mapping[str, Any] = field(default_factory=dict)
    connection: Mapping[str, Any] = field(default_factory=dict)


class Expression(Struct, frozen=True):
    """A parsed expression."""

    message: Json

    def holds(self, attributes: Attributes) -> bool:
        try:
            return _value(self.message, attributes) is True
        except _Error:
            return False


class _Headers:
    """request.headers: a map of joined values."""

    def __init__(self, view: RequestView) -> None:
        self.view = view

    def get(self, name: str) -> str | None:
        values = self.view.values(name.lower())
        return ",".join(values) if values else None


def _value(message: Json, attributes: Attributes) -> Any:
    for kind, evaluate in _KINDS.items():
        if kind in message:
            return evaluate(message[kind], attributes)
    raise Undecidable(
        f"the CEL expression {next(iter(message.keys() - {'id'}), 'without a kind')} is not evaluated"
    )


def _constant(message: Json, _: Attributes) -> Any:
    for kind, value in message.items():
        if kind in ("int64_value", "uint64_value"):
            return int(value)
        if kind in ("string_value", "bool_value", "double_value"):
            return value
        if kind == "null_value":
            return None
        raise Undecidable(f"the CEL constant {kind} is not evaluated")
    return ""  # proto3 drops an empty one


def _identifier(message: Json, attributes: Attributes) -> Any:
    name = str(message.get("name") or "")
    if name == "request":
        if attributes.view is None:
            raise _Error(name)
        return attributes.view
    if name in ("source", "destination", "connection"):
        return getattr(attributes, name)
    if name == "metadata":
        return _Metadata(attributes.view)
    raise Undecidable(f"the CEL attribute {name} is not known when a request is judged")


class _Metadata:
    """metadata: namespaces of dynamic metadata (filter_metadata)."""

    def __init__(self, view: RequestView | None) -> None:
        self.view = view

    def get(self, name: str) -> Any:
        if name == "filter_metadata":
            return self
        if self.view is None:
            return None
        return self.view.metadata_value(name, ())


def _of_request(view: RequestView, name: str) -> Any:
    known = _REQUEST.get(name)
    if known is None:
        raise Undecidable(f"the CEL attribute request.{name} is not evaluated")
    found = known(view)
    if found is None:
        raise _Error(name)
    return found


_REQUEST: dict[str, Callable[[RequestView], Any]] = {
    "path": lambda view: view.target,
    "url_path": lambda view: view.path,
    "host": lambda view: view.first(":authority"),
    "scheme": lambda view: view.first(":scheme"),
    "method": lambda view: view.first(":method"),
    "headers": _Headers,
    "referer": lambda view: view.first("referer"),
    "useragent": lambda view: view.first("user-agent"),
    "id": lambda view: view.first("x-request-id"),
    "query": lambda view: (view.target or "").partition("?")[2],
}


def _member(holder: Any, name: Any) -> Any:
    """A field or a key; an error when it is not there."""
    if isinstance(holder, RequestView):
        return _of_request(holder, str(name))
    if isinstance(holder, list):
        if not isinstance(name, int) or not 0 <= name < len(holder):
            raise _Error(name)
        return holder[name]
    if isinstance(holder, Mapping | _Headers | _Metadata):
        found = holder.get(name)
        if found is None:
            raise _Error(name)
        return found
    raise _Error(name)


def _select(message: Json, attributes: Attributes) -> Any:
    holder = _value(message.get("operand") or {}, attributes)
    name = str(message.get("field") or "")
    if not message.get("test_only"):
        return _member(holder, name)
    try:
        _member(holder, name)
    except _Error:
        return False
    return True


def _list(message: Json, attributes: Attributes) -> list[Any]:
    return [_value(element, attributes) for element in message.get("elements") or ()]


def _call(message: Json, attributes: Attributes) -> Any:
    name = str(message.get("function") or "")
    parts = [message["target"]] if "target" in message else []
    parts += message.get("args") or ()
    if name in ("_&&_", "_||_"):
        return _logical(parts, attributes, stop=name == "_||_")
    if name == "_?_:_":
        chosen = _value(parts[0], attributes)
        if not isinstance(chosen, bool):
            raise _Error(name)
        return _value(parts[1 if chosen else 2], attributes)
    known = _FUNCTIONS.get(name)
    if known is None:
        raise Undecidable(f"the CEL function {name} is not evaluated")
    try:
        return known(*[_value(part, attributes) for part in parts])
    except (TypeError, AttributeError, ValueError, ZeroDivisionError) as error:
        raise _Error(name) from error


def _logical(parts: list[Json], attributes: Attributes, *, stop: bool) -> bool:
    """``||`` (stop: true) and ``&&`` (stop: false): one side may decide though the other is an error."""
    failed: _Error | None = None
    unknown: Undecidable | None = None
    for part in parts:
        try:
            value = _value(part, attributes)
        except _Error as error:
            failed = error
        except Undecidable as error:
            unknown = error
        else:
            if value is stop:
                return bool(stop)
            if not isinstance(value, bool):
                failed = _Error(value)
    if unknown is not None:
        raise unknown
    if failed is not None:
        raise failed
    return not stop


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, str) is not isinstance(right, str):
        return False
    return bool(left == right)


def _within(item: Any, holder: Any) -> bool:
    if isinstance(holder, list):
        return any(_same(item, element) for element in holder)
    try:
        _member(holder, item)
    except _Error:
        return False
    return True


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(left: Any, right: Any) -> bool:
        if isinstance(left, str) is not isinstance(right, str):
            raise TypeError
        return compare(left, right)

    return check


def _matches(text: str, pattern: str) -> bool:
    """RE2 partial match."""
    compiled = string_match.compiled_regex(pattern)
    if compiled is None:
        raise ValueError(pattern)
    found: bool = compiled.search(text) is not None
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _whole(value: Any) -> int:
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+", value):
        raise ValueError(value)
    return int(value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "_==_": _same,
    "_!=_": lambda left, right: not _same(left, right),
    "_<_": _ordered(lambda left, right: left < right),
    "_<=_": _ordered(lambda left, right: left <= right),
    "_>_": _ordered(lambda left, right: left > right),
    "_>=_": _ordered(lambda left, right: left >= right),
    "_+_": lambda left, right: left + right,
    "_-_": lambda left, right: left - right,
    "!_": lambda value: not value,
    "_[_]": _member,
    "@in": _within,
    "_in_": _within,
    "in": _within,
    "startsWith": lambda text, prefix: text.startswith(prefix),
    "endsWith": lambda text, suffix: text.endswith(suffix),
    "contains": lambda text, part: part in text,
    "matches": _matches,
    "size": len,
    "string": _text,
    "int": _whole,
    "lowerAscii": lambda text: text.lower(),
    "upperAscii": lambda text: text.upper(),
    "urlDecode": urllib.parse.unquote,
}
_KINDS: dict[str, Callable[[Json, Attributes], Any]] = {
    "const_expr": _constant,
    "ident_expr": _identifier,
    "select_expr": _select,
    "call_expr": _call,
    "list_expr": _list,
}
