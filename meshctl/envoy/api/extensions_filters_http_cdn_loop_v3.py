"""Messages of envoy.extensions.filters.http.cdn_loop.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class CdnLoopConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.cdn_loop.v3.CdnLoopConfig"
    cdn_id: str
    max_allowed_occurrences: int
    SPEC = """\
cdn_id Text
max_allowed_occurrences Int"""
