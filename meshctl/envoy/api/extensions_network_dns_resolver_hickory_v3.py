"""Messages of envoy.extensions.network.dns_resolver.hickory.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class DnsOverHttpsConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.dns_resolver.hickory.v3.DnsOverHttpsConfig"
    server_urls: tuple[str, ...]
    SPEC = """\
server_urls *Text"""


class DnsOverTlsConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.dns_resolver.hickory.v3.DnsOverTlsConfig"
    servers: tuple[config_core_v3.Address, ...]
    tls_server_name: str
    SPEC = """\
servers *One config_core_v3:Address
tls_server_name Text"""


class HickoryDnsResolverConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.dns_resolver.hickory.v3.HickoryDnsResolverConfig"
    resolvers: tuple[config_core_v3.Address, ...]
    dns_over_tls: DnsOverTlsConfig | None
    dns_over_https: DnsOverHttpsConfig | None
    enable_dnssec: bool
    cache_size: int | None
    num_resolver_threads: int | None
    use_system_config: bool | None
    query_timeout: float | None
    query_tries: int | None
    SPEC = """\
resolvers *One config_core_v3:Address
dns_over_tls One extensions_network_dns_resolver_hickory_v3:DnsOverTlsConfig
dns_over_https One extensions_network_dns_resolver_hickory_v3:DnsOverHttpsConfig
enable_dnssec Flag
cache_size OptionalInt
num_resolver_threads OptionalInt
use_system_config OptionalFlag
query_timeout Seconds
query_tries OptionalInt"""
