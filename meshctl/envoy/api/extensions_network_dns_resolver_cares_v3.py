"""Messages of envoy.extensions.network.dns_resolver.cares.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class CaresDnsResolverConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig"
    resolvers: tuple[config_core_v3.Address, ...]
    use_resolvers_as_fallback: bool
    filter_unroutable_families: bool
    dns_resolver_options: config_core_v3.DnsResolverOptions | None
    udp_max_queries: int | None
    query_timeout_seconds: int | None
    query_tries: int | None
    rotate_nameservers: bool
    edns0_max_payload_size: int | None
    max_udp_channel_duration: float | None
    reinit_channel_on_timeout: bool
    qcache_max_ttl: int | None
    SPEC = """\
resolvers *One config_core_v3:Address
use_resolvers_as_fallback Flag
filter_unroutable_families Flag
dns_resolver_options One config_core_v3:DnsResolverOptions
udp_max_queries OptionalInt
query_timeout_seconds OptionalInt
query_tries OptionalInt
rotate_nameservers Flag
edns0_max_payload_size OptionalInt
max_udp_channel_duration Seconds
reinit_channel_on_timeout Flag
qcache_max_ttl OptionalInt"""
