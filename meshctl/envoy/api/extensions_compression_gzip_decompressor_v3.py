"""Messages of envoy.extensions.compression.gzip.decompressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Gzip(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.compression.gzip.decompressor.v3.Gzip"
    window_bits: int | None
    chunk_size: int | None
    max_inflate_ratio: int | None
    SPEC = """\
window_bits OptionalInt
chunk_size OptionalInt
max_inflate_ratio OptionalInt"""
