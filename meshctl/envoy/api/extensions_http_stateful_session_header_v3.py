"""Messages of envoy.extensions.http.stateful_session.header.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class HeaderBasedSessionState(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState"
    name: str
    SPEC = """\
name Text"""
