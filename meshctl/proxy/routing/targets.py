"""Which cluster a route sends a request to: one, weighted ones, the one that a header names, or whatever a plugin chooses.

Theory of operation. Weights are cumulative against one number: the request's random one, or that of header_name, modulo
their sum. A header that is not known may pick each of them; one that names the cluster leaves it unknown, and the filters
before the router still decide. Follows source/common/router/{config_impl,weighted_cluster_specifier}.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.envoy.api.config_route_v3 import RouteAction, WeightedCluster
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Headers, RequestView
from meshctl.match.substitution import Known
from meshctl.match.supposing import Open, answered
from meshctl.proxy.model import Connection, Request
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.values import Struct

ClusterWeight = WeightedCluster.ClusterWeight


class Routed(Struct, frozen=True):
    """Everything the router needs: where the request stands and what it looks like."""

    proxy: Proxy
    connection: Connection
    request: Request
    view: RequestView
    table: RouteTable | None
    host: VirtualHost
    route: Route
    draw: Draw
    original: Headers | None = None
    client_ip: str = ""  # as x-forwarded-for and the like have it

    @property
    def known(self) -> Known:
        """What format strings of the route may ask for; made anew each time, as most requests need it once."""
        connection, view = self.connection, self.view
        external = "".join(view.headers.get("x-envoy-external-address", ())[:1])
        return Known(
            view.headers,
            self.request.protocol,
            self.client_ip or external or connection.src_ip,
            connection.src_ip,
            connection.src_port or None,
            (connection.dst_ip, connection.dst_port),
            view.sni,
            view.peer,
            self.route.name,
            self.host.name,
            view.metadata,
            view.filter_state,
            view.opaque,
        )


class Target(Struct, frozen=True):
    """A cluster the action may choose: its name ("" when a header does not name one), its own settings. undecided: why the name
    is not known."""

    probability: float
    cluster: str
    settings: ClusterWeight | None = None
    reason: str = ""
    draw: Draw | None = None  # what is left of the request's number, where it chose
    undecided: str = ""


NO_TARGET = Target(1.0, "")


def targets(routed: Routed) -> list[Target]:
    """The clusters a route may send the request to; one empty target for a route that answers itself."""
    try:
        action = routed.route.action
        if action is None:
            return [NO_TARGET]
        return list(_targets(routed, action)) or [
            Target(1.0, "", undecided="the route's action names no cluster that can be read")
        ]
    except Open:
        raise
    except Undecidable as unknown:
        return [Target(1.0, "", undecided=unknown.reason)]


def _targets(routed: Routed, action: RouteAction) -> Iterator[Target]:
    match action.cluster_specifier:
        case "cluster":
            yield Target(1.0, action.cluster)
        case "cluster_header":
            how = f"header `{action.cluster_header}` names the cluster"
            yield Target(1.0, routed.view.first(action.cluster_header.lower()), reason=how)
        case "weighted_clusters" if action.weighted_clusters is not None:
            yield from _weighted(routed, action.weighted_clusters)
        case "cluster_specifier_plugin":
            yield _of_plugin(action.cluster_specifier_plugin)
        case "inline_cluster_specifier_plugin":
            inline = action.inline_cluster_specifier_plugin
            extension = inline.extension if inline is not None else None
            yield _of_plugin(extension.name if extension is not None else "")


def _of_plugin(name: str) -> Target:
    return Target(1.0, "", undecided=f"the cluster specifier plugin {name} chooses the cluster")


def _weighted(routed: Routed, config: WeightedCluster) -> Iterator[Target]:
    """Weighted clusters: cumulative weights against one number."""
    parts = _parts(routed, config)
    total = sum(weight for _, weight in parts)
    if total <= 0:
        return
    header = config.header_name.lower()
    try:
        fixed = routed.view.first(header) if header else ""
    except Undecidable as unknown:
        yield from _picked(routed, parts, header, unknown)
        return
    number = int(fixed) % total if fixed.isascii() and fixed.isdigit() else None
    start = 0
    for cluster, weight in parts:
        end = start + weight
        if number is None:
            probability, drawn = routed.draw.within(total, start, end)
        else:
            probability, drawn = (1.0 if start <= number < end else 0.0), routed.draw
        start = end
        if probability > 0.0:
            yield _named(routed, cluster, probability, f"weight {weight} of {total}", drawn)


def _parts(routed: Routed, config: WeightedCluster) -> list[tuple[ClusterWeight, int]]:
    """The clusters with their weights, as the runtime has them."""
    runtime, prefix = routed.proxy.runtime, config.runtime_key_prefix
    parts = []
    for cluster in config.clusters:
        weight = cluster.weight or 0
        parts.append((cluster, runtime.integer(f"{prefix}.{cluster.name}", weight) if prefix else weight))
    return parts


def _named(routed: Routed, cluster: ClusterWeight, probability: float, how: str, draw: Draw) -> Target:
    """A weighted cluster as a target; its name may stand in a header."""
    name = cluster.name
    if name or not cluster.cluster_header:
        return Target(probability, name, cluster, how, draw)
    try:
        return Target(probability, routed.view.first(cluster.cluster_header.lower()), cluster, how, draw)
    except Undecidable as unknown:
        return Target(probability, "", cluster, how, draw, unknown.reason)


def _picked(
    routed: Routed, parts: Sequence[tuple[ClusterWeight, int]], header: str, unknown: Undecidable
) -> Iterator[Target]:
    """The weighted cluster that a header picks which is not known: the one that it is supposed to be, or the last."""
    possible = [(cluster, weight) for cluster, weight in parts if weight > 0]
    for index, (cluster, weight) in enumerate(possible):
        question = f"header `{header}` picks cluster {cluster.name or f'of weight {weight}'}"
        last = index == len(possible) - 1
        if last or answered(routed.view.supposed, question, unknown):
            yield _named(routed, cluster, 1.0, f"picked by header `{header}`", routed.draw)
            return
