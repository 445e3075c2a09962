"""Messages of envoy.extensions.stat_sinks.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleStatsSink(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.stat_sinks.dynamic_modules.v3.DynamicModuleStatsSink"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    sink_name: str
    sink_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
sink_name Text
sink_config PackedField"""
