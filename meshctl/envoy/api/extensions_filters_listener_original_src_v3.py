"""Messages of envoy.extensions.filters.listener.original_src.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class OriginalSrc(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.listener.original_src.v3.OriginalSrc"
    bind_port: bool
    mark: int
    SPEC = """\
bind_port Flag
mark Int"""
