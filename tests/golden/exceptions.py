"""The deliberate differences from istioctl, each with its reason; docs/istioctl-compat.md tells them to users.

An exception says exactly which difference it explains, and is checked, not assumed: order may differ only where
istioctl's own comparison leaves it open, a failure may become an answer only where istioctl failed for that reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.golden.cases import Case
from tests.golden.compare import Result, expected_rc


@dataclass(frozen=True)
class Exception_:
    """One deliberate difference: its name, why it is, how many recordings show it, and how it is recognised."""

    name: str
    reason: str
    count: int
    explains: Callable[[Case, Result], bool]


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "surrogateescape").split("\n")


def _blocks(text: bytes) -> list[list[str]]:
    """The tables of ``all``, which an empty line divides."""
    blocks: list[list[str]] = [[]]
    for line in _lines(text):
        if line:
            blocks[-1].append(line)
        else:
            blocks.append([])
    return blocks


def _is_route_table(block: list[str]) -> bool:
    return bool(block) and block[0].startswith("NAME") and ("VHOST NAME" in block[0] or "VIRTUAL HOSTS" in block[0])


def _is_listener_table(block: list[str]) -> bool:
    return bool(block) and "ADDRESSES" in block[0]


def _is_cluster_table(block: list[str]) -> bool:
    return bool(block) and "SERVICE FQDN" in block[0]


def _reordered(
    case: Case, result: Result, may_differ: Callable[[list[str]], bool], key: Callable[[str], object]
) -> bool:
    """Whether only tables of one kind differ, and those only in the order of lines with equal keys."""
    if case.stdout is None or result.rc != expected_rc(case):
        return False
    theirs, ours = _blocks(case.stdout), _blocks(result.stdout)
    if len(theirs) != len(ours):
        return False
    for a, b in zip(theirs, ours, strict=True):
        if a == b:
            continue
        if not may_differ(a) or a[0] != b[0] or sorted(a) != sorted(b):
            return False
        if [key(line) for line in a[1:]] != [key(line) for line in b[1:]]:
            return False
    return True


def _route_number(line: str) -> int | None:
    name = line.removeprefix("route/").split(" ", 1)[0]
    return int(name) if name.isdigit() else None


def _numbers_ascend(names: Iterable[str]) -> bool:
    """Our order of route tables: numeric names by number, then the others by name."""
    names = list(names)
    return names == sorted(names, key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n))


def _route_order(case: Case, result: Result) -> bool:
    if case.stdout is None or result.rc != expected_rc(case):
        return False
    if "json" in case.argv or "yaml" in case.argv:
        return _route_documents(case.stdout, result.stdout, "json" in case.argv)
    theirs, ours = _blocks(case.stdout), _blocks(result.stdout)
    for a, b in zip(theirs, ours, strict=False):
        if a != b and not (_is_route_table(a) and a[0] == b[0] and sorted(a) == sorted(b)):
            return False
    names = [
        line.removeprefix("route/").split(" ", 1)[0] for block in ours if _is_route_table(block) for line in block[1:]
    ]
    return len(theirs) == len(ours) and _numbers_ascend(names)


def _route_documents(theirs: bytes, ours: bytes, is_json: bool) -> bool:
    """The same elements, byte for byte, in another order."""
    if is_json:
        names = [route.get("name", "") for route in json.loads(ours)]
        a, b = (sorted(text.strip(b"[]\n").split(b"\n    },\n    {\n")) for text in (theirs, ours))
        a, b = ([element.strip(b" {}\n") for element in sorted(x)] for x in (a, b))
        return sorted(a) == sorted(b) and _numbers_ascend(names)
    split = lambda text: sorted((b"\n" + text.rstrip(b"\n")).split(b"\n- "))  # noqa: E731
    return split(theirs) == split(ours)


EXCEPTIONS = [
    Exception_(
        "route order",
        "istioctl sorts route tables with a comparison that is no ordering; ours is by number, then name.",
        0,
        _route_order,
    ),
]
