"""Which clusters routes, mirrors and TCP proxies lead to."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.check.places import network_filters, routes
from meshctl.plain import Json, object_at, objects_at
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.values import Struct

TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"


class Use(Struct, frozen=True):
    """A cluster that something leads to: with which weight of which total (0 of 0: all), or as a copy."""

    cluster: str
    weight: int = 0
    total: int = 0
    mirror: bool = False

    @property
    def counts(self) -> bool:
        """Whether answers depend on it."""
        return not self.mirror and (self.weight > 0 or not self.total)


class User(Struct, frozen=True):
    """What leads to a cluster: its name, where it stands, the Istio resource it came from."""

    name: str
    where: str
    resource: str
    use: Use

    @property
    def evidence(self) -> tuple[str, ...]:
        return (self.where, f"from {self.resource}") if self.resource else (self.where,)


def uses_of(action: Json) -> Iterator[Use]:
    """The clusters of a RouteAction or of a TcpProxy."""
    if isinstance(action.get("cluster"), str):
        yield Use(action["cluster"])
    weighted = objects_at(object_at(action, "weighted_clusters"), "clusters")
    total = sum(int(one.get("weight") or 0) for one in weighted)
    for one in weighted:
        if one.get("name"):
            yield Use(str(one["name"]), int(one.get("weight") or 0), total)
    for mirror in objects_at(action, "request_mirror_policies"):
        if mirror.get("cluster"):
            yield Use(str(mirror["cluster"]), mirror=True)


def tcp_places(proxy: Proxy) -> Iterator[tuple[str, Json, str, str]]:
    """Every TCP proxy: its name, its fields, where it stands, the Istio resource."""
    for listener, chain, one, where in network_filters(proxy, TCP_PROXY):
        origin = istio_config(chain.message) or listener.resource
        yield f"listener {listener.name} > chain {chain.label}", one.fields, where, origin


def users(proxy: Proxy) -> dict[str, list[User]]:
    """Everything that leads to each cluster, found once a proxy."""
    found: dict[str, list[User]] = proxy.compile_once(_USERS, "check users", lambda: _users(proxy))
    return found


_USERS: Json = {}


def _users(proxy: Proxy) -> dict[str, list[User]]:
    found: dict[str, list[User]] = {}
    for place in routes(proxy):
        for use in uses_of(object_at(place.route.message, "route")):
            found.setdefault(use.cluster, []).append(User(place.name, place.where, place.resource, use))
    for name, fields, where, resource in tcp_places(proxy):
        for use in uses_of(fields):
            found.setdefault(use.cluster, []).append(User(name, where, resource, use))
    return found
