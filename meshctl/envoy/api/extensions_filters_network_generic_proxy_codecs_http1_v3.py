"""Messages of envoy.extensions.filters.network.generic_proxy.codecs.http1.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Http1CodecConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.codecs.http1.v3.Http1CodecConfig"
    single_frame_mode: bool | None
    max_buffer_size: int | None
    SPEC = """\
single_frame_mode OptionalFlag
max_buffer_size OptionalInt"""
