"""Messages of envoy.extensions.filters.http.mcp.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Mcp(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp.v3.Mcp"

    class BaggagePropagationConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.mcp.v3.Mcp.BaggagePropagationConfig"

    class TraceContextPropagationConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.mcp.v3.Mcp.TraceContextPropagationConfig"

    traffic_mode: typing.Literal["PASS_THROUGH", "REJECT_NO_MCP"]
    clear_route_cache: bool
    max_request_body_size: int | None
    parser_config: ParserConfig | None
    request_storage_mode: typing.Literal[
        "MODE_UNSPECIFIED", "DYNAMIC_METADATA", "FILTER_STATE", "DYNAMIC_METADATA_AND_FILTER_STATE"
    ]
    propagate_trace_context: Mcp.TraceContextPropagationConfig | None
    propagate_baggage: Mcp.BaggagePropagationConfig | None
    reject_duplicate_keys: bool | None
    SPEC = """\
traffic_mode Choice PASS_THROUGH=0 REJECT_NO_MCP=1
clear_route_cache Flag
max_request_body_size OptionalInt
parser_config One extensions_filters_http_mcp_v3:ParserConfig
request_storage_mode Choice MODE_UNSPECIFIED=0 DYNAMIC_METADATA=1 FILTER_STATE=2 DYNAMIC_METADATA_AND_FILTER_STATE=3
propagate_trace_context One extensions_filters_http_mcp_v3:Mcp.TraceContextPropagationConfig
propagate_baggage One extensions_filters_http_mcp_v3:Mcp.BaggagePropagationConfig
reject_duplicate_keys OptionalFlag"""


class McpOverride(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp.v3.McpOverride"
    traffic_mode: typing.Literal["PASS_THROUGH", "REJECT_NO_MCP"]
    max_request_body_size: int | None
    SPEC = """\
traffic_mode Choice PASS_THROUGH=0 REJECT_NO_MCP=1
max_request_body_size OptionalInt"""


class ParserConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp.v3.ParserConfig"

    class AttributeExtractionRule(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.mcp.v3.ParserConfig.AttributeExtractionRule"
        path: str
        SPEC = """\
path Text"""

    class MethodConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.mcp.v3.ParserConfig.MethodConfig"
        method: str
        group: str
        extraction_rules: tuple[ParserConfig.AttributeExtractionRule, ...]
        SPEC = """\
method Text
group Text
extraction_rules *One extensions_filters_http_mcp_v3:ParserConfig.AttributeExtractionRule"""

    methods: tuple[ParserConfig.MethodConfig, ...]
    group_metadata_key: str
    SPEC = """\
methods *One extensions_filters_http_mcp_v3:ParserConfig.MethodConfig
group_metadata_key Text"""
