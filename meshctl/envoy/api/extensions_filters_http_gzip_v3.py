"""Messages of envoy.extensions.filters.http.gzip.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_http_compressor_v3


class Gzip(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.gzip.v3.Gzip"

    class CompressionLevel(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.gzip.v3.Gzip.CompressionLevel"

    memory_level: int | None
    compression_level: typing.Literal["DEFAULT", "BEST", "SPEED"]
    compression_strategy: typing.Literal["DEFAULT", "FILTERED", "HUFFMAN", "RLE"]
    window_bits: int | None
    compressor: extensions_filters_http_compressor_v3.Compressor | None
    chunk_size: int | None
    SPEC = """\
memory_level OptionalInt
compression_level Choice DEFAULT=0 BEST=1 SPEED=2
compression_strategy Choice DEFAULT=0 FILTERED=1 HUFFMAN=2 RLE=3
window_bits OptionalInt
compressor One extensions_filters_http_compressor_v3:Compressor
chunk_size OptionalInt"""
