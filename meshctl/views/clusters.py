"""``proxy-config cluster``: which upstreams the proxy knows.

Follows istio/istioctl/pkg/writer/envoy/configdump/cluster.go: filters are substring tests on the whole name.
"""

from __future__ import annotations

import operator
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

    @property
    def is_empty(self) -> bool:
        return not (self.fqdn or self.direction or self.subset or self.port)

    def passes(self, name: str) -> bool:
        needles = (self.fqdn, self.direction, self.subset, f"|{self.port}|" if self.port else "")
        return all(needle in name for needle in needles)


def check(snapshot: Snapshot) -> None:
    if require(snapshot, KIND, "clusters").is_empty:
        raise MissingDataError(
            f"{snapshot.origin}: no clusters found",
            "The section is there but empty: Envoy had not yet received its configuration.",
        )


def select(snapshot: Snapshot, wanted: ClusterFilter) -> list[Resource]:
    """The clusters in force that pass, in istioctl's order; ties keep the order of the dump."""
    found = [r for r in states.in_force(snapshot, KIND) if wanted.passes(r.name)]
    return sorted(found, key=lambda r: subset_key.sort_key(r.name))


def _select_heads(snapshot: Snapshot, wanted: ClusterFilter) -> list[tuple[str, ClusterHead]]:
    """What the short table shows of the same clusters, each with its name."""
    heads = states.heads(snapshot, KIND)
    if heads is None:
        notes = snapshot.notes
        return [(r.name, typed.read(ClusterHead, r.raw, notes, r.path)) for r in select(snapshot, wanted)]
    everything = wanted.is_empty
    found = [
        (subset_key.sort_key(head.name), head) for _, head in heads if everything or wanted.passes(head.name)
    ]
    found.sort(key=operator.itemgetter(0))
    return [(head.name, head) for _, head in found]


def _columns(name: str, head: ClusterHead) -> tuple[str, ...]:
    rule = istio_config(head.metadata)
    if not subset_key.has_key(name):
        return name, "-", "-", "-", head.discovery_type, rule
    direction, subset, host, port = subset_key.parse(name)
    return host, str(port), subset or "-", direction, head.discovery_type, rule


def short(snapshot: Snapshot, wanted: ClusterFilter) -> Table:
    rows = [_columns(name, head) for name, head in _select_heads(snapshot, wanted)]
    states.note_unknown(snapshot.notes, (row[4] for row in rows), DISCOVERY_TYPES, f"{MESSAGE}.DiscoveryType")
    return Table(HEADER, rows)


def labelled(snapshot: Snapshot, wanted: ClusterFilter) -> Table:
    rows = []
    for name, head in _select_heads(snapshot, wanted):
        label = f"cluster/{name}" if name else ""
        columns = _columns(name, head)
        if not subset_key.has_key(name):
            columns = (label, *columns[1:])  # istioctl repeats the prefix there
        rows.append((label, *columns))
    return Table(("NAME", *HEADER), rows)


def values(snapshot: Snapshot, wanted: ClusterFilter, convert: Convert) -> Any:
    return [convert(MESSAGE, r.decoded()) for r in select(snapshot, wanted)]


def names(snapshot: Snapshot, wanted: ClusterFilter) -> list[str]:
    return [r.name for r in select(snapshot, wanted)]


def _wide(snapshot: Snapshot, wanted: ClusterFilter) -> Table:
    from meshctl.views.clusters_wide import wide

    found = [r for r in states.everything(snapshot, KIND) if wanted.passes(r.name)]
    return wide(snapshot, sorted(found, key=lambda r: subset_key.sort_key(r.name)))


VIEW: View[ClusterFilter] = View(
    check, short, labelled, _wide, values, names, lambda s: states.unseen(s, KIND, "cluster")
)
