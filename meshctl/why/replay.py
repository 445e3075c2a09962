"""The request of a log line, traced on today's configuration, and where the log disagrees.

Theory of operation. A line says from where to where the connection went (its local address is the original destination), over
what, and which method, authority and path were asked for; not the other headers, and mostly not who called. What it does not
show is unknown to the trace (``Request.hidden``), so a condition on it is undetermined, never guessed. The line's own proxy is
one hop of the ways; each way's hop is compared with the line: flags, details, cluster, route, and the code where this proxy made
the answer. One way that agrees is agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.envoy.addresses import host_and_port
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Peer, RequestView
from meshctl.plain import list_at, object_at, objects_at
from meshctl.proxy.model import Disposition, Payload, Request, Stage, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing import routes
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.routes import Route, RouteTable
from meshctl.trace.answers import Failure
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, PodSource
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Hop, Way
from meshctl.values import Struct, replace
from meshctl.why import compare
from meshctl.why.entries import LogEntry

_PROTOCOLS = {"HTTP/1.0": Payload.HTTP10, "HTTP/2": Payload.HTTP2, "HTTP/3": Payload.HTTP3}
THE_LINE = "the log line"
_SIDES = ("downstream_remote_address", "downstream_local_address")


class Replay(Struct, frozen=True, dict=True):
    """The ways of the line's request today. hops: this proxy's hop of each way, None where a way has none; agreeing: those that
    end as the line says; differences: what the log and today's likeliest way disagree in; unknown: what of the request the line
    does not show, and the answer hangs on."""

    pod: Pod
    direction: str
    ways: tuple[Way, ...]
    hops: tuple[Hop | None, ...]
    agreeing: tuple[Way, ...] = ()
    differences: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    route: Route | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether today's configuration ends it as the log says; None where that cannot be told."""
        if self.agreeing:
            return True
        return None if self.unknown or not self.ways else False

    @property
    def hop(self) -> Hop | None:
        """The hop to be told of: of a way that agrees, else of the likeliest."""
        for way in (*self.agreeing, *sorted(self.ways, key=lambda way: -way.probability)):
            found = self.hops[self.ways.index(way)]
            if found is not None:
                return found
        return None


def pods_of(entry: LogEntry, source: PodSource) -> list[Pod]:
    """The pods whose proxy may have written the line, by its addresses: an application's own for outbound, the pod's for
    inbound and at a gateway. Where the line does not tell which it is, both."""
    sides = {"inbound": _SIDES[1:]}.get(entry.direction, _SIDES)
    if entry["requested_server_name"].startswith("outbound_."):
        sides = _SIDES[1:]  # only sidecars ask for such a name: it came from another one
    found = []
    for side in sides:
        address = host_and_port(entry[side])
        pod = source.by_ip(address[0]) if address is not None else None
        if pod is None or pod.proxy is None:
            continue
        if entry.direction != "outbound" or pod.is_gateway == (side == "downstream_local_address"):
            found.append(pod)
    return found


def direction_of(entry: LogEntry, pod: Pod) -> str:
    """inbound, outbound, or gateway for a proxy without an application."""
    if pod.is_gateway:
        return "gateway"
    if entry.direction:
        return entry.direction
    local = host_and_port(entry["downstream_local_address"])
    return "inbound" if local is not None and local[0] in pod.ips else "outbound"


def run(entry: LogEntry, pod: Pod, source: PodSource) -> Replay | None:
    """The request of the line, traced; None where the line does not say where it went."""
    if host_and_port(entry["downstream_local_address"]) is None or pod.proxy is None:
        return None
    found = _run(entry, pod, source)
    asked = _before_rewrite(entry, pod.proxy, found.hop) if found.agrees is not True else ""
    again = _run(LogEntry({**entry.fields, "authority": asked}, entry.source), pod, source) if asked else None
    if again is not None and (again.agrees or (again.agrees is None and found.agrees is False)):
        return again
    if found.agrees is False and any(
        _explains(_run(entry, pod, source, tls)) for tls in _other_offers(entry, found)
    ):
        return replace(found, unknown=(_OFFER,))
    return found


_OFFER = "what the client offered in its handshake (ALPN, certificate) is not in the log line"


def _explains(other: Replay) -> bool:
    """Whether the line may have come so: not when the handshake itself would have failed."""
    failed = any(way.answer.failure is Failure.TLS for way in other.ways)
    return other.agrees is not False and not failed


