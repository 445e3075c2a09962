"""Messages of envoy.extensions.key_value.file_based.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class FileBasedKeyValueStoreConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.key_value.file_based.v3.FileBasedKeyValueStoreConfig"
    filename: str
    flush_interval: float | None
    max_entries: int | None
    SPEC = """\
filename Text
flush_interval Seconds
max_entries OptionalInt"""
