"""Messages of envoy.extensions.clusters.aggregate.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class AggregateClusterResource(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.aggregate.v3.AggregateClusterResource"
    config_source: config_core_v3.ConfigSource | None
    resource_name: str
    SPEC = """\
config_source One config_core_v3:ConfigSource
resource_name Text"""


class ClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.aggregate.v3.ClusterConfig"
    clusters: tuple[str, ...]
    SPEC = """\
clusters *Text"""
