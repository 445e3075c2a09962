"""Messages of envoy.extensions.filters.http.ai_protocol_manager.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class AiProtocolManager(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ai_protocol_manager.v3.AiProtocolManager"
