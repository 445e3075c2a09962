"""Messages of envoy.extensions.filters.network.generic_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_accesslog_v3,
        config_core_v3,
        extensions_filters_network_http_connection_manager_v3,
        xds_type_matcher_v3,
    )


class GenericProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.v3.GenericProxy"
    stat_prefix: str
    codec_config: config_core_v3.TypedExtensionConfig | None
    generic_rds: GenericRds | None
    route_config: RouteConfiguration | None
    filters: tuple[config_core_v3.TypedExtensionConfig, ...]
    tracing: extensions_filters_network_http_connection_manager_v3.HttpConnectionManager.Tracing | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    route_specifier: typing.Literal["generic_rds", "route_config"] | None
    SPEC = """\
stat_prefix Text
codec_config One config_core_v3:TypedExtensionConfig
generic_rds One extensions_filters_network_generic_proxy_v3:GenericRds
route_config One extensions_filters_network_generic_proxy_v3:RouteConfiguration
filters *One config_core_v3:TypedExtensionConfig
tracing One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager.Tracing
access_log *One config_accesslog_v3:AccessLog
route_specifier OneOf generic_rds route_config"""


class GenericRds(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.v3.GenericRds"
    config_source: config_core_v3.ConfigSource | None
    route_config_name: str
    SPEC = """\
config_source One config_core_v3:ConfigSource
route_config_name Text"""


class RouteConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.v3.RouteConfiguration"
    name: str
    routes: xds_type_matcher_v3.Matcher | None
    virtual_hosts: tuple[VirtualHost, ...]
    SPEC = """\
name Text
routes One xds_type_matcher_v3:Matcher
virtual_hosts *One extensions_filters_network_generic_proxy_v3:VirtualHost"""


class VirtualHost(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.v3.VirtualHost"
    name: str
    hosts: tuple[str, ...]
    routes: xds_type_matcher_v3.Matcher | None
    SPEC = """\
name Text
hosts *Text
routes One xds_type_matcher_v3:Matcher"""
