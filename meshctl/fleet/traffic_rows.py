"""Rows of what routes traffic: listeners, filter chains, virtual hosts, routes, and which clusters they name.

A function takes one resource (proto field names, secrets removed) and yields (table, row); rows have a table's own columns
without the hash. Words for matches, destinations and policies are those of the wide tables of proxy-config.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.listeners import HCM_TYPE, TCP_PROXY_TYPE
from meshctl.match import route_match
from meshctl.match.fraction import Runtime
from meshctl.plain import Json, list_at, object_at, objects_at
from meshctl.views import listeners_wide, matcher_text, routes_wide, subset_key

Row = tuple[Any, ...]
Rows = Iterator[tuple[str, Row]]
ANY_CLUSTER = "*"
# Network filters that choose a cluster by what the connection asks for.
_CHOOSERS = ("SniCluster", "sni_cluster", "sni_dynamic_forward_proxy")


def text(value: Any) -> str | None:
    """A value as text; nothing where there is none."""
    return None if value is None or value == "" else str(value)


def whole(value: Any) -> int | None:
    """A whole number of 64 bits; nothing where there is none."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def listener(value: Json) -> Rows:
    """A listener, its chains and what stands inline in them."""
    name = str(value.get("name") or "")
    chains = listeners_wide.chains_of(value)
    direction = text(value.get("traffic_direction"))
    bound = (
        value.get("bind_to_port") is not False
        and object_at(value, "deprecated_v1").get("bind_to_port") is not False
    )
    messages = [object_at(value, "address")] + [
        object_at(m, "address") for m in objects_at(value, "additional_addresses")
    ]
    for message in messages:
        socket = object_at(message, "socket_address")
        address = socket.get("address") or object_at(message, "pipe").get("path")
        protocol = "udp" if socket.get("protocol") == "UDP" else "tcp"
        yield (
            "listeners",
            (name, text(address), whole(socket.get("port_value")), protocol, direction, bound, len(chains)),
        )
    matches = listeners_wide.matches_of(value, [chain for chain, _ in chains])
    for nth, ((chain, is_default), match) in enumerate(zip(chains, matches, strict=True), 1):
        yield from _chain(
            name, 0 if is_default else nth, "what no other chain takes" if is_default else match, chain
        )
    for config in _inline_routes(value):
        yield from _hosts(config, name)
    yield from uses(value, "listener", name)


def _inline_routes(value: Json) -> list[Json]:
    """The route configurations that stand in a listener, each once (virtualInbound has one in several chains)."""
    found: list[Json] = []
    for chain, _ in listeners_wide.chains_of(value):
        for item in objects_at(chain, "filters"):
            kind, fields = unpack(item.get("typed_config"))
            config = fields.get("route_config")
            if kind == HCM_TYPE and isinstance(config, dict) and config not in found:
                found.append(config)
    return found


def _chain(listener_name: str, nth: int, match: str, chain: Json) -> Rows:
    filters = objects_at(chain, "filters")
    typed = [(str(item.get("name") or ""), *unpack(item.get("typed_config"))) for item in filters]
    head = object_at(chain, "filter_chain_match")
    names = ",".join(map(str, list_at(head, "server_names"))) or None
    clusters: list[tuple[str | None, float | None]] = [(None, None)]
    kind, route_config, http = "other", None, None
    for _, type_name, fields in typed:
        if type_name == HCM_TYPE:
            kind = "http"
            route_config = object_at(fields, "rds").get("route_config_name") or object_at(
                fields, "route_config"
            ).get("name")
            http = ",".join(str(f.get("name") or "?") for f in objects_at(fields, "http_filters")) or None
        elif type_name == TCP_PROXY_TYPE:
            kind, clusters = "tcp", list(_shares(fields))
    for cluster, weight in clusters:
        yield "filter_chains", (
            listener_name, nth, text(chain.get("name")), match, whole(head.get("destination_port")), names,
            listeners_wide.tls_of(chain.get("transport_socket")), kind, text(route_config), cluster, weight,
            ",".join(name or "?" for name, _, _ in typed) or None, http,
        )  # fmt: skip


def _shares(action: Json) -> Iterator[tuple[str | None, float | None]]:
    """The clusters of a TCP proxy or of a route's action, with their shares in percent."""
    weighted = action.get("weighted_clusters")
    if isinstance(weighted, dict):
        found = [(text(c.get("name")), whole(c.get("weight")) or 0) for c in objects_at(weighted, "clusters")]
        total = sum(weight for _, weight in found) or 1
        yield from ((name, 100.0 * weight / total) for name, weight in found)
    else:
        name = text(action.get("cluster"))
        yield name, 100.0 if name else None


