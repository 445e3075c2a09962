"""The request as a route sends it on: headers added and removed, path and host rewritten, before a host is chosen for it.

Theory of operation. A weighted cluster's changes come first, its host with them. Then headers change level by level; the
rewrites of path and host read what came of it. The choice of a host (its hash), the answer where there is none and what a
route adds to an upstream's answer read this request; whatever answers before (a filter, a cluster that is missing or drops
the load) reads it as it came. auto_host_rewrite alone waits for the host.
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
from meshctl.proxy.routing.targets import ClusterWeight, Routed, Target
from meshctl.values import Struct, replace


def holders(
    proxy: Proxy, target: Target, route: Route, host: VirtualHost, table: RouteTable | None
) -> tuple[Changes, ...]:
    """Who changes headers, in order. Those that change none are left out."""
    own = _of_weight(proxy, target)
    levels = _levels(route, host, table)
    return levels if own is None else (own, *levels)


def _of_weight(proxy: Proxy, target: Target) -> Changes | None:
    """What a weighted cluster changes: before all others, whatever the configuration says of their order."""
    settings = target.settings
    if settings is None:
        return None
    found: Changes | None = proxy.compile_once(settings.raw, "changes", lambda: changes_of(settings))
    return found


def _levels(route: Route, host: VirtualHost, table: RouteTable | None) -> tuple[Changes, ...]:
    """What route, virtual host and configuration change: the most specific first, or last where the configuration says so."""
    found = [route.changes, host.changes, table.changes if table is not None else None]
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

    def to(self, hostname: str, *, forwarded_host: bool) -> Sent:
        """The request where the chosen host gives it its name (auto_host_rewrite)."""
        headers = _noted(self.view.headers, self.view, None, hostname, forwarded_host=forwarded_host)
        known = replace(self.known, headers=headers)
        return replace(self, view=self.view.carrying(headers), known=known, host=hostname)

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
    view, known, weighed = routed.view, routed.known, target.settings
    changers = holders(routed.proxy, target, routed.route, routed.host, routed.table)
    headers = view.headers
    if weighed is not None:
        headers = _weighed(routed, target, weighed, known)
        known = known if headers is view.headers else replace(known, headers=headers)
    levels = _levels(routed.route, routed.host, routed.table)
    headers = rewrites.mutated_headers(headers, levels, known)
    changed = view
    if headers is not view.headers:
        known, changed = replace(known, headers=headers), view.carrying(headers)
    try:
        path, open_ = rewrites.rewritten_path(action, routed.route.match.path, changed, known), None
    except UnknownRewrite as unknown:
        path, open_ = None, unknown
    host = rewrites.rewritten_host(action, changed, known) or ""
    if routed.host.config.include_request_attempt_count:
        headers = {**headers, "x-envoy-attempt-count": ["1"]}
    headers = _noted(headers, changed, path, host, forwarded_host=action.append_x_forwarded_host)
    if headers is not changed.headers:
        known, changed = replace(known, headers=headers), view.carrying(headers)
    host = host or (weighed.host_rewrite_literal if weighed is not None else "")
    if open_ is not None:
        return _open(changed, known, changers, host, open_)
    return Sent(changed, known, changers, view.target if path is None else path, host)


def _weighed(routed: Routed, target: Target, weighed: ClusterWeight, known: Known) -> Headers:
    """The headers as a weighted cluster changes them, with the host that it writes; nothing notes the one before."""
    own = _of_weight(routed.proxy, target)
    headers = routed.view.headers
    if own is not None:
        headers = rewrites.mutated_headers(headers, (own,), known)
    host = weighed.host_rewrite_literal
    return {**headers, ":authority": [host]} if host else headers


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
        told = headers.get("x-forwarded-host", ())
        if forwarded_host and ",".join(told).split(",")[-1] != before:
            noted["x-forwarded-host"] = [",".join([*told, before])]
        noted[":authority"] = [host]
    return noted
