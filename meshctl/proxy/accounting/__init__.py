"""Every field accounted for: which fields of a message the trace decides by, and what the others may do.

Theory of operation. ``fields.txt`` (and ``filters.txt``, for filters) says of every field of every message that a request meets: evaluated, accounted
for elsewhere, without effect, or not evaluated and what it may do to the request. A test holds it against the
descriptor set, so a newer schema lists its new fields. ``open_fields`` asks it of one message of a dump: which set
fields nobody evaluates, in the message and in those evaluated along with it. A field that the schema does not have,
an extension without a table, and a value of a wrong type may do anything. Whoever is about to decide by a message
(the chosen chain, the route, the cluster) takes its open fields as doubts on what follows.
"""

from __future__ import annotations

import functools
import pathlib
from typing import Any

from meshctl.envoy.message import (
    Field,
    Many,
    MapOf,
    One,
    Packed,
    PackedField,
    message_class,
)
from meshctl.plain import Json
from meshctl.proxy.contract import EVERYTHING, Effect
from meshctl.values import Struct, field


class OpenField(Struct, frozen=True):
    """A set field that nobody evaluates: where, and what it may do."""

    path: str
    may: frozenset[Effect]
    headers: tuple[str, ...] = ()  # the only ones that it may change; none named: any

    @property
    def reason(self) -> str:
        return f"{self.path} is not evaluated: it {_words(self.may)}"


def _words(may: frozenset[Effect]) -> str:
    if may == EVERYTHING:
        return "may do anything of its place"
    return "may " + ", ".join(_MAY[effect] for effect in Effect if effect in may)


_MAY = {
    Effect.ENDS: "end the request",
    Effect.CODE: "change the code",
    Effect.HEADERS: "change headers",
    Effect.PATH: "change the path",
    Effect.ROUTE: "change the route",
    Effect.HOST: "change where it is sent",
    Effect.METADATA: "write metadata",
    Effect.FILTER_STATE: "write filter state",
    Effect.IDENTITY: "change who the caller is",
    Effect.BODY: "change the body",
    Effect.TIMING: "delay it",
    Effect.SHARE: "change how hosts share the load",
}


class Account(Struct):
    """What is made of one message's fields, by name. sourced: evaluated by Envoy's source, and compared with no real one."""

    evaluated: set[str] = field(default_factory=set)
    sourced: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)
    harmless: dict[str, str] = field(default_factory=dict)
    open: dict[str, frozenset[Effect]] = field(default_factory=dict)
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of open fields that change only these

    @property
    def names(self) -> list[str]:
        """All names, with repetitions where a field stands in two places."""
        return [*self.evaluated, *self.sourced, *self.apart, *self.harmless, *self.open]


_FOLDER = pathlib.Path(__file__).parent  # importlib.resources takes longer to import than both tables to read


@functools.cache
def _blocks() -> dict[str, list[str]]:
    """The lines of each message, by its full name."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for table in ("fields.txt", "filters.txt"):
        for line in (_FOLDER / table).read_text("utf-8").splitlines():
            if line[:1] == " ":
                lines.append(line)
            elif line and line[0] != "#":
                lines = found[line] = []
    return found


@functools.cache
def accounts() -> dict[str, Account]:
    """The whole table, by the message's full name."""
    return {name: _read(lines) for name, lines in _blocks().items()}


@functools.lru_cache(maxsize=1024)
def account_of(type_name: str) -> Account | None:
    """What is made of the fields of this message; None for one that no table knows."""
    lines = _blocks().get(type_name)
    return None if lines is None else _read(lines)


def _read(lines: list[str]) -> Account:
    account = Account()
    for line in lines:
        verb, _, rest = line.strip().partition(" ")
        names, _, reason = rest.partition(" : ")
        words = names.split()
        if verb == "evaluated":
            account.evaluated.update(words)
        elif verb == "sourced":
            account.sourced.update(words)
        elif verb == "apart":
            account.apart.update(words)
        elif verb == "harmless":
            account.harmless.update(dict.fromkeys(words, reason))
        elif verb == "open":
            effects, _, headers = words[0].partition("=")
            account.open.update(dict.fromkeys(words[1:], frozenset(Effect[w] for w in effects.split("-"))))
            if headers:
                account.headers.update(dict.fromkeys(words[1:], tuple(headers.split(","))))
        else:
            raise ValueError(f"fields.txt: {line}")
    return account


def open_fields(raw: Json, type_name: str) -> tuple[OpenField, ...]:
    """The set fields of a message (JSON in proto names) that nobody evaluates, itself and what is evaluated with it."""
    found: list[OpenField] = []
    _enter(found, raw, type_name, type_name.rpartition(".")[2])
    return tuple(found)


def _enter(found: list[OpenField], raw: Json, type_name: str, path: str) -> None:
    account, cls = account_of(type_name), message_class(type_name)
    if account is None or cls is None:
        found.append(OpenField(f"{path} ({type_name or 'without a type'})", EVERYTHING))
        return
    for name, value in raw.items():
        if name in account.evaluated or name in account.sourced:
            if value.__class__ is dict or value.__class__ is list:
                _enter_inside(found, cls.fields()[name], value, f"{path}.{name}")
        elif name in account.harmless or name in account.apart or name == "@type":
            continue
        elif value is None or value is False or value == 0 or value == "" or value == []:
            continue  # as good as not set
        else:
            may = account.open.get(name, EVERYTHING)
            found.append(OpenField(f"{path}.{name}", may, account.headers.get(name, ())))


def _enter_inside(found: list[OpenField], kind: Field[Any], value: Any, path: str) -> None:
    """The open fields of an evaluated field's message or messages."""
    item = kind.item if isinstance(kind, Many | MapOf) else kind
    if isinstance(item, PackedField):
        for one in _each(value, kind):
            packed = Packed(one)
            _enter(found, packed.raw, packed.type_name, path)
    elif isinstance(item, One):
        for one in _each(value, kind):
            _enter(found, one, item.cls.TYPE, path)


def _each(value: Any, kind: Field[Any]) -> list[Json]:
    found = value.values() if isinstance(kind, MapOf) and isinstance(value, dict) else value
    found = [found] if isinstance(found, dict) else found
    return [one for one in found if isinstance(one, dict)] if not isinstance(found, str) else []
