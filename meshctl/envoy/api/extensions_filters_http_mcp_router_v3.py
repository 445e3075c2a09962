"""Messages of envoy.extensions.filters.http.mcp_router.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_metadata_v3


class DynamicMetadataSource(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_router.v3.DynamicMetadataSource"
    key: type_metadata_v3.MetadataKey | None
    SPEC = """\
key One type_metadata_v3:MetadataKey"""


class HeaderSource(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_router.v3.HeaderSource"
    name: str
    SPEC = """\
name Text"""


class IdentityExtractor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_router.v3.IdentityExtractor"
    header: HeaderSource | None
    dynamic_metadata: DynamicMetadataSource | None
    SPEC = """\
header One extensions_filters_http_mcp_router_v3:HeaderSource
dynamic_metadata One extensions_filters_http_mcp_router_v3:DynamicMetadataSource"""


class McpRouter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_router.v3.McpRouter"

    class McpBackend(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.mcp_router.v3.McpRouter.McpBackend"
        name: str
        mcp_cluster: McpRouter.McpCluster | None
        SPEC = """\
name Text
mcp_cluster One extensions_filters_http_mcp_router_v3:McpRouter.McpCluster"""

    class McpCluster(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.mcp_router.v3.McpRouter.McpCluster"
        cluster: str
        path: str
        timeout: float | None
        host_rewrite_literal: str
        SPEC = """\
cluster Text
path Text
timeout Seconds
host_rewrite_literal Text"""

    servers: tuple[McpRouter.McpBackend, ...]
    session_identity: SessionIdentity | None
    lazy_initialization: bool
    SPEC = """\
servers *One extensions_filters_http_mcp_router_v3:McpRouter.McpBackend
session_identity One extensions_filters_http_mcp_router_v3:SessionIdentity
lazy_initialization Flag"""


class SessionIdentity(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_router.v3.SessionIdentity"
    identity: IdentityExtractor | None
    validation: ValidationPolicy | None
    SPEC = """\
identity One extensions_filters_http_mcp_router_v3:IdentityExtractor
validation One extensions_filters_http_mcp_router_v3:ValidationPolicy"""


class ValidationPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.mcp_router.v3.ValidationPolicy"
    mode: typing.Literal["MODE_UNSPECIFIED", "DISABLED", "ENFORCE"]
    SPEC = """\
mode Choice MODE_UNSPECIFIED=0 DISABLED=1 ENFORCE=2"""
