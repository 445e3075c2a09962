"""Typed reading of configuration: one class a message of Envoy's API, laid over the JSON as it came.

Theory of operation. A ``Message`` holds the JSON object of a dump and nothing else; its class declares the fields
that the API has (``meshctl/envoy/api``, generated from the descriptor set), so that mypy refuses a name that the
API does not have. A field is read when it is asked for: nothing is copied, what nobody asks for costs nothing,
and what the schema does not know stays in ``raw`` and is told by ``unknown``. A plain struct decoder was tried and
left: it drops unknown fields, and one value of a wrong type costs the whole message. A class is compiled from its
one-line-a-field ``SPEC`` with its first message, so that importing a package of the API costs next to nothing.

Values are those of proto3 JSON: absent scalars are their default, wrappers and messages None; numbers may be
strings. A value of a wrong JSON type raises ``Misread`` where it is needed and nowhere else: whoever needs the
value cannot decide, everything beside it stands. A oneof is read by its name and says which member is set; one
whose set member the schema does not know is undecidable, never "not set".
"""

from __future__ import annotations

import base64
import binascii
import functools
import importlib
import keyword
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, overload

from meshctl.envoy.anys import is_struct, unpack
from meshctl.patterns import expression
from meshctl.plain import Json

T = TypeVar("T")
M = TypeVar("M", bound="Message")
R = TypeVar("R")

_DURATION = expression(r"(-?\d+(?:\.\d*)?)s")
_CAMEL = expression(r"(?<=[a-z0-9])([A-Z])")


