"""Messages of envoy.extensions.transport_sockets.alts.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Alts(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.alts.v3.Alts"
    handshaker_service: str
    peer_service_accounts: tuple[str, ...]
    SPEC = """\
handshaker_service Text
peer_service_accounts *Text"""
