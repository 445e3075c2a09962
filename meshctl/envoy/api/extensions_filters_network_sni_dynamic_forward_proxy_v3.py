"""Messages of envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_dynamic_forward_proxy_v3


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig"
    dns_cache_config: extensions_common_dynamic_forward_proxy_v3.DnsCacheConfig | None
    port_value: int
    save_upstream_address: bool
    port_specifier: typing.Literal["port_value"] | None
    SPEC = """\
dns_cache_config One extensions_common_dynamic_forward_proxy_v3:DnsCacheConfig
port_value Int
save_upstream_address Flag
port_specifier OneOf port_value"""
