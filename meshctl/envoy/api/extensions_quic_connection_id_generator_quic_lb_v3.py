"""Messages of envoy.extensions.quic.connection_id_generator.quic_lb.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, extensions_transport_sockets_tls_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.connection_id_generator.quic_lb.v3.Config"
    server_id: config_core_v3.DataSource | None
    server_id_base64_encoded: bool
    expected_server_id_length: int
    nonce_length_bytes: int
    encryption_parameters: extensions_transport_sockets_tls_v3.SdsSecretConfig | None
    unencrypted_mode: bool
    SPEC = """\
server_id One config_core_v3:DataSource
server_id_base64_encoded Flag
expected_server_id_length Int
nonce_length_bytes Int
encryption_parameters One extensions_transport_sockets_tls_v3:SdsSecretConfig
unencrypted_mode Flag"""