def _other_offers(entry: LogEntry, found: Replay) -> Iterator[Tls]:
    """Handshakes of the line's server name that a sidecar would not begin so, but another client may."""
    sni = entry["requested_server_name"]
    if found.direction == "outbound" or not (sni or entry["downstream_tls_version"]):
        return
    assert found.pod.proxy is not None
    known = Peer((f"spiffe://{found.pod.proxy.trust_domain}/ns/-/sa/-",))
    for offered in ((), ("http/1.1",), ("h2",), ("istio",)):
        for peer in (None, known):
            yield Tls(sni, offered, peer, mesh=peer is not None)


def _run(entry: LogEntry, pod: Pod, source: PodSource, offered: Tls | None = None) -> Replay:
    """The replay; offered: the handshake, where it is not the one that a sidecar begins."""
    assert pod.proxy is not None
    direction = direction_of(entry, pod)
    stream, hidden = _stream(entry, direction, pod.proxy, source)
    if offered is not None:
        stream = replace(stream, layers=(offered,))
    ways = _ways(entry, pod, source, direction, stream)
    hops = tuple(_hop(way, pod, direction) for way in ways)
    blind = [sentence for stage, sentence in hidden if _asks(ways, stage)]
    if entry.http and any(way.answer.failure is Failure.TLS for way in ways) and not blind:
        blind.append("the client's certificate is not in the log line, and the TLS session did come about")
    found = Replay(pod, direction, ways, hops)
    if not blind:  # else what agrees may do so by chance
        agreeing = (
            w for w, hop in zip(ways, hops, strict=True) if hop is not None and compare.agrees(entry, hop)
        )
        found = replace(found, agreeing=tuple(agreeing))
    open_ = [reason for way in ways for reason in way.undetermined]
    open_ += [way.answer.reason for way in ways if way.answer.disposition is Disposition.UNDETERMINED]
    unknown = tuple(dict.fromkeys((*blind, *open_)))
    likeliest = max(ways, key=lambda way: way.probability, default=None)
    differences: tuple[str, ...] = ()
    if likeliest is not None and not found.agreeing:
        differences = tuple(compare.differences(entry, likeliest, hops[ways.index(likeliest)]))
    route = _route(pod.proxy, found.hop) if found.hop is not None else None
    if found.hop is not None and route is None and unknown:
        route = _named_route(entry, pod.proxy, found.hop)
    return replace(found, differences=differences, unknown=unknown, route=route)


def _ways(entry: LogEntry, pod: Pod, source: PodSource, direction: str, stream: Stream) -> tuple[Way, ...]:
    local = host_and_port(entry["downstream_local_address"])
    assert local is not None
    journey = Journey(source)
    if direction == "outbound" and pod.rules is None:
        return tuple(
            journey.at_proxy(pod, *local, stream)
        )  # how it came to the proxy was not given: the line says that it did
    return tuple((journey.start if direction == "outbound" else journey.arrive)(pod, *local, stream))


def _before_rewrite(entry: LogEntry, proxy: Proxy, hop: Hop | None) -> str:
    """The host that was asked for, where the line has the one that the route wrote in its place; "" for none."""
    table = table_of(proxy, hop) if hop is not None else None
    for host in table.hosts if table is not None and entry["authority"] else ():
        for route in host.routes:
            rewritten = object_at(route.message, "route").get("host_rewrite_literal")
            if rewritten == entry["authority"] and route.name == entry["route_name"]:
                domains = [str(name) for name in list_at(host.message, "domains")]
                return next((name for name in domains if "*" not in name), "")
    return ""


def _stream(
    entry: LogEntry, direction: str, proxy: Proxy, source: PodSource
) -> tuple[Stream, list[tuple[Stage, str]]]:
    """What was sent, as far as the line shows, and what it does not show: the stage that asks for it, a sentence."""
    unknown: list[tuple[Stage, str]] = []
    if entry.http and not entry["authority"] and "missing_host" not in entry["response_code_details"]:
        unknown.append((Stage.HTTP, "the Host header is not in the log line"))
    payload = _PROTOCOLS.get(entry["protocol"], Payload.HTTP1) if entry.http else Payload.RAW
    remote = host_and_port(entry["downstream_direct_remote_address"] or entry["downstream_remote_address"])
    src_ip = remote[0] if remote is not None else ""
    sni = entry["requested_server_name"]
    layers: tuple[Tls, ...] = ()
    if direction == "outbound":
        layers = (
            (Tls(sni),) if sni else ()
        )  # the application's own: its ALPN and certificate are not in the line
    elif sni or entry["downstream_peer_uri_san"] or entry["downstream_tls_version"]:
        identity = entry["downstream_peer_uri_san"] or _identity(source, src_ip)
        mesh = bool(identity) or sni.startswith("outbound_.")
        if mesh and not identity:
            unknown.append(
                (Stage.HTTP_FILTER, "who called (the identity in its certificate) is not in the log line")
            )
            identity = (
                f"spiffe://{proxy.trust_domain}/ns/-/sa/-"  # the handshake takes it; policies are not asked
            )
        peer = Peer((identity,)) if identity else None
        layers = (Tls(sni, _protocols(entry, mesh=mesh), peer, mesh),)
    request = _request(entry) if entry.http else None
    return Stream(payload, layers, request, src_ip if direction != "outbound" else ""), unknown


