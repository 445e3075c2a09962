"""Messages of envoy.extensions.clusters.dns.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class DnsCluster(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.dns.v3.DnsCluster"

    class RefreshRate(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate"
        base_interval: float | None
        max_interval: float | None
        SPEC = """\
base_interval Seconds
max_interval Seconds"""

    dns_refresh_rate: float | None
    dns_failure_refresh_rate: DnsCluster.RefreshRate | None
    respect_dns_ttl: bool
    dns_jitter: float | None
    typed_dns_resolver_config: config_core_v3.TypedExtensionConfig | None
    dns_lookup_family: typing.Literal["UNSPECIFIED", "AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"]
    all_addresses_in_single_endpoint: bool
    dns_min_refresh_rate: float | None
    SPEC = """\
dns_refresh_rate Seconds
dns_failure_refresh_rate One extensions_clusters_dns_v3:DnsCluster.RefreshRate
respect_dns_ttl Flag
dns_jitter Seconds
typed_dns_resolver_config One config_core_v3:TypedExtensionConfig
dns_lookup_family Choice UNSPECIFIED=0 AUTO=1 V4_ONLY=2 V6_ONLY=3 V4_PREFERRED=4 ALL=5
all_addresses_in_single_endpoint Flag
dns_min_refresh_rate Seconds"""
