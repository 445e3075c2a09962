"""Messages of envoy.extensions.grpc_service.channel_credentials.insecure.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class InsecureCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.channel_credentials.insecure.v3.InsecureCredentials"
