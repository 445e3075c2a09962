"""Messages of envoy.extensions.transport_sockets.s2a.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class S2AConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.s2a.v3.S2AConfiguration"
    s2a_address: str
    SPEC = """\
s2a_address Text"""
