"""Messages of envoy.extensions.bootstrap.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleBootstrapExtension(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.bootstrap.dynamic_modules.v3.DynamicModuleBootstrapExtension"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    extension_name: str
    extension_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
extension_name Text
extension_config PackedField"""
