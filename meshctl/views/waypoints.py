"""``waypoint list``: the Gateways that are waypoints, of which revision and traffic, and whether they are programmed.

Follows istio/istioctl/pkg/waypoint/waypoint.go.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from meshctl.plain import Json, labels_of, name_of, namespace_of, object_at, objects_at
from meshctl.views.table import Table

_CLASS = "istio-waypoint"


class Waypoint(msgspec.Struct, frozen=True):
    """One waypoint; programmed as its condition has it, and why not."""

    namespace: str
    name: str
    revision: str
    traffic: str
    programmed: str
    reason: str


def waypoints(gateways: Iterable[Json]) -> list[Waypoint]:
    """By namespace and name."""
    found = [_waypoint(one) for one in gateways if object_at(one, "spec").get("gatewayClassName") == _CLASS]
    return sorted(found, key=lambda one: (one.namespace, one.name))


def _waypoint(gateway: Json) -> Waypoint:
    labels = labels_of(gateway)
    conditions = objects_at(object_at(gateway, "status"), "conditions")
    told: Json = next((one for one in conditions if one.get("type") == "Programmed"), {})
    return Waypoint(
        namespace_of(gateway),
        name_of(gateway),
        labels.get("istio.io/rev") or "default",
        labels.get("istio.io/waypoint-for") or "none",
        str(told.get("status") or "False"),
        str(told.get("message") or told.get("reason") or ""),
    )


def table(found: list[Waypoint], all_namespaces: bool, *, given: bool) -> Table:
    """given: whether there are any Gateways; istioctl prints a bare header where none of them is a waypoint."""
    header = ("NAME", "REVISION", "TRAFFIC TYPE", "PROGRAMMED")
    rows = [(one.name, one.revision, one.traffic, one.programmed) for one in found]
    if all_namespaces:
        header = ("NAMESPACE", *header)  # type: ignore[assignment]
        rows = [(one.namespace, *row) for one, row in zip(found, rows, strict=True)]  # type: ignore[misc]
    return Table(header, rows, message="" if given else "No waypoints found.")
