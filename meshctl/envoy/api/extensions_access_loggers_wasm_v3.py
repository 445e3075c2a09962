"""Messages of envoy.extensions.access_loggers.wasm.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_wasm_v3


class WasmAccessLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.wasm.v3.WasmAccessLog"
    config: extensions_wasm_v3.PluginConfig | None
    SPEC = """\
config One extensions_wasm_v3:PluginConfig"""