def route_config(value: Json) -> Rows:
    """A route configuration that came by itself."""
    yield from _hosts(value, None)
    yield from uses(value, "route", str(value.get("name") or ""))


def _hosts(config: Json, listener_name: str | None) -> Rows:
    name = str(config.get("name") or "")
    for host in objects_at(config, "virtual_hosts"):
        routes = [("", route) for route in objects_at(host, "routes")]
        if isinstance(host.get("matcher"), dict):
            routes += [(way, unpack(leaf.config)[1]) for way, leaf in matcher_text.leaves(host["matcher"])]
        domains = ",".join(map(str, list_at(host, "domains"))) or None
        own = str(host.get("name") or "")
        yield "virtual_hosts", (name, listener_name, own, domains, len(routes))
        for nth, (way, route) in enumerate(routes, 1):
            yield from _route((name, listener_name, own, domains, nth), way, route)


_ACTIONS = {"route": "cluster", "redirect": "redirect", "direct_response": "answer"}


def _route(head: Row, way: str, route: Json) -> Rows:
    match = _match(route)
    action = next((word for key, word in _ACTIONS.items() if isinstance(route.get(key), dict)), "other")
    chosen = object_at(route, "route")
    source = routes_wide.virtual_service(route)
    own = (*head, text(route.get("name")), f"{way} and {match}" if way else match, action)
    tail = (
        routes_wide.destination(route),
        text(routes_wide.policy(chosen)),
        None if source == "-" else source,
    )
    clusters = [
        (name, share, False) for name, share in (_shares(chosen) if action == "cluster" else [(None, None)])
    ]
    clusters += [(text(m.get("cluster")), None, True) for m in objects_at(chosen, "request_mirror_policies")]
    for cluster, weight, mirror in clusters:
        host, port, subset = parts(cluster)
        yield "routes", (*own, cluster, host, port, subset, weight, mirror, *tail)


def _match(route: Json) -> str:
    try:
        return route_match.parse(object_at(route, "match"), Runtime()).text
    except (ValueError, TypeError, KeyError, AttributeError):
        return "? (not understood)"


def parts(cluster: str | None) -> tuple[str | None, int | None, str | None]:
    """Host, port and subset of a cluster's name, as Istio makes them."""
    if cluster is None or not subset_key.has_key(cluster):
        return None, None, None
    key = subset_key.parse(cluster)
    return key.host or None, key.port or None, key.subset or None


def uses(value: Json, kind: str, name: str) -> Rows:
    """The clusters that a resource names, wherever in it; ``*`` where it leaves the choice to the traffic."""
    found: dict[str, None] = {}
    _name(value, "", found)
    for cluster in found:
        yield "cluster_uses", (cluster, kind, name)


_SINGLE = frozenset({"cluster", "cluster_name", "clusterName", "shadow_cluster"})
_TELLING = frozenset({"@type", "name"})
_OPEN = frozenset({"cluster_header", "cluster_specifier_plugin", "inline_cluster_specifier_plugin"})


def _name(value: Any, key: str, found: dict[str, None]) -> None:
    """Enter the clusters that a value names; plain recursion, because resources are large."""
    if value.__class__ is dict:
        for inner, item in value.items():
            if inner in _SINGLE and item.__class__ is str:
                if "%" not in item:  # an access log's format
                    found[item] = None
            elif inner in _OPEN and item:
                found[ANY_CLUSTER] = None
            elif inner == "clusters" and item.__class__ is list:  # weighted, or an aggregate's
                for one in item:
                    _list(one, found)
            elif item.__class__ is not str or inner in _TELLING:
                _name(item, inner, found)
    elif value.__class__ is list:
        for item in value:
            _name(item, key, found)
    elif value.__class__ is str and key in _TELLING and value.endswith(_CHOOSERS):
        found[ANY_CLUSTER] = None


def _list(one: Any, found: dict[str, None]) -> None:
    """Enter one of several clusters: its name, or a weighted cluster's."""
    if one.__class__ is str:
        found[one] = None
    elif one.__class__ is dict and one.get("name").__class__ is str:
        found[one["name"]] = None
    _name(one, "", found)
