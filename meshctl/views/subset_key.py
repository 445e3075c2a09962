"""Istio's cluster names: ``direction|port|subset|host`` and the SNI form ``outbound_.port_._.host``.

Follows ParseSubsetKey in istio/pilot/pkg/model/push_context.go, its odd cases included, because they show in
istioctl's tables: what cannot be parsed is left empty, what was parsed so far is kept.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from meshctl.patterns import expression

_SRV_PREFIXES = ("outbound_", "inbound_")
_INTEGER = expression(r"[+-]?[0-9]+")
_SHORT = 18  # digits that cannot be out of range
_MAX_INT = 2**63 - 1
_BARS = 3  # in a subset key


class SubsetKey(NamedTuple):
    """The parts of a cluster name."""

    direction: str = ""
    subset: str = ""
    host: str = ""
    port: int = 0


def atoi(text: str) -> int | None:
    """Go's strconv.Atoi: None where it reports a syntax error, the nearest limit out of range."""
    if text.isdecimal() and text.isascii() and len(text) < _SHORT:
        return int(text)
    if not _INTEGER.fullmatch(text):
        return None
    return max(-_MAX_INT - 1, min(_MAX_INT, int(text)))


def has_key(name: str) -> bool:
    """Whether istioctl takes a cluster's name for a subset key."""
    return name.count("|") >= _BARS


@functools.cache  # a name is parsed once to sort by it and once to show it
def parse(name: str) -> SubsetKey:
    separator = "_." if name.startswith(_SRV_PREFIXES) else "|"
    parts = name.split(separator, 3)
    if len(parts) < 2:
        return SubsetKey()
    if len(parts) == 2:
        return SubsetKey(direction=parts[0])
    port = atoi(parts[1]) or 0
    if len(parts) == 3:
        return SubsetKey(direction=parts[0], port=port)
    host = "" if separator in parts[3] else parts[3]
    return SubsetKey(parts[0], parts[2], host, port)


def sort_key(name: str) -> tuple[str, str, int, str]:
    """The order of clusters and endpoints in every istioctl view: host, subset, port, direction."""
    if name.count("|") < _BARS:
        return name, "", 0, ""
    direction, subset, host, port = parse(name)
    return host, subset, port, direction
