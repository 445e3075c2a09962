"""Where things stand in a proxy's configuration: its connection managers, route tables and routes, with names for people.

A route table is met once, whether managers have it by name or inside; what stands nowhere on a way (a table that no
listener names) is met too: Envoy would use it as soon as a listener asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.message import Undecidable
from meshctl.proxy.listen.listeners import HTTP_MANAGER, Chain, Filter, Listener
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost, tree_routes
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.values import Struct


class ManagerPlace(Struct, frozen=True):
    """A connection manager, with the listener and chain it stands in."""

    listener: Listener
    chain: Chain
    config: HttpConnectionManager
    where: str

    @property
    def name(self) -> str:
        return f"listener {self.listener.name} > chain {self.chain.label}"


class TablePlace(Struct, frozen=True):
    """A route configuration; managers: those that use it."""

    table: RouteTable
    name: str
    where: str
    managers: tuple[ManagerPlace, ...]


class RoutePlace(Struct, frozen=True):
    """One route of a virtual host; within: the field of the virtual host in which it stands."""

    table: TablePlace
    host: VirtualHost
    host_index: int
    route: Route
    within: str = "routes"

    @property
    def name(self) -> str:
        return f"{host_name(self.table, self.host)} > {route_label(self.route)}"

    @property
    def where(self) -> str:
        return f"{self.table.where}.virtual_hosts[{self.host_index}].{self.within}[{self.route.index}]"

    @property
    def resource(self) -> str:
        """The Istio resource it came from; "" when it names none."""
        return istio_config(self.route.message)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Where it stands, and from what it was made."""
        return (self.where, f"from {self.resource}") if self.resource else (self.where,)


def host_name(table: TablePlace, host: VirtualHost) -> str:
    return f"route {table.name} > {host.name or '(no name)'}"


def route_label(route: Route) -> str:
    """A route by its position, and by its name where it has one of its own."""
    named = route.name and route.name != "default"
    return f"#{route.index + 1} ({route.name})" if named else f"#{route.index + 1}"


def chains(listener: Listener) -> Iterator[Chain]:
    """All filter chains, the default one last."""
    yield from listener.chains
    if listener.default_chain is not None:
        yield listener.default_chain


def network_filters(proxy: Proxy, type_name: str) -> Iterator[tuple[Listener, Chain, Filter, str]]:
    """Every network filter of a type, with its listener, its chain and where it stands; what cannot be read is passed over."""
    for listener in proxy.listeners.all:
        try:
            every = [(chain, list(chain.filters)) for chain in chains(listener)]
        except Undecidable:
            continue
        for chain, filters in every:
            for index, one in enumerate(filters):
                if one.type_name == type_name:
                    yield listener, chain, one, f"{chain.where}.filters[{index}]"


def managers(proxy: Proxy) -> Iterator[ManagerPlace]:
    """Every connection manager; one that cannot be read is passed over."""
    for listener, chain, one, where in network_filters(proxy, HTTP_MANAGER):
        yield ManagerPlace(listener, chain, HttpConnectionManager(one.fields), where)


def _place_table(
    found: dict[int, tuple[RouteTable, str, str, list[ManagerPlace]]],
    table: RouteTable,
    name: str,
    where: str,
) -> list[ManagerPlace]:
    return found.setdefault(id(table), (table, name, where, []))[3]


def tables(proxy: Proxy) -> list[TablePlace]:
    """Every route configuration, found once a proxy."""
    compiled: list[TablePlace] = proxy.compile_once(_TABLES, "check tables", lambda: list(_tables(proxy)))
    return compiled


_TABLES: dict[str, object] = {}


def _tables(proxy: Proxy) -> Iterator[TablePlace]:
    found: dict[int, tuple[RouteTable, str, str, list[ManagerPlace]]] = {}
    for name in proxy.route_names:
        try:
            table = proxy.route_table(name)
        except Undecidable:
            continue
        if table is not None:
            _place_table(found, table, name, table.where)
    for manager in managers(proxy):
        try:
            config = manager.config
            if config.route_config is not None:
                where = f"{manager.where}.typed_config.route_config"
                table = proxy.inline_table(config.route_config.raw, where)
                _place_table(found, table, table.name or manager.listener.name, where).append(manager)
            elif config.rds is not None:
                named = proxy.route_table(config.rds.route_config_name)
                if named is not None:
                    _place_table(found, named, named.name, named.where).append(manager)
        except Undecidable:
            continue
    for table, name, where, users in found.values():
        yield TablePlace(table, name, where, tuple(users))


def routes(proxy: Proxy) -> Iterator[RoutePlace]:
    """Every route of every virtual host, those of a matcher tree among them."""
    for place in tables(proxy):
        for index, host in enumerate(place.table.hosts):
            try:
                listed = _routes_of(host)
            except Undecidable:
                continue
            for within, route in listed:
                yield RoutePlace(place, host, index, route, within)


def _routes_of(host: VirtualHost) -> list[tuple[str, Route]]:
    if host.tree is None:
        return [("routes", route) for route in host.routes]
    return [(IN_TREE, route) for action in host.tree.actions() for route in tree_routes(host, action)]


IN_TREE = "matcher.(routes of its actions)"
