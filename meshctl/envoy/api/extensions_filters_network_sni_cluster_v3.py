"""Messages of envoy.extensions.filters.network.sni_cluster.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class SniCluster(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.sni_cluster.v3.SniCluster"
