"""Messages of envoy.extensions.health_checkers.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleHealthCheck(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.health_checkers.dynamic_modules.v3.DynamicModuleHealthCheck"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    health_checker_name: str
    health_checker_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
health_checker_name Text
health_checker_config PackedField"""
