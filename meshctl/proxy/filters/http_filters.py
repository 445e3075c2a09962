"""The HTTP filters of a connection manager, in order, up to the router.

Theory of operation. Which filters run is settled when the request arrives: a filter may be disabled or enabled by
the most specific level that speaks of it. Each is found by the full name of its type (``http_table``) and does one
of these: passes on (with changed headers, metadata, state), has the route chosen again, answers, or splits into
several ways. One that is not evaluated leaves unknown what it may do (``unknown``). A condition that cannot be
decided ends its own way only. Filters that come by extension discovery are taken from the dump, else from their
default. Follows source/common/http/filter_manager.cc and source/common/filter/config_discovery_impl.cc.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from meshctl.envoy.anys import type_name, unpack
from meshctl.envoy.message import Undecidable
from meshctl.match.supposing import Supposed
from meshctl.proxy.accounting import OpenField, account_of, open_fields
from meshctl.proxy.chance import forked, open_ways
from meshctl.proxy.contract import EVERYTHING, TOLD_WHERE_ASKED, Contract, Effect
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http_table import ROUTER, contract
from meshctl.proxy.filters.readable import problem
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.unknown import label, unknown_effect
from meshctl.proxy.filters.well_known import http_type
from meshctl.proxy.http.local_reply import is_local
from meshctl.proxy.listen.listeners import ISTIO_OBSERVERS, Filter
from meshctl.proxy.model import Disposition, Passage, Stage, Verdict
from meshctl.values import Struct, replace

_WASM = "envoy.extensions.filters.http.wasm.v3.Wasm"


# Its own mutations come before it asks for those of the route.
_CHANGES_FIRST = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
# Stands behind a list that has no router: Envoy takes no manager whose last filter ends nothing.
_CUT = Filter("", "", {}, {})


def run(entry: Entry, scene: Scene) -> Iterator[Passage | tuple[Entry, Scene]]:
    """The answers of filters, and what goes on to the router."""
    plan = _plan(scene)
    return _from(entry, scene, plan, plan.enabled, 0)


class _Planned(Struct, frozen=True):
    """A filter with the settings that a route has for it, and what is wrong with both or not evaluated of them. idle: it lets
    every request of the route pass as it is."""

    filter: Filter
    known: Contract[Evaluator]
    settings: Json
    disabled: bool = False
    idle: bool = False
    wrong: str = ""
    may: frozenset[Effect] = frozenset()
    why: str = ""

    @property
    def asks_for_route(self) -> bool:
        """Whether it asks for the route before it changes anything: all do that have settings of routes, but for one."""
        return not self.known.observes and asks_first(self.filter)


class _Plan(Struct, frozen=True):
    """The filters of a manager as a route has them, and the places of those that run. holders: what it is kept by."""

    filters: tuple[_Planned, ...]
    enabled: tuple[int, ...]
    holders: tuple[object, ...]


def asks_first(http_filter: Filter) -> bool:
    """Whether a filter asks for the route before it changes anything."""
    return http_filter.type_name != _CHANGES_FIRST


def _plan(scene: Scene) -> _Plan:
    """The filters of the manager as the scene's route has them, made once for each route."""
    settings = scene.target.settings
    key = (_plan, id(scene.route), id(scene.host), id(scene.table), id(settings))

    def build() -> _Plan:
        found = tuple(_planned_of(scene, one) for one in _filters(scene))
        enabled = tuple(index for index, planned in enumerate(found) if not planned.disabled)
        # The holders are kept, so that no other object gets one of their ids.
        return _Plan(found, enabled, (scene.route, scene.host, scene.table, settings))

    plan: _Plan = scene.proxy.compile_once(scene.manager.fields, key, build)
    return plan


def _planned_of(scene: Scene, http_filter: Filter) -> _Planned:
    levels = scene.levels(http_filter.name)
    return _planned(scene, http_filter, levels[0] if levels else {}, disabled=_disabled(scene, http_filter))


