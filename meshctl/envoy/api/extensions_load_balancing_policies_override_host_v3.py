"""Messages of envoy.extensions.load_balancing_policies.override_host.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_cluster_v3, type_metadata_v3


class OverrideHost(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost"

    class OverrideHostSource(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost.OverrideHostSource"
        header: str
        metadata: type_metadata_v3.MetadataKey | None
        SPEC = """\
header Text
metadata One type_metadata_v3:MetadataKey"""

    override_host_sources: tuple[OverrideHost.OverrideHostSource, ...]
    selected_host_key: type_metadata_v3.MetadataKey | None
    fallback_policy: config_cluster_v3.LoadBalancingPolicy | None
    SPEC = """\
override_host_sources *One extensions_load_balancing_policies_override_host_v3:OverrideHost.OverrideHostSource
selected_host_key One type_metadata_v3:MetadataKey
fallback_policy One config_cluster_v3:LoadBalancingPolicy"""
