"""Messages of envoy.extensions.filters.http.grpc_http1_bridge.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_http1_bridge.v3.Config"
    upgrade_protobuf_to_grpc: bool
    ignore_query_parameters: bool
    SPEC = """\
upgrade_protobuf_to_grpc Flag
ignore_query_parameters Flag"""
