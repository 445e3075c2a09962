"""What of a proxy's configuration a hop met: the connection manager and its route configuration, inline or by RDS."""

from __future__ import annotations

from meshctl.plain import Json
from meshctl.proxy.listen.listeners import Chain
from meshctl.proxy.routing.routes import RouteTable
from meshctl.trace.ways import Hop


def manager(hop: Hop) -> Json | None:
    """The settings of the connection manager with the hop's route configuration."""
    proxy = hop.pod.proxy
    listener = proxy.listeners.by_name.get(hop.passage.listener or "") if proxy is not None else None
    if listener is None:
        return None
    chains: list[Chain] = [*listener.chains, *([listener.default_chain] if listener.default_chain else [])]
    for chain in chains:
        for network_filter in chain.filters:
            fields = network_filter.fields
            name = (fields.get("rds") or {}).get("route_config_name") or _inline(fields).get("name")
            if network_filter.short == "HttpConnectionManager" and name == hop.passage.route_config:
                return fields
    return None


def table(hop: Hop) -> RouteTable | None:
    """The route configuration that the hop asked."""
    proxy, name = hop.pod.proxy, hop.passage.route_config
    if proxy is None or name is None:
        return None
    inline = _inline(manager(hop) or {})
    return proxy.inline_table(inline, "route_config of the filter") if inline else proxy.route_table(name)


def _inline(fields: Json) -> Json:
    return fields.get("route_config") or {}
