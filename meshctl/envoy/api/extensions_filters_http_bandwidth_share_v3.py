"""Messages of envoy.extensions.filters.http.bandwidth_share.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, xds_type_matcher_v3


class BandwidthShare(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.bandwidth_share.v3.BandwidthShare"

    class Limit(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.bandwidth_share.v3.BandwidthShare.Limit"
        bucket_id: str
        kbps: config_core_v3.RuntimeUInt32 | None
        SPEC = """\
bucket_id Text
kbps One config_core_v3:RuntimeUInt32"""

    class TenantConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.bandwidth_share.v3.BandwidthShare.TenantConfig"
        weight: int
        include_stats_tag: bool
        SPEC = """\
weight Int
include_stats_tag Flag"""

    request_limit: BandwidthShare.Limit | None
    response_limit: BandwidthShare.Limit | None
    fill_interval: float | None
    enable_response_trailers: bool
    response_trailer_prefix: str
    tenant_name_selector: xds_type_matcher_v3.Matcher | None
    tenant_configs: dict[str, BandwidthShare.TenantConfig]
    default_tenant_config: BandwidthShare.TenantConfig | None
    SPEC = """\
request_limit One extensions_filters_http_bandwidth_share_v3:BandwidthShare.Limit
response_limit One extensions_filters_http_bandwidth_share_v3:BandwidthShare.Limit
fill_interval Seconds
enable_response_trailers Flag
response_trailer_prefix Text
tenant_name_selector One xds_type_matcher_v3:Matcher
tenant_configs %One extensions_filters_http_bandwidth_share_v3:BandwidthShare.TenantConfig
default_tenant_config One extensions_filters_http_bandwidth_share_v3:BandwidthShare.TenantConfig"""
