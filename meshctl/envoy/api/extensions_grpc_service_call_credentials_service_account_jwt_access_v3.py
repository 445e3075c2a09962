"""Messages of envoy.extensions.grpc_service.call_credentials.service_account_jwt_access.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ServiceAccountJwtAccessCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.call_credentials.service_account_jwt_access.v3.ServiceAccountJwtAccessCredentials"
    json_key: str
    token_lifetime: float | None
    SPEC = """\
json_key Text
token_lifetime Seconds"""
