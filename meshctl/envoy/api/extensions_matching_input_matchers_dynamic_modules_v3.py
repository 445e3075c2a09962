"""Messages of envoy.extensions.matching.input_matchers.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.input_matchers.dynamic_modules.v3.DynamicModuleMatcher"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    matcher_name: str
    matcher_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
matcher_name Text
matcher_config PackedField"""
