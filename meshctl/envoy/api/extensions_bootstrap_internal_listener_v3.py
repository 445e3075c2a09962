"""Messages of envoy.extensions.bootstrap.internal_listener.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class InternalListener(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.bootstrap.internal_listener.v3.InternalListener"
    buffer_size_kb: int | None
    SPEC = """\
buffer_size_kb OptionalInt"""
