"""Messages of envoy.extensions.filters.listener.tls_inspector.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class TlsInspector(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
    enable_ja3_fingerprinting: bool | None
    enable_ja4_fingerprinting: bool | None
    initial_read_buffer_size: int | None
    close_connection_on_client_hello_parsing_errors: bool
    max_client_hello_size: int | None
    SPEC = """\
enable_ja3_fingerprinting OptionalFlag
enable_ja4_fingerprinting OptionalFlag
initial_read_buffer_size OptionalInt
close_connection_on_client_hello_parsing_errors Flag
max_client_hello_size OptionalInt"""
