"""Messages of envoy.extensions.compression.brotli.compressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Brotli(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.compression.brotli.compressor.v3.Brotli"
    quality: int | None
    encoder_mode: typing.Literal["DEFAULT", "GENERIC", "TEXT", "FONT"]
    window_bits: int | None
    input_block_bits: int | None
    chunk_size: int | None
    disable_literal_context_modeling: bool
    SPEC = """\
quality OptionalInt
encoder_mode Choice DEFAULT=0 GENERIC=1 TEXT=2 FONT=3
window_bits OptionalInt
input_block_bits OptionalInt
chunk_size OptionalInt
disable_literal_context_modeling Flag"""
