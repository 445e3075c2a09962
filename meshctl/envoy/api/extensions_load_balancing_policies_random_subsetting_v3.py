"""Messages of envoy.extensions.load_balancing_policies.random_subsetting.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_cluster_v3


class RandomSubsetting(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.random_subsetting.v3.RandomSubsetting"
    subset_size: int | None
    child_policy: config_cluster_v3.LoadBalancingPolicy | None
    SPEC = """\
subset_size OptionalInt
child_policy One config_cluster_v3:LoadBalancingPolicy"""
