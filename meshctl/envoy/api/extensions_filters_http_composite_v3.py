"""Messages of envoy.extensions.filters.http.composite.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, xds_type_matcher_v3


class Composite(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.composite.v3.Composite"
    named_filter_chains: dict[str, FilterChainConfiguration]
    matcher: xds_type_matcher_v3.Matcher | None
    SPEC = """\
named_filter_chains %One extensions_filters_http_composite_v3:FilterChainConfiguration
matcher One xds_type_matcher_v3:Matcher"""


class CompositePerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.composite.v3.CompositePerRoute"
    matcher: xds_type_matcher_v3.Matcher | None
    SPEC = """\
matcher One xds_type_matcher_v3:Matcher"""


class DynamicConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.composite.v3.DynamicConfig"
    name: str
    config_discovery: config_core_v3.ExtensionConfigSource | None
    SPEC = """\
name Text
config_discovery One config_core_v3:ExtensionConfigSource"""


class ExecuteFilterAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.composite.v3.ExecuteFilterAction"
    typed_config: config_core_v3.TypedExtensionConfig | None
    dynamic_config: DynamicConfig | None
    filter_chain: FilterChainConfiguration | None
    filter_chain_name: str
    sample_percent: config_core_v3.RuntimeFractionalPercent | None
    SPEC = """\
typed_config One config_core_v3:TypedExtensionConfig
dynamic_config One extensions_filters_http_composite_v3:DynamicConfig
filter_chain One extensions_filters_http_composite_v3:FilterChainConfiguration
filter_chain_name Text
sample_percent One config_core_v3:RuntimeFractionalPercent"""


class FilterChainConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.composite.v3.FilterChainConfiguration"
    typed_config: tuple[config_core_v3.TypedExtensionConfig, ...]
    SPEC = """\
typed_config *One config_core_v3:TypedExtensionConfig"""
