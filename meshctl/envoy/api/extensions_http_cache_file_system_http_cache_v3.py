"""Messages of envoy.extensions.http.cache.file_system_http_cache.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_async_files_v3


class FileSystemHttpCacheConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.cache.file_system_http_cache.v3.FileSystemHttpCacheConfig"
    manager_config: extensions_common_async_files_v3.AsyncFileManagerConfig | None
    cache_path: str
    max_cache_size_bytes: int | None
    max_individual_cache_entry_size_bytes: int | None
    max_cache_entry_count: int | None
    cache_subdivisions: int
    evict_fraction: float
    max_eviction_period: float | None
    min_eviction_period: float | None
    create_cache_path: bool
    SPEC = """\
manager_config One extensions_common_async_files_v3:AsyncFileManagerConfig
cache_path Text
max_cache_size_bytes OptionalInt
max_individual_cache_entry_size_bytes OptionalInt
max_cache_entry_count OptionalInt
cache_subdivisions Int
evict_fraction Number
max_eviction_period Seconds
min_eviction_period Seconds
create_cache_path Flag"""
