"""Messages of envoy.extensions.common.dynamic_forward_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_cluster_v3,
        config_common_key_value_v3,
        config_core_v3,
        type_matcher_v3,
    )


class DnsCacheCircuitBreakers(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheCircuitBreakers"
    max_pending_requests: int | None
    SPEC = """\
max_pending_requests OptionalInt"""


class DnsCacheConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig"
    name: str
    dns_lookup_family: typing.Literal["AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"]
    dns_refresh_rate: float | None
    dns_min_refresh_rate: float | None
    host_ttl: float | None
    max_hosts: int | None
    disable_dns_refresh_on_failure: bool
    dns_failure_refresh_rate: config_cluster_v3.Cluster.RefreshRate | None
    dns_cache_circuit_breaker: DnsCacheCircuitBreakers | None
    use_tcp_for_dns_lookups: bool
    dns_resolution_config: config_core_v3.DnsResolutionConfig | None
    typed_dns_resolver_config: config_core_v3.TypedExtensionConfig | None
    preresolve_hostnames: tuple[config_core_v3.SocketAddress, ...]
    dns_query_timeout: float | None
    key_value_config: config_common_key_value_v3.KeyValueStoreConfig | None
    resolved_address_filter: type_matcher_v3.AddressMatcher | None
    SPEC = """\
name Text
dns_lookup_family Choice AUTO=0 V4_ONLY=1 V6_ONLY=2 V4_PREFERRED=3 ALL=4
dns_refresh_rate Seconds
dns_min_refresh_rate Seconds
host_ttl Seconds
max_hosts OptionalInt
disable_dns_refresh_on_failure Flag
dns_failure_refresh_rate One config_cluster_v3:Cluster.RefreshRate
dns_cache_circuit_breaker One extensions_common_dynamic_forward_proxy_v3:DnsCacheCircuitBreakers
use_tcp_for_dns_lookups Flag
dns_resolution_config One config_core_v3:DnsResolutionConfig
typed_dns_resolver_config One config_core_v3:TypedExtensionConfig
preresolve_hostnames *One config_core_v3:SocketAddress
dns_query_timeout Seconds
key_value_config One config_common_key_value_v3:KeyValueStoreConfig
resolved_address_filter One type_matcher_v3:AddressMatcher"""
