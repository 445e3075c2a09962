"""The values of a JSON document that hold given places, without decoding the others.

A document is cut open a level at a time (``msgspec.Raw``), and where each part lies in its bytes is reckoned from their
lengths. That would go wrong where a name stands twice in an object: of those a decoder keeps the last alone, and the
first would pass for looked at. ``Twice`` is raised wherever that may have happened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_GAP = re.compile(rb"[\s,]*")
_NAME = re.compile(rb'[\s,]*"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*:\s*')
_END = re.compile(rb"\s*\}")


class TwiceError(ValueError):
    """Raised when a name stands twice in an object, or that cannot be ruled out."""


def decoded(raw: bytes) -> Any:
    """A JSON value. Raises TwiceError when a name in it stands twice in an object."""
    value = msgspec.json.decode(raw)
    # each member has a colon: where one was dropped there are more of them than in what is left
    if raw.count(b":") != msgspec.json.encode(value).count(b":") or b"\\u003a" in raw or b"\\u003A" in raw:
        try:
            json.loads(raw, object_pairs_hook=_once)
        except ValueError as error:  # a number of thousands of digits, too
            raise TwiceError from error
    return value


def _once(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) < len(members):
        raise TwiceError


def items(raw: bytes, parts: list[msgspec.Raw], last: int) -> Iterator[tuple[int, int]]:
    """Where the items of a list begin and end, as far as the place ``last``."""
    at = raw.index(b"[") + 1
    for part in parts:
        begin = _past(_GAP, raw, at)
        at = begin + memoryview(part).nbytes
        yield begin, at
        if at > last:
            return


def members(raw: bytes, parts: dict[str, msgspec.Raw]) -> Iterator[tuple[str, int, bytes]]:
    """The members of an object: each one's name, where its value begins, and the value."""
    at = raw.index(b"{") + 1
    for name, part in parts.items():
        begin, value = _past(_NAME, raw, at), bytes(part)
        if not raw.startswith(value, begin):
            raise TwiceError
        yield name, begin, value
        at = begin + len(value)
    _past(_END, raw, at)


def _past(pattern: re.Pattern[bytes], raw: bytes, at: int) -> int:
    match = pattern.match(raw, at)
    if match is None:
        raise TwiceError
    return match.end()
