"""Reading only the fields that a table needs, fast, and without losing a resource over one odd value.

A view declares a ``msgspec.Struct`` with a handful of fields; msgspec skips everything else at memory speed
and never builds it. Where a value has an unexpected JSON type (a newer proxy, an edited file), the value is
noted and left out, and the rest of the resource is still read.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from meshctl.envoy.notes import NoteKind, Notes
from meshctl.patterns import expression

T = TypeVar("T")

_PATH = expression(r" - at `\$(.*)`$")
_STEP = expression(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_INDEX = expression(r"\[\d+\]")  # a note is made once a kind of place, not once a place
_BUDGET = 500_000_000  # bytes read again for repairs: what a few seconds take
_decode_json = msgspec.json.Decoder().decode


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(type_: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a Struct, compiled once. Numbers may come as strings and the reverse, as in proto3 JSON."""
    known = _decoders.get(type_)
    if known is None:
        known = _decoders[type_] = msgspec.json.Decoder(type_, strict=False)
    return known


def read(type_: type[T], raw: bytes | memoryview | msgspec.Raw | None, notes: Notes, where: str) -> T:
    """``raw`` as a ``type_``; a value of the wrong type is noted and read as absent."""
    if raw is None:
        return type_()
    try:
        return decoder(type_).decode(raw)
    except msgspec.ValidationError:
        return _read_carefully(type_, raw, notes, where)


def _read_carefully(type_: type[T], raw: bytes | memoryview | msgspec.Raw, notes: Notes, where: str) -> T:
    value = _decode_json(raw)
    for _ in range(max(100, _BUDGET // max(len(bytes(raw)), 1))):
        try:
            # from bytes, as before: a field that is kept as bytes cannot be had from a decoded value
            return decoder(type_).decode(msgspec.json.encode(value))
        except msgspec.ValidationError as error:
            match = _PATH.search(str(error))
            path = match[1] if match else ""
            notes.add(NoteKind.MALFORMED, _INDEX.sub("[]", where + path))
            if not path or not _remove(value, path):
                break
    return type_()


def _remove(value: Any, path: str) -> bool:
    """Take the value at ``.a.b[0]`` out of the tree; whether something was removed."""
    steps = [name or index for name, index in _STEP.findall(path)]
    for depth, step in enumerate(steps):
        last = depth == len(steps) - 1
        if step == "...":  # a map's values: msgspec does not say which
            if not isinstance(value, dict):
                return False
            value.clear()
            return True
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            key: Any = int(step)
        elif isinstance(value, dict) and step in value:
            key = step
        else:
            return False
        if last:
            del value[key]
            return True
        value = value[key]
    return False
