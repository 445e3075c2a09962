"""Messages of envoy.extensions.load_balancing_policies.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class DynamicModulesLoadBalancerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.dynamic_modules.v3.DynamicModulesLoadBalancerConfig"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    lb_policy_name: str
    lb_policy_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
lb_policy_name Text
lb_policy_config PackedField"""
