"""Messages of envoy.extensions.clusters.reverse_connection.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ReverseConnectionClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.reverse_connection.v3.ReverseConnectionClusterConfig"
    cleanup_interval: float | None
    host_id_format: str
    tenant_id_format: str
    SPEC = """\
cleanup_interval Seconds
host_id_format Text
tenant_id_format Text"""
