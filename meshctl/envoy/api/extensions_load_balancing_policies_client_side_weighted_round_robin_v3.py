"""Messages of envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_load_balancing_policies_common_v3


class ClientSideWeightedRoundRobin(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin"
    enable_oob_load_report: bool | None
    oob_reporting_period: float | None
    blackout_period: float | None
    weight_expiration_period: float | None
    weight_update_period: float | None
    error_utilization_penalty: float | None
    metric_names_for_computing_utilization: tuple[str, ...]
    slow_start_config: extensions_load_balancing_policies_common_v3.SlowStartConfig | None
    oob_reporting_config: extensions_load_balancing_policies_common_v3.OrcaOobReportingConfig | None
    SPEC = """\
enable_oob_load_report OptionalFlag
oob_reporting_period Seconds
blackout_period Seconds
weight_expiration_period Seconds
weight_update_period Seconds
error_utilization_penalty OptionalNumber
metric_names_for_computing_utilization *Text
slow_start_config One extensions_load_balancing_policies_common_v3:SlowStartConfig
oob_reporting_config One extensions_load_balancing_policies_common_v3:OrcaOobReportingConfig"""
