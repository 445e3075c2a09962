"""Messages of envoy.extensions.quic.crypto_stream.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class CryptoServerStreamConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.crypto_stream.v3.CryptoServerStreamConfig"
