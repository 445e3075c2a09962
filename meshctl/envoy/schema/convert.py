"""Schema-driven conversion of JSON: Envoy's own JSON in, canonical proto3 JSON out, without a message between.

Theory of operation. Envoy prints its configuration as proto3 JSON with proto field names in field-number
order. istioctl prints the same tree with camelCase names in *declaration* order, map and Struct keys sorted,
defaults dropped, durations with 0, 3, 6 or 9 digits. Both are the same walk over the same schema, so for each
message type one plan is compiled from its descriptor when first met: input key -> (output key, kind of field,
function for the value, default). Objects of the same key set share one ordered plan (``shapes``), which makes
the walk a loop over tuples. Protobuf messages are never built: that would cost ten times the time and would
lose what the schema does not know.

Unknown is kept: a type URL, field or enum value that the schema lacks, and a value of the wrong JSON type, go
to the output as they came and are counted in the ``Notes``. Secrets are taken out on the way (``redactions`` counts
them). Rules of the format: the proto3 JSON mapping
(https://protobuf.dev/programming-guides/json); order of keys: golang/protobuf jsonpb, which istioctl uses.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from google.protobuf.descriptor import FieldDescriptor as F
from msgspec import Raw

from meshctl.envoy.notes import NoteKind, Notes
from meshctl.envoy.schema.pool import find
from meshctl.envoy.secrets import SENSITIVE, redact

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

Value = Any
Function = Callable[[Value], Value]

_INT64 = {F.TYPE_INT64, F.TYPE_UINT64, F.TYPE_SINT64, F.TYPE_FIXED64, F.TYPE_SFIXED64}
_INT32 = {F.TYPE_INT32, F.TYPE_UINT32, F.TYPE_SINT32, F.TYPE_FIXED32, F.TYPE_SFIXED32}
_FLOAT = {F.TYPE_DOUBLE, F.TYPE_FLOAT}
_NOT_A_DEFAULT = object()
_MAX_SHAPES = 4096  # of a message type

# Kinds of field: when a value is put into the output. Plain integers in this order, since the loop compares them per field:
# where it is not null; also null; a text that is not empty; what is no default; a list or map that is not empty.
_PRESENT, _NULLABLE, _TEXT, _IMPLICIT, _FILLED = range(5)


class Names(enum.Enum):
    """Which names the output carries."""

    JSON = "json"  # camelCase, as istioctl prints
    PROTO = "proto"  # snake_case, as Envoy prints: the form that views and trace read


class Malformed(ValueError):
    """Raised by a value function for a JSON value that the field's type does not allow."""


def _int64(value: Value) -> str:
    if value.__class__ is str:
        int(value)
        return str(value)
    if value.__class__ is float and not value.is_integer():
        raise Malformed
    return str(int(value))


def _int32(value: Value) -> int:
    if value.__class__ is int:
        return int(value)
    number = float(value)
    if not number.is_integer():
        raise Malformed
    return int(number)


def _float(value: Value) -> Value:
    if value.__class__ is int:
        return value
    if value.__class__ is str:
        if value in ("NaN", "Infinity", "-Infinity"):
            return value
        value = float(value)
    # Go prints whole numbers without a fraction
    if value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value if 1e-4 <= abs(value) < 1e21 else go_float(value)


def go_float(value: float) -> Raw:
    """A very small or large number as Go's encoding/json writes it: an exponent below 1e-6 and from 1e21."""
    if 1e-6 <= abs(value) < 1e21:
        return Raw(_decimal(value))
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign, digits = exponent[:1], exponent[1:].lstrip("0")
    return Raw(f"{mantissa.removesuffix('.0')}e{sign}{digits}".encode())


def _decimal(value: float) -> bytes:
    """The shortest digits of a number below 1e-4, without an exponent."""
    mantissa, _, exponent = f"{value!r}".partition("e-")
    digits = mantissa.lstrip("-").replace(".", "").removesuffix("0") or "0"
    return f"{'-' if value < 0 else ''}0.{'0' * (int(exponent) - 1)}{digits}".encode()


