"""One HTTP request inside a connection manager: route, filters, router.

Theory of operation. The manager decodes the request (``hcm``), then finds virtual host and route, because the
filters' settings may come from the route; then the HTTP filters run in order, each may answer; the router is the
last. Without a route the filters still run, then 404 NR. Route configurations come inline, by RDS name, or by
scope. Follows source/common/http/conn_manager_impl.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from meshctl.envoy.api.config_route_v3 import RouteAction
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.message import Undecidable
from meshctl.match.address_ranges import Untold
from meshctl.match.request_view import NOTHING, Headers, Opaque, Part, RequestView, Unseen, beyond_path
from meshctl.match.supposing import Supposed
from meshctl.proxy.chance import forked
from meshctl.proxy.doubts import doubted, guarded, split
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import http_filters
from meshctl.proxy.filters.scene import Chosen
from meshctl.proxy.filters.scene import Scene as FilterScene
from meshctl.proxy.http import hcm, local_reply, request_headers, route_source, spoken
from meshctl.proxy.http.codec import Reply
from meshctl.proxy.http.connection_header import is_upgrade
from meshctl.proxy.http.hcm import Manager
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import (
    Connection,
    Disposition,
    Passage,
    Rejected,
    Request,
    Stage,
    Step,
    Verdict,
)
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing import router, routes, targets
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.values import Struct, field, replace


class HttpScene(Struct, frozen=True):
    """The request, its connection (TLS facts as the proxy knows them after the handshake) and the proxy."""

    proxy: Proxy
    manager: Filter
    connection: Connection
    request: Request
    listener_port: int
    tls: bool
    direct_ip: str = ""
    state: Mapping[str, str] = field(default_factory=dict)  # filter state of the connection
    opaque: Opaque = field(default_factory=lambda: NOTHING)


def serve(entry: Entry, scene: HttpScene) -> list[Passage]:
    """All the ways the request may go."""
    entry.http = True
    return guarded(entry, _served(entry, scene, scene.manager.read(HttpConnectionManager)))


def _served(entry: Entry, scene: HttpScene, config: HttpConnectionManager) -> Iterator[Passage]:
    refused = spoken.refusal(config, scene.connection, scene.request)
    if refused is not None:
        entry.logged = False
        yield _early(entry, scene, refused, None)
        return
    if config.route_specifier == "scoped_routes":
        yield from _in_scope(entry, scene, config)
        return
    table, problem = route_source.table_of(scene.proxy, config)
    decoded = hcm.decode(scene.request, _manager(scene, config, table), scene.connection, tls=scene.tls)
    entry, scene, open_end = _found(entry, scene, config, decoded)
    if open_end is not None:
        yield open_end
    yield from _replied(entry, scene, config, decoded, table, problem)


def _in_scope(entry: Entry, scene: HttpScene, config: HttpConnectionManager) -> Iterator[Passage]:
    """Scoped routes: the request is decoded before its route configuration is known."""
    decoded = hcm.decode(scene.request, _manager(scene, config, None), scene.connection, tls=scene.tls)
    entry, scene, open_end = _found(entry, scene, config, decoded)
    if open_end is not None:
        yield open_end
    known = replace(scene, opaque={**scene.opaque, **entry.doubt})
    view = _view(known, _headers_of(decoded))

    def tables(branch: Entry, supposed: Supposed) -> list[tuple[Entry, RouteTable | None, str]]:
        return [(branch, *route_source.table_of(scene.proxy, config, view.supposing(supposed)))]

    for branch, table, problem in forked(entry, view.supposed, Stage.ROUTE, tables):
        yield from _replied(branch, scene, config, decoded, table, problem)


def _found(
    entry: Entry, scene: HttpScene, config: HttpConnectionManager, decoded: Headers | Reply
) -> tuple[Entry, HttpScene, Passage | None]:
    """The way on once the client's address is found, and the end beside it: who finds it may refuse the request."""
    if isinstance(decoded, Reply) or not config.original_ip_detection_extensions:
        return entry, scene, None
    address = _remote_ip(scene)
    if not isinstance(address, Untold):
        return entry, scene, None
    entry, open_end = split(entry, [address])
    doubts = request_headers.doubts_of(config, "what finds the client's address")
    return entry, replace(scene, opaque={**scene.opaque, **doubts}), open_end


