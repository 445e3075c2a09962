"""Messages of envoy.extensions.load_balancing_policies.load_aware_locality.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_cluster_v3


class LoadAwareLocality(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.load_aware_locality.v3.LoadAwareLocality"
    endpoint_picking_policy: config_cluster_v3.LoadBalancingPolicy | None
    weight_update_period: float | None
    metric_names_for_computing_utilization: tuple[str, ...]
    utilization_variance_threshold: float | None
    smoothing_time_constant: float | None
    remote_probe_fraction: float | None
    weight_expiration_period: float | None
    enable_oob_load_report: bool | None
    oob_reporting_period: float | None
    SPEC = """\
endpoint_picking_policy One config_cluster_v3:LoadBalancingPolicy
weight_update_period Seconds
metric_names_for_computing_utilization *Text
utilization_variance_threshold OptionalNumber
smoothing_time_constant Seconds
remote_probe_fraction OptionalNumber
weight_expiration_period Seconds
enable_oob_load_report OptionalFlag
oob_reporting_period Seconds"""
