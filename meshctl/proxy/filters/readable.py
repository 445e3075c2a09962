"""Whether a filter's settings have the JSON types that the API has; one that has not cannot be evaluated.

A value of a wrong type (an edited file, a newer proxy) makes this filter one of unknown effect, and nothing else.
"""

from __future__ import annotations

from typing import Any

from meshctl.envoy.message import (
    Field,
    Many,
    MapOf,
    Message,
    Misread,
    One,
    Packed,
    Undecidable,
    message_class,
)

Json = dict[str, Any]


def problem(fields: Json, type_name: str) -> str:
    """The first value of a wrong type, "" for none; settings of a type that the schema lacks are not looked at."""
    cls = message_class(type_name) if type_name else None
    return _problem(cls(fields)) if cls is not None else ""


def _problem(message: Message) -> str:
    known = message.fields()
    for name, value in message.raw.items():
        field = known.get(name)
        if field is None:
            continue
        if value is None or _holds_null(field, value):
            return f"{message.TYPE.rpartition('.')[2]}.{name} is null"
        try:
            read = field.read(value)
        except Misread as wrong:
            return wrong.reason
        except Undecidable:
            continue  # a value that only whoever asks for it cannot decide by
        found = next(filter(None, map(_problem, _messages(read))), "")
        if found:
            return found
    return ""


def _holds_null(field: Field[Any], value: Any) -> bool:
    """Whether a list or a map of messages has a hole."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(field, Many | MapOf) and isinstance(field.item, One) and None in items


def _messages(read: Any) -> list[Message]:
    """The messages in a field's value, extensions opened."""
    values = read.values() if isinstance(read, dict) else read if isinstance(read, tuple) else (read,)
    found = [value for value in values if isinstance(value, Message)]
    for value in values:
        cls = message_class(value.type_name) if isinstance(value, Packed) else None
        if cls is not None:
            found.append(cls(value.raw))
    return found
