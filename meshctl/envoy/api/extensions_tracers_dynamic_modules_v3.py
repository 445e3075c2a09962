"""Messages of envoy.extensions.tracers.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleTracer(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.dynamic_modules.v3.DynamicModuleTracer"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    tracer_name: str
    tracer_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
tracer_name Text
tracer_config PackedField"""