def _bool(value: Value) -> bool:
    if value.__class__ is not bool:
        raise Malformed
    return bool(value)


def _string(value: Value) -> str:
    if value.__class__ is not str:
        raise Malformed
    return str(value)


def _bytes(value: Value) -> str:
    return str(value.replace("-", "+").replace("_", "/"))


def _fraction(text: str) -> str:
    """A decimal fraction in 0, 3, 6 or 9 digits, with its dot."""
    digits = text.ljust(9, "0")
    for count in (0, 3, 6):
        if not digits[count:].strip("0"):
            return "." + digits[:count] if count else ""
    return "." + digits


@functools.lru_cache(maxsize=4096)  # the same few in every resource
def _duration(value: Value) -> str:
    if value[-1:] != "s":
        raise Malformed
    text: str = value[:-1]
    seconds, dot, fraction = text.partition(".")
    int(seconds)
    return seconds + (_fraction(fraction) if dot else "") + "s"


def _timestamp(value: Value) -> str:
    text: str = value
    head, dot, rest = text.partition(".")
    if not dot or not rest.endswith("Z"):
        return text
    return head + _fraction(rest[:-1]) + "Z"


class StructObject(dict[str, Value]):
    """An object of google.protobuf.Struct: free-form JSON, which one of istioctl's printers lays out apart."""


class StructList(list[Value]):
    """A list inside a google.protobuf.Struct."""


def _struct(value: Value) -> Value:
    kind = value.__class__
    if kind is float:
        return _float(value)
    if kind is dict:
        return {key: _struct(value[key]) for key in sorted(value)}
    if kind is list:
        return [_struct(item) for item in value]
    return value


def _marked_struct(value: Value) -> Value:
    kind = value.__class__
    if kind is dict:
        return StructObject((key, _marked_struct(value[key])) for key in sorted(value))
    if kind is list:
        return StructList(map(_marked_struct, value))
    return _float(value) if kind is float else value


def _as_is(value: Value) -> Value:
    return value


def _null(value: Value) -> Value:
    """An enum google.protobuf.NullValue: JSON's null is its value, not its absence."""
    return value


_NULL_IS_A_VALUE = frozenset({_struct, _marked_struct, _null})


_WELL_KNOWN: Mapping[str, Function] = {
    "google.protobuf.Struct": _struct,
    "google.protobuf.Value": _struct,
    "google.protobuf.ListValue": _struct,
    "google.protobuf.Duration": _duration,
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.FieldMask": _as_is,
    "google.protobuf.Int64Value": _int64,
    "google.protobuf.UInt64Value": _int64,
    "google.protobuf.Int32Value": _int32,
    "google.protobuf.UInt32Value": _int32,
    "google.protobuf.DoubleValue": _float,
    "google.protobuf.FloatValue": _float,
    "google.protobuf.BoolValue": _bool,
    "google.protobuf.StringValue": _string,
    "google.protobuf.BytesValue": _bytes,
}


class MessageFunction(Protocol):
    """The function of a message type; ``url``: the ``@type`` that the result begins with, where it stands in an Any."""

    def __call__(self, value: Value, url: str = "") -> Value: ...


# One input key of a message, the key in the output, the kind of field, what is done with its value, the field's default. Plain
# tuples: only those are taken apart fast.
_Plan = tuple[str, str, int, Function, Value]


