"""Values whose JSON type is not the one that the schema has there, taken out of a decoded resource one by one.

For readers of plain values (the wide tables): a dump that somebody edited, or that a newer Envoy printed, may hold a text where a
list belongs. Such a value is noted and left out, and all others stand. What the schema does not know is left alone, and so is
what it reads from either form (numbers as strings, enums as numbers). Rules: https://protobuf.dev/programming-guides/json.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor as F

from meshctl.envoy.schema.pool import find

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

_DURATION = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?s")
_RANGES = {
    **dict.fromkeys((F.TYPE_INT32, F.TYPE_SINT32, F.TYPE_SFIXED32), (-(2**31), 2**31)),
    **dict.fromkeys((F.TYPE_UINT32, F.TYPE_FIXED32), (0, 2**32)),
    **dict.fromkeys((F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64), (-(2**63), 2**63)),
    **dict.fromkeys((F.TYPE_UINT64, F.TYPE_FIXED64), (0, 2**64)),
}
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")

Told = Callable[[str], None]


def take_out(value: Any, type_name: str, told: Told) -> None:
    """Remove in place what does not fit the message; ``told`` gets the place of each."""
    descriptor = find(type_name)
    if isinstance(value, dict) and descriptor is not None:
        _message(value, descriptor, "", told)


def _message(value: dict[str, Any], descriptor: Descriptor, path: str, told: Told) -> None:
    fields = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
    for key in [*value]:
        field = fields.get(key)
        if field is None or value[key] is None:
            continue
        place = f"{path}.{key}"
        if not _field(value[key], field, place, told):
            told(place)
            del value[key]


def _field(item: Any, field: FieldDescriptor, path: str, told: Told) -> bool:
    """Whether the value fits its field, once what does not fit in it is taken out."""
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        if not isinstance(item, dict):
            return False
        inner = message.fields_by_name["value"]
        for key in [*item]:
            if not _single(item[key], inner, f"{path}[]", told):
                told(f"{path}[]")
                del item[key]
        return True
    if not field.is_repeated:
        return _single(item, field, path, told)
    if not isinstance(item, list):
        return False
    fits = [_single(one, field, f"{path}[]", told) for one in item]
    for _ in range(fits.count(False)):
        told(f"{path}[]")
    item[:] = [one for one, fit in zip(item, fits, strict=True) if fit]
    return True


def _single(item: Any, field: FieldDescriptor, path: str, told: Told) -> bool:
    message = field.message_type
    if message is None:
        return _scalar(item, field)
    name = message.full_name
    if name == "google.protobuf.Duration":
        return isinstance(item, str) and _DURATION.fullmatch(item) is not None
    if name in ("google.protobuf.Timestamp", "google.protobuf.FieldMask"):
        return isinstance(item, str)
    if name == "google.protobuf.Value":
        return True
    if name == "google.protobuf.ListValue":
        return isinstance(item, list)
    if name.startswith("google.protobuf.") and name.endswith("Value"):
        return _scalar(item, message.fields_by_name["value"])
    if not isinstance(item, dict):
        return False
    if name == "google.protobuf.Any":
        url = item.get("@type")
        if "@type" in item and not isinstance(url, str):
            return False
        take_out(item, url or "", lambda place: told(path + place))
    elif name != "google.protobuf.Struct":
        _message(item, message, path, told)
    return True


def _scalar(item: Any, field: FieldDescriptor) -> bool:
    kind = field.type
    if kind == F.TYPE_BOOL:
        return isinstance(item, bool)
    if kind in (F.TYPE_STRING, F.TYPE_BYTES):
        return isinstance(item, str)
    if kind == F.TYPE_ENUM:
        return isinstance(item, str | int) and not isinstance(item, bool)
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        return False
    if item in _NOT_FINITE:
        return kind in (F.TYPE_DOUBLE, F.TYPE_FLOAT)
    try:
        number = float(item)
        least, beyond = _RANGES.get(kind, (-1.8e308, 1.8e308))
        return least <= number < beyond and (kind not in _RANGES or number.is_integer())
    except (ValueError, OverflowError):
        return False
