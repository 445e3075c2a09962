"""Messages of envoy.extensions.http.stateful_session.envelope.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class EnvelopeSessionState(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState"

    class Header(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState.Header"
        name: str
        SPEC = """\
name Text"""

    header: EnvelopeSessionState.Header | None
    SPEC = """\
header One extensions_http_stateful_session_envelope_v3:EnvelopeSessionState.Header"""