class Converter:
    """Converts JSON objects of any message type of the schema; plans are compiled once and kept.

    One converter serves one run: what it does not understand is counted in ``notes``.
    """

    def __init__(
        self, names: Names = Names.JSON, notes: Notes | None = None, *, mark_structs: bool = False
    ) -> None:
        """mark_structs: make Struct values of the classes above instead of plain dicts and lists."""
        self.names = names
        struct = _marked_struct if mark_structs else _struct
        self._struct = struct
        free_form = self._free_form if names is Names.JSON else struct
        self._well_known = {k: free_form if f is _struct else f for k, f in _WELL_KNOWN.items()}
        self.notes = notes if notes is not None else Notes()
        self.redactions = 0
        self._messages: dict[str, MessageFunction] = {}
        self._any_functions: dict[str, Function] = {}

    def convert(self, type_name: str, value: Value) -> Value:
        """A JSON value of the message ``type_name`` (full name or type URL) in canonical form."""
        descriptor = find(type_name)
        if descriptor is None:
            self.notes.add(NoteKind.UNKNOWN_TYPE, type_name)
            return value
        return self._message(descriptor)(value)

    def any(self, value: Value) -> Value:
        """A JSON-form Any: an object whose ``@type`` names the message beside its fields."""
        if value.__class__ is not dict:
            raise Malformed
        if not value:
            return value
        url = value.get("@type")
        if url.__class__ is not str:
            self.notes.add(NoteKind.UNTYPED_ANY, ", ".join(sorted(map(str, value))))
            return value
        function = self._any_functions.get(url)
        if function is None:
            function = self._any_functions[url] = self._compile_any(url)
        return function(value)

    def _compile_any(self, url: str) -> Function:
        name = url.rsplit("/", 1)[-1]
        known = self.any if name == "google.protobuf.Any" else self._well_known.get(name)
        if known is not None:
            return lambda value: {"@type": url, "value": known(value["value"])} if "value" in value else value
        descriptor = find(name)
        if descriptor is None:

            def unknown(value: Value) -> Value:
                self.notes.add(NoteKind.UNKNOWN_TYPE, url)
                return self._redacted(value)

            return unknown
        return functools.partial(self._compiled(descriptor), url=url)

    def _message(self, descriptor: Descriptor) -> Function:
        name = descriptor.full_name
        if name == "google.protobuf.Any":
            return self.any
        return self._well_known.get(name) or self._compiled(descriptor)

    def _compiled(self, descriptor: Descriptor) -> MessageFunction:
        known = self._messages.get(descriptor.full_name)
        if known is None:
            known = self._messages[descriptor.full_name] = self._compile(descriptor)
        return known

    def _compile(self, descriptor: Descriptor) -> MessageFunction:
        """The function of a message. What it does with a field is made when a value first has it: message types refer to
        each other in circles."""
        fields = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
        shapes: dict[tuple[str, ...], list[_Plan]] = {}

        def shape(keys: tuple[str, ...]) -> list[_Plan]:
            known = sorted((key for key in keys if key in fields), key=lambda key: fields[key].index)
            result = [self._plan(key, fields[key]) for key in known]
            if all(key in fields or key == "@type" for key in keys) and len(shapes) < _MAX_SHAPES:
                shapes[keys] = result  # only shapes without unknown keys: those must be noted every time
            return result

        def convert(value: Value, url: str = "") -> Value:
            if value.__class__ is not dict:
                raise Malformed
            out: dict[str, Value] = {"@type": url} if url else {}
            keys = tuple(value)
            known = shapes.get(keys)
            ordered = shape(keys) if known is None else known
            try:
                for key, name, kind, function, default in ordered:
                    item = value[key]
                    if item is None:
                        if kind == _NULLABLE:
                            out[name] = None
                    elif kind <= _NULLABLE:
                        out[name] = function(item)
                    elif kind == _FILLED:
                        if item:
                            out[name] = function(item)
                    elif kind == _TEXT and item.__class__ is str:
                        if item:
                            out[name] = item
                    else:
                        item = function(item)
                        if item != default:
                            out[name] = item
            except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
                self._convert_carefully(value, out, ordered)
            if known is None:
                self._keep_unknown(descriptor, value, fields, out)
            return out

        return convert

    def _convert_carefully(
        self,
        value: dict[str, Value],
        out: dict[str, Value],
        ordered: list[_Plan],
    ) -> None:
        """The same walk a field at a time: a value of the wrong type is kept as it came and noted."""
        for key, name, kind, function, default in ordered:
            item = value[key]
            if item is None and kind != _NULLABLE:
                continue
            try:
                converted = item if item is None else function(item)
            except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
                self.notes.add(NoteKind.MALFORMED, f"{name}: {str(item)[:60]!r}")
                out[name] = item
                continue
            if kind <= _NULLABLE or (converted if kind == _FILLED else converted != default):
                out[name] = converted

    def _keep_unknown(
        self,
        descriptor: Descriptor,
        value: dict[str, Value],
        fields: Mapping[str, FieldDescriptor],
        out: dict[str, Value],
    ) -> None:
        for key, item in value.items():
            if key not in fields and key != "@type":
                self.notes.add(NoteKind.UNKNOWN_FIELD, f"{descriptor.full_name}.{key}")
                out[key] = self._redacted({key: item})[key]

    def _plan(self, key: str, field: FieldDescriptor) -> _Plan:
        kind, plain, default = self._field(field)
        function = self._guarded(field, plain)
        if function in _NULL_IS_A_VALUE or function == self._free_form:
            kind = _NULLABLE
        elif function is _string and kind == _IMPLICIT:
            kind = _TEXT
        out = field.json_name if self.names is Names.JSON else field.name
        return key, out, kind, function, default

    def _field(self, field: FieldDescriptor) -> tuple[int, Function, Value]:
        message = field.message_type
        if message is not None and message.GetOptions().map_entry:
            value_field = message.fields_by_name["value"]
            key_field = message.fields_by_name["key"]
            _, item, _ = self._field(value_field)
            return _FILLED, _map_function(item, key_field.type in _INT32 | _INT64), None
        if field.is_repeated:
            item = self._message(message) if message is not None else self._scalar(field)[0]
            return _FILLED, _list_function(item), None
        if message is not None:
            return _PRESENT, self._message(message), None
        function, default = self._scalar(field)
        return _PRESENT if field.has_presence else _IMPLICIT, function, default

    def _guarded(self, field: FieldDescriptor, function: Function) -> Function:
        """The function of a field that holds a secret takes the secret out first."""
        if self.names is not Names.JSON or field.name not in SENSITIVE:
            return function

        def guarded(value: Value) -> Value:
            return function(self._redacted({field.name: value})[field.name])

        return guarded

    def _free_form(self, value: Value) -> Value:
        """A Struct, which may stand for any message: what is secret in one is told by name and shape."""
        return self._struct(value if value.__class__ is str else self._redacted(value))

    def _redacted(self, value: Value) -> Value:
        clean, count = redact(value)
        self.redactions += count
        return clean

    def _scalar(self, field: FieldDescriptor) -> tuple[Function, Value]:
        kind = field.type
        if kind in _INT64:
            return _int64, "0"
        if kind in _INT32:
            return _int32, 0
        if kind in _FLOAT:
            return _float, 0
        if kind == F.TYPE_BOOL:
            return _bool, False
        if kind == F.TYPE_STRING:
            return _string, ""
        if kind == F.TYPE_BYTES:
            return _bytes, ""
        return self._enum(field.enum_type)

    def _enum(self, enum_type: EnumDescriptor | None) -> tuple[Function, Value]:
        assert enum_type is not None, "a field of type enum has one"
        if enum_type.full_name == "google.protobuf.NullValue":
            return _null, _NOT_A_DEFAULT
        name_of: dict[Value, str] = {value.number: value.name for value in reversed(enum_type.values)}
        names = name_of | {value.name: name_of[value.number] for value in enum_type.values}

        def function(value: Value) -> Value:
            name = names.get(value)
            if name is None:
                self.notes.add(NoteKind.UNKNOWN_ENUM, f"{value} of {enum_type.full_name}")
                return value
            return name

        return function, name_of.get(0)


def _list_function(item: Function) -> Function:
    def function(value: Value) -> Value:
        if value.__class__ is not list:
            raise Malformed
        return [item(element) for element in value]

    return function


def _map_function(item: Function, integer_keys: bool) -> Function:
    def function(value: Value) -> Value:
        if value.__class__ is not dict:
            raise Malformed
        keys = sorted(value, key=int) if integer_keys else sorted(value)
        return {key: item(value[key]) for key in keys}

    return function
