"""Messages of envoy.extensions.compression.brotli.decompressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Brotli(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.compression.brotli.decompressor.v3.Brotli"
    disable_ring_buffer_reallocation: bool
    chunk_size: int | None
    SPEC = """\
disable_ring_buffer_reallocation Flag
chunk_size OptionalInt"""
