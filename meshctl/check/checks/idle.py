"""Time-outs of idleness: who closes first, and what is cut off before its own time-out is over.

Theory of operation. An HTTP connection that carries nothing is closed by whichever side has the shorter idle_timeout.
Where that is the server, a request may be on its way while the server closes: the client's Envoy has a reset connection
(503 UC). So the client's time must not be longer than the server's. A stream on which nothing moves is ended by
stream_idle_timeout, or by the idle_timeout of its route, with 504 or 408; where that is shorter than the time that the
route gives the answer, the route's time-out never comes. Both times hold at the proxy that calls and at the one that is
called; the second is known only where that pod was given.
Follows source/common/http/{conn_manager_impl,codec_client}.cc; the defaults are those of protocol.proto (one hour for
connections) and http_connection_manager.proto (five minutes for streams).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from meshctl.check.check import Check, Hits, MeshCheck, each
from meshctl.check.checks.mutual_tls import uncaptured_ports
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import ManagerPlace, RoutePlace, TablePlace, managers, routes, tables
from meshctl.check.subject import Need, Subject, World
from meshctl.check.uses import uses_of
from meshctl.envoy.addresses import bracketed
from meshctl.envoy.api.config_route_v3 import RouteAction
from meshctl.envoy.message import Undecidable
from meshctl.plain import object_at, some
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.hosts import Health
from meshctl.values import Struct

_CONNECTION, _STREAM, _ANSWER = 3600.0, 300.0, 15.0  # Envoy's defaults, in seconds
_ENDLESS = 0.0


class Patience(Struct, frozen=True):
    """How long one port of a pod waits: for a connection that is idle, for a stream on which nothing moves."""

    connection: float
    stream: float


class Called(Struct, frozen=True):
    """A cluster that a proxy sends requests to: its hosts, how long an idle connection is kept (None: over HTTP/2, where
    the server announces the end with GOAWAY), and the route that waits longest for an answer."""

    cluster: str
    hosts: tuple[str, ...]
    keeps: float | None
    waits: float
    route: str


class _Side(Struct, frozen=True):
    ips: tuple[str, ...]
    ports: tuple[tuple[int, Patience], ...]
    calls: tuple[Called, ...]


def _longer(one: float, other: float) -> bool:
    """Whether a time is longer than another, where 0 has no end."""
    return other != _ENDLESS and (one == _ENDLESS or one > other)


def _longest(times: Sequence[float]) -> float:
    return _ENDLESS if _ENDLESS in times else max(times)


def _action(place: RoutePlace) -> RouteAction | None:
    found = place.route.message.get("route")
    return RouteAction(found) if isinstance(found, dict) else None


def _waits(action: RouteAction) -> float:
    return _ANSWER if action.timeout is None else action.timeout


def _stream(manager: ManagerPlace, action: RouteAction | None) -> float:
    own = action.idle_timeout if action is not None else None
    if own is not None:
        return own
    said = manager.config.stream_idle_timeout
    return _STREAM if said is None else said


def cut_routes(subject: Subject) -> Hits:
    """Routes whose answer is cut off by idleness before their own time-out."""
    proxy = subject.proxy
    assert proxy is not None
    yield from each(routes(proxy), lambda place: place.name, _cut)


def _cut(place: RoutePlace) -> Iterator[Hit]:
    action = _action(place)
    if action is None or _waits(action) == _ENDLESS or action.max_stream_duration is not None:
        return
    for manager in place.table.managers:
        idle = _stream(manager, action)
        if idle and idle < _waits(action):
            by = "the route's idle_timeout" if action.idle_timeout is not None else "stream_idle_timeout"
            said = (
                f"it gives an answer {_waits(action):g} s, but {by} of {idle:g} s ends a request on which nothing "
                "moves before (504, stream timeout; SI)"
            )
            yield Hit(place.name, said, (*place.evidence, manager.where))
            return


def _collect(subject: Subject) -> _Side | None:
    proxy = subject.proxy
    assert proxy is not None
    one_of = subject.world.one_of
    calls = one_of(tuple(map(one_of, _calls(proxy))))
    ports = () if subject.pod.is_gateway or subject.pod.ambient else tuple(_ports(subject, proxy))
    return _Side(subject.pod.ips, ports, calls) if ports or calls else None


def _ports(subject: Subject, proxy: Proxy) -> Iterator[tuple[int, Patience]]:
    """The application's HTTP ports that wait for a limited time, as long as any of their chains and routes does."""
    if object_at(subject.manifest, "spec").get("hostNetwork"):
        return
    excluded = uncaptured_ports(subject)
    places = {manager.where: table for table in tables(proxy) for manager in table.managers}
    found: dict[int, list[Patience]] = {}
    for manager in managers(proxy):
        port = manager.chain.criteria.port
        if manager.listener.name != "virtualInbound" or not port or excluded is None or port in excluded:
            continue
        found.setdefault(port, []).append(_patience(manager, places.get(manager.where)))
    for port, all_of in found.items():
        yield (
            port,
            Patience(_longest([one.connection for one in all_of]), _longest([one.stream for one in all_of])),
        )


def _patience(manager: ManagerPlace, table: TablePlace | None) -> Patience:
    common = manager.config.common_http_protocol_options
    idle = common.idle_timeout if common is not None else None
    own = [
        said
        for host in (table.table.hosts if table is not None else ())
        for route in host.routes
        if (said := RouteAction(object_at(route.message, "route")).idle_timeout) is not None
    ]
    stream = _longest([*own, _stream(manager, None)])
    return Patience(_CONNECTION if idle is None else idle, _ENDLESS if table is None else stream)


