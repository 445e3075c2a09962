"""Messages of envoy.config.endpoint.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3, xds_core_v3


class ClusterLoadAssignment(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.ClusterLoadAssignment"

    class Policy(Message):
        __slots__ = ()
        TYPE = "envoy.config.endpoint.v3.ClusterLoadAssignment.Policy"

        class DropOverload(Message):
            __slots__ = ()
            TYPE = "envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload"
            category: str
            drop_percentage: type_v3.FractionalPercent | None
            SPEC = """\
category Text
drop_percentage One type_v3:FractionalPercent"""

        drop_overloads: tuple[ClusterLoadAssignment.Policy.DropOverload, ...]
        overprovisioning_factor: int | None
        endpoint_stale_after: float | None
        weighted_priority_health: bool
        SPEC = """\
drop_overloads *One config_endpoint_v3:ClusterLoadAssignment.Policy.DropOverload
overprovisioning_factor OptionalInt
endpoint_stale_after Seconds
weighted_priority_health Flag"""

    cluster_name: str
    endpoints: tuple[LocalityLbEndpoints, ...]
    named_endpoints: dict[str, Endpoint]
    policy: ClusterLoadAssignment.Policy | None
    SPEC = """\
cluster_name Text
endpoints *One config_endpoint_v3:LocalityLbEndpoints
named_endpoints %One config_endpoint_v3:Endpoint
policy One config_endpoint_v3:ClusterLoadAssignment.Policy"""


class ClusterStats(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.ClusterStats"

    class DroppedRequests(Message):
        __slots__ = ()
        TYPE = "envoy.config.endpoint.v3.ClusterStats.DroppedRequests"
        category: str
        dropped_count: int
        SPEC = """\
category Text
dropped_count Int"""

    cluster_name: str
    cluster_service_name: str
    upstream_locality_stats: tuple[UpstreamLocalityStats, ...]
    total_dropped_requests: int
    dropped_requests: tuple[ClusterStats.DroppedRequests, ...]
    load_report_interval: float | None
    SPEC = """\
cluster_name Text
cluster_service_name Text
upstream_locality_stats *One config_endpoint_v3:UpstreamLocalityStats
total_dropped_requests Int
dropped_requests *One config_endpoint_v3:ClusterStats.DroppedRequests
load_report_interval Seconds"""


class Endpoint(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.Endpoint"

    class AdditionalAddress(Message):
        __slots__ = ()
        TYPE = "envoy.config.endpoint.v3.Endpoint.AdditionalAddress"
        address: config_core_v3.Address | None
        SPEC = """\
address One config_core_v3:Address"""

    class HealthCheckConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.endpoint.v3.Endpoint.HealthCheckConfig"
        port_value: int
        hostname: str
        address: config_core_v3.Address | None
        disable_active_health_check: bool
        SPEC = """\
port_value Int
hostname Text
address One config_core_v3:Address
disable_active_health_check Flag"""

    address: config_core_v3.Address | None
    health_check_config: Endpoint.HealthCheckConfig | None
    hostname: str
    additional_addresses: tuple[Endpoint.AdditionalAddress, ...]
    observability_name: str
    SPEC = """\
address One config_core_v3:Address
health_check_config One config_endpoint_v3:Endpoint.HealthCheckConfig
hostname Text
additional_addresses *One config_endpoint_v3:Endpoint.AdditionalAddress
observability_name Text"""


class EndpointLoadMetricStats(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.EndpointLoadMetricStats"
    metric_name: str
    num_requests_finished_with_metric: int
    total_metric_value: float
    SPEC = """\
metric_name Text
num_requests_finished_with_metric Int
total_metric_value Number"""


class LbEndpoint(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.LbEndpoint"
    endpoint: Endpoint | None
    endpoint_name: str
    health_status: typing.Literal["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"]
    metadata: config_core_v3.Metadata | None
    load_balancing_weight: int | None
    host_identifier: typing.Literal["endpoint", "endpoint_name"] | None
    SPEC = """\
