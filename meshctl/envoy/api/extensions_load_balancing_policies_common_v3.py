"""Messages of envoy.extensions.load_balancing_policies.common.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3, type_v3


class ConsistentHashingLbConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig"
    use_hostname_for_hashing: bool
    hash_balance_factor: int | None
    hash_policy: tuple[config_route_v3.RouteAction.HashPolicy, ...]
    SPEC = """\
use_hostname_for_hashing Flag
hash_balance_factor OptionalInt
hash_policy *One config_route_v3:RouteAction.HashPolicy"""


class LocalityLbConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig"

    class LocalityWeightedLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig"

    class ZoneAwareLbConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig"

        class ForceLocalZone(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig.ForceLocalZone"
            min_size: int | None
            SPEC = """\
min_size OptionalInt"""

        routing_enabled: type_v3.Percent | None
        min_cluster_size: int | None
        fail_traffic_on_panic: bool
        force_locality_direct_routing: bool
        force_local_zone: LocalityLbConfig.ZoneAwareLbConfig.ForceLocalZone | None
        locality_basis: typing.Literal["HEALTHY_HOSTS_NUM", "HEALTHY_HOSTS_WEIGHT"]
        SPEC = """\
routing_enabled One type_v3:Percent
min_cluster_size OptionalInt
fail_traffic_on_panic Flag
force_locality_direct_routing Flag
force_local_zone One extensions_load_balancing_policies_common_v3:LocalityLbConfig.ZoneAwareLbConfig.ForceLocalZone
locality_basis Choice HEALTHY_HOSTS_NUM=0 HEALTHY_HOSTS_WEIGHT=1"""

    zone_aware_lb_config: LocalityLbConfig.ZoneAwareLbConfig | None
    locality_weighted_lb_config: LocalityLbConfig.LocalityWeightedLbConfig | None
    locality_config_specifier: typing.Literal["zone_aware_lb_config", "locality_weighted_lb_config"] | None
    SPEC = """\
zone_aware_lb_config One extensions_load_balancing_policies_common_v3:LocalityLbConfig.ZoneAwareLbConfig
locality_weighted_lb_config One extensions_load_balancing_policies_common_v3:LocalityLbConfig.LocalityWeightedLbConfig
locality_config_specifier OneOf zone_aware_lb_config locality_weighted_lb_config"""


class OrcaOobReportingConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.common.v3.OrcaOobReportingConfig"
    port_value: int
    authority: str
    transport_socket_match_criteria: Json
    SPEC = """\
port_value Int
authority Text
transport_socket_match_criteria Plain"""


class SlowStartConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig"
    slow_start_window: float | None
    aggression: config_core_v3.RuntimeDouble | None
    min_weight_percent: type_v3.Percent | None
    SPEC = """\
slow_start_window Seconds
aggression One config_core_v3:RuntimeDouble
min_weight_percent One type_v3:Percent"""
