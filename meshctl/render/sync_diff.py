"""A comparison with istiod as text: istioctl's sentences, and a unified diff of both sides as golang's jsonpb prints them.

istioctl's differ (pmezard/go-difflib) is a translation of Python's, so the hunks are the same. Follows
istio/istioctl/pkg/writer/compare.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from meshctl.render.jsonpb_out import render
from meshctl.views.sync.compare import Comparison

_CONTEXT = 7
_THEIRS = (
    "Clusters",
    "Listeners",
    "Routes",
)  # what istioctl compares; the others are shown where they differ


def text(found: Sequence[Comparison]) -> str:
    """Everything that differs, and istioctl's word for what does not."""
    return "".join(part for one in found for part in _section(one))


def _section(one: Comparison) -> Iterable[str]:
    when = f" (RDS last loaded at {_rfc1123(one.updated)})" if one.updated else ""
    if one.differs:
        yield f"{one.title} Don't Match{when}\n{unified(one)}\n"
    elif one.title in _THEIRS and one.differs is not None:
        yield f"{one.title} Match{when}\n"


def unified(one: Comparison) -> str:
    """The diff of one type."""
    theirs, ours = _lines(one.istiod), _lines(one.envoy)
    return "".join(
        difflib.unified_diff(theirs, ours, f"Istiod {one.title}", f"Envoy {one.title}", n=_CONTEXT)
    )


def _lines(side: Any) -> list[str]:
    printed = side if isinstance(side, str) else render(side).decode()
    return [f"{line}\n" for line in printed.removesuffix("\n").split("\n")]


def _rfc1123(moment: str) -> str:
    """A time in the zone of this machine, as Go's time.RFC1123."""
    try:
        then = datetime.datetime.fromisoformat(moment).astimezone()
    except ValueError:
        return moment
    days, months = _DAYS[then.weekday()], _MONTHS[then.month - 1]
    return f"{days}, {then.day:02} {months} {then:%Y %H:%M:%S %Z}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def summary(found: Sequence[Comparison]) -> str:
    """What istioctl does not compare, in one sentence."""
    said = [
        f"{one.title.lower()} {'do not match' if one.differs else 'match' if one.differs is not None else f'not compared ({one.missing})'}"
        for one in found
        if one.title not in _THEIRS
    ]
    return "; ".join(said)


def document(found: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The same as values."""
    return [
        {
            "type": one.title,
            "match": None if one.differs is None else not one.differs,
            "differing": list(one.names),
            **({"notCompared": one.missing} if one.missing else {}),
            **({"diff": unified(one).splitlines()} if one.differs else {}),
        }
        for one in found
    ]
