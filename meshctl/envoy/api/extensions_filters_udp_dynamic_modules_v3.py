"""Messages of envoy.extensions.filters.udp.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleUdpListenerFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.dynamic_modules.v3.DynamicModuleUdpListenerFilter"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    filter_name: str
    filter_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
filter_name Text
filter_config PackedField"""