def _headers_of(decoded: Headers | Reply) -> Headers:
    return decoded if isinstance(decoded, dict) else decoded.headers or {}


def _replied(
    entry: Entry,
    scene: HttpScene,
    config: HttpConnectionManager,
    decoded: Headers | Reply,
    table: RouteTable | None,
    problem: str,
) -> Iterator[Passage]:
    """The answers as the client gets them."""
    entry.route_config = table.name or None if table is not None else None
    entry, open_end = doubted(entry, config, table.config if table is not None else None)
    if open_end is not None:
        yield open_end
    for passage in _answers(entry, scene, decoded, table, problem):
        yield local_reply.answered(passage, config, _headers_of(decoded), scene.proxy.runtime)


def _answers(
    entry: Entry, scene: HttpScene, decoded: Headers | Reply, table: RouteTable | None, problem: str
) -> Iterator[Passage]:
    if isinstance(decoded, Reply):
        yield _early(entry, scene, decoded, table)
        return
    if problem:
        entry.unknown(problem)
        yield entry.end(Verdict(Disposition.UNDETERMINED, reason=problem))
        return
    known = replace(scene, opaque={**scene.opaque, **entry.doubt}) if entry.doubt else scene
    view = _view(known, decoded)
    for chosen in _choose(entry, scene, view, table, Draw()):
        yield from guarded(chosen.entry, _filtered(chosen, scene, view, table))


def _manager(scene: HttpScene, config: HttpConnectionManager, table: RouteTable | None) -> Manager:
    """What bears on requests before routing; made once for a manager, a route configuration and a port."""

    def build() -> tuple[Manager, RouteTable | None]:
        return _made(scene, config, table), table  # the table is kept, so that nothing else gets its id

    key = (_manager, id(table), scene.listener_port)
    found: Manager = scene.proxy.compile_once(scene.manager.fields, key, build)[0]
    return found


def _made(scene: HttpScene, config: HttpConnectionManager, table: RouteTable | None) -> Manager:
    node = (scene.proxy.snapshot.bootstrap or {}).get("node") or {}
    ips = str((node.get("metadata") or {}).get("INSTANCE_IPS") or "")
    only = table.config.internal_only_headers if table is not None else ()
    return Manager(
        config,
        scene.listener_port,
        scene.proxy.runtime,
        ips.split(",")[0],
        str(node.get("id") or ""),
        str(node.get("cluster") or ""),
        tuple(name.lower() for name in only),
    )


def _view(scene: HttpScene, headers: Headers) -> RequestView:
    tls, request, opaque = scene.connection.session if scene.tls else None, scene.request, scene.opaque
    if request.hidden or request.opaque:
        opaque = {**_hidden(request, headers), **_changed(request, headers), **opaque}
    return RequestView(
        headers,
        tls=scene.tls,
        peer=tls.peer if tls else None,
        sni=tls.sni.lower() if tls else "",
        filter_state=scene.state,
        opaque=opaque,
    )


def _hidden(request: Request, headers: Headers) -> Opaque:
    """The parts of a request that is not known whole: headers that are there are known, and what Envoy sets itself."""
    if not request.hidden:
        return NOTHING
    found: dict[Part | str, str] = {Part.HEADERS: Unseen(request.hidden)}
    if request.unsaid:
        found[Part.PATH] = Unseen(request.unsaid)
    return {**found, **{name: "" for name in headers if not (request.unsaid and name.startswith(":"))}}


def _changed(request: Request, headers: Headers) -> Opaque:
    """What proxies before may have changed; a header that this one has written is known."""
    if not request.opaque:
        return NOTHING
    came: Headers = {}
    for name, value in request.headers:
        came.setdefault(name.lower(), []).append(value)
    known = [n for n, values in headers.items() if not n.startswith(":") and came.get(n) != values]
    return {**dict.fromkeys(known, ""), **request.opaque}


