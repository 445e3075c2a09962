"""Messages of envoy.extensions.transport_sockets.tls.cert_mappers.filter_state_override.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.cert_mappers.filter_state_override.v3.Config"
    default_value: str
    SPEC = """\
default_value Text"""
