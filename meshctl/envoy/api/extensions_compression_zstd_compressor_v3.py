"""Messages of envoy.extensions.compression.zstd.compressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Zstd(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.compression.zstd.compressor.v3.Zstd"
    compression_level: int | None
    enable_checksum: bool
    strategy: typing.Literal[
        "DEFAULT", "FAST", "DFAST", "GREEDY", "LAZY", "LAZY2", "BTLAZY2", "BTOPT", "BTULTRA", "BTULTRA2"
    ]
    dictionary: config_core_v3.DataSource | None
    chunk_size: int | None
    SPEC = """\
compression_level OptionalInt
enable_checksum Flag
strategy Choice DEFAULT=0 FAST=1 DFAST=2 GREEDY=3 LAZY=4 LAZY2=5 BTLAZY2=6 BTOPT=7 BTULTRA=8 BTULTRA2=9
dictionary One config_core_v3:DataSource
chunk_size OptionalInt"""
