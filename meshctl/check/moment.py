"""When a dump was taken, as far as it tells: certificates are judged by the time of the dump, not of the reading.

Live it is now. A snapshot says when it was made. Else the time Envoy was started and how long it ran (/server_info),
else the latest update in the dump, which is only a moment at which the dump was not yet taken.
"""

from __future__ import annotations

import datetime
import re

from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.sections import SectionKind
from meshctl.envoy.snapshot import Snapshot
from meshctl.values import Struct


class Moment(Struct, frozen=True):
    """A time; exact: the dump was taken then. Otherwise it was taken then or later."""

    time: datetime.datetime
    exact: bool


def parse_time(text: str) -> datetime.datetime | None:
    """A timestamp of proto3 JSON."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def moment_of(snapshot: Snapshot, now: float | None) -> Moment | None:
    """When a snapshot was taken; None where nothing tells."""
    if now is not None:
        return Moment(datetime.datetime.fromtimestamp(now, datetime.UTC), True)
    started = _bootstrap_time(snapshot)
    uptime = uptime_of(snapshot)
    if started is not None and uptime is not None:
        return Moment(started + datetime.timedelta(seconds=uptime), True)
    times = [
        parse_time(r.last_updated) for kind in SectionKind for r in snapshot.resources(kind) if r.last_updated
    ]
    latest = max((time for time in [started, *times] if time is not None), default=None)
    return None if latest is None else Moment(latest, False)


def _bootstrap_time(snapshot: Snapshot) -> datetime.datetime | None:
    section = snapshot.section(SectionKind.BOOTSTRAP)
    raw = section.fields.get("last_updated") if section is not None else None
    return parse_time(bytes(raw).decode().strip('" ')) if raw is not None else None


def uptime_of(snapshot: Snapshot) -> float | None:
    """How many seconds Envoy had run; None where /server_info was not given."""
    info = snapshot.json(DocumentKind.SERVER_INFO) or {}
    text = str(info.get("uptime_current_epoch") or "")
    return float(text[:-1]) if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?s", text) else None
