"""Messages of envoy.extensions.quic.connection_id_generator.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DeterministicConnectionIdGeneratorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.connection_id_generator.v3.DeterministicConnectionIdGeneratorConfig"
