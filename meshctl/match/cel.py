"""CEL expressions as Envoy carries them (parsed): evaluated over what is known of a request.

Theory of operation. An expression is a tree of identifiers, selections, constants, lists and calls. A missing key or
a wrong type is an error, which ``&&`` and ``||`` absorb when the other side decides; an error, or anything but true,
does not hold. Values of any two types may be compared for equality, and only numbers are ordered or reckoned with others
of another type. A function or an attribute that is not here is undecidable, as is a value that is made at run time.
Follows cel-go's langdef, source/extensions/filters/common/expr/{context,evaluator}.cc and what a real Envoy answers.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import PartlyKnown, RequestView
from meshctl.plain import Json
from meshctl.values import Struct


class _Error(Exception):
    """A CEL error: a missing key, a wrong type."""


class _Aborted(Exception):
    """The evaluation ends here: nothing absorbs that, and the expression does not hold."""


class _MayEnd(Undecidable):
    """Not known, and it may end the evaluation: so the other side of ``&&`` or ``||`` decides nothing."""


class Attributes(Struct, frozen=True):
    """What an expression may ask for; ``view`` None for a connection without a request."""

    view: RequestView | None
    source: Mapping[str, Any] | None = (
        None  # None: not known; a value None is absent, an Undecidable not known
    )
    destination: Mapping[str, Any] | None = None
    connection: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})  # of a connection, where there is no request


class Expression(Struct, frozen=True):
    """A parsed expression."""

    message: Json

    def holds(self, attributes: Attributes) -> bool:
        try:
            return _value(self.message, attributes) is True
        except (_Error, _Aborted):
            return False


class _Headers:
    """request.headers: a map of joined values."""

    def __init__(self, view: RequestView) -> None:
        self.view = view

    def get(self, name: Any) -> str | None:
        return _joined(self.view, name.lower()) if isinstance(name, str) else None


class _Facts:
    """What is known of a connection or of one side of it; ``closed``: there is nothing else."""

    def __init__(self, name: str, known: Mapping[str, Any], *, closed: bool) -> None:
        self.name = name
        self.known = known
        self.closed = closed

    def get(self, name: str) -> Any:
        if self.closed and name not in self.known:
            return None
        if name not in self.known:
            raise Undecidable(f"the CEL attribute {self.name}.{name} is not evaluated")
        found = self.known[name]
        if isinstance(found, Undecidable):
            raise found
        return found


def _joined(view: RequestView, name: str) -> str | None:
    """All values of a header as one; None where there is none."""
    values = view.values(name)
    if len(values) == 1:
        return values[0]  # as it is: it may be known in part only
    if any(isinstance(value, PartlyKnown) for value in values):
        raise Undecidable(f"the header {name} is known in part only")
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
        known = getattr(attributes, name)
        if known is None:
            raise Undecidable(f"the CEL attribute {name} is not evaluated here")
        return _Facts(name, known, closed=name != "connection")
    if name == "metadata":
        return _Metadata(attributes.view, attributes.metadata)
    raise Undecidable(f"the CEL attribute {name} is not known when a request is judged")


class _Metadata:
    """metadata: namespaces of dynamic metadata (filter_metadata)."""

    def __init__(self, view: RequestView | None, own: Mapping[str, Any]) -> None:
        self.view = view
        self.own = own

    def get(self, name: str) -> Any:
        if name == "filter_metadata":
            return self
        if self.view is None:
            return self.own.get(name)
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
    "host": lambda view: _joined(view, ":authority"),
    "scheme": lambda view: _joined(view, ":scheme"),
    "method": lambda view: _joined(view, ":method"),
    "headers": _Headers,
    "referer": lambda view: _joined(view, "referer"),
    "useragent": lambda view: _joined(view, "user-agent"),
    "id": lambda view: _joined(view, "x-request-id"),
    "query": lambda view: (view.target or "").partition("?")[2],
}


def _member(holder: Any, name: Any) -> Any:
    """A field or a key; an error when it is not there."""
    if isinstance(holder, RequestView):
        return _of_request(holder, str(name))
    if isinstance(holder, list):
        if type(name) not in _NUMBERS or name not in range(len(holder)):
            raise _Error(name)
        return holder[int(name)]
    if isinstance(holder, Mapping | _Headers | _Metadata | _Facts):
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
    if name == "matches" and len(parts) == 2 and "const_expr" in parts[1] and "const_expr" not in parts[0]:
        return _matches_compiled(parts, attributes)
    known = _FUNCTIONS.get(name)
    if known is None:
        raise Undecidable(f"the CEL function {name} is not evaluated")
    values = [_value(part, attributes) for part in parts]
    if name not in _WITHOUT_TEXT:
        _check_known(values)
    try:
        return known(*values)
    except (TypeError, AttributeError, ValueError, ZeroDivisionError) as error:
        raise _Error(name) from error


def _check_known(values: list[Any]) -> None:
    if any(isinstance(value, PartlyKnown) for value in values):
        raise Undecidable("a CEL expression asks for a value that is known in part only")


def _matches_compiled(parts: list[Json], attributes: Attributes) -> bool:
    """``matches`` with a constant expression, which Envoy compiles beforehand; whatever is no text then ends the evaluation."""
    try:
        text = _value(parts[0], attributes)
    except _Error as error:
        raise _Aborted from error
    except Undecidable as unknown:
        raise _MayEnd(unknown.reason) from unknown
    _check_known([text])
    if not isinstance(text, str):
        raise _Aborted
    return _matches(text, _value(parts[1], attributes))


def _logical(parts: list[Json], attributes: Attributes, *, stop: bool) -> bool:
    """``||`` (stop: true) and ``&&`` (stop: false): one side may decide though the other is an error."""
    failed: _Error | None = None
    unknown: Undecidable | None = None
    for part in parts:
        try:
            value = _value(part, attributes)
        except _Error as error:
            failed = error
        except _MayEnd:
            raise
        except Undecidable as error:
            unknown = error
        except _Aborted:
            if unknown is None:
                raise
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


_NUMBERS = (int, float)  # by their very type: a bool is no number


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _not(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return not value


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
        kinds = {type(left), type(right)}
        if not (kinds <= set(_NUMBERS) or kinds == {bool} or all(issubclass(kind, str) for kind in kinds)):
            raise TypeError
        return compare(left, right)

    return check


def _reckoned(reckon: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Numbers of one type; text is joined only where ``cel_config`` says so."""

    def check(left: Any, right: Any) -> Any:
        if type(left) is not type(right) or type(left) not in _NUMBERS:
            raise TypeError
        return reckon(left, right)

    return check


