"""Messages of envoy.extensions.compression.gzip.compressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Gzip(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.compression.gzip.compressor.v3.Gzip"
    memory_level: int | None
    compression_level: typing.Literal[
        "DEFAULT_COMPRESSION",
        "BEST_SPEED",
        "COMPRESSION_LEVEL_2",
        "COMPRESSION_LEVEL_3",
        "COMPRESSION_LEVEL_4",
        "COMPRESSION_LEVEL_5",
        "COMPRESSION_LEVEL_6",
        "COMPRESSION_LEVEL_7",
        "COMPRESSION_LEVEL_8",
        "COMPRESSION_LEVEL_9",
        "COMPRESSION_LEVEL_1",
        "BEST_COMPRESSION",
    ]
    compression_strategy: typing.Literal["DEFAULT_STRATEGY", "FILTERED", "HUFFMAN_ONLY", "RLE", "FIXED"]
    window_bits: int | None
    chunk_size: int | None
    SPEC = """\
memory_level OptionalInt
compression_level Choice DEFAULT_COMPRESSION=0 BEST_SPEED=1 COMPRESSION_LEVEL_2=2 COMPRESSION_LEVEL_3=3 COMPRESSION_LEVEL_4=4 COMPRESSION_LEVEL_5=5 COMPRESSION_LEVEL_6=6 COMPRESSION_LEVEL_7=7 COMPRESSION_LEVEL_8=8 COMPRESSION_LEVEL_9=9 COMPRESSION_LEVEL_1=1 BEST_COMPRESSION=9
compression_strategy Choice DEFAULT_STRATEGY=0 FILTERED=1 HUFFMAN_ONLY=2 RLE=3 FIXED=4
window_bits OptionalInt
chunk_size OptionalInt"""
