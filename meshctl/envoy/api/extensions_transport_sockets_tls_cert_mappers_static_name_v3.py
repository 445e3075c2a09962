"""Messages of envoy.extensions.transport_sockets.tls.cert_mappers.static_name.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class StaticName(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.cert_mappers.static_name.v3.StaticName"
    name: str
    SPEC = """\
name Text"""
