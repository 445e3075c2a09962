"""The settings of a proxy that bear on an ending, read from its dump: time-outs, retries, limits, TLS, hosts.

A fact is what Envoy goes by, its default included, and says where it stands; what the dump does not show is no fact. Defaults:
the proto files of Envoy's API, and docs/root/faq/configuration/timeouts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from meshctl.envoy.api.config_cluster_v3 import CircuitBreakers
from meshctl.envoy.api.config_route_v3 import Route as RouteMessage
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.cluster_names import parts_of, subsets_beside
from meshctl.envoy.message import Undecidable
from meshctl.plain import listed
from meshctl.proxy.listen.listeners import Chain
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import Route
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.hosts import Health
from meshctl.trace.ways import Hop
from meshctl.values import Struct
from meshctl.why.entries import LogEntry
from meshctl.why.meanings import Setting
from meshctl.why.replay import table_of

_FEW = 5
_NO_LIMIT = 4294967295  # what Istio writes for "no limit" (UINT32_MAX)
_LIMITS = (
    ("max_connections", 1024),
    ("max_pending_requests", 1024),
    ("max_requests", 1024),
    ("max_retries", 3),
)


class Fact(Struct, frozen=True):
    """One setting: what it is, its value, where it stands."""

    what: str
    value: str
    where: str = ""


class Scene(Struct, frozen=True):
    """What of the proxy the line is about."""

    proxy: Proxy
    entry: LogEntry
    hop: Hop | None
    route: Route | None

    @property
    def cluster_name(self) -> str:
        own = self.hop.passage.cluster if self.hop is not None else ""
        return self.entry["upstream_cluster"] or own or ""

    @property
    def cluster(self) -> Cluster | None:
        return self.proxy.cluster(self.cluster_name) if self.cluster_name else None

    @property
    def chain(self) -> Chain | None:
        if self.hop is None or self.hop.passage.listener is None:
            return None
        listener = self.proxy.listeners.by_name.get(self.hop.passage.listener)
        wanted = self.hop.passage.filter_chain or ""
        found = [chain for chain in listener.chains if chain.name == wanted] if listener is not None else []
        return found[0] if len(found) == 1 else None

    @property
    def manager(self) -> HttpConnectionManager | None:
        for one in self.chain.filters if self.chain is not None else ():
            if one.short == "HttpConnectionManager":
                return HttpConnectionManager(one.fields)
        return None


def facts(scene: Scene, wanted: Iterator[Setting] | tuple[Setting, ...]) -> list[Fact]:
    """The facts of these settings, each once; one that cannot be read is left to the views, which say so."""
    found: list[Fact] = []
    for setting in dict.fromkeys(wanted):
        try:
            found += _READERS[setting](scene)
        except Undecidable as unknown:
            found.append(Fact(setting.value, f"cannot be read: {unknown.reason}"))
    return list(dict.fromkeys(found))


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:g}s"


def _of_route(scene: Scene) -> RouteMessage | None:
    return (
        RouteMessage(scene.route.message)
        if scene.route is not None and not scene.route.stands_for_tls
        else None
    )


def _timeouts(scene: Scene) -> Iterator[Fact]:
    route = _of_route(scene)
    action = route.route if route is not None else None
    if action is not None and scene.route is not None:
        whole = action.timeout
        words = "15s (Envoy's default)" if whole is None else "none" if whole == 0 else seconds(whole)
        yield Fact("time-out of the route", words, f"route {scene.route.label}")
        if action.idle_timeout is not None:
            yield Fact(
                "idle time-out of the route", seconds(action.idle_timeout), f"route {scene.route.label}"
            )
        stream = action.max_stream_duration
        if stream is not None and stream.max_stream_duration is not None:
            yield Fact(
                "max_stream_duration", seconds(stream.max_stream_duration), f"route {scene.route.label}"
            )
        if action.retry_policy is not None and action.retry_policy.per_try_timeout:
            yield Fact(
                "time-out of one try",
                seconds(action.retry_policy.per_try_timeout),
                f"route {scene.route.label}",
            )
    manager = scene.manager
    if manager is not None:
        idle = manager.stream_idle_timeout
        yield Fact(
            "stream_idle_timeout",
            "300s (Envoy's default)" if idle is None else "none" if idle == 0 else seconds(idle),
        )
        for what, value in (
            ("request_timeout", manager.request_timeout),
            ("request_headers_timeout", manager.request_headers_timeout),
        ):
            if value:
                yield Fact(what, seconds(value))


def _retries(scene: Scene) -> Iterator[Fact]:
    route = _of_route(scene)
    action = route.route if route is not None else None
    if action is None or scene.route is None:
        return
    policy = action.retry_policy
    if policy is None or policy.num_retries == 0:
        yield Fact("retries", "none", f"route {scene.route.label}")
        return
    number = 1 if policy.num_retries is None else policy.num_retries
    yield Fact("retries", f"{number} on {policy.retry_on or 'nothing'}", f"route {scene.route.label}")


def _connection(scene: Scene) -> Iterator[Fact]:
    cluster = scene.cluster
    if cluster is None:
        return
    timeout = cluster.config.connect_timeout
    yield Fact(
        "connect_timeout",
        "5s (Envoy's default)" if timeout is None else seconds(timeout),
        f"cluster {cluster.name}",
    )


def _limits(scene: Scene) -> Iterator[Fact]:
    cluster = scene.cluster
    if cluster is None:
        return
    breakers = cluster.config.circuit_breakers or CircuitBreakers({})
    own = next((t for t in breakers.thresholds if t.priority == "DEFAULT"), CircuitBreakers.Thresholds({}))
    for name, default in _LIMITS:
        value = getattr(own, name)
        if value != _NO_LIMIT:
            yield Fact(
                name,
                str(default) + " (Envoy's default)" if value is None else str(value),
                f"cluster {cluster.name}",
            )


def _outliers(scene: Scene) -> Iterator[Fact]:
    cluster = scene.cluster
    detection = cluster.config.outlier_detection if cluster is not None else None
    if detection is None or cluster is None:
        return
    said = [
        f"{name} {getattr(detection, name)}"
        for name in ("consecutive_5xx", "consecutive_gateway_failure")
        if getattr(detection, name)
    ]
    said += [f"ejected for {seconds(detection.base_ejection_time or 30.0)}"]
    yield Fact("outlier detection", ", ".join(said), f"cluster {cluster.name}")


def _endpoints(scene: Scene) -> Iterator[Fact]:
    cluster = scene.cluster
    if cluster is None:
        if scene.cluster_name:
            yield _missing_cluster(scene)
        return
    hosts = cluster.hosts
    if not hosts and cluster.kind in ("ORIGINAL_DST", "DYNAMIC_FORWARD_PROXY"):
        yield Fact(
            "endpoints", f"none of its own ({cluster.kind}): it goes to the address that was asked for"
        )
        return
    count = Counter(host.health.value for host in hosts)
    words = ", ".join(f"{number} {health}" for health, number in count.items()) or "none that the dump shows"
    yield Fact("endpoints", words, f"cluster {cluster.name}")
    for host in [host for host in hosts if host.health is not Health.HEALTHY][:_FEW]:
        yield Fact(f"endpoint {host.address}", f"{host.health.value}: {host.reason or 'no reason is told'}")
    said = scene.entry["upstream_host"]
    if (
        said
        and hosts
        and cluster.kind != "ORIGINAL_DST"
        and not any(said in (h.address, *h.additional) for h in hosts)
    ):
        yield Fact(f"endpoint {said}", "is in the log, and is no endpoint of the cluster any more")


def _missing_cluster(scene: Scene) -> Fact:
    gap = scene.proxy.unseen_cluster(scene.cluster_name)
    if gap is not None:
        return Fact(f"cluster {scene.cluster_name}", f"is not in what was given: {gap.sentence}")
    return Fact(f"cluster {scene.cluster_name}", "is in the log, and does not exist today")


def _tls(scene: Scene) -> Iterator[Fact]:
    cluster = scene.cluster
    if cluster is None:
        return
    said = scene.entry["upstream_host"]
    host = next((h for h in cluster.hosts if said in (h.address, *h.additional)), None)
    try:
        tls, match = cluster.tls_to(host.metadata if host is not None else {})
    except Undecidable as unknown:
        yield Fact(f"cluster {cluster.name}", f"its TLS cannot be told: {unknown.reason}")
        return
    if tls is None:
        words = "plain text"
    else:
        words = "mutual TLS" if tls.mutual else "TLS without a client certificate"
        if tls.sni:
            words += f", SNI {tls.sni}"
        if tls.server_names:
            words += f", accepts {', '.join(tls.server_names[:_FEW])}"
    known = host is not None or not cluster.config.transport_socket_matches
    yield Fact("TLS to the upstream", words if known else f"{words}, for a host without labels", match)


def _subsets(scene: Scene) -> Iterator[Fact]:
    parts = parts_of(scene.cluster_name)
    if parts is None:
        return
    known = subsets_beside(parts, scene.proxy.cluster_names)
    if scene.cluster is None:
        yield _missing_cluster(scene)
    if parts.subset or known:
        yield Fact(f"subsets of {parts.host}:{parts.port}", ", ".join(known) or "none")


def _hosts(scene: Scene) -> Iterator[Fact]:
    passage = scene.hop.passage if scene.hop is not None else None
    table = table_of(scene.proxy, scene.hop) if scene.hop is not None else None
    if table is None:
        return
    host = next(
        (h for h in table.hosts if h.name == (passage.virtual_host if passage is not None else "")), None
    )
    if host is None:
        names = [h.name for h in table.hosts]
        yield Fact("virtual hosts", listed(names, _FEW), f"route configuration {table.name}")
    else:
        yield Fact(
            "virtual host", f"{host.name}, {len(host.routes)} routes", f"route configuration {table.name}"
        )


def _chains(scene: Scene) -> Iterator[Fact]:
    name = scene.hop.passage.listener if scene.hop is not None else None
    listener = scene.proxy.listeners.by_name.get(name or "")
    if listener is None:
        return
    asks = Counter(chain.criteria.transport or "any transport" for chain in listener.chains)
    yield Fact(f"listener {listener.name}", "chains for " + ", ".join(f"{k} ({n})" for k, n in asks.items()))


def _filters(scene: Scene) -> Iterator[Fact]:
    manager = scene.manager
    names = [one.name for one in manager.http_filters] if manager is not None else []
    if names:
        yield Fact("HTTP filters", ", ".join(names))


def _listener(scene: Scene) -> Iterator[Fact]:
    passage = scene.hop.passage if scene.hop is not None else None
    if passage is not None and passage.listener is not None:
        yield Fact(
            "listener", passage.listener + (f", chain {passage.filter_chain}" if passage.filter_chain else "")
        )
    if scene.manager is not None:
        yield Fact("codec", scene.manager.codec_type)


def _headers(scene: Scene) -> Iterator[Fact]:
    manager = scene.manager
    if manager is None:
        return
    size = manager.max_request_headers_kb
    yield Fact("max_request_headers_kb", "60 (Envoy's default)" if size is None else str(size))
    if manager.path_with_escaped_slashes_action != "IMPLEMENTATION_SPECIFIC_DEFAULT":
        yield Fact("path_with_escaped_slashes_action", manager.path_with_escaped_slashes_action)


_READERS: dict[Setting, Callable[[Scene], Iterator[Fact]]] = {
    Setting.LISTENER: _listener,
    Setting.CHAINS: _chains,
    Setting.HOSTS: _hosts,
    Setting.SUBSETS: _subsets,
    Setting.TIMEOUTS: _timeouts,
    Setting.RETRIES: _retries,
    Setting.CONNECTION: _connection,
    Setting.LIMITS: _limits,
    Setting.OUTLIERS: _outliers,
    Setting.ENDPOINTS: _endpoints,
    Setting.TLS: _tls,
    Setting.FILTERS: _filters,
    Setting.HEADERS: _headers,
}