class Undecidable(Exception):
    """Raised where a fact is needed which neither the configuration nor the request holds."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misread(Undecidable):
    """A value whose JSON type is not the one that the API has there."""


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


class Field(Generic[T]):
    """A field of a message; reading it gives its value, reading it on the class gives the field itself."""

    __slots__ = ("attribute", "name", "owner")

    expects: ClassVar[str] = ""

    def __init__(self, argument: str = "") -> None:
        self.name = ""  # in JSON
        self.attribute = ""  # in Python
        self.owner = ""  # the message's full name

    @overload
    def __get__(self, message: None, owner: type[Message]) -> Field[T]: ...
    @overload
    def __get__(self, message: Message, owner: type[Message]) -> T: ...
    def __get__(self, message: Message | None, owner: type[Message]) -> Field[T] | T:
        if message is None:
            return self
        found = message.__dict__[self.attribute] = self.read(message.raw.get(self.name))
        return found

    def read(self, value: Any) -> T:
        raise NotImplementedError

    def misread(self, value: Any) -> Misread:
        """The error that names the field, what it holds and what the API has there."""
        place = f"{self.owner.rpartition('.')[2]}.{self.name}"
        return Misread(f"{place} is {_kind(value)}, where the API has {self.expects}")


class Text(Field[str]):
    __slots__ = ()
    expects = "a text"

    def __get__(self, message: Message | None, owner: type[Message]) -> Any:
        """The commonest field, in one call: a text that is there."""
        if message is None:
            return self
        value = message.raw.get(self.name)
        found = message.__dict__[self.attribute] = value if value.__class__ is str else self.read(value)
        return found

    def read(self, value: Any) -> str:
        if value.__class__ is str:
            return value
        if value is None:
            return ""
        raise self.misread(value)


class OptionalText(Field["str | None"]):
    """google.protobuf.StringValue: None when it is not set."""

    __slots__ = ()
    expects = "a text"

    def read(self, value: Any) -> str | None:
        if value is None or value.__class__ is str:
            return value
        raise self.misread(value)


class Bytes(Field[bytes]):
    __slots__ = ()
    expects = "bytes in base64"

    def read(self, value: Any) -> bytes:
        if value is None:
            return b""
        if not isinstance(value, str):
            raise self.misread(value)
        try:
            return base64.b64decode(
                value + "=" * (-len(value) % 4), altchars=b"-_" if set("-_") & set(value) else None
            )
        except (binascii.Error, ValueError):
            raise self.misread(value) from None


class Flag(Field[bool]):
    __slots__ = ()
    expects = "a truth value"

    def read(self, value: Any) -> bool:
        if value.__class__ is bool:
            return value
        if value is None:
            return False
        raise self.misread(value)


class OptionalFlag(Field["bool | None"]):
    """google.protobuf.BoolValue."""

    __slots__ = ()
    expects = "a truth value"

    def read(self, value: Any) -> bool | None:
        if value is None or value.__class__ is bool:
            return value
        raise self.misread(value)


def _integer(field: Field[Any], value: Any) -> int:
    if value.__class__ is int:
        return value
    try:
        if isinstance(value, str):  # 64 bit numbers are texts in proto3 JSON
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
    except ValueError:
        pass
    raise field.misread(value)


def _number(field: Field[Any], value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        if isinstance(value, str):  # "NaN", "Infinity", or a number as text
            return float(value)
    except ValueError:
        pass
    raise field.misread(value)


class Int(Field[int]):
    __slots__ = ()
    expects = "a whole number"

    def read(self, value: Any) -> int:
        return 0 if value is None else _integer(self, value)


class OptionalInt(Field["int | None"]):
    """google.protobuf.UInt32Value and its sisters."""

    __slots__ = ()
    expects = "a whole number"

    def read(self, value: Any) -> int | None:
        return None if value is None else _integer(self, value)


class Number(Field[float]):
    __slots__ = ()
    expects = "a number"

    def read(self, value: Any) -> float:
        return 0.0 if value is None else _number(self, value)


class OptionalNumber(Field["float | None"]):
    """google.protobuf.DoubleValue."""

    __slots__ = ()
    expects = "a number"

    def read(self, value: Any) -> float | None:
        return None if value is None else _number(self, value)


class Seconds(Field["float | None"]):
    """google.protobuf.Duration, in seconds."""

    __slots__ = ()
    expects = 'a duration ("1.5s")'

    def read(self, value: Any) -> float | None:
        if value is None:
            return None
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.misread(value)
        return float(found[1])


class Choice(Field[T]):
    """An enum, by the name of its value; a value that the schema does not know is undecidable."""

    __slots__ = ("names", "numbers")
    expects = "the name of a value"

    def __init__(self, numbers: str) -> None:
        """``numbers``: the enum's values, ``NAME=number`` separated by blanks; zero is the default."""
        super().__init__()
        pairs = [item.partition("=") for item in numbers.split()]
        self.names = frozenset(name for name, _, _ in pairs)
        self.numbers = {int(number): name for name, _, number in reversed(pairs)}

    def read(self, value: Any) -> T:
        if value is None:
            return cast(T, self.numbers[0])
        if value in self.names if isinstance(value, str) else False:
            return cast(T, value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self.misread(value)
        if isinstance(value, int) and value in self.numbers:
            return cast(T, self.numbers[value])
        place = f"{self.owner.rpartition('.')[2]}.{self.name}"
        raise Undecidable(f"{place} is {value}, a value that this version of meshctl does not know")


class Plain(Field[Json]):
    """google.protobuf.Struct: a plain JSON object."""

    __slots__ = ()
    expects = "an object"

    def read(self, value: Any) -> Json:
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        raise self.misread(value)


class AnyValue(Field[Any]):
    """google.protobuf.Value, or a message that stays plain (Timestamp, Empty): as it came."""

    __slots__ = ()

    def read(self, value: Any) -> Any:
        return value


class One(Field["M | None"], Generic[M]):
    """A message; None when it is not set."""

    __slots__ = ("_cls", "path")
    expects = "an object"

    def __init__(self, path: str) -> None:
        """``path``: ``module:Class.Nested`` in meshctl.envoy.api, imported when first read."""
        super().__init__()
        self.path = path
        self._cls: type[M] | None = None

    @property
    def cls(self) -> type[M]:
        if self._cls is None:
            self._cls = cast("type[M]", _resolve(self.path))
        return self._cls

    def __get__(self, message: Message | None, owner: type[Message]) -> Any:
        """In one call, as it is read often."""
        if message is None:
            return self
        value = message.raw.get(self.name)
        found = message.__dict__[self.attribute] = None if value is None else self.read(value)
        return found

    def read(self, value: Any) -> M | None:
        if value is None:
            return None
        if value.__class__ is dict:
            return (self._cls or self.cls)(value)
        raise self.misread(value)


class Many(Field["tuple[T, ...]"], Generic[T]):
    """A repeated field of anything: an absent one is empty."""

    __slots__ = ("item",)
    expects = "a list"

    def __init__(self, item: Field[Any]) -> None:
        super().__init__()
        self.item = item

    def read(self, value: Any) -> tuple[T, ...]:
        if value is None:
            return ()
        if value.__class__ is not list:
            raise self.misread(value)
        read = self.item.read
        if isinstance(self.item, One) and None in value:
            raise self.item.misread(None)
        return tuple([read(item) for item in value])


class MapOf(Field["dict[str, T]"], Generic[T]):
    """A map by text keys (numbers are texts in JSON too)."""

    __slots__ = ("item",)
    expects = "an object"

    def __init__(self, item: Field[Any]) -> None:
        super().__init__()
        self.item = item

    def read(self, value: Any) -> dict[str, T]:
        if value is None:
            return {}
        if value.__class__ is not dict:
            raise self.misread(value)
        return {key: self.item.read(item) for key, item in value.items()}


class OneOf(Field[T]):
    """Which member of a oneof is set: its field name, or None.

    When none that the schema knows is set and the message has a field that the schema does not know, that field
    may be the member: undecidable.
    """

    __slots__ = ("members",)

    def __init__(self, members: str) -> None:
        super().__init__()
        self.members = tuple(members.split())

    def __get__(self, message: Message | None, owner: type[Message]) -> Any:
        if message is None:
            return self
        raw = message.raw
        found = next((member for member in self.members if raw.get(member) is not None), None)
        if found is None and (unknown := message.unknown):
            place = f"{self.owner.rpartition('.')[2]}.{self.name}"
            raise Undecidable(
                f"{place} may be {', '.join(unknown)}, which this version of meshctl does not know"
            )
        message.__dict__[self.attribute] = found
        return found


class PackedField(Field["Packed | None"]):
    """google.protobuf.Any."""

    __slots__ = ()
    expects = "an object with @type"

    def read(self, value: Any) -> Packed | None:
        if value is None:
            return None
        if value.__class__ is dict:
            return Packed(value)
        raise self.misread(value)


class Message:
    """A message of the API, laid over its JSON. Subclasses are generated; their annotations say what reading gives.

    A field is read once: what it gave lies in ``__dict__``, where Python finds it before it asks the field again.
    """

    __slots__ = ("__dict__", "raw")

    TYPE: ClassVar[str] = ""
    SPEC: ClassVar[str] = ""  # "NAME [*|%]KIND ARGUMENT" a line: * for repeated, % for a map
    _fields: ClassVar[dict[str, Field[Any]] | None] = None

    def __init__(self, raw: Json) -> None:
        if not isinstance(raw, dict):
            name = self.TYPE.rpartition(".")[2]
            raise Misread(f"{name} is {_kind(raw)}, where the API has an object")
        self.raw = raw
        if self._fields is None:  # not in a __getattr__: with one Python reads every attribute the slow way
            _compile(type(self))

    def once(self, what: str, build: Callable[[Self], R]) -> R:
        """What somebody works out of the message, worked out once and kept with it; ``what`` is no field's name."""
        kept = self.__dict__
        if what not in kept:
            kept[what] = build(self)
        return cast(R, kept[what])

    @classmethod
    def fields(cls) -> Mapping[str, Field[Any]]:
        """The fields by their name in JSON."""
        return _compile(cls) if cls._fields is None else cls._fields

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of set fields that the schema does not have."""
        known = self.fields()
        return tuple(key for key in self.raw if key not in known and key != "@type")

    @property
    def unknown_inside(self) -> tuple[str, ...]:
        """The same, also of the messages that it holds (extensions are not opened)."""
        known = self.fields()
        found = list(self.unknown)
        for name, value in self.raw.items():
            kind = known.get(name)
            item = kind.item if isinstance(kind, Many | MapOf) else kind
            if isinstance(item, One):
                found += (
                    f"{name}.{one}" for part in _objects(kind, value) for one in item.cls(part).unknown_inside
                )
        return tuple(found)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.raw!r})"


def _objects(kind: Field[Any] | None, value: Any) -> list[Json]:
    """The messages that a field holds, one or many."""
    held = value.values() if isinstance(kind, MapOf) and isinstance(value, dict) else value
    found = held if isinstance(kind, Many | MapOf) and not isinstance(held, str | dict) else [held]
    return [one for one in found or () if isinstance(one, dict)]


_TAKEN = frozenset([*keyword.kwlist, *dir(Message)])


def attribute(name: str) -> str:
    """A field's name in Python: with an underscore behind where Python or ``Message`` has the name itself."""
    return f"{name}_" if name in _TAKEN else name


def _compile(cls: type[Message]) -> dict[str, Field[Any]]:
    """Give a class its fields, from its SPEC."""
    fields: dict[str, Field[Any]] = {}
    for line in cls.SPEC.splitlines():
        name, _, how = line.partition(" ")
        kind, _, argument = how.partition(" ")
        wrap = _WRAPS.get(kind[0])
        field = _KINDS[kind.lstrip("*%")](argument)
        python = attribute(name)
        field.name, field.owner, field.attribute = name, cls.TYPE, python
        if wrap is not None:
            field = wrap(field)
            field.name, field.owner, field.attribute = name, cls.TYPE, python
        setattr(cls, python, field)
        if not isinstance(field, OneOf):
            fields[name] = field
    cls._fields = fields
    return fields


class Packed:
    """An Any, opened (``anys``), as the typed message that it is."""

    __slots__ = ("raw", "struct", "type_name")

    def __init__(self, value: Json) -> None:
        self.struct = is_struct(value)  # written as a Struct: names may be in camelCase
        self.type_name, self.raw = unpack(value)

    def as_(self, cls: type[M]) -> M | None:
        """The message, if it is one of this class."""
        if self.type_name != cls.TYPE:
            return None
        return cls(snake(self.raw, cls) if self.struct else self.raw)


_KINDS: dict[str, Callable[[str], Field[Any]]] = {
    kind.__name__: kind
    for kind in (
        Text, OptionalText, Bytes, Flag, OptionalFlag, Int, OptionalInt, Number, OptionalNumber, Seconds, Choice,
        Plain, AnyValue, One, OneOf, PackedField,
    )
}  # fmt: skip
_WRAPS: dict[str, Callable[[Field[Any]], Field[Any]]] = {"*": Many, "%": MapOf}


def snake(raw: Json, cls: type[Message]) -> Json:
    """An object with the API's own field names, where it was written with JSON's; other names stay as they are."""
    result: Json = {}
    for key, value in raw.items():
        name = key if key in cls.fields() else _CAMEL.sub(r"_\1", key).lower()
        field = cls.fields().get(name)
        if field is None:
            result[key] = value
            continue
        item = field.item if isinstance(field, Many | MapOf) else field
        result[name] = _snake_value(value, field, item) if isinstance(item, One) else value
    return result


def _snake_value(value: Any, field: Field[Any], item: One[Any]) -> Any:
    if isinstance(field, MapOf) and isinstance(value, dict):
        return {k: snake(v, item.cls) if isinstance(v, dict) else v for k, v in value.items()}
    if isinstance(value, list):
        return [snake(v, item.cls) if isinstance(v, dict) else v for v in value]
    return snake(value, item.cls) if isinstance(value, dict) else value


def _resolve(path: str) -> type[Message]:
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(f"meshctl.envoy.api.{module}")
    for part in name.split("."):
        found = getattr(found, part)
    return cast("type[Message]", found)


@functools.lru_cache(maxsize=1024)
def message_class(full_name: str) -> type[Message] | None:
    """The class of a message by its full proto name; None when the typed model does not have it."""
    package, parts = full_name, list[str]()
    while "." in package:
        package, _, last = package.rpartition(".")
        parts.insert(0, last)
        if last[:1].islower():
            break
        try:
            return _resolve(f"{module_name(package)}:{'.'.join(parts)}")
        except (ModuleNotFoundError, AttributeError):
            continue
    return None


def module_name(package: str) -> str:
    """The module in meshctl.envoy.api that holds a proto package."""
    return package.removeprefix("envoy.").replace(".", "_")
