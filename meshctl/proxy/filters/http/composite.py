"""Filters chosen by a matcher: a composite runs the filter that the matcher names, a wrapped one may be skipped.

Theory of operation. ``ExtensionWithMatcher`` wraps a filter. Round a composite, the action carries a filter's own
configuration, or a chain of filters, which then run in its place, up to one that waits for a delay or a body (with
sample_percent only for that share); without an action nothing runs. A composite may have the matcher itself. Round any other filter, the action SkipFilter leaves it
out. A route may bring another matcher.
Follows source/common/http/match_delegate/config.cc and source/extensions/filters/http/composite/{filter,action}.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.envoy.api.config_core_v3 import TypedExtensionConfig
from meshctl.envoy.api.extensions_common_matching_v3 import ExtensionWithMatcher, ExtensionWithMatcherPerRoute
from meshctl.envoy.api.extensions_filters_http_buffer_v3 import Buffer
from meshctl.envoy.api.extensions_filters_http_composite_v3 import (
    Composite,
    CompositePerRoute,
    ExecuteFilterAction,
)
from meshctl.envoy.api.xds_type_matcher_v3 import Matcher
from meshctl.envoy.message import Packed
from meshctl.match import matcher_tree
from meshctl.proxy.accounting import open_fields
from meshctl.proxy.chance import split
from meshctl.proxy.contract import EVERYTHING, Contract
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import body_length
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.unknown import unknown_effect
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.routing.routes import tree_inputs

_SKIP = "envoy.extensions.filters.common.matcher.action.v3.SkipFilter"


def _wrapped(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A filter of any kind with a matcher round it."""
    from meshctl.proxy.filters.http_filters import through

    config, route = http_filter.read(ExtensionWithMatcher), Packed(settings)
    own = route.as_(ExtensionWithMatcherPerRoute)
    matcher = (own.xds_matcher if own is not None else None) or config.xds_matcher
    if matcher is None and config.matcher is not None:
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)
        return
    inner = config.extension_config or TypedExtensionConfig({})
    packed = inner.typed_config or Packed({})
    action = None if matcher is None else _action(scene, matcher)
    composite = packed.as_(Composite)
    if composite is not None:
        yield from _chosen(entry, scene, http_filter, composite, action)
    elif action is None:
        filter_ = Filter(inner.name, packed.type_name, packed.raw, inner.raw)
        yield from through(entry, scene, filter_, settings if own is None else {})
    elif action.type_name == _SKIP:
        yield Pass(entry, scene)
    else:
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)


def _composite(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A composite with a matcher of its own; without one it does nothing."""
    config = http_filter.read(Composite)
    matcher = CompositePerRoute(settings).matcher or config.matcher
    action = None if matcher is None else _action(scene, matcher)
    yield from _chosen(entry, scene, http_filter, config, action)


def _action(scene: Scene, matcher: Matcher) -> Packed | None:
    tree = scene.proxy.compile_once(matcher.raw, "tree", lambda: matcher_tree.parse(matcher.raw))
    found = tree.evaluate(tree_inputs(scene.view), matcher_tree.Decision(supposed=scene.view.supposed))
    return None if found is None else Packed(found.config)


def _chosen(
    entry: Entry, scene: Scene, http_filter: Filter, composite: Composite, action: Packed | None
) -> Iterator[Pass]:
    """What a composite does by the matcher's action."""
    if action is None or action.type_name == _SKIP:
        yield Pass(entry, scene)
        return
    execute = action.as_(ExecuteFilterAction)
    filters = [] if execute is None else _filters(scene, composite, execute)
    if execute is None or not filters or open_fields(execute.raw, execute.TYPE):
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)
        return
    sample = execute.sample_percent
    chance = scene.proxy.runtime.chance_of(None if sample is None else sample.raw)
    for branch, runs in split(entry, chance):
        if runs:
            yield from _in_turn(branch, scene, filters)
        else:
            yield Pass(branch, scene)


def _filters(scene: Scene, composite: Composite, execute: ExecuteFilterAction) -> list[Filter]:
    """The filters that an action runs; none where they are not in the dump."""
    chain = execute.filter_chain or composite.named_filter_chains.get(execute.filter_chain_name)
    named = list(chain.typed_config) if chain is not None else []
    if execute.typed_config is not None:
        named = [execute.typed_config]
    found = [Filter(one.name, *_opened(one.typed_config), one.raw) for one in named]
    if execute.dynamic_config is not None:
        name, discovery = execute.dynamic_config.name, execute.dynamic_config.config_discovery
        seen = (scene.proxy.ecds.get(name) or {}).get("typed_config")
        packed = Packed(seen) if seen else discovery.default_config if discovery is not None else None
        found = [Filter(name, *_opened(packed), execute.dynamic_config.raw)]
    return found if all(one.type_name for one in found) else []


def _opened(packed: Packed | None) -> tuple[str, Json]:
    return ("", {}) if packed is None else (packed.type_name, packed.raw)


def _in_turn(entry: Entry, scene: Scene, filters: Sequence[Filter]) -> Iterator[Pass]:
    """The filters one behind the other; a route that one has chosen again is the next one's."""
    from meshctl.proxy.filters.http_filters import asks_first, through

    for branch, found in scene.rerouted(entry) if asks_first(filters[0]) else ((entry, scene),):
        flags, buffered = branch.flags, branch.buffered
        for way in through(branch, found, filters[0], {}):
            waited = (way.entry.flags, way.entry.buffered) != (flags, buffered)
            if way.reply is not None or len(filters) == 1 or waited or _buffers(filters[0], found):
                yield way
                continue
            left = way.scene.cleared() if way.reroute else way.scene
            yield from _in_turn(way.entry, left, filters[1:])


def _buffers(http_filter: Filter, scene: Scene) -> bool:
    """Whether a filter waits for the end of a body. Who waits goes on behind the composite: the rest of its chain is left out."""
    return http_filter.type_name == Buffer.TYPE and body_length(scene) != 0


CONTRACTS: dict[str, Contract[Evaluator]] = {
    ExtensionWithMatcher.TYPE: Contract(_wrapped, EVERYTHING, "common/http/match_delegate/config.cc"),
    Composite.TYPE: Contract(_composite, EVERYTHING, "filters/http/composite/filter.cc"),
}
