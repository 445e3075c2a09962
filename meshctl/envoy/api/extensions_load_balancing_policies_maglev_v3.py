"""Messages of envoy.extensions.load_balancing_policies.maglev.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_load_balancing_policies_common_v3


class Maglev(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.maglev.v3.Maglev"
    table_size: int | None
    consistent_hashing_lb_config: (
        extensions_load_balancing_policies_common_v3.ConsistentHashingLbConfig | None
    )
    locality_weighted_lb_config: (
        extensions_load_balancing_policies_common_v3.LocalityLbConfig.LocalityWeightedLbConfig | None
    )
    SPEC = """\
table_size OptionalInt
consistent_hashing_lb_config One extensions_load_balancing_policies_common_v3:ConsistentHashingLbConfig
locality_weighted_lb_config One extensions_load_balancing_policies_common_v3:LocalityLbConfig.LocalityWeightedLbConfig"""
