"""Messages of envoy.extensions.grpc_service.call_credentials.google_compute_engine.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GoogleComputeEngineCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.call_credentials.google_compute_engine.v3.GoogleComputeEngineCredentials"
