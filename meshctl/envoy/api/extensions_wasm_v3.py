"""Messages of envoy.extensions.wasm.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class CapabilityRestrictionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.CapabilityRestrictionConfig"
    allowed_capabilities: dict[str, SanitizationConfig]
    SPEC = """\
allowed_capabilities %One extensions_wasm_v3:SanitizationConfig"""


class EnvironmentVariables(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.EnvironmentVariables"
    host_env_keys: tuple[str, ...]
    key_values: dict[str, str]
    SPEC = """\
host_env_keys *Text
key_values %Text"""


class PluginConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.PluginConfig"
    name: str
    root_id: str
    vm_config: VmConfig | None
    configuration: Packed | None
    fail_open: bool
    failure_policy: typing.Literal["UNSPECIFIED", "FAIL_RELOAD", "FAIL_CLOSED", "FAIL_OPEN"]
    reload_config: ReloadConfig | None
    capability_restriction_config: CapabilityRestrictionConfig | None
    allow_on_headers_stop_iteration: bool | None
    vm: typing.Literal["vm_config"] | None
    SPEC = """\
name Text
root_id Text
vm_config One extensions_wasm_v3:VmConfig
configuration PackedField
fail_open Flag
failure_policy Choice UNSPECIFIED=0 FAIL_RELOAD=1 FAIL_CLOSED=2 FAIL_OPEN=3
reload_config One extensions_wasm_v3:ReloadConfig
capability_restriction_config One extensions_wasm_v3:CapabilityRestrictionConfig
allow_on_headers_stop_iteration OptionalFlag
vm OneOf vm_config"""


class ReloadConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.ReloadConfig"
    backoff: config_core_v3.BackoffStrategy | None
    SPEC = """\
backoff One config_core_v3:BackoffStrategy"""


class SanitizationConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.SanitizationConfig"


class VmConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.VmConfig"
    vm_id: str
    runtime: str
    code: config_core_v3.AsyncDataSource | None
    configuration: Packed | None
    allow_precompiled: bool
    nack_on_code_cache_miss: bool
    environment_variables: EnvironmentVariables | None
    SPEC = """\
vm_id Text
runtime Text
code One config_core_v3:AsyncDataSource
configuration PackedField
allow_precompiled Flag
nack_on_code_cache_miss Flag
environment_variables One extensions_wasm_v3:EnvironmentVariables"""


class WasmService(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.wasm.v3.WasmService"
    config: PluginConfig | None
    singleton: bool
    SPEC = """\
config One extensions_wasm_v3:PluginConfig
singleton Flag"""
