"""Messages of envoy.extensions.resource_monitors.fixed_heap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FixedHeapConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig"
    max_heap_size_bytes: int
    max_heap_size_bytes_runtime: config_core_v3.RuntimeUInt64 | None
    SPEC = """\
max_heap_size_bytes Int
max_heap_size_bytes_runtime One config_core_v3:RuntimeUInt64"""
