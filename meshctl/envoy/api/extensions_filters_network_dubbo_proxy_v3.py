"""Messages of envoy.extensions.filters.network.dubbo_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3, type_matcher_v3, type_v3


class Drds(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.Drds"
    config_source: config_core_v3.ConfigSource | None
    route_config_name: str
    SPEC = """\
config_source One config_core_v3:ConfigSource
route_config_name Text"""


class DubboFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.DubboFilter"
    name: str
    config: Packed | None
    SPEC = """\
name Text
config PackedField"""


class DubboProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.DubboProxy"
    stat_prefix: str
    protocol_type: typing.Literal["Dubbo"]
    serialization_type: typing.Literal["Hessian2"]
    route_config: tuple[RouteConfiguration, ...]
    drds: Drds | None
    multiple_route_config: MultipleRouteConfiguration | None
    dubbo_filters: tuple[DubboFilter, ...]
    route_specifier: typing.Literal["drds", "multiple_route_config"] | None
    SPEC = """\
stat_prefix Text
protocol_type Choice Dubbo=0
serialization_type Choice Hessian2=0
route_config *One extensions_filters_network_dubbo_proxy_v3:RouteConfiguration
drds One extensions_filters_network_dubbo_proxy_v3:Drds
multiple_route_config One extensions_filters_network_dubbo_proxy_v3:MultipleRouteConfiguration
dubbo_filters *One extensions_filters_network_dubbo_proxy_v3:DubboFilter
route_specifier OneOf drds multiple_route_config"""


class MethodMatch(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.MethodMatch"

    class ParameterMatchSpecifier(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.MethodMatch.ParameterMatchSpecifier"
        exact_match: str
        range_match: type_v3.Int64Range | None
        parameter_match_specifier: typing.Literal["exact_match", "range_match"] | None
        SPEC = """\
exact_match Text
range_match One type_v3:Int64Range
parameter_match_specifier OneOf exact_match range_match"""

    name: type_matcher_v3.StringMatcher | None
    params_match: dict[str, MethodMatch.ParameterMatchSpecifier]
    SPEC = """\
name One type_matcher_v3:StringMatcher
params_match %One extensions_filters_network_dubbo_proxy_v3:MethodMatch.ParameterMatchSpecifier"""


class MultipleRouteConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.MultipleRouteConfiguration"
    name: str
    route_config: tuple[RouteConfiguration, ...]
    SPEC = """\
name Text
route_config *One extensions_filters_network_dubbo_proxy_v3:RouteConfiguration"""


class Route(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.Route"
    match: RouteMatch | None
    route: RouteAction | None
    SPEC = """\
match One extensions_filters_network_dubbo_proxy_v3:RouteMatch
route One extensions_filters_network_dubbo_proxy_v3:RouteAction"""


class RouteAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.RouteAction"
    cluster: str
    weighted_clusters: config_route_v3.WeightedCluster | None
    metadata_match: config_core_v3.Metadata | None
    cluster_specifier: typing.Literal["cluster", "weighted_clusters"] | None
    SPEC = """\
cluster Text
weighted_clusters One config_route_v3:WeightedCluster
metadata_match One config_core_v3:Metadata
cluster_specifier OneOf cluster weighted_clusters"""


class RouteConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.RouteConfiguration"
    name: str
    interface: str
    group: str
    version: str
    routes: tuple[Route, ...]
    SPEC = """\
name Text
interface Text
group Text
version Text
routes *One extensions_filters_network_dubbo_proxy_v3:Route"""


class RouteMatch(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.dubbo_proxy.v3.RouteMatch"
    method: MethodMatch | None
    headers: tuple[config_route_v3.HeaderMatcher, ...]
    SPEC = """\
method One extensions_filters_network_dubbo_proxy_v3:MethodMatch
headers *One config_route_v3:HeaderMatcher"""
