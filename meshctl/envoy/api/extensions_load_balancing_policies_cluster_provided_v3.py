"""Messages of envoy.extensions.load_balancing_policies.cluster_provided.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ClusterProvided(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided"
