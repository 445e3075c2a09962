"""``proxy-config cluster``: which upstreams the proxy knows.

Follows istio/istioctl/pkg/writer/envoy/configdump/cluster.go: filters are substring tests on the whole name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.clusters import DISCOVERY_TYPES, ClusterHead, istio_config
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot
from meshctl.errors import MissingDataError
from meshctl.views import states, subset_key
from meshctl.views.table import Table
from meshctl.views.view import View, require

KIND = SectionKind.CLUSTERS
MESSAGE = "envoy.config.cluster.v3.Cluster"
HEADER = ("SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE")


class ClusterFilter(msgspec.Struct, frozen=True):
    """istioctl's filters; an empty one passes everything."""

    fqdn: str = ""
    direction: str = ""
    subset: str = ""
    port: int = 0

    def passes(self, name: str) -> bool:
        needles = (self.fqdn, self.direction, self.subset, f"|{self.port}|" if self.port else "")
        return all(needle in name for needle in needles)


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "clusters")
    if not snapshot.resources(KIND):
        raise MissingDataError(
            f"{snapshot.origin}: no clusters found",
            "The section is there but empty: Envoy had not yet received its configuration.",
        )


def select(snapshot: Snapshot, wanted: ClusterFilter) -> list[Resource]:
    """The clusters in force that pass, in istioctl's order; ties keep the order of the dump."""
    found = [r for r in states.in_force(snapshot, KIND) if wanted.passes(r.name)]
    return sorted(found, key=lambda r: subset_key.sort_key(r.name))


def _columns(resource: Resource, snapshot: Snapshot) -> tuple[str, ...]:
    head = typed.read(ClusterHead, resource.raw, snapshot.notes, resource.path)
    rule = istio_config(head.metadata)
    if not subset_key.has_key(resource.name):
        return resource.name, "-", "-", "-", head.discovery_type, rule
    key = subset_key.parse(resource.name)
    return key.host, str(key.port), key.subset or "-", key.direction, head.discovery_type, rule


def short(snapshot: Snapshot, wanted: ClusterFilter) -> Table:
    rows = [_columns(r, snapshot) for r in select(snapshot, wanted)]
    states.note_unknown(snapshot.notes, (row[4] for row in rows), DISCOVERY_TYPES, f"{MESSAGE}.DiscoveryType")
    return Table(HEADER, rows)


def labelled(snapshot: Snapshot, wanted: ClusterFilter) -> Table:
    rows = []
    for resource in select(snapshot, wanted):
        name = f"cluster/{resource.name}" if resource.name else ""
        columns = _columns(resource, snapshot)
        if not subset_key.has_key(resource.name):
            columns = (name, *columns[1:])  # istioctl repeats the prefix there
        rows.append((name, *columns))
    return Table(("NAME", *HEADER), rows)


def values(snapshot: Snapshot, wanted: ClusterFilter, convert: Convert) -> Any:
    return [convert(MESSAGE, r.value) for r in select(snapshot, wanted)]


def names(snapshot: Snapshot, wanted: ClusterFilter) -> list[str]:
    return [r.name for r in select(snapshot, wanted)]


def _wide(snapshot: Snapshot, wanted: ClusterFilter) -> Table:
    from meshctl.views.clusters_wide import wide

    found = [r for r in states.everything(snapshot, KIND) if wanted.passes(r.name)]
    return wide(snapshot, sorted(found, key=lambda r: subset_key.sort_key(r.name)))


VIEW: View[ClusterFilter] = View(
    check, short, labelled, _wide, values, names, lambda s: states.unseen(s, KIND, "cluster")
)
