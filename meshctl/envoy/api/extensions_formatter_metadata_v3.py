"""Messages of envoy.extensions.formatter.metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Metadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.formatter.metadata.v3.Metadata"
