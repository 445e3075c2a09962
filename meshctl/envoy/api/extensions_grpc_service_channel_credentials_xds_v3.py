"""Messages of envoy.extensions.grpc_service.channel_credentials.xds.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message, Packed


class XdsCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.channel_credentials.xds.v3.XdsCredentials"
    fallback_credentials: Packed | None
    SPEC = """\
fallback_credentials PackedField"""
