"""Messages of envoy.extensions.filters.http.file_system_buffer.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_async_files_v3


class BufferBehavior(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.BufferBehavior"

    class Bypass(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.BufferBehavior.Bypass"

    class FullyBuffer(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.BufferBehavior.FullyBuffer"

    class FullyBufferAndAlwaysInjectContentLength(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.BufferBehavior.FullyBufferAndAlwaysInjectContentLength"

    class InjectContentLengthIfNecessary(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.BufferBehavior.InjectContentLengthIfNecessary"

    class StreamWhenPossible(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.BufferBehavior.StreamWhenPossible"

    stream_when_possible: BufferBehavior.StreamWhenPossible | None
    bypass: BufferBehavior.Bypass | None
    inject_content_length_if_necessary: BufferBehavior.InjectContentLengthIfNecessary | None
    fully_buffer_and_always_inject_content_length: (
        BufferBehavior.FullyBufferAndAlwaysInjectContentLength | None
    )
    fully_buffer: BufferBehavior.FullyBuffer | None
    behavior: (
        typing.Literal[
            "stream_when_possible",
            "bypass",
            "inject_content_length_if_necessary",
            "fully_buffer_and_always_inject_content_length",
            "fully_buffer",
        ]
        | None
    )
    SPEC = """\
stream_when_possible One extensions_filters_http_file_system_buffer_v3:BufferBehavior.StreamWhenPossible
bypass One extensions_filters_http_file_system_buffer_v3:BufferBehavior.Bypass
inject_content_length_if_necessary One extensions_filters_http_file_system_buffer_v3:BufferBehavior.InjectContentLengthIfNecessary
fully_buffer_and_always_inject_content_length One extensions_filters_http_file_system_buffer_v3:BufferBehavior.FullyBufferAndAlwaysInjectContentLength
fully_buffer One extensions_filters_http_file_system_buffer_v3:BufferBehavior.FullyBuffer
behavior OneOf stream_when_possible bypass inject_content_length_if_necessary fully_buffer_and_always_inject_content_length fully_buffer"""


class FileSystemBufferFilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.FileSystemBufferFilterConfig"
    manager_config: extensions_common_async_files_v3.AsyncFileManagerConfig | None
    storage_buffer_path: str | None
    request: StreamConfig | None
    response: StreamConfig | None
    SPEC = """\
manager_config One extensions_common_async_files_v3:AsyncFileManagerConfig
storage_buffer_path OptionalText
request One extensions_filters_http_file_system_buffer_v3:StreamConfig
response One extensions_filters_http_file_system_buffer_v3:StreamConfig"""


class StreamConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.file_system_buffer.v3.StreamConfig"
    behavior: BufferBehavior | None
    memory_buffer_bytes_limit: int | None
    storage_buffer_bytes_limit: int | None
    storage_buffer_queue_high_watermark_bytes: int | None
    SPEC = """\
behavior One extensions_filters_http_file_system_buffer_v3:BufferBehavior
memory_buffer_bytes_limit OptionalInt
storage_buffer_bytes_limit OptionalInt
storage_buffer_queue_high_watermark_bytes OptionalInt"""
