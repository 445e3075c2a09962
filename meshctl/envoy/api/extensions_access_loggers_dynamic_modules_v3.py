"""Messages of envoy.extensions.access_loggers.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleAccessLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.dynamic_modules.v3.DynamicModuleAccessLog"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    logger_name: str
    logger_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
logger_name Text
logger_config PackedField"""
