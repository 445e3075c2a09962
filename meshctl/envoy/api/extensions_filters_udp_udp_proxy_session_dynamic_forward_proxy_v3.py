"""Messages of envoy.extensions.filters.udp.udp_proxy.session.dynamic_forward_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_dynamic_forward_proxy_v3


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.udp_proxy.session.dynamic_forward_proxy.v3.FilterConfig"

    class BufferOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.udp_proxy.session.dynamic_forward_proxy.v3.FilterConfig.BufferOptions"
        max_buffered_datagrams: int | None
        max_buffered_bytes: int | None
        SPEC = """\
max_buffered_datagrams OptionalInt
max_buffered_bytes OptionalInt"""

    stat_prefix: str
    dns_cache_config: extensions_common_dynamic_forward_proxy_v3.DnsCacheConfig | None
    buffer_options: FilterConfig.BufferOptions | None
    implementation_specifier: typing.Literal["dns_cache_config"] | None
    SPEC = """\
stat_prefix Text
dns_cache_config One extensions_common_dynamic_forward_proxy_v3:DnsCacheConfig
buffer_options One extensions_filters_udp_udp_proxy_session_dynamic_forward_proxy_v3:FilterConfig.BufferOptions
implementation_specifier OneOf dns_cache_config"""