endpoint One config_endpoint_v3:Endpoint
endpoint_name Text
health_status Choice UNKNOWN=0 HEALTHY=1 UNHEALTHY=2 DRAINING=3 TIMEOUT=4 DEGRADED=5
metadata One config_core_v3:Metadata
load_balancing_weight OptionalInt
host_identifier OneOf endpoint endpoint_name"""


class LbEndpointCollection(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.LbEndpointCollection"
    entries: tuple[xds_core_v3.CollectionEntry, ...]
    SPEC = """\
entries *One xds_core_v3:CollectionEntry"""


class LedsClusterLocalityConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.LedsClusterLocalityConfig"
    leds_config: config_core_v3.ConfigSource | None
    leds_collection_name: str
    SPEC = """\
leds_config One config_core_v3:ConfigSource
leds_collection_name Text"""


class LocalityLbEndpoints(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.LocalityLbEndpoints"

    class LbEndpointList(Message):
        __slots__ = ()
        TYPE = "envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList"
        lb_endpoints: tuple[LbEndpoint, ...]
        SPEC = """\
lb_endpoints *One config_endpoint_v3:LbEndpoint"""

    locality: config_core_v3.Locality | None
    metadata: config_core_v3.Metadata | None
    lb_endpoints: tuple[LbEndpoint, ...]
    load_balancer_endpoints: LocalityLbEndpoints.LbEndpointList | None
    leds_cluster_locality_config: LedsClusterLocalityConfig | None
    load_balancing_weight: int | None
    priority: int
    proximity: int | None
    lb_config: typing.Literal["load_balancer_endpoints", "leds_cluster_locality_config"] | None
    SPEC = """\
locality One config_core_v3:Locality
metadata One config_core_v3:Metadata
lb_endpoints *One config_endpoint_v3:LbEndpoint
load_balancer_endpoints One config_endpoint_v3:LocalityLbEndpoints.LbEndpointList
leds_cluster_locality_config One config_endpoint_v3:LedsClusterLocalityConfig
load_balancing_weight OptionalInt
priority Int
proximity OptionalInt
lb_config OneOf load_balancer_endpoints leds_cluster_locality_config"""


class UnnamedEndpointLoadMetricStats(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.UnnamedEndpointLoadMetricStats"
    num_requests_finished_with_metric: int
    total_metric_value: float
    SPEC = """\
num_requests_finished_with_metric Int
total_metric_value Number"""


class UpstreamEndpointStats(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.UpstreamEndpointStats"
    address: config_core_v3.Address | None
    metadata: Json
    total_successful_requests: int
    total_requests_in_progress: int
    total_error_requests: int
    total_issued_requests: int
    load_metric_stats: tuple[EndpointLoadMetricStats, ...]
    SPEC = """\
address One config_core_v3:Address
metadata Plain
total_successful_requests Int
total_requests_in_progress Int
total_error_requests Int
total_issued_requests Int
load_metric_stats *One config_endpoint_v3:EndpointLoadMetricStats"""


class UpstreamLocalityStats(Message):
    __slots__ = ()
    TYPE = "envoy.config.endpoint.v3.UpstreamLocalityStats"
    locality: config_core_v3.Locality | None
    total_successful_requests: int
    total_requests_in_progress: int
    total_error_requests: int
    total_issued_requests: int
    total_active_connections: int
    total_new_connections: int
    total_fail_connections: int
    cpu_utilization: UnnamedEndpointLoadMetricStats | None
    mem_utilization: UnnamedEndpointLoadMetricStats | None
    application_utilization: UnnamedEndpointLoadMetricStats | None
    load_metric_stats: tuple[EndpointLoadMetricStats, ...]
    upstream_endpoint_stats: tuple[UpstreamEndpointStats, ...]
    priority: int
    SPEC = """\
locality One config_core_v3:Locality
total_successful_requests Int
total_requests_in_progress Int
total_error_requests Int
total_issued_requests Int
total_active_connections Int
total_new_connections Int
total_fail_connections Int
cpu_utilization One config_endpoint_v3:UnnamedEndpointLoadMetricStats
mem_utilization One config_endpoint_v3:UnnamedEndpointLoadMetricStats
application_utilization One config_endpoint_v3:UnnamedEndpointLoadMetricStats
load_metric_stats *One config_endpoint_v3:EndpointLoadMetricStats
upstream_endpoint_stats *One config_endpoint_v3:UpstreamEndpointStats
priority Int"""
