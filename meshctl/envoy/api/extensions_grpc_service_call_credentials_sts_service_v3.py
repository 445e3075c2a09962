"""Messages of envoy.extensions.grpc_service.call_credentials.sts_service.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class StsServiceCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.call_credentials.sts_service.v3.StsServiceCredentials"
    token_exchange_service_uri: str
    resource: str
    audience: str
    scope: str
    requested_token_type: str
    subject_token_path: str
    subject_token_type: str
    actor_token_path: str
    actor_token_type: str
    SPEC = """\
token_exchange_service_uri Text
resource Text
audience Text
scope Text
requested_token_type Text
subject_token_path Text
subject_token_type Text
actor_token_path Text
actor_token_type Text"""
