"""Messages of envoy.extensions.filters.network.echo.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Echo(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.echo.v3.Echo"
