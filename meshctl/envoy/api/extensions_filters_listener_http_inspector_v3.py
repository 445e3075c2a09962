"""Messages of envoy.extensions.filters.listener.http_inspector.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class HttpInspector(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"
