"""Messages of envoy.extensions.quic.proof_source.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ProofSourceConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.proof_source.v3.ProofSourceConfig"
