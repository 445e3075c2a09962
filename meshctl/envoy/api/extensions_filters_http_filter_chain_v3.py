"""Messages of envoy.extensions.filters.http.filter_chain.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FilterChain(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.filter_chain.v3.FilterChain"
    filters: tuple[config_core_v3.TypedExtensionConfig, ...]
    SPEC = """\
filters *One config_core_v3:TypedExtensionConfig"""


class FilterChainConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfig"
    default_filter_chain: FilterChain | None
    SPEC = """\
default_filter_chain One extensions_filters_http_filter_chain_v3:FilterChain"""


class FilterChainConfigPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute"
    filter_chain: FilterChain | None
    SPEC = """\
filter_chain One extensions_filters_http_filter_chain_v3:FilterChain"""
