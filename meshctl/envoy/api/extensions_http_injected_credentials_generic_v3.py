"""Messages of envoy.extensions.http.injected_credentials.generic.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_transport_sockets_tls_v3


class Generic(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.injected_credentials.generic.v3.Generic"
    credential: extensions_transport_sockets_tls_v3.SdsSecretConfig | None
    header: str
    header_value_prefix: str
    SPEC = """\
credential One extensions_transport_sockets_tls_v3:SdsSecretConfig
header Text
header_value_prefix Text"""
