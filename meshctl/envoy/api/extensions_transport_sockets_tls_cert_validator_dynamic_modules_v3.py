"""Messages of envoy.extensions.transport_sockets.tls.cert_validator.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModuleCertValidatorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.cert_validator.dynamic_modules.v3.DynamicModuleCertValidatorConfig"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    validator_name: str
    validator_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
validator_name Text
validator_config PackedField"""
