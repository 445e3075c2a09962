"""Messages of envoy.extensions.filters.http.tap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_tap_v3


class Tap(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.tap.v3.Tap"
    common_config: extensions_common_tap_v3.CommonExtensionConfig | None
    record_headers_received_time: bool
    record_downstream_connection: bool
    record_upstream_connection: bool
    SPEC = """\
common_config One extensions_common_tap_v3:CommonExtensionConfig
record_headers_received_time Flag
record_downstream_connection Flag
record_upstream_connection Flag"""
