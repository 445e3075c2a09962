"""What every proxy-config view can do, so that commands and ``all`` treat them alike.

A view is a value: functions from a snapshot and the view's filter to a table, to JSON values, or to names.
Adding a view is one module that makes a ``View``, and one line in the commands' table.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Section, SectionKind, Snapshot
from meshctl.errors import MissingDataError
from meshctl.views.table import Table

F = TypeVar("F")


class Layout(enum.Enum):
    """Which of Go's three JSON writers istioctl uses for a view; they differ in blanks and escapes."""

    ENCODING_JSON = "lists of resources: encoding/json"
    JSONPB = "bootstrap and secrets: golang/protobuf jsonpb"
    PROTOJSON = "extension configurations: google.golang.org/protobuf protojson"


class View(msgspec.Struct, Generic[F], frozen=True):
    """One view.

    check: raises MissingDataError when the snapshot cannot answer; names the request that would help.
    short: istioctl's table; labelled: the same with the type's prefix before each name, as ``all`` prints it.
    values: what ``-o json`` prints, converted. names: one name a line.
    unseen: sentences about resources that the short table does not show.
    """

    check: Callable[[Snapshot], None]
    short: Callable[[Snapshot, F], Table]
    labelled: Callable[[Snapshot, F], Table]
    wide: Callable[[Snapshot, F], Table]
    values: Callable[[Snapshot, F, Convert], Any]
    names: Callable[[Snapshot, F], list[str]]
    unseen: Callable[[Snapshot], list[str]]
    layout: Layout = Layout.ENCODING_JSON


_REQUESTS = {
    SectionKind.ENDPOINTS: "/config_dump?include_eds",
}


def require(snapshot: Snapshot, kind: SectionKind, what: str) -> Section:
    """The section. Raises MissingDataError where the dump lacks it."""
    section = snapshot.section(kind)
    if section is not None:
        return section
    request = _REQUESTS.get(kind, "/config_dump")
    raise MissingDataError(
        f"{snapshot.origin} has no {what} (no {kind.value})",
        "Envoy prints that section only when asked for it." if kind is SectionKind.ENDPOINTS else "",
        f"Save it with `curl localhost:15000{request}` inside the pod.",
    )