def _matches(text: str, pattern: str) -> bool:
    """RE2 partial match."""
    compiled = string_match.compiled_regex(pattern)
    if compiled is None:
        raise ValueError(pattern)
    found: bool = compiled.search(text) is not None
    return found


def _size(value: Any) -> int:
    if isinstance(value, _Headers):
        raise Undecidable("how many headers there are is not known")
    return len(value)


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
    "_+_": _reckoned(lambda left, right: left + right),
    "_-_": _reckoned(lambda left, right: left - right),
    "!_": _not,
    "_[_]": _member,
    "@in": _within,
    "_in_": _within,
    "in": _within,
    "startsWith": lambda text, prefix: text.startswith(prefix),
    "endsWith": lambda text, suffix: text.endswith(suffix),
    "contains": lambda text, part: part in text,
    "matches": _matches,
    "size": _size,
    "string": _text,
    "int": _whole,
    "lowerAscii": lambda text: text.lower(),
    "upperAscii": lambda text: text.upper(),
    "urlDecode": urllib.parse.unquote,
}
# Functions for which it is enough that a value is there.
_WITHOUT_TEXT = frozenset(["_[_]", "@in", "_in_", "in"])
_KINDS: dict[str, Callable[[Json, Attributes], Any]] = {
    "const_expr": _constant,
    "ident_expr": _identifier,
    "select_expr": _select,
    "call_expr": _call,
    "list_expr": _list,
}
