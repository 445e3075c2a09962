"""Messages of envoy.extensions.network.socket_interface.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DefaultSocketInterface(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.socket_interface.v3.DefaultSocketInterface"
    io_uring_options: IoUringOptions | None
    SPEC = """\
io_uring_options One extensions_network_socket_interface_v3:IoUringOptions"""


class IoUringOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.socket_interface.v3.IoUringOptions"
    io_uring_size: int | None
    enable_submission_queue_polling: bool
    read_buffer_size: int | None
    write_timeout_ms: int | None
    write_high_watermark_bytes: int | None
    write_low_watermark_bytes: int | None
    enable_multishot_receive: bool
    SPEC = """\
io_uring_size OptionalInt
enable_submission_queue_polling Flag
read_buffer_size OptionalInt
write_timeout_ms OptionalInt
write_high_watermark_bytes OptionalInt
write_low_watermark_bytes OptionalInt
enable_multishot_receive Flag"""
