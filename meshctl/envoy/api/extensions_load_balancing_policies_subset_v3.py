"""Messages of envoy.extensions.load_balancing_policies.subset.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_cluster_v3


class Subset(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.subset.v3.Subset"

    class LbSubsetSelector(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.load_balancing_policies.subset.v3.Subset.LbSubsetSelector"
        keys: tuple[str, ...]
        single_host_per_subset: bool
        fallback_policy: typing.Literal[
            "NOT_DEFINED", "NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET", "KEYS_SUBSET"
        ]
        fallback_keys_subset: tuple[str, ...]
        SPEC = """\
keys *Text
single_host_per_subset Flag
fallback_policy Choice NOT_DEFINED=0 NO_FALLBACK=1 ANY_ENDPOINT=2 DEFAULT_SUBSET=3 KEYS_SUBSET=4
fallback_keys_subset *Text"""

    fallback_policy: typing.Literal["NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET"]
    default_subset: Json
    subset_selectors: tuple[Subset.LbSubsetSelector, ...]
    allow_redundant_keys: bool
    locality_weight_aware: bool
    scale_locality_weight: bool
    panic_mode_any: bool
    list_as_any: bool
    metadata_fallback_policy: typing.Literal["METADATA_NO_FALLBACK", "FALLBACK_LIST"]
    subset_lb_policy: config_cluster_v3.LoadBalancingPolicy | None
    SPEC = """\
fallback_policy Choice NO_FALLBACK=0 ANY_ENDPOINT=1 DEFAULT_SUBSET=2
default_subset Plain
subset_selectors *One extensions_load_balancing_policies_subset_v3:Subset.LbSubsetSelector
allow_redundant_keys Flag
locality_weight_aware Flag
scale_locality_weight Flag
panic_mode_any Flag
list_as_any Flag
metadata_fallback_policy Choice METADATA_NO_FALLBACK=0 FALLBACK_LIST=1
subset_lb_policy One config_cluster_v3:LoadBalancingPolicy"""
