"""Messages of envoy.extensions.clusters.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_dynamic_modules_v3


class ClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.dynamic_modules.v3.ClusterConfig"
    dynamic_module_config: extensions_dynamic_modules_v3.DynamicModuleConfig | None
    cluster_name: str
    cluster_config: Packed | None
    SPEC = """\
dynamic_module_config One extensions_dynamic_modules_v3:DynamicModuleConfig
cluster_name Text
cluster_config PackedField"""
