"""Messages of envoy.extensions.common.async_files.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class AsyncFileManagerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.async_files.v3.AsyncFileManagerConfig"

    class ThreadPool(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.common.async_files.v3.AsyncFileManagerConfig.ThreadPool"
        thread_count: int
        SPEC = """\
thread_count Int"""

    id: str
    thread_pool: AsyncFileManagerConfig.ThreadPool | None
    manager_type: typing.Literal["thread_pool"] | None
    SPEC = """\
id Text
thread_pool One extensions_common_async_files_v3:AsyncFileManagerConfig.ThreadPool
manager_type OneOf thread_pool"""