def _early(entry: Entry, scene: HttpScene, reply: Reply, table: RouteTable | None) -> Passage:
    """A request the codec or the manager refuses; the virtual host is looked up for the log."""
    if reply.logged and table is not None and reply.headers is not None and reply.flags is None:
        try:
            _log_route(entry, scene, RequestView(reply.headers), table)
        except Undecidable as unknown:
            entry.unknown(unknown.reason)  # of the log's route only: the answer stands
    if not reply.logged:
        entry.listener = entry.filter_chain = entry.route_config = None
        entry.logged = False
    words = reply.reason or reply.details or "refused by the codec"
    entry.step(lambda: Step(Stage.HTTP, str(reply.code), words))
    redirected = reply.location is not None
    return entry.end(
        Verdict(
            Disposition.REDIRECTED if redirected else Disposition.BAD_REQUEST,
            reply.code,
            reply.flags,
            reply.details,
            f"the proxy answers {reply.code}: {words}",
        ),
        location=reply.location,
    )


def _log_route(entry: Entry, scene: HttpScene, view: RequestView, table: RouteTable) -> None:
    """The route that is looked up for the log of a request refused before routing.

    The headers are still as they came: without x-forwarded-proto the require_tls check gives up and no route
    is found, only the virtual host.
    """
    host, _ = table.virtual_host(view)
    if host is None:
        return
    entry.virtual_host = host.name
    if not any(view.values("x-forwarded-proto")) or routes.tls_required(host, view):
        return
    _, route, _ = next(iter(routes.choose(host, view, Draw())))
    if route is not None:
        entry.route_name = route.name or None
        name = route.action.cluster if route.action is not None else ""
        entry.cluster = name if scene.proxy.cluster(name) is not None else None


def _remote_ip(scene: HttpScene) -> str:
    if scene.request.recreated is not None:
        return scene.request.recreated.client_ip
    return hcm.remote_address(scene.request, scene.manager.read(HttpConnectionManager), scene.connection)


def _choose(
    entry: Entry, scene: HttpScene, view: RequestView, table: RouteTable | None, draw: Draw
) -> Iterable[Chosen]:
    """The routes and clusters a request may take; asked again where a filter has the route chosen anew."""

    def ways(branch: Entry, supposed: Supposed) -> Iterator[Chosen]:
        return _routes(branch, scene, view.supposing(supposed), table, draw)

    return forked(entry, view.supposed, Stage.ROUTE, ways)


def _routes(
    entry: Entry, scene: HttpScene, view: RequestView, table: RouteTable | None, draw: Draw
) -> Iterator[Chosen]:
    for probability, host, route, drawn in routes.of_table(table, view, draw):
        branch = entry.branch(probability)
        branch.virtual_host = host.name if host is not None else None
        branch.route_name = (route.name or None) if route is not None else None
        branch.cluster = None
        branch.step(lambda host=host, route=route: _route_step(view, table, host, route))  # type: ignore[misc]
        if host is None or route is None:
            yield Chosen(branch, host, route, drawn, targets.NO_TARGET, view.supposed)
            continue
        routed = targets.Routed(scene.proxy, scene.connection, scene.request, view, table, host, route, drawn)
        for target in targets.targets(routed):
            way = branch if target.probability == 1.0 else branch.branch(target.probability)
            known = bool(target.cluster) and scene.proxy.cluster(target.cluster) is not None
            way.cluster = target.cluster if known else None
            yield Chosen(way, host, route, target.draw or drawn, target, view.supposed)


def _filtered(
    chosen: Chosen, scene: HttpScene, view: RequestView, table: RouteTable | None
) -> Iterator[Passage]:
    """The filters, then the router (or 404 without a route)."""
    entry, view = chosen.entry, view.supposing(chosen.supposed)
    upgrade = _upgrade(view)
    settings = FilterScene(
        scene.proxy,
        _with_filters(scene, upgrade) if upgrade is not None else scene.manager,
        scene.connection,
        scene.request,
        view,
        table,
        chosen.host,
        chosen.route,
        scene.direct_ip,
        _remote_ip(scene),
        chosen.draw,
        chosen.target,
        lambda entry, view, draw: _choose(entry, scene, view, table, draw),
    )
    refused = _upgrade_refused(scene, upgrade, chosen.route) if upgrade is not None else ""
    if refused:
        entry.step(lambda: Step(Stage.HTTP, "403", refused))
        yield entry.end(
            Verdict(Disposition.BAD_REQUEST, 403, None, "upgrade_failed", refused),
            location=settings.location(entry, None),
        )
        return
    for passed in http_filters.run(entry, settings):
        if isinstance(passed, Passage):
            yield passed
        else:
            yield from _routed(*passed)


