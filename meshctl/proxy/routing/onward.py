"""The request as a route sends it on: headers added and removed, path and host rewritten, before a host is chosen for it.

Theory of operation. Headers change first; the rewrites of path and host read what came of it. The choice of a host (its hash),
the answer where there is none and what a route adds to an upstream's answer read this request; whatever answers before
(a filter, a cluster that is missing or drops the load) reads it as it came. auto_host_rewrite alone waits for the host.
Follows source/common/router/router.cc (decodeHeaders: finalizeRequestHeaders comes before chooseHost).
"""

from __future__ import annotations

from meshctl.envoy.api.config_route_v3 import RouteAction
from meshctl.match.request_view import NOTHING, Headers, Opaque, Part, RequestView, carried
from meshctl.match.substitution import Known
from meshctl.proxy.model import Request
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing import rewrites
from meshctl.proxy.routing.rewrites import Changes, UnknownRewrite, changes_of
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.proxy.routing.targets import Routed, Target
from meshctl.values import Struct, replace


def holders(
    proxy: Proxy, target: Target, route: Route, host: VirtualHost, table: RouteTable | None
) -> tuple[Changes, ...]:
    """Who changes headers, in order: the most specific first, or last where the configuration says so. Those that change none
    are left out."""
    settings = target.settings
    own = (
        proxy.compile_once(settings.raw, "changes", lambda: changes_of(settings))
        if settings is not None
        else None
    )
    found = [own, route.changes, host.changes, table.changes if table is not None else None]
    if table is not None and table.most_specific_wins:
        found.reverse()
    return tuple([one for one in found if one is not None])


class Sent(Struct, frozen=True):
    """A request as it is sent on: its headers with what the router notes of a rewrite, the path, the host ("" as it was)."""

    view: RequestView
    known: Known  # what an answer's Location may be filled in with
    changers: tuple[Changes, ...]
    path: str | None
    host: str
    doubt: Opaque = NOTHING  # what of it is not known, as a rewrite is not evaluated
    open: str = ""  # why

    def to(self, authority: str) -> Known:
        """What is known where the chosen host gives the request its name (auto_host_rewrite)."""
        if authority == self.view.first(":authority"):
            return self.known
        return replace(self.known, headers={**self.known.headers, ":authority": [authority]})

    def request(self, routed: Routed, authority: str, doubt: Opaque) -> Request:
        """The request as the next hop receives it, and what of it filters here may have changed."""
        kept = [
            (name, value) for name, values in self.view.headers.items() if name[:1] != ":" for value in values
        ]
        return replace(
            routed.request,
            authority=authority,
            path=self.path,
            headers=tuple(kept),
            scheme=routed.view.first(":scheme"),
            recreated=None,
            opaque=carried({**doubt, **self.doubt}),
        )


def sent(routed: Routed, target: Target, action: RouteAction) -> Sent:
    """The request as the route's action sends it on."""
    view, known = routed.view, routed.known
    changers = holders(routed.proxy, target, routed.route, routed.host, routed.table)
    headers = rewrites.mutated_headers(view.headers, changers, known)
    if headers is not view.headers:
        known, changed = replace(known, headers=headers), view.carrying(headers)
    else:
        changed = view
    try:
        path, open_ = rewrites.rewritten_path(action, routed.route.match.path, changed, known), None
    except UnknownRewrite as unknown:
        path, open_ = None, unknown
    own_host = target.settings.host_rewrite_literal if target.settings is not None else ""
    host = rewrites.rewritten_host(action, changed, known) or own_host
    if routed.host.config.include_request_attempt_count:
        headers = {**headers, "x-envoy-attempt-count": ["1"]}
    headers = _noted(headers, view, path, host, forwarded_host=action.append_x_forwarded_host)
    if headers is not changed.headers:
        known, changed = replace(known, headers=headers), view.carrying(headers)
    if open_ is not None:
        return _open(changed, known, changers, host, open_)
    return Sent(changed, known, changers, view.target if path is None else path, host)


def _open(
    view: RequestView, known: Known, changers: tuple[Changes, ...], host: str, unknown: UnknownRewrite
) -> Sent:
    """The request where nothing tells what its path becomes; it goes on with the one it had, in doubt."""
    doubt: dict[Part | str, str] = {":path": unknown.by, "x-envoy-original-path": unknown.by}
    known = replace(known, opaque={**known.opaque, **doubt})
    return Sent(
        view.doubted({**view.opaque, **doubt}), known, changers, view.target, host, doubt, unknown.reason
    )


def _noted(
    headers: Headers, view: RequestView, path: str | None, host: str, *, forwarded_host: bool
) -> Headers:
    """The headers behind a rewrite, with what the router notes of the path and the host as they were."""
    if path is None and not host:
        return headers
    noted = dict(headers)
    if path is not None:
        noted["x-envoy-original-path"] = [view.target or ""]
        noted[":path"] = [path]
    if host:
        before = view.first(":authority")
        noted["x-envoy-original-host"] = [before]
        if forwarded_host:
            noted["x-forwarded-host"] = [",".join([*headers.get("x-forwarded-host", ()), before])]
        noted[":authority"] = [host]
    return noted
