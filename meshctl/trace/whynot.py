"""The reverse question: why does the request not reach this cluster, route or pod?

The name is looked for along the way the request takes: among the routes of the route configurations it meets (by
name, by the clusters they lead to), among the filter chains, the clusters and their endpoints. For each place it is
found in, the answer says what takes the request first and which criterion it fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import RequestView
from meshctl.plain import Json
from meshctl.proxy.http.hcm import Manager, Reply, decode
from meshctl.proxy.model import Connection, Disposition, Request, Stage
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.hosts import Host
from meshctl.trace import met
from meshctl.trace.ways import Hop, Way


def explain(ways: Sequence[Way], name: str, request: Request | None) -> list[str]:
    """Sentences that answer the question, for the way in ``ways``; never empty."""
    reached = [way for way in ways if _reaches(way, name)]
    lines: list[str] = []
    if reached:
        share = sum(way.probability for way in reached)
        lines.append(f"It does reach {name}: {100 * share:.3g} % of the time{_ends(reached)}.")
        if share > 0.999:
            return lines
    seen: set[str] = set()
    for way in ways:
        for hop in way.hops:
            key = f"{hop.pod.name} {hop.direction} {hop.passage.route_config}"
            if key in seen or hop.pod.proxy is None:
                continue
            seen.add(key)
            lines += _at_hop(hop, hop.pod.proxy, name, request)
    if not lines or (reached and len(lines) == 1):
        known = _known_clusters(ways, name)
        lines += known or [
            f"Nothing on the way knows {name}: no route, cluster, endpoint or pod of this name."
        ]
        lines += [] if known else _similar(ways, name)
    return lines


def _ends(ways: Sequence[Way]) -> str:
    """How the request ends that does get there, where that is no delivery."""
    ends = {
        way.answer.disposition.value: way.answer.reason
        for way in ways
        if way.answer.disposition is not Disposition.DELIVERED
    }
    if not ends:
        return ""
    return "; there it ends " + " or ".join(
        f"{word} ({reason})" if reason else word for word, reason in ends.items()
    )


def _known_clusters(ways: Sequence[Way], name: str) -> list[str]:
    """Sentences about a cluster that a proxy on the way has and no route or chain leads to."""
    lines: dict[str, None] = {}
    for way in ways:
        for hop in way.hops:
            proxy = hop.pod.proxy
            if proxy is None or proxy.cluster(name) is None:
                continue
            where = f"{hop.pod.name} {hop.direction}"
            place = hop.passage.route_config or hop.passage.listener or "what the request meets"
            text = f"{where}: cluster {name} is there, but nothing in {place} leads to it"
            chosen = hop.passage.route_name or hop.passage.virtual_host
            if chosen and hop.passage.route_config:
                text += f"; {hop.passage.route_config} / {chosen} takes the request"
            if hop.verdict.reason:
                text += f": {hop.verdict.reason}"
            lines[text] = None
    return list(lines)


def _matches(candidate: str | None, name: str) -> bool:
    """A full name, or a part of a cluster's name (``reviews``, ``v2|reviews``)."""
    return bool(candidate) and name in str(candidate)


def _reaches(way: Way, name: str) -> bool:
    for hop in way.hops:
        passage = hop.passage
        names = [passage.cluster, passage.route_name, passage.virtual_host, hop.pod.name]
        if hop.endpoint is not None:
            names.append(hop.endpoint.address)
        if any(candidate == name for candidate in names) or _matches(passage.cluster, name):
            return True
    return way.target is not None and name in (way.target.pod, way.target.address)


def _at_hop(hop: Hop, proxy: Proxy, name: str, request: Request | None) -> Iterator[str]:
    """What one proxy knows of the name."""
    where = f"{hop.pod.name} {hop.direction}"
    table = met.table(hop)
    if table is not None and request is not None and hop.passage.http:
        yield from (f"{where}: {text}" for text in _in_routes(table, proxy, hop, name, request))
    yield from (f"{where}: {text}" for text in _in_chains(proxy, hop, name))
    if hop.passage.cluster is not None:
        cluster = proxy.cluster(hop.passage.cluster)
        for host in _hosts(cluster):
            if host.address == name or host.address.startswith(f"{name}:"):
                chosen = dict(hop.passage.upstream_hosts).get(host.address, 0.0)
                state = (
                    f"takes {100 * chosen:.3g} % of it"
                    if chosen
                    else f"gets nothing: {host.reason or 'not chosen'}"
                )
                yield f"{where}: endpoint {host.address} of cluster {hop.passage.cluster} {state}"


