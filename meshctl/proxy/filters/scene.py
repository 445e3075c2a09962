"""What an HTTP filter sees, and what it may do: the values shared by all evaluators.

A filter is asked (entry, scene, filter, its most specific settings) and answers with the ways through it. Settings
come from typed_per_filter_config of the weighted cluster, the route, the virtual host and the route
configuration, in this order; without a route there are none. Follows source/common/router/config_impl.cc
(mostSpecificPerFilterConfig, WeightedClusterEntry, filterDisabled).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.match.request_view import Headers, Opaque, Part, RequestView
from meshctl.match.substitution import Known
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed
from meshctl.proxy.entry import Entry
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Connection, Request, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.onward import holders
from meshctl.proxy.routing.router import told_location
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.proxy.routing.targets import NO_TARGET, Target
from meshctl.values import Struct, field, replace

Json = dict[str, Any]

_FILTER_CONFIG = "envoy.config.route.v3.FilterConfig"


class Chosen(Struct, frozen=True):
    """A virtual host, a route and a cluster target, as chosen for a request; ``entry`` says so, ``supposed`` under which
    conditions."""

    entry: Entry
    host: VirtualHost | None
    route: Route | None
    draw: Draw
    target: Target
    supposed: Supposed = field(default_factory=lambda: NOTHING_SUPPOSED)


ANY_DRAW = Draw()
# The route chosen again for a changed request.
Choose = Callable[[Entry, RequestView, Draw], Iterable[Chosen]]


class Scene(Struct, frozen=True):
    """What a filter can see."""

    proxy: Proxy
    manager: Filter
    connection: Connection
    request: Request
    view: RequestView
    table: RouteTable | None
    host: VirtualHost | None
    route: Route | None
    direct_ip: str = ""
    remote_ip: str = ""
    draw: Draw = ANY_DRAW
    target: Target = NO_TARGET
    choose: Choose | None = None
    stale: bool = False  # the route is chosen again once somebody asks for it (clearRouteCache)

    def changed(
        self,
        headers: Headers | None = None,
        metadata: Mapping[str, Any] | None = None,
        state: Mapping[str, str] | None = None,
        opaque: Opaque | None = None,
    ) -> Scene:
        """The same scene with the request as a filter left it."""
        old = self.view
        return self._with(
            headers if headers is not None else old.headers,
            {**old.metadata, **(metadata or {})},
            {**old.filter_state, **(state or {})},
            _joined(old.opaque, opaque or {}),
        )

    def _with(
        self, headers: Headers, metadata: Mapping[str, Any], state: Mapping[str, str], opaque: Opaque
    ) -> Scene:
        old = self.view
        view = RequestView(
            headers,
            tls=old.tls,
            peer=old.peer,
            sni=old.sni,
            metadata=metadata,
            filter_state=state,
            opaque=opaque,
            supposed=old.supposed,
        )
        return replace(self, view=view)

    def supposing(self, supposed: Supposed) -> Scene:
        """The same scene, with this supposed of the request."""
        return self if supposed is self.view.supposed else replace(self, view=self.view.supposing(supposed))

    def known(self) -> Known:
        """What command operators may ask for."""
        view, connection = self.view, self.connection
        return Known(
            view.headers,
            self.request.protocol,
            self.remote_ip or connection.src_ip,
            self.direct_ip or connection.src_ip,
            0,
            (connection.dst_ip, connection.dst_port),
            view.sni,
            view.peer,
            self.route.name if self.route is not None else "",
            self.host.name if self.host is not None else "",
            view.metadata,
            view.filter_state,
            view.opaque,
        )

    def headers(self) -> Headers:
        """A copy of the headers, to be changed."""
        return {name: list(values) for name, values in self.view.headers.items()}

    def cleared(self) -> Scene:
        """The same scene, where a filter has had the route forgotten (clearRouteCache)."""
        return replace(self, stale=True)

    def rerouted(self, entry: Entry) -> Iterator[tuple[Entry, Scene]]:
        """The ways for who asks for the route: chosen again where it was forgotten, by the same random number."""
        if self.choose is None or not self.stale:
            yield entry, self
            return
        for chosen in self.choose(entry, self.view, self.draw):
            scene = self.supposing(chosen.supposed)
            yield (
                chosen.entry,
                replace(
                    scene,
                    host=chosen.host,
                    route=chosen.route,
                    draw=chosen.draw,
                    target=chosen.target,
                    stale=False,
                ),
            )

    @property
    def has_route_entry(self) -> bool:
        """Whether Envoy has a RouteEntry for the request: a redirect and a direct response have none."""
        return self.route is not None and bool(self.route.message.keys() & _ENTRIES)

    def location(self, entry: Entry, own: str | None) -> str | None:
        """The Location of an answer that a filter gives: what the route adds to all answers, unless it has its own."""
        if own is not None or self.route is None or self.host is None or not self.has_route_entry:
            return own
        return told_location(
            entry, None, holders(self.proxy, self.target, self.route, self.host, self.table), self.known()
        )

    @property
    def action(self) -> Json:
        """The RouteAction, {} without one."""
        found: Json = (self.route.message.get("route") or {}) if self.route is not None else {}
        return found

    @property
    def cluster_name(self) -> str:
        """The cluster that was drawn for the request, "" without one."""
        return self.target.cluster

    def level_messages(self) -> list[Json]:
        """What may have settings for filters, the most specific first: target, route, virtual host, table; [] without a route."""
        route = self.route
        if route is None or route.stands_for_tls or not route.message.keys() & _ANSWERS:
            return []
        own = self.target.settings
        found = [own.raw, route.message] if own is not None else [route.message]
        found += [holder.message for holder in (self.host, self.table) if holder is not None]
        return found

    def levels(self, name: str) -> list[Json]:
        """The settings of a filter at each level that has some, the most specific first."""
        return [fields for fields, _ in _levels(self, name)]

    def disabled(self, name: str) -> bool | None:
        """Whether the most specific level turns the filter off or on; None where none speaks of it."""
        for _, disabled in _levels(self, name):
            return disabled
        return None


def _joined(before: Opaque, more: Opaque) -> Opaque:
    """What was not known and what is not known any more; a header that was known may be among what a filter changes."""
    if Part.HEADERS in more:
        before = {part: owner for part, owner in before.items() if owner}
    return {**more, **{part: owner for part, owner in before.items() if owner or part not in more}}


def _levels(scene: Scene, name: str) -> Iterator[tuple[Json, bool]]:
    """(settings, disabled) of each level."""
    for holder in scene.level_messages():
        config = (holder.get("typed_per_filter_config") or {}).get(name)
        if config is None:
            continue
        type_name, fields = unpack(config)
        if type_name == _FILTER_CONFIG:
            yield unpack(fields.get("config"))[1], bool(fields.get("disabled"))
        else:
            yield fields, False


_ENTRIES = frozenset({"route", "filter_action", "non_forwarding_action"})
# What a route answers with; one without any has no settings of any level, like the redirect of require_tls.
_ANSWERS = _ENTRIES | {"redirect", "direct_response"}


class Pass(Struct, frozen=True):
    """One way through a filter: on with ``scene`` (its route chosen again if ``reroute``), or ended by ``reply``."""

    entry: Entry
    scene: Scene
    reply: Verdict | None = None
    location: str | None = None
    reroute: bool = False


Evaluator = Callable[[Entry, Scene, Filter, Json], Iterator[Pass]]
