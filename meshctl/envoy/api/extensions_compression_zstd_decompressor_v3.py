"""Messages of envoy.extensions.compression.zstd.decompressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Zstd(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.compression.zstd.decompressor.v3.Zstd"
    dictionaries: tuple[config_core_v3.DataSource, ...]
    chunk_size: int | None
    SPEC = """\
dictionaries *One config_core_v3:DataSource
chunk_size OptionalInt"""
