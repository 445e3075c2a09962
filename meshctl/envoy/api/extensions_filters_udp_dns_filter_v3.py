"""Messages of envoy.extensions.filters.udp.dns_filter.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_accesslog_v3, config_core_v3


class DnsFilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.dns_filter.v3.DnsFilterConfig"

    class ClientContextConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.dns_filter.v3.DnsFilterConfig.ClientContextConfig"
        resolver_timeout: float | None
        upstream_resolvers: tuple[config_core_v3.Address, ...]
        dns_resolution_config: config_core_v3.DnsResolutionConfig | None
        typed_dns_resolver_config: config_core_v3.TypedExtensionConfig | None
        max_pending_lookups: int
        SPEC = """\
resolver_timeout Seconds
upstream_resolvers *One config_core_v3:Address
dns_resolution_config One config_core_v3:DnsResolutionConfig
typed_dns_resolver_config One config_core_v3:TypedExtensionConfig
max_pending_lookups Int"""

    class ServerContextConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.dns_filter.v3.DnsFilterConfig.ServerContextConfig"
        inline_dns_table: typing.Any
        external_dns_table: config_core_v3.DataSource | None
        config_source: typing.Literal["inline_dns_table", "external_dns_table"] | None
        SPEC = """\
inline_dns_table AnyValue
external_dns_table One config_core_v3:DataSource
config_source OneOf inline_dns_table external_dns_table"""

    stat_prefix: str
    server_config: DnsFilterConfig.ServerContextConfig | None
    client_config: DnsFilterConfig.ClientContextConfig | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    SPEC = """\
stat_prefix Text
server_config One extensions_filters_udp_dns_filter_v3:DnsFilterConfig.ServerContextConfig
client_config One extensions_filters_udp_dns_filter_v3:DnsFilterConfig.ClientContextConfig
access_log *One config_accesslog_v3:AccessLog"""
