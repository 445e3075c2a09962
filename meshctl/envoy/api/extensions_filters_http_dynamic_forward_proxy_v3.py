"""Messages of envoy.extensions.filters.http.dynamic_forward_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_dynamic_forward_proxy_v3


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig"
    dns_cache_config: extensions_common_dynamic_forward_proxy_v3.DnsCacheConfig | None
    sub_cluster_config: SubClusterConfig | None
    save_upstream_address: bool
    allow_dynamic_host_from_filter_state: bool
    implementation_specifier: typing.Literal["dns_cache_config", "sub_cluster_config"] | None
    SPEC = """\
dns_cache_config One extensions_common_dynamic_forward_proxy_v3:DnsCacheConfig
sub_cluster_config One extensions_filters_http_dynamic_forward_proxy_v3:SubClusterConfig
save_upstream_address Flag
allow_dynamic_host_from_filter_state Flag
implementation_specifier OneOf dns_cache_config sub_cluster_config"""


class PerRouteConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.dynamic_forward_proxy.v3.PerRouteConfig"
    host_rewrite_literal: str
    host_rewrite_header: str
    host_rewrite_specifier: typing.Literal["host_rewrite_literal", "host_rewrite_header"] | None
    SPEC = """\
host_rewrite_literal Text
host_rewrite_header Text
host_rewrite_specifier OneOf host_rewrite_literal host_rewrite_header"""


class SubClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.dynamic_forward_proxy.v3.SubClusterConfig"
    cluster_init_timeout: float | None
    SPEC = """\
cluster_init_timeout Seconds"""
