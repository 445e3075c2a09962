"""A snapshot of just the resources that a test is about, and one row of a view's table by its columns."""

from __future__ import annotations

import json
from typing import Any

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import Snapshot
from meshctl.views.table import Table

Json = dict[str, Any]
_ADMIN = "type.googleapis.com/envoy.admin.v3."


def snapshot_of(section: str, **arrays: Any) -> Snapshot:
    """``snapshot_of("ClustersConfigDump", static_clusters=[…])``"""
    notes = Notes()
    data = json.dumps({"configs": [{"@type": f"{_ADMIN}{section}", **arrays}]}).encode()
    return snapshot.load(documents.read(data, "test", notes), "test", notes)


def clusters(*messages: Json) -> Snapshot:
    return snapshot_of("ClustersConfigDump", static_clusters=[{"cluster": message} for message in messages])


def listeners(*messages: Json) -> Snapshot:
    entries = [
        {"name": message.get("name", ""), "active_state": {"listener": message}} for message in messages
    ]
    return snapshot_of("ListenersConfigDump", dynamic_listeners=entries)


def routes(*messages: Json) -> Snapshot:
    return snapshot_of(
        "RoutesConfigDump", dynamic_route_configs=[{"route_config": message} for message in messages]
    )


def endpoints(*messages: Json) -> Snapshot:
    return snapshot_of(
        "EndpointsConfigDump", dynamic_endpoint_configs=[{"endpoint_config": m} for m in messages]
    )


def hosts(*statuses: Json) -> Snapshot:
    """What ``/clusters?format=json`` answers."""
    notes = Notes()
    data = json.dumps({"cluster_statuses": list(statuses)}).encode()
    return snapshot.load(documents.read(data, "test", notes), "test", notes)


def columns(table: Table, name: str) -> list[str]:
    """A column, by its header."""
    at = table.header.index(name)
    return [row[at] for row in table.rows]
