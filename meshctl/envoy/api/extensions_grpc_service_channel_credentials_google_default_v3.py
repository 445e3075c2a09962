"""Messages of envoy.extensions.grpc_service.channel_credentials.google_default.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GoogleDefaultCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.channel_credentials.google_default.v3.GoogleDefaultCredentials"