def _planned(scene: Scene, http_filter: Filter, settings: Json, *, disabled: bool = False) -> _Planned:
    known = contract(http_filter.type_name)
    if known.observes or (http_filter.name in ISTIO_OBSERVERS and http_filter.type_name in ("", _WASM)):
        return _Planned(http_filter, known, settings, disabled, idle=True)
    if known.evaluate is None:
        return _Planned(http_filter, known, settings, disabled)
    wrong = _misread(scene, http_filter, settings)
    if wrong:
        return _Planned(http_filter, known, settings, disabled, wrong=wrong)
    may, why = _unread(scene, http_filter, settings)
    idle = not may and known.idle is not None and known.idle(scene, http_filter, settings)
    return _Planned(http_filter, known, settings, disabled, idle, may=may, why=why)


def _read(http_filter: Filter, settings: Json) -> tuple[tuple[Json, str], ...]:
    """The messages that a filter reads, with their types: its own, and the settings of a route."""
    return (
        (http_filter.fields, http_filter.type_name),
        (settings, type_name(str(settings.get("@type") or ""))),
    )


def _misread(scene: Scene, http_filter: Filter, settings: Json) -> str:
    """What of these messages has a wrong type, "" for nothing."""
    for fields, kind in _read(http_filter, settings):
        if fields:
            build = functools.partial(problem, fields, kind)
            found: str = scene.proxy.compile_once(fields, "readable", build)
            if found:
                return found
    return ""


def _unread(scene: Scene, http_filter: Filter, settings: Json) -> tuple[frozenset[Effect], str]:
    """What the settings that nobody evaluates may do, the filter's own and the route's, and which they are.

    Settings whose message has no account are those of a filter that reads them as it runs.
    """
    found: list[OpenField] = []
    for fields, kind in _read(http_filter, settings):
        if fields and account_of(kind) is not None:
            build = functools.partial(open_fields, fields, kind)
            found += scene.proxy.compile_once(fields, "open fields", build)
    may: frozenset[Effect] = frozenset().union(*(one.may for one in found))
    return may, "; ".join(one.reason for one in found)


def _filters(scene: Scene) -> list[Filter]:
    """The filters before the router."""

    def build() -> list[Filter]:
        found: list[Filter] = []
        for message in scene.manager.fields.get("http_filters") or ():
            http_filter = _filter(scene, message)
            if http_filter.type_name == ROUTER:
                break
            found.append(http_filter)
        else:
            found.append(_CUT)
        return found

    compiled: list[Filter] = scene.proxy.compile_once(scene.manager.fields, "http_filters", build)
    return compiled


def _filter(scene: Scene, message: Json) -> Filter:
    """A filter opened; one that comes by discovery as the dump has it, else by its default."""
    name = str(message.get("name") or "")
    config = message.get("typed_config")
    discovery = message.get("config_discovery")
    if discovery is not None:
        found = (scene.proxy.ecds.get(name) or {}).get("typed_config")
        config = found or discovery.get("default_config")
    found_type, fields = unpack(config)
    return Filter(name, http_type(name, found_type), fields, message)


def _disabled(scene: Scene, http_filter: Filter) -> bool:
    said = scene.disabled(http_filter.name)
    return bool(http_filter.message.get("disabled")) if said is None else said


def _from(
    entry: Entry, scene: Scene, plan: _Plan, enabled: tuple[int, ...], position: int
) -> Iterator[Passage | tuple[Entry, Scene]]:
    """Run the filters from a position on; branches go on by themselves."""
    for index in range(position, len(enabled)):
        planned = plan.filters[enabled[index]]
        if scene.stale and planned.asks_for_route:
            yield from _chosen_again(entry, scene, enabled, index)
            return
        if planned.idle:
            continue
        if planned.filter is _CUT:
            reason = "the HTTP filters end in no router: some of them are not in the dump"
            entry.unknown(reason)
            yield entry.end(Verdict(Disposition.UNDETERMINED, reason=reason))
            return
        try:
            ways = _ways(entry, scene, planned)
        except Undecidable as unknown:
            entry.unknown(unknown.reason)
            yield entry.end(Verdict(Disposition.UNDETERMINED, reason=unknown.reason))
            return
        if len(ways) == 1 and ways[0].reply is None:
            entry, before, scene = ways[0].entry, scene, ways[0].scene
            if scene.route is not before.route or scene.target is not before.target:
                plan = _plan(scene)  # the route was chosen again
            continue
        for way in ways:
            if way.reply is not None:
                yield _replied(way, way.reply)
            else:
                yield from _from(way.entry, way.scene, _plan(way.scene), enabled, index + 1)
        return
    if scene.stale:
        yield from _chosen_again(entry, scene, enabled, len(enabled))
    else:
        yield entry, scene


