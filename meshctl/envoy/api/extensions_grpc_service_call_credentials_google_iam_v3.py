"""Messages of envoy.extensions.grpc_service.call_credentials.google_iam.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GoogleIamCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.call_credentials.google_iam.v3.GoogleIamCredentials"
    authorization_token: str
    authority_selector: str
    SPEC = """\
authorization_token Text
authority_selector Text"""
