"""The wide endpoint tables: health from every source, locality, priority, weight, metadata."""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy.addresses import readable
from meshctl.envoy.endpoints import HealthFlags, HostStatus, LbEndpoint, LoadAssignment
from meshctl.views.table import Table

EDS_HEADER = ("ENDPOINT", "STATUS", "PRIORITY", "WEIGHT", "LOCALITY", "METADATA", "HOSTNAME", "CLUSTER")
HOST_HEADER = ("ENDPOINT", "STATUS", "USED", "PRIORITY", "WEIGHT", "LOCALITY", "HOSTNAME", "CLUSTER")

# Every reason not to send to a host, in Envoy's order (source/server/admin/clusters_handler.cc).
_FLAGS = (
    ("failed_active_health_check", "failed active health check"),
    ("failed_outlier_check", "ejected by outlier detection"),
    ("failed_active_degraded_check", "degraded by active health check"),
    ("pending_dynamic_removal", "about to be removed"),
    ("pending_active_hc", "not yet health-checked"),
    ("excluded_via_immediate_hc_fail", "excluded after an immediate failure"),
    ("active_hc_timeout", "health check timed out"),
)
_UNUSED = ("UNHEALTHY", "TIMEOUT", "DRAINING")


def wide_assignments(assignments: list[LoadAssignment]) -> Table:
    """EDS: one row an endpoint."""
    rows = [
        (
            ",".join(map(readable, endpoint.addresses)),
            endpoint.health,
            str(group.priority),
            _weight(endpoint.load_balancing_weight, group.load_balancing_weight),
            str(group.locality or "") or "-",
            _metadata(endpoint),
            (endpoint.endpoint.hostname if endpoint.endpoint else "") or "-",
            assignment.cluster_name,
        )
        for assignment in assignments
        for group in assignment.endpoints
        for endpoint in group.lb_endpoints
    ]
    return Table(EDS_HEADER, rows, padding=2)


def _weight(own: int | None, of_locality: int | None) -> str:
    text = "1" if own is None else str(own)
    return text if of_locality is None else f"{text} (locality {of_locality})"


def _metadata(endpoint: LbEndpoint) -> str:
    """The host's metadata that decides: TLS mode, subset labels, the workload's name."""
    whole = msgspec.json.decode(endpoint.metadata)
    metadata = whole.get("filter_metadata") if isinstance(whole, dict) else None
    if not isinstance(metadata, dict):
        return "-"
    parts = []
    for namespace, fields in metadata.items():
        if not isinstance(fields, dict):
            continue
        for key, value in fields.items():
            parts.append(
                f"{key}={_scalar(value)}" if namespace != "istio" or key != "workload" else _scalar(value)
            )
    return ",".join(parts) or "-"


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)


def health(flags: HealthFlags) -> str:
    """ "yes", or every reason why Envoy does not send to the host."""
    reasons = [words for key, words in _FLAGS if getattr(flags, key)]
    if flags.health in _UNUSED:
        reasons.insert(0, f"{flags.health.lower()} by EDS")
    if not reasons:
        return "degraded by EDS" if flags.health == "DEGRADED" else "yes"
    return "no: " + ", ".join(reasons)


def wide_hosts(hosts: list[tuple[HostStatus, str]]) -> Table:
    """/clusters: one row a host."""
    rows = []
    for host, cluster in hosts:
        flags = host.health_status or HealthFlags()
        rows.append(
            (
                readable(host.address),
                flags.health,
                health(flags),
                str(host.priority),
                str(host.weight or "-"),
                str(host.locality or "") or "-",
                host.hostname or "-",
                cluster,
            )
        )
    return Table(HOST_HEADER, rows, padding=2)
