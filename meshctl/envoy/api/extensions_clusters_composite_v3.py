"""Messages of envoy.extensions.clusters.composite.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.composite.v3.ClusterConfig"

    class ClusterEntry(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.clusters.composite.v3.ClusterConfig.ClusterEntry"
        name: str
        SPEC = """\
name Text"""

    clusters: tuple[ClusterConfig.ClusterEntry, ...]
    SPEC = """\
clusters *One extensions_clusters_composite_v3:ClusterConfig.ClusterEntry"""
