"""Messages of envoy.extensions.filters.network.thrift_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_accesslog_v3, config_core_v3, config_route_v3


class Route(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.Route"
    match: RouteMatch | None
    route: RouteAction | None
    SPEC = """\
match One extensions_filters_network_thrift_proxy_v3:RouteMatch
route One extensions_filters_network_thrift_proxy_v3:RouteAction"""


class RouteAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction"

    class RequestMirrorPolicy(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.RequestMirrorPolicy"
        cluster: str
        runtime_fraction: config_core_v3.RuntimeFractionalPercent | None
        SPEC = """\
cluster Text
runtime_fraction One config_core_v3:RuntimeFractionalPercent"""

    cluster: str
    weighted_clusters: WeightedCluster | None
    cluster_header: str
    metadata_match: config_core_v3.Metadata | None
    rate_limits: tuple[config_route_v3.RateLimit, ...]
    strip_service_name: bool
    request_mirror_policies: tuple[RouteAction.RequestMirrorPolicy, ...]
    cluster_specifier: typing.Literal["cluster", "weighted_clusters", "cluster_header"] | None
    SPEC = """\
cluster Text
weighted_clusters One extensions_filters_network_thrift_proxy_v3:WeightedCluster
cluster_header Text
metadata_match One config_core_v3:Metadata
rate_limits *One config_route_v3:RateLimit
strip_service_name Flag
request_mirror_policies *One extensions_filters_network_thrift_proxy_v3:RouteAction.RequestMirrorPolicy
cluster_specifier OneOf cluster weighted_clusters cluster_header"""


class RouteConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.RouteConfiguration"
    name: str
    routes: tuple[Route, ...]
    validate_clusters: bool | None
    SPEC = """\
name Text
routes *One extensions_filters_network_thrift_proxy_v3:Route
validate_clusters OptionalFlag"""


class RouteMatch(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.RouteMatch"
    method_name: str
    service_name: str
    invert: bool
    headers: tuple[config_route_v3.HeaderMatcher, ...]
    match_specifier: typing.Literal["method_name", "service_name"] | None
    SPEC = """\
method_name Text
service_name Text
invert Flag
headers *One config_route_v3:HeaderMatcher
match_specifier OneOf method_name service_name"""


class ThriftFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.ThriftFilter"
    name: str
    typed_config: Packed | None
    config_type: typing.Literal["typed_config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""


class ThriftProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.ThriftProtocolOptions"
    transport: typing.Literal["AUTO_TRANSPORT", "FRAMED", "UNFRAMED", "HEADER"]
    protocol: typing.Literal["AUTO_PROTOCOL", "BINARY", "LAX_BINARY", "COMPACT", "TWITTER"]
    SPEC = """\
transport Choice AUTO_TRANSPORT=0 FRAMED=1 UNFRAMED=2 HEADER=3
protocol Choice AUTO_PROTOCOL=0 BINARY=1 LAX_BINARY=2 COMPACT=3 TWITTER=4"""


class ThriftProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.ThriftProxy"
    transport: typing.Literal["AUTO_TRANSPORT", "FRAMED", "UNFRAMED", "HEADER"]
    protocol: typing.Literal["AUTO_PROTOCOL", "BINARY", "LAX_BINARY", "COMPACT", "TWITTER"]
    stat_prefix: str
    route_config: RouteConfiguration | None
    trds: Trds | None
    thrift_filters: tuple[ThriftFilter, ...]
    payload_passthrough: bool
    max_requests_per_connection: int | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    header_keys_preserve_case: bool
    SPEC = """\
transport Choice AUTO_TRANSPORT=0 FRAMED=1 UNFRAMED=2 HEADER=3
protocol Choice AUTO_PROTOCOL=0 BINARY=1 LAX_BINARY=2 COMPACT=3 TWITTER=4
stat_prefix Text
route_config One extensions_filters_network_thrift_proxy_v3:RouteConfiguration
trds One extensions_filters_network_thrift_proxy_v3:Trds
thrift_filters *One extensions_filters_network_thrift_proxy_v3:ThriftFilter
payload_passthrough Flag
max_requests_per_connection OptionalInt
access_log *One config_accesslog_v3:AccessLog
header_keys_preserve_case Flag"""


class Trds(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.Trds"
    config_source: config_core_v3.ConfigSource | None
    route_config_name: str
    SPEC = """\
config_source One config_core_v3:ConfigSource
route_config_name Text"""


class WeightedCluster(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.WeightedCluster"

    class ClusterWeight(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.v3.WeightedCluster.ClusterWeight"
        name: str
        weight: int | None
        metadata_match: config_core_v3.Metadata | None
        SPEC = """\
name Text
weight OptionalInt
metadata_match One config_core_v3:Metadata"""

    clusters: tuple[WeightedCluster.ClusterWeight, ...]
    SPEC = """\
clusters *One extensions_filters_network_thrift_proxy_v3:WeightedCluster.ClusterWeight"""
