"""``proxy-config endpoint``: the hosts that Envoy uses now, from ``/clusters?format=json``.

Follows istio/istioctl/pkg/writer/envoy/clusters/clusters.go. STATUS there is only what the control plane said;
health checks and removal show in the wide table. From a config_dump with endpoints the same table is made,
without the outlier state, which only ``/clusters`` has.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.addresses import Address
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.endpoints import (
    HEALTH_STATUSES,
    AllHosts,
    AllStatuses,
    ClusterStatus,
    ClusterStatuses,
    Host,
    HostHealth,
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

H = TypeVar("H", Host, HostStatus)
S = TypeVar("S", AllHosts, AllStatuses)

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


def _port(host: Host | HostStatus) -> int:
    socket = host.address.socket_address if host.address is not None else None
    return socket.port_value if socket is not None else 0


def _passes(host: Host | HostStatus, cluster: str, wanted: EndpointFilter) -> bool:
    if wanted.cluster and cluster.casefold() != wanted.cluster.casefold():
        return False
    if wanted.address and address_text(host.address).casefold() != wanted.address.casefold():
        return False
    return wanted.passes(_port(host), (host.health_status or _HEALTHY).health)


_HEALTHY = HostHealth()
# A host that passed: address, port and cluster, which istioctl sorts by in this order, and what else is known.
# Plain tuples, and one call a host: a large mesh has tens of thousands.
Found = tuple[str, int, str, H]
_ORDER = operator.itemgetter(0, 1, 2)


def _select(clusters: Iterable[Any], wanted: EndpointFilter) -> list[Found[Any]]:
    """The hosts that pass, by address, port and cluster."""
    everything = wanted.is_empty
    found = [
        (address_text(host.address), _port(host), cluster.name, host)
        for cluster in clusters
        for host in cluster.host_statuses
        if everything or _passes(host, cluster.name, wanted)
    ]
    found.sort(key=_ORDER)
    return found


def _read(shape: type[S], snapshot: Snapshot) -> S:
    return typed.read(shape, snapshot.documents[DocumentKind.CLUSTERS].data, snapshot.notes, "clusters")


def select(snapshot: Snapshot, wanted: EndpointFilter) -> list[Found[Host]]:
    """The hosts of /clusters that pass, by address, port and cluster."""
    return _select(_read(AllHosts, snapshot).cluster_statuses, wanted)


def _endpoint(address: str, port: int) -> str:
    return f"{address}:{port}" if port else address


def _row(found: Found[Host]) -> tuple[str, ...]:
    address, port, cluster, host = found
    health = host.health_status or _HEALTHY
    status = health.eds_health_status
    return (
        f"{address}:{port}" if port else address,
        status if status.__class__ is str else health.health,
        "FAILED" if health.failed_outlier_check else "OK",
        cluster,
    )


def _bare(wanted: EndpointFilter) -> EndpointFilter:
    """The filter for the endpoints of a config_dump: here an address stands without its port."""
    return msgspec.structs.replace(wanted, bare=True)


def short(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    if _has_clusters(snapshot):
        rows = list(map(_row, select(snapshot, wanted)))
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
    return [_endpoint(address, port) for address, port, _, _ in select(snapshot, wanted)]


def _wide(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    if not _has_clusters(snapshot):
        return wide_assignments([assignment for _, assignment in eds.select(snapshot, _bare(wanted))])
    found: list[Found[HostStatus]] = _select(_read(AllStatuses, snapshot).cluster_statuses, wanted)
    return wide_hosts([(host, cluster) for _, _, cluster, host in found])


def _unseen(snapshot: Snapshot) -> list[str]:
    if _has_clusters(snapshot):
        return []
    return [
        "these are the endpoints of the config_dump; which of them outlier detection has ejected is only in"
        " /clusters?format=json"
    ]


VIEW: View[EndpointFilter] = View(check, short, short, _wide, values, names, _unseen)
