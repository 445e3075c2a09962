"""Endpoints as the tables read them: EDS (envoy/config/endpoint/v3) and /clusters (envoy/admin/v3/clusters.proto)."""

from __future__ import annotations

import msgspec

from meshctl.envoy.addresses import AdditionalAddress, Address
from meshctl.envoy.clusters import enum_name

# envoy.config.core.v3.HealthStatus
HEALTH_STATUSES = ("UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED")


class Locality(msgspec.Struct, gc=False):
    region: str = ""
    zone: str = ""
    sub_zone: str = ""

    def __str__(self) -> str:
        """``region/zone/sub_zone`` up to the last part that is set (pilot's LocalityToString)."""
        if not self.region:
            return ""
        if not self.zone:
            return self.region
        return f"{self.region}/{self.zone}/{self.sub_zone}" if self.sub_zone else f"{self.region}/{self.zone}"


class EndpointHead(msgspec.Struct, gc=False):
    address: Address | None = None
    additional_addresses: list[AdditionalAddress] = []
    hostname: str = ""


class LbEndpoint(msgspec.Struct, gc=False):
    endpoint: EndpointHead | None = None
    health_status: str | int | None = None
    load_balancing_weight: int | None = None
    metadata: msgspec.Raw = msgspec.Raw(b"null")  # only the wide table shows it

    @property
    def health(self) -> str:
        return enum_name(self.health_status, HEALTH_STATUSES)

    @property
    def addresses(self) -> list[Address]:
        """The address and the additional ones (dual stack)."""
        if self.endpoint is None:
            return [Address()]
        more = [extra.address or Address() for extra in self.endpoint.additional_addresses]
        return [self.endpoint.address or Address(), *more]


class LocalityEndpoints(msgspec.Struct, gc=False):
    locality: Locality | None = None
    lb_endpoints: list[LbEndpoint] = []
    load_balancing_weight: int | None = None
    priority: int = 0


class LoadAssignment(msgspec.Struct, gc=False):
    """One cluster's endpoints as EDS has them."""

    cluster_name: str = ""
    endpoints: list[LocalityEndpoints] = []


class LoadAssignmentName(msgspec.Struct, gc=False):
    cluster_name: str = ""


class HealthFlags(msgspec.Struct, gc=False):
    """envoy.admin.v3.HostHealthStatus: why a host is not used, from every source."""

    eds_health_status: str | int | None = None
    failed_active_health_check: bool = False
    failed_outlier_check: bool = False
    failed_active_degraded_check: bool = False
    pending_dynamic_removal: bool = False
    pending_active_hc: bool = False
    excluded_via_immediate_hc_fail: bool = False
    active_hc_timeout: bool = False

    @property
    def health(self) -> str:
        return enum_name(self.eds_health_status, HEALTH_STATUSES)


class HostHealth(msgspec.Struct, gc=False):
    """What the short table reads of HealthFlags: with tens of thousands of hosts every field costs a megabyte."""

    eds_health_status: str | int | None = None
    failed_outlier_check: bool = False

    @property
    def health(self) -> str:
        return enum_name(self.eds_health_status, HEALTH_STATUSES)


class Host(msgspec.Struct, gc=False):
    """A host of /clusters as the short table reads it."""

    address: Address | None = None
    health_status: HostHealth | None = None


class HostStatus(msgspec.Struct, gc=False):
    """A host of /clusters as the wide table reads it."""

    address: Address | None = None
    health_status: HealthFlags | None = None
    weight: int = 0
    hostname: str = ""
    priority: int = 0
    locality: Locality | None = None


class ClusterStatus(msgspec.Struct, gc=False):
    """One cluster of /clusters with its hosts."""

    name: str = ""
    host_statuses: list[HostStatus] = []


class ClusterHosts(msgspec.Struct, gc=False):
    name: str = ""
    host_statuses: list[Host] = []


class AllHosts(msgspec.Struct, gc=False):
    """The whole answer of /clusters, for the short table."""

    cluster_statuses: list[ClusterHosts] = []


class AllStatuses(msgspec.Struct, gc=False):
    """The whole answer of /clusters, for the wide table."""

    cluster_statuses: list[ClusterStatus] = []


class ClusterStatuses(msgspec.Struct, gc=False):
    """The whole answer of /clusters, each cluster still raw for JSON output."""

    cluster_statuses: list[msgspec.Raw] = []
