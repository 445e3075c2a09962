"""Messages of envoy.extensions.formatter.generic_secret.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_transport_sockets_tls_v3


class GenericSecret(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.formatter.generic_secret.v3.GenericSecret"
    secret_configs: dict[str, extensions_transport_sockets_tls_v3.SdsSecretConfig]
    SPEC = """\
secret_configs %One extensions_transport_sockets_tls_v3:SdsSecretConfig"""
