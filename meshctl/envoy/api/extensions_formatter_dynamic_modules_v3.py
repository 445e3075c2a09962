"""Messages of envoy.extensions.formatter.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleFormatter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.formatter.dynamic_modules.v3.DynamicModuleFormatter"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    formatter_name: str
    formatter_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
formatter_name Text
formatter_config PackedField"""