def _chosen_again(
    entry: Entry, scene: Scene, enabled: tuple[int, ...], index: int
) -> Iterator[Passage | tuple[Entry, Scene]]:
    """On from a filter that asks for the route, after one before it had it chosen again."""
    try:
        for branch, found in list(scene.rerouted(entry)):
            yield from _from(branch, found, _plan(found), enabled, index)
    except Undecidable as unknown:
        entry.unknown(unknown.reason)
        yield entry.end(Verdict(Disposition.UNDETERMINED, reason=unknown.reason))


def _replied(way: Pass, reply: Verdict) -> Passage:
    """The answer of a filter. What the route adds to answers is added to local replies alone."""
    way.entry.seen = way.scene.view
    location = way.scene.location(way.entry, way.location) if is_local(reply) else way.location
    return way.entry.end(reply, location=location)


def _ways(entry: Entry, scene: Scene, planned: _Planned) -> list[Pass]:
    """The ways through one filter; where it has the route chosen again, the next one that asks for it gets another."""
    return [
        replace(way, scene=way.scene.cleared()) if way.reroute and way.reply is None else way
        for way in _decided(entry, scene, planned)
    ]


def _decided(entry: Entry, scene: Scene, planned: _Planned) -> list[Pass]:
    """The ways through one filter. Where its conditions cannot be decided both answers are followed; where even the question
    is not clear, it may do all that its kind may do."""

    def ways(branch: Entry, supposed: Supposed) -> Iterable[Pass]:
        return _through(branch, scene.supposing(supposed), planned)

    log = entry.log
    try:
        return list(forked(entry, scene.view.supposed, Stage.HTTP_FILTER, ways))
    except Undecidable as unknown:
        entry.log = log
        return list(unknown_effect(entry, scene, planned.filter, planned.known.may, unknown.reason))


def _doubted(way: Pass, http_filter: Filter, may: frozenset[Effect], why: str) -> Iterator[Pass]:
    """The answer of a filter, with settings that nobody evaluates: it may be another."""
    reason = f"filter {label(http_filter)}: {why}"
    if may <= TOLD_WHERE_ASKED:
        way.entry.note(reason)
        yield way
        return
    answers, other = open_ways(way.entry, 2, reason)
    yield replace(way, entry=answers)
    yield replace(way, entry=other, reply=Verdict(Disposition.UNDETERMINED, reason=reason), location=None)


def through(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterable[Pass]:
    """The ways through a filter by its contract."""
    return _through(entry, scene, _planned(scene, http_filter, settings))


def _through(entry: Entry, scene: Scene, planned: _Planned) -> Iterable[Pass]:
    http_filter, known = planned.filter, planned.known
    if planned.idle:
        return (Pass(entry, scene),)
    if planned.wrong:
        return unknown_effect(entry, scene, http_filter, EVERYTHING, planned.wrong)
    if known.evaluate is not None:
        ways = known.evaluate(entry, scene, http_filter, planned.settings)
        return _with_unread(ways, planned) if planned.may else ways
    if not http_filter.type_name and "config_discovery" in http_filter.message:
        entry.unknown(f"filter {http_filter.name} comes by extension discovery and is not in the dump")
        return unknown_effect(entry, scene, http_filter, EVERYTHING)
    return unknown_effect(entry, scene, http_filter, known.may)


def _with_unread(ways: Iterable[Pass], planned: _Planned) -> Iterator[Pass]:
    """The ways through a filter with settings that nobody evaluates."""
    for way in ways:
        if way.reply is not None:
            yield from _doubted(way, planned.filter, planned.may, planned.why)
        else:
            yield from unknown_effect(way.entry, way.scene, planned.filter, planned.may, planned.why)