def _calls(proxy: Proxy) -> Iterator[Called]:
    """The clusters that routes send requests to."""
    longest: dict[str, tuple[float, str]] = {}
    for place in routes(proxy):
        try:
            action = _action(place)
            waits = _ENDLESS if action is None else _waits(action)
        except Undecidable:
            continue
        for use in uses_of(object_at(place.route.message, "route")):
            if use.counts and use.cluster.startswith("outbound|"):
                known = longest.get(use.cluster)
                if known is None or known[0] < waits:
                    longest[use.cluster] = (waits, place.name)
    for name, (waits, route) in longest.items():
        cluster = proxy.cluster(name)
        if cluster is None:
            continue
        try:
            healthy = [one for one in cluster.hosts if one.health is Health.HEALTHY and one.shown]
            hosts = tuple(sorted(one.address for one in healthy if "tunnel" not in one.metadata))
            keeps = None if cluster.http2 else cluster.idle_timeout
            yield Called(name, hosts, keeps, waits, route)
        except Undecidable:
            continue


def _outlives(call: Called, server: Patience) -> bool:
    return call.keeps is not None and _longer(call.keeps, server.connection)


def closed_by_the_server(facts: Sequence[tuple[str, _Side]], _: World) -> Hits:
    """Clients that keep an idle connection for longer than the server does."""
    for pods, call, met in _meetings(facts, _outlives):
        kept = f"{call.keeps:g} s" if call.keeps else "without end"
        times = ", ".join(f"{time:g} s" for time in sorted({server.connection for _, server in met}))
        said = (
            f"an idle connection is kept {kept}, and its server closes it after {times}: a request that is sent at that "
            "moment is answered 503 (UC, connection termination)"
        )
        yield Hit(f"cluster {call.cluster}", said, _servers(met, "idle_timeout"), pods=pods)


def cut_by_the_server(facts: Sequence[tuple[str, _Side]], _: World) -> Hits:
    """Routes that wait longer for an answer than the server lets a request be idle."""
    for pods, call, met in _meetings(
        facts, lambda call, server: bool(call.waits) and _longer(call.waits, server.stream)
    ):
        times = ", ".join(f"{time:g} s" for time in sorted({server.stream for _, server in met}))
        said = (
            f"it waits {call.waits:g} s for an answer, and its server's stream_idle_timeout of {times} ends a request on "
            "which nothing moves before (504, stream timeout)"
        )
        yield Hit(
            call.route, said, (f"cluster {call.cluster}", *_servers(met, "stream_idle_timeout")), pods=pods
        )


_Met = dict[str, Patience]


def _meetings(
    facts: Sequence[tuple[str, _Side]], wrong: Callable[[Called, Patience], bool]
) -> Iterator[tuple[tuple[str, ...], Called, list[tuple[str, Patience]]]]:
    """Each way of calling that does not fit some server: the pods that call so, and those servers."""
    servers = {
        bracketed(ip, port): (f"{name} ({bracketed(ip, port)})", patience)
        for name, side in facts
        for ip in side.ips
        for port, patience in side.ports
    }
    callers: dict[Called, dict[str, None]] = {}
    for name, side in facts:
        for call in side.calls:
            callers.setdefault(call, {})[name] = None
    for call, pods in callers.items():
        met = [servers[host] for host in call.hosts if host in servers and wrong(call, servers[host][1])]
        if met:
            yield tuple(pods), call, met


def _servers(met: list[tuple[str, Patience]], field: str) -> tuple[str, ...]:
    return some([f"{name}: {field}" for name, _ in met], 4)


CHECKS = (
    Check(
        "timeout-never",
        Severity.WARNING,
        "A route that gives an answer longer than an idle request may live",
        "A slow answer is not cut off by the route's time-out but by stream_idle_timeout (5 minutes unless set), with 504 and "
        "the flag SI: raising the route's time-out changes nothing.",
        "Raise stream_idle_timeout, or give the route an idle_timeout of its own; or lower the route's time-out.",
        cut_routes,
        proved="By the numbers of the route and its connection manager; a route with max_stream_duration is left out.",
    ),
    MeshCheck(
        "idle-closed-by-server",
        Severity.WARNING,
        "Clients that keep idle connections longer than their servers",
        "The side with the shorter idle_timeout closes. Where that is the server, a request may cross with the close: 503 UC, now "
        "and then, on quiet connections.",
        "Make connectionPool.http.idleTimeout of the DestinationRule shorter than the server's idle time-out.",
        _collect,
        closed_by_the_server,
        (Need.ENVOY, Need.CLUSTERS),
        "The client's cluster and the server's inbound connection manager are compared, by the host's address; a pod that was not "
        "given, a port that is not captured, and the keep-alive of the application itself say nothing.",
    ),
    MeshCheck(
        "timeout-cut-by-server",
        Severity.WARNING,
        "Routes that wait longer than the server's Envoy lets a request be idle",
        "The server's sidecar answers 504 while the client's route would still wait.",
        "Raise the server's stream_idle_timeout, or lower the route's time-out.",
        _collect,
        cut_by_the_server,
        (Need.ENVOY, Need.CLUSTERS),
        "As for idle-closed-by-server; the server's routes may have an idle_timeout of their own, and the longest of them counts.",
    ),
)
