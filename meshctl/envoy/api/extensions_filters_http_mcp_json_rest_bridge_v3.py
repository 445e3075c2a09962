"""Messages of envoy.extensions.filters.http.mcp_json_rest_bridge.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class HttpRule(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.HttpRule"
    get: str
    put: str
    post: str
    delete: str
    patch: str
    body: str
    SPEC = """\
get Text
put Text
post Text
delete Text
patch Text
body Text"""


class McpJsonRestBridge(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.McpJsonRestBridge"
    server_info: ServerInfo | None
    tool_config: ServerToolConfig | None
    max_request_body_size: int | None
    max_response_body_size: int | None
    request_storage_mode: typing.Literal["MODE_UNSPECIFIED", "DYNAMIC_METADATA"]
    trace_context_extraction: TraceContextExtractionOptions | None
    disable_clear_route_cache: bool
    SPEC = """\
server_info One extensions_filters_http_mcp_json_rest_bridge_v3:ServerInfo
tool_config One extensions_filters_http_mcp_json_rest_bridge_v3:ServerToolConfig
max_request_body_size OptionalInt
max_response_body_size OptionalInt
request_storage_mode Choice MODE_UNSPECIFIED=0 DYNAMIC_METADATA=1
trace_context_extraction One extensions_filters_http_mcp_json_rest_bridge_v3:TraceContextExtractionOptions
disable_clear_route_cache Flag"""


class McpJsonRestBridgePerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.McpJsonRestBridgePerRoute"
    tool_config: tuple[ServerToolConfig, ...]
    SPEC = """\
tool_config *One extensions_filters_http_mcp_json_rest_bridge_v3:ServerToolConfig"""


class McpServerInfo(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.McpServerInfo"
    path: str
    host: str
    SPEC = """\
path Text
host Text"""


class ServerInfo(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.ServerInfo"
    supported_protocol_versions: tuple[str, ...]
    description: str
    fallback_protocol_version: str | None
    SPEC = """\
supported_protocol_versions *Text
description Text
fallback_protocol_version OptionalText"""


class ServerToolConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.ServerToolConfig"
    tools: tuple[ToolConfig, ...]
    list_changed: bool
    tool_list_http_rule: HttpRule | None
    tool_list_local: ToolsListLocal | None
    default_server_info: McpServerInfo | None
    tool_list_config: typing.Literal["tool_list_http_rule", "tool_list_local"] | None
    SPEC = """\
tools *One extensions_filters_http_mcp_json_rest_bridge_v3:ToolConfig
list_changed Flag
tool_list_http_rule One extensions_filters_http_mcp_json_rest_bridge_v3:HttpRule
tool_list_local One extensions_filters_http_mcp_json_rest_bridge_v3:ToolsListLocal
default_server_info One extensions_filters_http_mcp_json_rest_bridge_v3:McpServerInfo
tool_list_config OneOf tool_list_http_rule tool_list_local"""


class ToolConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.ToolConfig"
    name: str
    http_rule: HttpRule | None
    tool_list_config: ToolsListSpecificConfig | None
    text_content_streaming_enabled: bool
    server_info: tuple[McpServerInfo, ...]
    SPEC = """\
name Text
http_rule One extensions_filters_http_mcp_json_rest_bridge_v3:HttpRule
tool_list_config One extensions_filters_http_mcp_json_rest_bridge_v3:ToolsListSpecificConfig
text_content_streaming_enabled Flag
server_info *One extensions_filters_http_mcp_json_rest_bridge_v3:McpServerInfo"""


class ToolsListLocal(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.ToolsListLocal"


class ToolsListSpecificConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.ToolsListSpecificConfig"
    title: str
    description: str
    input_schema: str
    SPEC = """\
title Text
description Text
input_schema Text"""


class TraceContextExtractionOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_json_rest_bridge.v3.TraceContextExtractionOptions"
