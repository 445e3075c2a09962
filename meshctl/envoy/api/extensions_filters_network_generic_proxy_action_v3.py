"""Messages of envoy.extensions.filters.network.generic_proxy.action.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3


class RouteAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.action.v3.RouteAction"
    name: str
    cluster: str
    weighted_clusters: config_route_v3.WeightedCluster | None
    metadata: config_core_v3.Metadata | None
    per_filter_config: dict[str, Packed]
    timeout: float | None
    retry_policy: config_core_v3.RetryPolicy | None
    cluster_specifier: typing.Literal["cluster", "weighted_clusters"] | None
    SPEC = """\
name Text
cluster Text
weighted_clusters One config_route_v3:WeightedCluster
metadata One config_core_v3:Metadata
per_filter_config %PackedField
timeout Seconds
retry_policy One config_core_v3:RetryPolicy
cluster_specifier OneOf cluster weighted_clusters"""
