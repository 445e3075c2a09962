"""The heads of a section's resources: what a short table shows of each, all read in one pass.

Theory of operation. ``Section.resources`` cuts a section into envelopes and bodies, and whoever wants a field of a body goes
through its bytes again: two passes and a dozen calls a resource, for oddities that hardly a dump has. Here one decoder has the
envelopes and, in them, the bodies' heads. It gives way (None) wherever something is not as Envoy prints it (a value of
another type, camelCase, a null, a body that is missing, a refused update), and the thorough way tells what that is.
``tests/unit/envoy/test_heads.py`` holds both against each other.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from meshctl.envoy.sections import Section
from meshctl.envoy.shapes import (
    ABSENT,
    BODIES,
    LAYOUT,
    SAMPLE,
    STATES,
    TEXTS,
    Array,
    EntryShape,
    SectionKind,
    State,
    StateShape,
    camel_names,
    has_camel_names,
    is_camel_case,
    states_are_camel,
    struct,
)

# The module and class of a head; a table needs one of them.
TYPES: dict[SectionKind, tuple[str, str]] = {
    SectionKind.CLUSTERS: ("clusters", "ClusterHead"),
    SectionKind.ENDPOINTS: ("endpoints", "LoadAssignment"),
    SectionKind.LISTENERS: ("listeners", "ListenerHead"),
    SectionKind.ROUTES: ("routes", "RouteConfigHead"),
}


class Heads(msgspec.Struct, frozen=True):
    """Each head with its place, as notes name it: in force in istioctl's order (dynamic ones first, then static);
    ``others``: whether there are some that are warming or draining."""

    in_force: list[tuple[str, Any]]
    others: bool = False


class _Odd(Exception):
    """Something that only the thorough way can tell."""


def read(section: Section) -> Heads | None:
    """The heads of a section; None where something is not plainly as Envoy prints it."""
    if section.kind not in TYPES:
        return None
    try:
        shape = _decoder(section.kind).decode(section.raw)
        return _heads(section, shape)
    except (msgspec.DecodeError, _Odd):
        return None


def _entry(kind: SectionKind, head: Any, namespace: dict[str, Any] | None = None) -> Any:
    """An entry of the section whose bodies are decoded to ``head``."""
    body = head | UnsetType
    state = (
        msgspec.defstruct("_State", [("listener", body, UNSET)], bases=(StateShape,), gc=False) | UnsetType
    )
    fields = [(name, body, UNSET) for name in _body_names(kind)] + [(key, state, UNSET) for key in STATES]
    return msgspec.defstruct("_Entry", fields, bases=(EntryShape,), namespace=namespace, gc=False)


def _body_names(kind: SectionKind) -> list[str]:
    return list(dict.fromkeys(array.body for array in LAYOUT[kind] if array.body not in STATES))


@functools.cache
def _decoder(kind: SectionKind) -> msgspec.json.Decoder[Any]:
    # not strict, as typed.read: numbers may come as texts
    module, name = TYPES[kind]
    head = getattr(importlib.import_module(f"meshctl.envoy.{module}"), name)
    entries: Any = list[_entry(kind, head)]  # type: ignore[misc]
    arrays: list[tuple[str, Any, Any]] = [(array.key, entries, []) for array in LAYOUT[kind]]
    return msgspec.json.Decoder(struct(f"_{kind.name}", [("version_info", str, ""), *arrays]), strict=False)


def _heads(section: Section, shape: Any) -> Heads:
    if has_camel_names(shape):
        raise _Odd
    dynamic: list[tuple[str, Any]] = []
    static: list[tuple[str, Any]] = []
    others = False
    for array in LAYOUT[section.kind]:
        entries = getattr(shape, array.key)
        if not entries:
            continue
        _check_envelopes(section.kind, entries)
        _check_spelling(section, array, entries)
        for key, state, heads in _bodies(array, entries):
            if section.kind is SectionKind.CLUSTERS and not all(head.name for head in heads):
                raise _Odd  # its name is looked for elsewhere
            if state not in (State.ACTIVE, State.STATIC):
                others = others or bool(heads)
                continue
            place = f"{array.key}[].{key}"
            (static if state is State.STATIC else dynamic).extend([(place, head) for head in heads])
    return Heads([*dynamic, *static], others)


def _bodies(array: Array, entries: list[Any]) -> Iterator[tuple[str, State, list[Any]]]:
    """The bodies of entries by where they stand and the state that says. Raises _Odd where one is missing."""
    if array.body not in STATES:
        yield array.body, array.state, _all_there(map(operator.attrgetter(array.body), entries))
        return
    for key, state in STATES.items():
        there = filter(None, map(operator.attrgetter(key), entries))
        yield f"{key}.listener", state, _all_there(one.listener for one in there)


def _all_there(bodies: Iterable[Any]) -> list[Any]:
    found = list(bodies)
    if any(body is UNSET for body in found):
        raise _Odd
    return found


def _check_envelopes(kind: SectionKind, entries: list[Any]) -> None:
    """Raises _Odd where an entry has a name in camelCase, a refused update, or a body of another section."""
    parts, none = _strange(kind)
    if list(map(parts, entries)).count(none) < len(entries) or states_are_camel(entries):
        raise _Odd


@functools.cache
def _strange(kind: SectionKind) -> tuple[Callable[[Any], Any], tuple[Any, ...]]:
    names = [*camel_names(EntryShape), *(name for name in BODIES if name not in _body_names(kind))]
    return operator.attrgetter(*names), (ABSENT,) * len(names)


def _check_spelling(section: Section, array: Array, entries: list[Any]) -> None:
    """Raises _Odd where one of the first bodies has a name in camelCase, as ``Section`` looks at them."""
    first = _sampler(section.kind, array.key).first_entries(section.raw, min(SAMPLE, len(entries)))
    if list(map(_texts, first)) != list(map(_texts, entries[:SAMPLE])):
        raise _Odd  # the section has the array twice
    if any(is_camel_case(body) for _, _, bodies in _bodies(array, first) for body in bodies):
        raise _Odd


_texts = operator.attrgetter(*TEXTS)


class _Enough(Exception):
    """The entries that are wanted are there; what follows need not be read."""


class _Sampler:
    """The first entries of an array, with the names of their bodies, for which no more is read than what stands before."""

    def __init__(self, kind: SectionKind, key: str) -> None:
        take = {"__post_init__": lambda entry: self._take(entry)}
        entries: Any = list[_entry(kind, dict[str, msgspec.Raw], take)]  # type: ignore[misc]
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("_Firsts", [(key, entries, [])]))
        self._found: list[Any] = []
        self._count = 0

    def first_entries(self, section: msgspec.Raw, count: int) -> list[Any]:
        found = self._found = []
        self._count = count
        with contextlib.suppress(_Enough):
            self._decoder.decode(section)
        return found

    def _take(self, entry: Any) -> None:
        self._found.append(entry)
        if len(self._found) == self._count:
            raise _Enough


_sampler = functools.cache(_Sampler)
