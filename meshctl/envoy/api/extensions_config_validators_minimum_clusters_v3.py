"""Messages of envoy.extensions.config.validators.minimum_clusters.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class MinimumClustersValidator(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.config.validators.minimum_clusters.v3.MinimumClustersValidator"
    min_clusters_num: int
    SPEC = """\
min_clusters_num Int"""
