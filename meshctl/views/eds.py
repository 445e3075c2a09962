"""``proxy-config eds``: the endpoints that Envoy was given, from a config_dump with ``include_eds``.

Follows istio/istioctl/pkg/writer/envoy/configdump/endpoint.go: ``--address`` is ``ip:port`` here, and JSON
shows each cluster with only the endpoints that pass.
"""

from __future__ import annotations

from typing import Any

from meshctl.envoy import typed
from meshctl.envoy.addresses import Address
from meshctl.envoy.endpoints import LbEndpoint, LoadAssignment, LoadAssignmentName
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot
from meshctl.views import states, subset_key
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.endpoints_wide import wide_assignments
from meshctl.views.table import Table
from meshctl.views.view import View, require

KIND = SectionKind.ENDPOINTS
MESSAGE = "envoy.config.endpoint.v3.ClusterLoadAssignment"


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "endpoints")


def address_text(address: Address) -> str:
    """An address in istioctl's form, which does not bracket IPv6."""
    if address.socket_address is not None:
        return f"{address.socket_address.address}:{address.socket_address.port_value}"
    if address.pipe is not None:
        return address.pipe.path
    internal = address.envoy_internal_address
    if internal is not None and internal.server_listener_name is not None:
        return f"envoy://{internal.server_listener_name}/{internal.endpoint_id}"
    return "unknown"


def _bare_text(address: Address) -> str:
    return address.socket_address.address if address.socket_address else address_text(address)


def _passes(endpoint: LbEndpoint, wanted: EndpointFilter) -> bool:
    shown = _bare_text if wanted.bare else address_text
    if wanted.address and wanted.address.casefold() not in (shown(a).casefold() for a in endpoint.addresses):
        return False
    return wanted.passes(endpoint.addresses[0].port, endpoint.health)


def select(snapshot: Snapshot, wanted: EndpointFilter) -> list[tuple[Resource, LoadAssignment]]:
    """The clusters with an endpoint that passes, each with only those, in istioctl's order."""
    found = []
    for resource in states.in_force(snapshot, KIND):
        name = typed.read(LoadAssignmentName, resource.raw, snapshot.notes, resource.path).cluster_name
        if wanted.cluster and name.casefold() != wanted.cluster.casefold():
            continue
        assignment = typed.read(LoadAssignment, resource.raw, snapshot.notes, resource.path)
        for group in assignment.endpoints:
            if not wanted.is_empty:
                group.lb_endpoints = [e for e in group.lb_endpoints if _passes(e, wanted)]
        if any(group.lb_endpoints for group in assignment.endpoints):
            found.append((resource, assignment))
    return sorted(found, key=lambda item: subset_key.sort_key(item[1].cluster_name))


def _select_heads(snapshot: Snapshot, wanted: EndpointFilter) -> list[LoadAssignment]:
    """What the short table shows of the same clusters; where something is to be left out, by the thorough way."""
    heads: list[tuple[str, LoadAssignment]] | None = states.heads(snapshot, KIND) if wanted.is_empty else None
    if heads is None or wanted.cluster:
        return [assignment for _, assignment in select(snapshot, wanted)]
    return sorted((head for _, head in heads), key=lambda head: subset_key.sort_key(head.cluster_name))


def _table(snapshot: Snapshot, wanted: EndpointFilter, prefix: str) -> Table:
    rows = [
        (
            f"{prefix}{','.join(map(address_text, endpoint.addresses))}",
            endpoint.health,
            str(group.locality or ""),
            assignment.cluster_name,
        )
        for assignment in _select_heads(snapshot, wanted)
        for group in assignment.endpoints
        for endpoint in group.lb_endpoints
    ]
    return Table(("NAME", "STATUS", "LOCALITY", "CLUSTER"), rows)


def short(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    return _table(snapshot, wanted, "")


def labelled(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    return _table(snapshot, wanted, "endpoint/")


def _filtered_value(resource: Resource, wanted: EndpointFilter, snapshot: Snapshot) -> dict[str, Any]:
    """The whole message with only the endpoints that pass; read again, since ``select`` thinned the head."""
    value = resource.decoded()
    if wanted.is_empty:
        return value
    head = typed.read(LoadAssignment, resource.raw, snapshot.notes, resource.path)
    groups = []
    for group, shown in zip(value.get("endpoints") or [], head.endpoints, strict=True):
        members = group.get("lb_endpoints") or []
        kept = [m for m, e in zip(members, shown.lb_endpoints, strict=True) if _passes(e, wanted)]
        groups.append({**group, "lb_endpoints": kept})
    return {**value, "endpoints": groups}


def values(snapshot: Snapshot, wanted: EndpointFilter, convert: Convert) -> Any:
    return [convert(MESSAGE, _filtered_value(r, wanted, snapshot)) for r, _ in select(snapshot, wanted)]


def names(snapshot: Snapshot, wanted: EndpointFilter) -> list[str]:
    return [
        address_text(endpoint.addresses[0])
        for _, assignment in select(snapshot, wanted)
        for group in assignment.endpoints
        for endpoint in group.lb_endpoints
    ]


def _wide(snapshot: Snapshot, wanted: EndpointFilter) -> Table:
    return wide_assignments([assignment for _, assignment in select(snapshot, wanted)])


def _nothing_unseen(snapshot: Snapshot) -> list[str]:
    return []


VIEW: View[EndpointFilter] = View(check, short, labelled, _wide, values, names, _nothing_unseen)
