"""Messages of envoy.extensions.quic.client_writer_factory.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DefaultClientWriter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.client_writer_factory.v3.DefaultClientWriter"
