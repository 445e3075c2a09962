"""Messages of envoy.extensions.filters.http.buffer.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Buffer(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.buffer.v3.Buffer"
    max_request_bytes: int | None
    SPEC = """\
max_request_bytes OptionalInt"""


class BufferPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.buffer.v3.BufferPerRoute"
    disabled: bool
    buffer: Buffer | None
    override: typing.Literal["disabled", "buffer"] | None
    SPEC = """\
disabled Flag
buffer One extensions_filters_http_buffer_v3:Buffer
override OneOf disabled buffer"""
