"""Messages of envoy.extensions.upstreams.http.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.upstreams.http.dynamic_modules.v3.Config"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    bridge_name: str
    bridge_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
bridge_name Text
bridge_config PackedField"""
