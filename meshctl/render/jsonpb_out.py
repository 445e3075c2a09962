"""JSON in the layout of golang/protobuf's own indenting writer, which istioctl uses for bootstrap and secrets.

It differs from ordinary indentation in two ways: an empty message spans two lines, and a google.protobuf.Struct
indents its members by three steps, since every Value in it counts as a message of its own. Follows
golang/protobuf jsonpb/encode.go (marshalMessage, marshalValue).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from meshctl.envoy.schema.convert import StructList, StructObject
from meshctl.render.json_out import escape

_STEP = 4
_encode = msgspec.json.encode


def render(value: dict[str, Any]) -> bytes:
    """A message converted with ``mark_structs``, with a line break at the end."""
    out: list[str] = []
    _message(value, 0, out.append)
    out.append("\n")
    return escape("".join(out).encode())


def _message(value: dict[str, Any], indent: int, write: Callable[[str], Any]) -> None:
    """A message or a map, closed at ``indent``."""
    if not value:
        write("{\n\n" + " " * indent + "}")
        return
    write("{\n")
    for index, (key, item) in enumerate(value.items()):
        write((",\n" if index else "") + " " * (indent + _STEP) + _scalar(key) + ": ")
        _value(item, indent + _STEP, write)
    write("\n" + " " * indent + "}")


def _value(item: Any, indent: int, write: Callable[[str], Any]) -> None:
    """A field's value, whose key stands at ``indent``."""
    kind = item.__class__
    if kind in (StructObject, StructList):
        _struct(item, indent + 2 * _STEP, write)
    elif kind is dict:
        _message(item, indent, write)
    elif kind is list:
        write("[")
        for index, element in enumerate(item):
            write((",\n" if index else "\n") + " " * (indent + _STEP))
            _value(element, indent + _STEP, write)
        write("\n" + " " * indent + "]")
    else:
        write(_scalar(item))


def _struct(item: Any, indent: int, write: Callable[[str], Any]) -> None:
    """An object or list inside a Struct, whose members stand at ``indent``."""
    is_object = item.__class__ is StructObject
    write("{" if is_object else "[")
    for index, member in enumerate(item):
        write((",\n" if index else "\n") + " " * indent)
        if is_object:
            write(_scalar(member) + ": ")
            member = item[member]
        if member.__class__ in (StructObject, StructList):
            _struct(member, indent + 3 * _STEP, write)
        else:
            write(_scalar(member))
    write("\n" + " " * (indent - _STEP) + ("}" if is_object else "]"))


def _scalar(value: Any) -> str:
    return _encode(value).decode()
