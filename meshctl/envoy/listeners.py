"""Listeners as the tables read them: a partial view of envoy/config/listener/v3.

Network filters keep their configuration raw; only HTTP connection managers and TCP proxies are opened, and of
those only what says where a connection goes.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy.addresses import AdditionalAddress, Address
from meshctl.envoy.routes import RouteConfigHead

HCM_TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
TCP_PROXY_TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
HCM_NAME = "envoy.filters.network.http_connection_manager"
TCP_PROXY_NAME = "envoy.filters.network.tcp_proxy"


NOTHING = msgspec.Raw(b"{}")


class CidrRange(msgspec.Struct, gc=False):
    address_prefix: str = ""
    prefix_len: int = 0


class ChainMatch(msgspec.Struct, gc=False):
    """The criteria that istioctl's short table shows."""

    destination_port: int | None = None
    prefix_ranges: list[CidrRange] = []
    server_names: list[str] = []
    transport_protocol: str = ""
    application_protocols: list[str] = []


class NetworkFilter(msgspec.Struct, gc=False):
    name: str = ""
    typed_config: msgspec.Raw = NOTHING


class FilterChainHead(msgspec.Struct, gc=False):
    name: str = ""
    filter_chain_match: ChainMatch | None = None
    filters: list[NetworkFilter] = []


class ListenerHead(msgspec.Struct, gc=False):
    """What the short table shows of a listener."""

    name: str = ""
    address: Address | None = None
    additional_addresses: list[AdditionalAddress] = []
    filter_chains: list[FilterChainHead] = []
    default_filter_chain: FilterChainHead | None = None
    internal_listener: dict[str, Any] | None = None

    @property
    def chains(self) -> list[FilterChainHead]:
        """All chains in evaluation order, the default one last."""
        default = self.default_filter_chain
        return self.filter_chains if default is None else [*self.filter_chains, default]

    @property
    def port(self) -> int:
        return self.address.port if self.address else 0


class Rds(msgspec.Struct, gc=False):
    route_config_name: str = ""


class HttpConnectionManagerHead(msgspec.Struct, gc=False):
    type_url: str = msgspec.field(name="@type", default="")
    rds: Rds | None = None
    route_config: RouteConfigHead | None = None
    scoped_routes: dict[str, Any] | None = None


class TcpProxyHead(msgspec.Struct, gc=False):
    type_url: str = msgspec.field(name="@type", default="")
    cluster: str = ""
    weighted_clusters: dict[str, Any] | None = None


class Typed(msgspec.Struct, gc=False):
    """Any message, of which only the type is asked."""

    type_url: str = msgspec.field(name="@type", default="")
