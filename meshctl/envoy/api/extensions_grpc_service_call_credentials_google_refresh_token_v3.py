"""Messages of envoy.extensions.grpc_service.call_credentials.google_refresh_token.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GoogleRefreshTokenCredentials(Message):
    __slots__ = ()
    TYPE = (
        "envoy.extensions.grpc_service.call_credentials.google_refresh_token.v3.GoogleRefreshTokenCredentials"
    )
    token: str
    SPEC = """\
token Text"""
