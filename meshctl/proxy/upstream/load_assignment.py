"""Reading a cluster's hosts: from its load assignment, and from what ``/clusters`` knows of each.

Theory of operation. The assignment says which hosts there are, with their weights, priorities, localities and
metadata; what ``/clusters`` knows of a host (failed checks, outlier ejection) overrides the dump's health. A host
that only ``/clusters`` names has neither metadata nor its locality's weight. What of a host cannot be read leaves its
whole cluster undecidable: how much goes to the others depends on it.
Follows envoy.config.endpoint.v3, envoy.admin.v3.ClusterStatus and source/common/upstream/upstream_impl.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.envoy.addresses import bracketed
from meshctl.envoy.api.config_core_v3 import Address, Locality, SocketAddress
from meshctl.envoy.api.config_endpoint_v3 import (
    ClusterLoadAssignment,
    Endpoint,
    LbEndpoint,
    LocalityLbEndpoints,
)
from meshctl.envoy.message import Message, Undecidable
from meshctl.proxy.upstream.hosts import Health, Host

Json = dict[str, Any]

_HEALTH = {
    "UNHEALTHY": Health.UNHEALTHY,
    "DRAINING": Health.EXCLUDED,
    "TIMEOUT": Health.UNHEALTHY,
    "DEGRADED": Health.DEGRADED,
}
_LAST_PRIORITY = 128


class HostHealthStatus(Message):
    """envoy.admin.v3.HostHealthStatus, as far as it bears on the choice of a host."""

    __slots__ = ()
    TYPE = "envoy.admin.v3.HostHealthStatus"
    failed_active_health_check: bool
    failed_outlier_check: bool
    failed_active_degraded_check: bool
    excluded_via_immediate_hc_fail: bool
    eds_health_status: str
    SPEC = """\
failed_active_health_check Flag
failed_outlier_check Flag
failed_active_degraded_check Flag
excluded_via_immediate_hc_fail Flag
eds_health_status Text"""


class HostStatus(Message):
    """envoy.admin.v3.HostStatus, as far as it bears on the choice of a host."""

    __slots__ = ()
    TYPE = "envoy.admin.v3.HostStatus"
    address: Address | None
    health_status: Json
    hostname: str
    weight: int
    priority: int
    locality: Locality | None
    SPEC = """\
address One config_core_v3:Address
health_status Plain
hostname Text
weight Int
priority Int
locality One config_core_v3:Locality"""

    @property
    def health(self) -> HostHealthStatus:
        return HostHealthStatus(self.health_status)


class ClusterStatus(Message):
    """envoy.admin.v3.ClusterStatus."""

    __slots__ = ()
    TYPE = "envoy.admin.v3.ClusterStatus"
    host_statuses: tuple[Json, ...]
    SPEC = "host_statuses *Plain"


def hosts_of(assignment: ClusterLoadAssignment, live: dict[str, HostStatus]) -> list[Host]:
    """The hosts of an assignment; those of /clusters where it has none."""
    found = [_host(locality, endpoint, live) for locality, endpoint in _endpoints(assignment)]
    return found or [_host_of_status(status) for status in live.values()]


def draining(assignment: ClusterLoadAssignment | None, live: dict[str, HostStatus]) -> frozenset[str]:
    """Hosts that drain: a dump of endpoints calls them unhealthy, the cluster's own and /clusters know."""
    found = {address for address, status in live.items() if status.health.eds_health_status == "DRAINING"}
    for _, endpoint in _endpoints(assignment) if assignment is not None else ():
        if endpoint.health_status == "DRAINING":
            found.add(_address_of(endpoint))
    return frozenset(found)


def live_of(statuses: Json | None) -> dict[str, HostStatus]:
    """What /clusters knows of a cluster's hosts, by address."""
    said = map(HostStatus, ClusterStatus(statuses or {}).host_statuses)
    return {address_text(status.address): status for status in said}


def _endpoints(assignment: ClusterLoadAssignment) -> Iterator[tuple[LocalityLbEndpoints, LbEndpoint]]:
    for locality in assignment.endpoints:
        for endpoint in locality.lb_endpoints:
            yield locality, endpoint


def _address_of(endpoint: LbEndpoint) -> str:
    return address_text(endpoint.endpoint.address) if endpoint.endpoint is not None else ""


def _host(locality: LocalityLbEndpoints, lb_endpoint: LbEndpoint, live: dict[str, HostStatus]) -> Host:
    endpoint = lb_endpoint.endpoint or Endpoint({})
    address = address_text(endpoint.address)
    said = lb_endpoint.health_status
    health, reason = _HEALTH.get(said, Health.HEALTHY), said.lower()
    found = _live_health(live[address].health) if address in live else None
    if found is not None and health is Health.HEALTHY:
        health, reason = found
    return Host(
        address,
        endpoint.hostname,
        health,
        _weight(lb_endpoint.load_balancing_weight) or 1,
        _priority(locality.priority),
        locality_text(locality.locality),
        _weight(locality.load_balancing_weight),
        lb_endpoint.metadata.filter_metadata if lb_endpoint.metadata is not None else {},
        "" if health is Health.HEALTHY else reason,
        tuple(address_text(more.address) for more in endpoint.additional_addresses),
    )


def _priority(said: int) -> int:
    if not 0 <= said <= _LAST_PRIORITY:
        raise Undecidable(f"an endpoint of priority {said}, where Envoy takes 0 to {_LAST_PRIORITY}")
    return said


def _weight(said: int | None) -> int:
    if said is not None and said < 0:
        raise Undecidable(f"a load balancing weight of {said}, below 0")
    return said or 0


def _host_of_status(status: HostStatus) -> Host:
    """A host known only from /clusters."""
    health, reason = _live_health(status.health) or (Health.HEALTHY, "")
    return Host(
        address_text(status.address),
        status.hostname,
        health,
        _weight(status.weight) or 1,
        _priority(status.priority),
        locality_text(status.locality),
        reason=reason,
        shown=False,
    )


def _live_health(flags: HostHealthStatus) -> tuple[Health, str] | None:
    """The health by /clusters; None when it does not contradict the dump."""
    for failed, text in (
        (flags.failed_active_health_check, "failed its active health check"),
        (flags.failed_outlier_check, "ejected by outlier detection"),
        (flags.excluded_via_immediate_hc_fail, "excluded by an immediate health check failure"),
    ):
        if failed:
            return Health.UNHEALTHY, text
    eds = flags.eds_health_status
    if eds in _HEALTH:
        return _HEALTH[eds], eds.lower()
    return (Health.DEGRADED, "degraded") if flags.failed_active_degraded_check else None


def address_text(address: Address | None) -> str:
    """An Address message as ``ip:port``, a pipe's path, or an internal listener's name."""
    if address is None:
        return ""
    if address.socket_address is not None:
        return _socket_text(address.socket_address)
    if address.pipe is not None:
        return address.pipe.path
    internal = address.envoy_internal_address
    if internal is None or not internal.server_listener_name:
        return ""
    return f"envoy://{internal.server_listener_name}/{internal.endpoint_id}"


def _socket_text(socket: SocketAddress) -> str:
    if socket.named_port and not socket.port_value:
        return f"{socket.address}:{socket.named_port}"
    return bracketed(socket.address, socket.port_value)


def locality_text(locality: Locality | None) -> str:
    """``region/zone/sub_zone``."""
    if locality is None:
        return ""
    return "/".join((locality.region, locality.zone, locality.sub_zone)).rstrip("/")
