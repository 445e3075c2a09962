"""``proxy-config endpoint``: the hosts that Envoy uses now, from ``/clusters?format=json``.

Follows istio/istioctl/pkg/writer/envoy/clusters/clusters.go. STATUS there is only what the control plane said;
health checks and removal show in the wide table. From a config_dump with endpoints the same table is made,
without the outlier state, which only ``/clusters`` has.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.addresses import Address
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.endpoints import (
    HEALTH_STATUSES,
    ClusterHosts,
    ClusterStatus,
    ClusterStatuses,
    HealthFlags,
    HostStatus,
)
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import MissingDataError
from meshctl.views import eds, states
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.endpoints_wide import wide_assignments, wide_hosts
from meshctl.views.table import Table
from meshctl.views.view import View

MESSAGE = "envoy.admin.v3.ClusterStatus"
HEADER = ("ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER")


def check(snapshot: Snapshot) -> None:
    if _has_clusters(snapshot) or snapshot.section(eds.KIND) is not None:
        return
    raise MissingDataError(
        f"{snapshot.origin} has no endpoints",
        "They are in /clusters?format=json, and in a config_dump only when asked for.",
        "Save `curl 'localhost:15000/clusters?format=json'` or `curl localhost:15000/config_dump?include_eds`"
        " inside the pod.",
    )


def _has_clusters(snapshot: Snapshot) -> bool:
    return DocumentKind.CLUSTERS in snapshot.documents


class Cluster(msgspec.Struct, frozen=True):
    """A cluster of /clusters: its bytes and its head."""

    raw: msgspec.Raw
    head: ClusterStatus


def _clusters(snapshot: Snapshot) -> list[Cluster]:
    document = snapshot.documents[DocumentKind.CLUSTERS]
    raws = typed.read(ClusterStatuses, document.data, snapshot.notes, "clusters").cluster_statuses
    return [
        Cluster(raw, typed.read(ClusterStatus, raw, snapshot.notes, f"cluster_statuses[{index}]"))
        for index, raw in enumerate(raws)
    ]


def address_text(address: Address | None) -> str:
    """A host's address in istioctl's form, without its port."""
    if address is not None:
        if address.socket_address is not None:
            return address.socket_address.address
        if address.pipe is not None:
            return f"unix://{address.pipe.path}"
        internal = address.envoy_internal_address
        if internal is not None and internal.server_listener_name is not None:
            return f"envoy://{internal.server_listener_name}/{internal.endpoint_id}"
    return "unknown"


def _port(host: HostStatus) -> int:
    return host.address.port if host.address else 0


def _passes(host: HostStatus, cluster: str, wanted: EndpointFilter) -> bool:
    if wanted.is_empty:
        return True
    if wanted.cluster and cluster.casefold() != wanted.cluster.casefold():
        return False
    if wanted.address and address_text(host.address).casefold() != wanted.address.casefold():
        return False
    return wanted.passes(_port(host), (host.health_status or HealthFlags()).health)


class Host(NamedTuple):
    """A host that passed, in istioctl's order of columns to sort by."""

    address: str
    port: int
    cluster: str
    status: HostStatus

    @property
    def endpoint(self) -> str:
        return f"{self.address}:{self.port}" if self.port else self.address


_ORDER = operator.itemgetter(0, 1, 2)


def select(snapshot: Snapshot, wanted: EndpointFilter) -> list[Host]:
    """The hosts that pass, with their cluster, by address, port and cluster."""
    document = snapshot.documents[DocumentKind.CLUSTERS]
    clusters = typed.read(ClusterHosts, document.data, snapshot.notes, "clusters").cluster_statuses
    found = [
        Host(address_text(host.address), _port(host), cluster.name, host)
        for cluster in clusters
        for host in cluster.host_statuses
        if wanted.is_empty or _passes(host, cluster.name, wanted)
    ]
    found.sort(key=_ORDER)
    return found


_HEALTHY = HealthFlags()


def _row(host: Host) -> tuple[str, ...]:
    health = host.status.health_status or _HEALTHY
    return host.endpoint, health.health, "FAILED" if health.failed_outlier_check else "OK", host.cluster


def _bare(wanted: EndpointFilter) -> EndpointFilter:
    """The filter for the endpoints of a config_dump: here an address stands without its port."""
    return msgspec.structs.replace(wanted, bare=True)


def short(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    if _has_clusters(snapshot):
        rows = [_row(host) for host in select(snapshot, wanted)]
        states.note_unknown(
            snapshot.notes, (row[1] for row in rows), HEALTH_STATUSES, "envoy.config.core.v3.HealthStatus"
        )
        return Table(HEADER, rows)
    known = eds.short(snapshot, _bare(wanted)).rows
    return Table(HEADER, [(name, status, "-", cluster) for name, status, _, cluster in known])


def values(snapshot: Snapshot, wanted: EndpointFilter, convert: Convert) -> Any:
    if not _has_clusters(snapshot):
        return eds.values(snapshot, _bare(wanted), convert)
    return [
        convert(MESSAGE, msgspec.json.decode(cluster.raw))
        for cluster in _clusters(snapshot)
        if any(_passes(host, cluster.head.name, wanted) for host in cluster.head.host_statuses)
    ]


def names(snapshot: Snapshot, wanted: EndpointFilter) -> list[str]:
    if not _has_clusters(snapshot):
        return eds.names(snapshot, _bare(wanted))
    return [host.endpoint for host in select(snapshot, wanted)]


def _wide(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    if not _has_clusters(snapshot):
        return wide_assignments([assignment for _, assignment in eds.select(snapshot, _bare(wanted))])
    return wide_hosts([(host.status, host.cluster) for host in select(snapshot, wanted)])


def _unseen(snapshot: Snapshot) -> list[str]:
    if _has_clusters(snapshot):
        return []
    return [
        "these are the endpoints of the config_dump; which of them outlier detection has ejected is only in"
        " /clusters?format=json"
    ]


VIEW: View[EndpointFilter] = View(check, short, short, _wide, values, names, _unseen)
