"""What the checks over several pods take down of one pod, and how it is kept until all pods are in.

Theory of operation. Several checks may judge the same facts: a ``Source`` is the function that takes them down, with the
checks that judge them. A fact is a plain value, so it may be kept as JSON, where the pods are read by several processes,
and is read again by the type that its function says it returns: whoever wrote the JSON, only such a value comes of it.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import msgspec

from meshctl.check.check import SHAPES, MeshCheck, stumbled
from meshctl.check.finding import Open
from meshctl.check.subject import Need, Subject
from meshctl.check.table import MESH_CHECKS
from meshctl.values import Struct


class Source(Struct, frozen=True):
    """Where the facts of some checks come from. name: stays the same between runs."""

    name: str
    collect: Callable[[Subject], Any]
    needs: tuple[Need, ...]
    checks: tuple[MeshCheck, ...]

    def of(self, subject: Subject) -> Any:
        """The fact about a pod; None: there is none; ``Open`` where the pod cannot be read."""
        if any(subject.gaps[need] is not None for need in self.needs):
            return None
        try:
            return self.collect(subject)
        except SHAPES as error:
            return Open(self.checks[0].code, stumbled(error), "", (subject.name,))

    def encoded(self, fact: Any) -> str:
        """A fact as JSON: the same text for the same fact."""
        plain = msgspec.to_builtins(fact, str_keys=True, order="deterministic")
        return msgspec.json.encode(plain).decode()

    def decoded(self, text: str, one_of: Callable[[Any], Any]) -> Any:
        """The fact that was encoded; raises ``msgspec.DecodeError`` where it is none. Equal parts of many are kept once."""
        wanted = typing.get_type_hints(self.collect)["return"]
        return _kept_once(msgspec.json.decode(text, type=wanted), one_of)


def _sources() -> tuple[Source, ...]:
    found: dict[tuple[Any, ...], list[MeshCheck]] = {}
    for check in MESH_CHECKS:
        found.setdefault((check.collect, check.needs), []).append(check)
    return tuple(
        Source(f"{collect.__module__.rpartition('.')[2]}.{collect.__name__}", collect, needs, tuple(checks))
        for (collect, needs), checks in found.items()
    )


SOURCES = _sources()
# What judges ask for of the cluster: objects by their plurals, and the istiods' pages.
OBJECTS = (
    "authorizationpolicies",
    "destinationrules",
    "gateways",
    "istiods",
    "serviceentries",
    "services",
    "virtualservices",
)


def _kept_once(value: Any, one_of: Callable[[Any], Any]) -> Any:
    """A value whose parts are the first ones that were equal to them."""
    if isinstance(value, dict):
        return {one_of(key): _kept_once(item, one_of) for key, item in value.items()}
    if isinstance(value, Struct):
        parts = {name: _kept_once(getattr(value, name), one_of) for name in value.__struct_fields__}
        value = type(value)(**parts)
    elif isinstance(value, tuple):
        value = tuple(_kept_once(item, one_of) for item in value)
    try:
        return one_of(value)
    except TypeError:  # it holds a map
        return value


def is_fact(value: Any) -> bool:
    """Whether a source told something of a pod."""
    return value is not None and not isinstance(value, Open)


__all__ = ["OBJECTS", "SOURCES", "Source", "is_fact"]
