"""A route configuration compiled, and the choice of virtual host and route for one request.

Theory of operation. The virtual host is found by host; require_tls answers before any route is looked at;
then the routes are tried in order, the first whose match holds takes the request. A runtime_fraction asks the
request's one random number, so the choice is a list of (probability, route). A virtual host with a ``matcher``
asks the tree instead; the chosen Route's own match must then hold too, and there is no way back when it does
not. Inputs of a route's tree see repeated headers joined with ",".
Follows source/common/router/config_impl.cc (VirtualHostImpl::getRouteFromEntries, RouteMatcher::route).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.message import Packed, Undecidable
from meshctl.match import cel, matcher_tree, route_match
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import RequestView
from meshctl.match.route_match import RouteMatch
from meshctl.match.supposing import answered
from meshctl.plain import Json
from meshctl.proxy.model import Rejected
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.rewrites import Changes, changes_of
from meshctl.proxy.routing.virtual_hosts import DomainTable, compile_domains
from meshctl.values import Struct
from meshctl.values import field as default


class Route(Struct, dict=True):
    """One route: its message and its compiled match."""

    message: Json
    match: RouteMatch
    index: int

    @functools.cached_property
    def config(self) -> api.Route:
        return api.Route(self.message)

    @functools.cached_property
    def action(self) -> api.RouteAction | None:
        """How it forwards; None for a route that answers itself."""
        return self.config.route

    @functools.cached_property
    def changes(self) -> Changes | None:
        return changes_of(self.config)

    @functools.cached_property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    @property
    def label(self) -> str:
        return self.name or f"#{self.index}"

    @property
    def stands_for_tls(self) -> bool:
        """Whether it is the redirect that require_tls stands for, and in no configuration."""
        return self.index < 0


class VirtualHost(Struct, dict=True):
    """One virtual host; routes and tree are compiled when first asked for."""

    message: Json
    runtime: Runtime
    ignore_path_parameters: bool
    _tree_routes: dict[int, Route] = default(default_factory=dict)

    @functools.cached_property
    def config(self) -> api.VirtualHost:
        return api.VirtualHost(self.message)

    @functools.cached_property
    def changes(self) -> Changes | None:
        return changes_of(self.config)

    @functools.cached_property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    def compiled(self, message: Json, index: int) -> Route:
        try:
            wanted = api.Route(message).match
            if wanted is None:
                raise Undecidable(
                    "the route's match is not in the dump, and Envoy takes no route without one"
                )
            match = route_match.parse(
                wanted.raw,
                self.runtime,
                ignore_path_parameters=self.ignore_path_parameters,
            )
        except Undecidable as unknown:
            match = route_match.undecided(unknown.reason)
        return Route(message, match, index)

    @functools.cached_property
    def routes(self) -> list[Route]:
        return [self.compiled(route.raw, i) for i, route in enumerate(self.config.routes)]

    @functools.cached_property
    def tree(self) -> matcher_tree.Tree | None:
        found = self.config.matcher
        return matcher_tree.parse(found.raw) if found is not None else None

    def tree_route(self, message: Json) -> Route:
        """A route that is an action of the tree, compiled once."""
        found = self._tree_routes.get(id(message))
        if found is None:
            found = self._tree_routes[id(message)] = self.compiled(message, len(self._tree_routes))
        return found


@dataclass
class RouteTable:
    """A RouteConfiguration compiled; ``where`` is its place in the dump."""

    message: Json
    runtime: Runtime
    where: str = ""
    domains: DomainTable = field(init=False)
    hosts: list[VirtualHost] = field(init=False)
    config: api.RouteConfiguration = field(init=False)

    def __post_init__(self) -> None:
        config = self.config = api.RouteConfiguration(self.message)
        self.domains = compile_domains(config)
        ignore = config.ignore_path_parameters_in_path_matching
        self.hosts = [VirtualHost(host.raw, self.runtime, ignore) for host in config.virtual_hosts]

    @functools.cached_property
    def changes(self) -> Changes | None:
        return changes_of(self.config)

    @functools.cached_property
    def most_specific_wins(self) -> bool:
        return self.config.most_specific_header_mutations_wins

    @property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    def virtual_host(self, view: RequestView) -> tuple[VirtualHost | None, str]:
        """The virtual host of a request and the domain by which it was found."""
        index, domain = self.domains.find(view.headers, view.supposed)
        return (None, "") if index is None else (self.hosts[index], domain)


def tls_required(host: VirtualHost, view: RequestView) -> bool:
    """Whether require_tls redirects the request: only x-forwarded-proto counts, in this very case."""
    required = host.config.require_tls
    if required == "NONE":
        return False
    try:
        if view.first("x-forwarded-proto") == "https":
            return False
        return required == "ALL" or view.first("x-envoy-internal") != "true"
    except Undecidable as unknown:
        return answered(view.supposed, "require_tls redirects the request", unknown)


def choose(host: VirtualHost, view: RequestView, draw: Draw) -> Iterator[tuple[float, Route | None, Draw]]:
    """The routes that may take the request, each with its probability; None for no route.

    Raises Open where a match needs what is not known, and nothing is supposed of it.
    """
    candidates = _tree_candidates(host, view) if host.tree is not None else iter(host.routes)
    remaining = 1.0
    for route in candidates:
        if not route.match.matches(view):
            continue
        fraction = route.match.fraction
        if fraction is None or fraction.chance >= 1.0:
            yield remaining, route, draw
            return
        chance, taken = draw.within(fraction.denominator, 0, fraction.numerator)
        if chance > 0.0:
            yield remaining * chance, route, taken
        rest, draw = draw.within(fraction.denominator, fraction.numerator, fraction.denominator)
        remaining *= rest
        if remaining <= 0.0:
            return
    yield remaining, None, draw


# The redirect that require_tls stands for: to https, and without a name.
_TO_TLS: Json = {"match": {"prefix": "/"}, "redirect": {"https_redirect": True}}
TLS_REDIRECT = Route(_TO_TLS, route_match.parse(_TO_TLS["match"], Runtime()), -1)

Found = tuple[float, VirtualHost | None, Route | None, Draw]


def of_table(table: RouteTable | None, view: RequestView, draw: Draw) -> Iterator[Found]:
    """Virtual host and route for a request, each way with its probability.

    Without x-forwarded-proto the check of require_tls gives up, and only the virtual host is found: no filter takes that
    header away, whatever else it may change.
    """
    host = table.virtual_host(view)[0] if table is not None else None
    if host is None:
        yield 1.0, None, None, draw
    elif not any(view.headers.get("x-forwarded-proto", ())):
        yield 1.0, host, None, draw
    elif tls_required(host, view):
        yield 1.0, host, TLS_REDIRECT, draw
    else:
        for probability, route, drawn in choose(host, view, draw):
            if probability > 0.0:
                yield probability, host, route, drawn


def _tree_candidates(host: VirtualHost, view: RequestView) -> Iterator[Route]:
    assert host.tree is not None
    action = host.tree.evaluate(tree_inputs(view), matcher_tree.Decision(supposed=view.supposed))
    if action is not None:
        yield from tree_routes(host, action)


def tree_routes(host: VirtualHost, action: matcher_tree.Action) -> Iterator[Route]:
    """The routes that are tried, in order, when a matcher tree has come to an action."""
    packed = Packed(action.config)
    if (routes := packed.as_(api.RouteList)) is not None:
        for message in routes.routes:
            yield host.tree_route(message.raw)
    elif (route := packed.as_(api.Route)) is not None:
        yield host.tree_route(route.raw)
    else:
        raise Undecidable(f"the action {packed.type_name} of the route's matcher is not known")


def tree_inputs(view: RequestView) -> matcher_tree.Inputs:
    """The inputs of HTTP matcher trees, answered from the request."""

    def value(type_name: str, fields: Json) -> Any:
        short = type_name.rsplit(".", 1)[-1]
        if short == "HttpAttributesCelMatchInput":
            return cel.Attributes(view)
        if short == "HttpRequestHeaderMatchInput":
            values = view.values(str(fields.get("header_name", "")).lower())
            return ",".join(values) if values else None
        if short == "HttpRequestQueryParamMatchInput":
            return view.query.get(str(fields.get("query_param", "")))
        if short == "ServerNameInput":
            return view.sni or None
        if short in ("UriSanInput", "DnsSanInput", "SubjectInput"):
            return _certificate_input(short, view)
        raise Undecidable(f"the matcher input {short or type_name} is not known before the request is sent")

    return value


def _certificate_input(short: str, view: RequestView) -> str | None:
    if view.peer is None:
        return None
    if short == "SubjectInput":
        return view.peer.subject or None
    names = view.peer.uris if short == "UriSanInput" else view.peer.dns
    return ",".join(names) or None


def rejected(
    host: VirtualHost, view: RequestView, chosen: Route | None, limit: int = 8
) -> tuple[Rejected, ...]:
    """The routes that did not take the request, with the first criterion that failed; near misses first."""
    if host.tree is not None:
        return _rejected_tree(host, view)
    misses: list[tuple[int, int, Rejected]] = []
    hidden = 0
    for route in host.routes:
        if route is chosen:
            hidden = len(host.routes) - route.index - 1
            break
        try:
            reason, depth = route.match.failure(view), route.match.passed(view)
        except Undecidable as unknown:
            reason, depth = unknown.reason, 0
        if not reason and route.match.fraction is not None:
            reason, depth = f"takes only {route.match.fraction.text} of requests", 99
        misses.append((-depth, route.index, Rejected(f"route `{route.label}`", reason)))
    misses.sort(key=lambda miss: miss[:2])
    found = [miss for _, _, miss in misses[:limit]]
    if len(misses) > limit:
        found.append(Rejected(f"{len(misses) - limit} more routes", "each fails a criterion"))
    if hidden:
        found.append(Rejected(f"{hidden} later route{'s' if hidden > 1 else ''}", "an earlier route took it"))
    return tuple(found)


def _rejected_tree(host: VirtualHost, view: RequestView) -> tuple[Rejected, ...]:
    decision = matcher_tree.Decision()
    assert host.tree is not None
    host.tree.evaluate(tree_inputs(view), decision)
    return tuple(Rejected("matcher", step) for step in decision.trail)
