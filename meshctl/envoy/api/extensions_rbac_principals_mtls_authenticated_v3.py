"""Messages of envoy.extensions.rbac.principals.mtls_authenticated.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_transport_sockets_tls_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.rbac.principals.mtls_authenticated.v3.Config"
    san_matcher: extensions_transport_sockets_tls_v3.SubjectAltNameMatcher | None
    any_validated_client_certificate: bool
    SPEC = """\
san_matcher One extensions_transport_sockets_tls_v3:SubjectAltNameMatcher
any_validated_client_certificate Flag"""
