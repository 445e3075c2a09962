"""Messages of envoy.extensions.filters.network.reverse_tunnel.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_network_http_connection_manager_v3


class DrainAwareHttpConnectionManager(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.reverse_tunnel.v3.DrainAwareHttpConnectionManager"
    hcm_config: extensions_filters_network_http_connection_manager_v3.HttpConnectionManager | None
    enable_drain_with_goaway: bool
    SPEC = """\
hcm_config One extensions_filters_network_http_connection_manager_v3:HttpConnectionManager
enable_drain_with_goaway Flag"""


class ReverseTunnel(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.reverse_tunnel.v3.ReverseTunnel"
    ping_interval: float | None
    auto_close_connections: bool
    request_path: str
    request_method: typing.Literal[
        "METHOD_UNSPECIFIED", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"
    ]
    validation: Validation | None
    required_cluster_name: str
    use_http_upgrade: bool
    skip_rebalancing: bool
    SPEC = """\
ping_interval Seconds
auto_close_connections Flag
request_path Text
request_method Choice METHOD_UNSPECIFIED=0 GET=1 HEAD=2 POST=3 PUT=4 DELETE=5 CONNECT=6 OPTIONS=7 TRACE=8 PATCH=9
validation One extensions_filters_network_reverse_tunnel_v3:Validation
required_cluster_name Text
use_http_upgrade Flag
skip_rebalancing Flag"""


class Validation(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.reverse_tunnel.v3.Validation"
    node_id_format: str
    cluster_id_format: str
    tenant_id_format: str
    emit_dynamic_metadata: bool
    dynamic_metadata_namespace: str
    SPEC = """\
node_id_format Text
cluster_id_format Text
tenant_id_format Text
emit_dynamic_metadata Flag
dynamic_metadata_namespace Text"""