def _identity(source: PodSource, ip: str) -> str:
    """The identity of the pod at an address; "" where none is known there."""
    caller = source.by_ip(ip) if ip else None
    return caller.identity if caller is not None else ""


def _protocols(entry: LogEntry, *, mesh: bool) -> tuple[str, ...]:
    """The ALPN that the client must have offered, as sidecars do (pilot/pkg/networking/util: ALPNInMesh...)."""
    two = entry["protocol"] == "HTTP/2"
    offered = "h2 http/1.1" if two else "http/1.1"
    if mesh:
        offered = "istio-h2 istio h2" if two else "istio-http/1.1 istio http/1.1"
        offered = offered if entry.http else "istio-peer-exchange istio"
    return tuple(offered.split())


def _request(entry: LogEntry) -> Request:
    authority = entry["authority"] or None
    path = entry["path"] or ("/" if entry["method"] != "CONNECT" else None)
    headers = tuple((name, value) for name, value in entry.headers if name != "x-forwarded-for")
    return Request(
        entry["method"] or "GET", authority, path, headers, entry["protocol"] or "HTTP/1.1", hidden=THE_LINE
    )


def _hop(way: Way, pod: Pod, direction: str) -> Hop | None:
    """The hop of the line's proxy: the one of this direction, where the proxy is passed twice."""
    own = [hop for hop in way.hops if hop.pod.full_name == pod.full_name]
    return next((hop for hop in own if hop.direction == direction), own[0] if own else None)


def _asks(ways: Sequence[Way], stage: Stage) -> bool:
    return any(step.stage is stage for way in ways for hop in way.hops for step in hop.passage.steps)


def table_of(proxy: Proxy, hop: Hop) -> RouteTable | None:
    """The route configuration that a hop went by: sent by name, or written into the listener."""
    name, listener = hop.passage.route_config, proxy.listeners.by_name.get(hop.passage.listener or "")
    found = proxy.route_table(name or "")
    if found is not None or listener is None or name is None:
        return found
    for chain in listener.chains:
        for one in chain.filters:
            inline = object_at(one.fields, "route_config")
            if inline.get("name", "") == name and chain.name == (hop.passage.filter_chain or ""):
                return proxy.inline_table(inline, chain.where)
    return None


def _route(proxy: Proxy, hop: Hop) -> Route | None:
    """The route that was taken, found again: its time-outs and retries are asked for."""
    table = table_of(proxy, hop)
    view = hop.passage.seen
    host = (
        next((h for h in table.hosts if h.name == hop.passage.virtual_host), None)
        if table is not None
        else None
    )
    if host is None:
        return None
    named = [route for route in host.routes if route.name == (hop.passage.route_name or "")]
    if len(named) == 1:
        return named[0]
    if view is None:
        return None
    try:
        return next((route for _, route, _ in routes.choose(host, view, Draw()) if route is not None), None)
    except Undecidable:
        return None


def _named_route(entry: LogEntry, proxy: Proxy, hop: Hop) -> Route | None:
    """The route that the line names, where a header that it does not show keeps the choice open: it must be in the virtual host
    of the line's authority and lead to the line's cluster."""
    table = table_of(proxy, hop)
    if table is None or not entry["route_name"]:
        return None
    host, _ = table.virtual_host(
        RequestView({":authority": [entry["authority"]], ":path": [entry["path"] or "/"]})
    )
    for route in host.routes if host is not None else ():
        if route.name == entry["route_name"] and _leads_to(route, entry["upstream_cluster"]):
            return route
    return None


def _leads_to(route: Route, cluster: str) -> bool:
    action = object_at(route.message, "route")
    weighted = objects_at(object_at(action, "weighted_clusters"), "clusters")
    return not cluster or cluster in (action.get("cluster"), *(one.get("name") for one in weighted))