def _routed(entry: Entry, after: FilterScene) -> Iterator[Passage]:
    """The router behind the filters, on the request as they left it."""
    host, route, table = after.host, after.route, after.table
    view = after.view.doubted(beyond_path(after.view.opaque)) if after.view.opaque else after.view
    entry.seen = after.view
    entry, open_end = doubted(
        entry,
        host.config if host is not None else None,
        route.config if route is not None and not route.stands_for_tls else None,
    )
    if open_end is not None:
        yield open_end
    if host is None or route is None:
        reason = _no_route_reason(view, table, host)
        yield entry.end(Verdict(Disposition.NO_ROUTE, 404, "NR", "route_not_found", reason))
        return
    if after.view.opaque:
        entry.doubt = {**entry.doubt, **after.view.opaque}
    routed = targets.Routed(
        after.proxy,
        after.connection,
        after.request,
        view,
        table,
        host,
        route,
        after.draw,
        client_ip=after.remote_ip,
    )
    yield from guarded(entry, router.act(entry, routed, after.target))


def _upgrade(view: RequestView) -> str | None:
    """The kind of upgrade that a request asks for (an empty one too), None for none."""
    if view.is_connect:
        return "CONNECT"
    return view.first("upgrade") if is_upgrade(view.headers) else None


Upgrade = RouteAction.UpgradeConfig | HttpConnectionManager.UpgradeConfig
U = TypeVar("U", bound=Upgrade)


def _upgrade_config(configs: Sequence[U], kind: str) -> U | None:
    return next((config for config in configs if config.upgrade_type.lower() == kind.lower()), None)


def _upgrade_refused(scene: HttpScene, kind: str, route: Route | None) -> str:
    """Why a CONNECT or an Upgrade is refused: the route's upgrade_configs decide, else the manager's."""
    if route is None:
        return ""
    own = _upgrade_config(route.action.upgrade_configs, kind) if route.action is not None else None
    config = own or _upgrade_config(scene.manager.read(HttpConnectionManager).upgrade_configs, kind)
    if config is None:
        return f"upgrade {kind} is not configured"
    return f"upgrade {kind} is disabled" if config.enabled is False else ""


def _with_filters(scene: HttpScene, kind: str) -> Filter:
    """The manager, with the filters that its upgrade_configs have for this upgrade in place of its own."""
    config = _upgrade_config(scene.manager.read(HttpConnectionManager).upgrade_configs, kind)
    if config is None or not config.filters:
        return scene.manager
    own, filters = scene.manager, config.raw["filters"]

    def build() -> Filter:
        return replace(own, fields={**own.fields, "http_filters": filters})

    found: Filter = scene.proxy.compile_once(config.raw, "upgrade", build)
    return found


def _no_route_reason(view: RequestView, table: RouteTable | None, host: VirtualHost | None) -> str:
    name = table.name if table is not None else "none"
    if host is None:
        return f"no virtual host of route configuration {name} has domain {view.first(':authority')}"
    return f"no route of virtual host {host.name} takes {view.first(':method')} {view.target or ''}"


def _route_step(
    view: RequestView, table: RouteTable | None, host: VirtualHost | None, route: Route | None
) -> Step:
    if table is None:
        return Step(Stage.ROUTE, "no route configuration", "no scope takes the request")
    if host is None:
        wanted = table.domains.host(view.headers)
        names = tuple(
            Rejected(f"virtual host {h.name}", f"domains {', '.join(h.message.get('domains') or ())[:120]}")
            for h in table.hosts[:8]
        )
        return Step(
            Stage.ROUTE,
            f"{table.name or '(inline)'} / none",
            f"no domain takes {wanted}",
            table.where,
            rejected=names,
        )
    _, domain = table.virtual_host(view)
    names_text = f"{table.name or '(inline)'} / {host.name}"
    if route is routes.TLS_REDIRECT:
        return Step(Stage.ROUTE, names_text, "require_tls: redirected to https", table.where)
    rejected = routes.rejected(host, view, route)
    if route is None:
        return Step(
            Stage.ROUTE,
            f"{names_text} / none",
            f"domain {domain}; no route matches",
            table.where,
            rejected=rejected,
        )
    return Step(
        Stage.ROUTE,
        f"{names_text} / {route.label}",
        f"domain {domain}, {route.match.text}",
        f"{table.where}.virtual_hosts[{table.hosts.index(host)}].routes[{route.index}]",
        istio_config(route.message),
        rejected,
    )
