"""Messages of envoy.extensions.transport_sockets.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleTransportSocket(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.dynamic_modules.v3.DynamicModuleTransportSocket"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    transport_socket_name: str
    transport_socket_config: Packed | None
    implements_secure_transport: bool
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
transport_socket_name Text
transport_socket_config PackedField
implements_secure_transport Flag"""
