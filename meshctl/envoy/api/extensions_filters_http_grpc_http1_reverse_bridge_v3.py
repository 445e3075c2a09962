"""Messages of envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig"
    content_type: str
    withhold_grpc_frames: bool
    response_size_header: str
    SPEC = """\
content_type Text
withhold_grpc_frames Flag
response_size_header Text"""


class FilterConfigPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute"
    disabled: bool
    SPEC = """\
disabled Flag"""
