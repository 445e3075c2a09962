"""Messages of envoy.extensions.load_balancing_policies.ring_hash.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_load_balancing_policies_common_v3


class RingHash(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash"
    hash_function: typing.Literal["DEFAULT_HASH", "XX_HASH", "MURMUR_HASH_2"]
    minimum_ring_size: int | None
    maximum_ring_size: int | None
    use_hostname_for_hashing: bool
    hash_balance_factor: int | None
    consistent_hashing_lb_config: (
        extensions_load_balancing_policies_common_v3.ConsistentHashingLbConfig | None
    )
    locality_weighted_lb_config: (
        extensions_load_balancing_policies_common_v3.LocalityLbConfig.LocalityWeightedLbConfig | None
    )
    SPEC = """\
hash_function Choice DEFAULT_HASH=0 XX_HASH=1 MURMUR_HASH_2=2
minimum_ring_size OptionalInt
maximum_ring_size OptionalInt
use_hostname_for_hashing Flag
hash_balance_factor OptionalInt
consistent_hashing_lb_config One extensions_load_balancing_policies_common_v3:ConsistentHashingLbConfig
locality_weighted_lb_config One extensions_load_balancing_policies_common_v3:LocalityLbConfig.LocalityWeightedLbConfig"""
