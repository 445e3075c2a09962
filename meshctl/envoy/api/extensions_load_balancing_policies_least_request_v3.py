"""Messages of envoy.extensions.load_balancing_policies.least_request.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, extensions_load_balancing_policies_common_v3


class LeastRequest(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest"
    choice_count: int | None
    active_request_bias: config_core_v3.RuntimeDouble | None
    slow_start_config: extensions_load_balancing_policies_common_v3.SlowStartConfig | None
    locality_lb_config: extensions_load_balancing_policies_common_v3.LocalityLbConfig | None
    enable_full_scan: bool | None
    selection_method: typing.Literal["N_CHOICES", "FULL_SCAN"]
    SPEC = """\
choice_count OptionalInt
active_request_bias One config_core_v3:RuntimeDouble
slow_start_config One extensions_load_balancing_policies_common_v3:SlowStartConfig
locality_lb_config One extensions_load_balancing_policies_common_v3:LocalityLbConfig
enable_full_scan OptionalFlag
selection_method Choice N_CHOICES=0 FULL_SCAN=1"""
