"""Messages of envoy.extensions.clusters.mcp_multicluster.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.mcp_multicluster.v3.ClusterConfig"

    class McpBackend(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.clusters.mcp_multicluster.v3.ClusterConfig.McpBackend"
        name: str
        mcp_cluster: ClusterConfig.McpCluster | None
        SPEC = """\
name Text
mcp_cluster One extensions_clusters_mcp_multicluster_v3:ClusterConfig.McpCluster"""

    class McpCluster(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.clusters.mcp_multicluster.v3.ClusterConfig.McpCluster"
        cluster: str
        path: str
        timeout: float | None
        host_rewrite_literal: str
        SPEC = """\
cluster Text
path Text
timeout Seconds
host_rewrite_literal Text"""

    servers: tuple[ClusterConfig.McpBackend, ...]
    SPEC = """\
servers *One extensions_clusters_mcp_multicluster_v3:ClusterConfig.McpBackend"""