def _hosts(cluster: Cluster | None) -> list[Host]:
    """A cluster's hosts; none where they cannot be read (then the trace itself says so)."""
    try:
        return cluster.hosts if cluster is not None else []
    except Undecidable:
        return []


def _clusters_of(message: Json) -> list[str]:
    action = message.get("route") or {}
    names = [str(action.get("cluster") or "")]
    names += [str(c.get("name") or "") for c in (action.get("weighted_clusters") or {}).get("clusters") or ()]
    return [n for n in names if n]


def _in_routes(table: RouteTable, proxy: Proxy, hop: Hop, name: str, request: Request) -> Iterator[str]:
    view = _view(request, hop)
    if view is None:
        return
    found_host, _ = table.virtual_host(view)
    for host in table.hosts:
        for route in host.routes:
            clusters = _clusters_of(route.message)
            if route.name == name or any(_matches(cluster, name) for cluster in clusters):
                yield _why_not_route(table, host, found_host, route, view, proxy, clusters)


def _why_not_route(
    table: RouteTable,
    host: VirtualHost,
    found: VirtualHost | None,
    route: Route,
    view: RequestView,
    proxy: Proxy,
    clusters: list[str],
) -> str:
    """Why one route does not take the request."""
    place = f"route `{route.label}` of {host.name} ({route.match.text})"
    if clusters:
        place += f" leads to {', '.join(clusters)}"
        missing = [cluster for cluster in clusters if proxy.cluster(cluster) is None]
        if missing:
            place += f" (which does not exist: {', '.join(missing)})"
    if host is not found:
        domains = ", ".join(map(str, host.message.get("domains") or ()))[:160]
        other = f"goes to virtual host {found.name}" if found is not None else "finds no virtual host"
        return (
            f"{place}, but host {table.domains.host(view.headers)} {other}; it would need one of: {domains}"
        )
    try:
        reason = route.match.failure(view)
    except Undecidable as unknown:
        return f"{place}: {unknown.reason}"
    if reason:
        return f"{place}, but {reason}"
    for earlier in host.routes:
        if earlier is route:
            break
        if earlier.match.matches(view) and (
            earlier.match.fraction is None or earlier.match.fraction.chance > 0
        ):
            return f"{place} would match, but route `{earlier.label}` ({earlier.match.text}) comes first"
    return f"{place} takes the request" + (
        f" for {route.match.fraction.text} of it" if route.match.fraction is not None else ""
    )


def _view(request: Request, hop: Hop) -> RequestView | None:
    """The request as the hop's routing sees it."""
    manager = met.manager(hop)
    if manager is None:
        return None
    headers = decode(
        request, Manager(HttpConnectionManager(manager)), Connection("", "", 0), tls=hop.passage.tls
    )
    return None if isinstance(headers, Reply) else RequestView(headers, tls=hop.passage.tls)


def _in_chains(proxy: Proxy, hop: Hop, name: str) -> Iterator[str]:
    """Chains of the hop's listener that lead to the cluster by tcp_proxy."""
    listener = proxy.listeners.by_name.get(hop.passage.listener or "")
    if listener is None:
        return
    reasons = {
        rejected.name: rejected.reason
        for step in hop.passage.steps
        if step.stage is Stage.CHAIN
        for rejected in step.rejected
    }
    for chain in listener.chains:
        for network_filter in chain.filters:
            cluster = network_filter.fields.get("cluster")
            if isinstance(cluster, str) and _matches(cluster, name) and cluster != hop.passage.cluster:
                reason = reasons.get(f"chain {chain.label}", f"it wants {chain.criteria.text}")
                yield f"chain {chain.label} of listener {listener.name} leads to {cluster}, but {reason}"


def _similar(ways: Sequence[Way], name: str) -> list[str]:
    import difflib

    names: list[str] = []
    for way in ways:
        for hop in way.hops:
            if hop.pod.proxy is not None:
                names += hop.pod.proxy.cluster_names
    close = difflib.get_close_matches(name, names, 3, 0.6)
    return [f"Similar names: {', '.join(close)}"] if close else []
