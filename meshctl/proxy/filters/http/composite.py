"""Filters chosen by a matcher: a composite runs the filter that the matcher names, a wrapped one may be skipped.

Theory of operation. ``ExtensionWithMatcher`` wraps a filter. Round a composite, the action carries a filter's own
configuration, which then runs in its place (with sample_percent only for that share); without an action nothing
runs. Round any other filter, the action SkipFilter leaves it out. A route may bring another matcher.
Follows source/common/http/match_delegate/config.cc and source/extensions/filters/http/composite/{filter,action}.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.anys import unpack
from meshctl.match import matcher_tree
from meshctl.proxy.chance import split
from meshctl.proxy.contract import EVERYTHING, Contract
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.unknown import unknown_effect
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.routing.routes import tree_inputs

_COMPOSITE = "envoy.extensions.filters.http.composite.v3.Composite"
_EXECUTE = "envoy.extensions.filters.http.composite.v3.ExecuteFilterAction"
_SKIP = "envoy.extensions.filters.common.matcher.action.v3.SkipFilter"


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    from meshctl.proxy.filters.http_filters import through

    fields = http_filter.fields
    inner = fields.get("extension_config") or {}
    type_name, inner_fields = unpack(inner.get("typed_config"))
    tree_message = settings.get("xds_matcher") or fields.get("xds_matcher")
    action = None
    if tree_message:
        tree = scene.proxy.compile_once(tree_message, "tree", lambda: matcher_tree.parse(tree_message))
        action = tree.evaluate(tree_inputs(scene.view), matcher_tree.Decision())
    elif fields.get("matcher"):
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)
        return
    kind, config = unpack(action.config) if action is not None else ("", {})
    if kind == _SKIP or (type_name == _COMPOSITE and not kind):
        yield Pass(entry, scene)
    elif kind == _EXECUTE and type_name == _COMPOSITE:
        yield from _executed(entry, scene, http_filter, config)
    elif kind:
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)
    else:
        name = str(inner.get("name") or "")
        yield from through(entry, scene, Filter(name, type_name, inner_fields, inner), settings)


def _executed(entry: Entry, scene: Scene, http_filter: Filter, config: Json) -> Iterator[Pass]:
    """The filter that the action carries."""
    from meshctl.proxy.filters.http_filters import through

    named = config.get("typed_config") or {}
    dynamic = config.get("dynamic_config") or {}
    if dynamic:
        named = {"name": dynamic.get("name"), "typed_config": _discovered(scene, dynamic)}
    type_name, fields = unpack(named.get("typed_config"))
    if not type_name:
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)
        return
    sample = config.get("sample_percent")
    for branch, runs in split(entry, scene.proxy.runtime.chance_of(sample)):
        if runs:
            inner = Filter(str(named.get("name") or ""), type_name, fields, named)
            yield from through(branch, scene, inner, {})
        else:
            yield Pass(branch, scene)


def _discovered(scene: Scene, dynamic: Json) -> Json:
    found: Json = (scene.proxy.ecds.get(str(dynamic.get("name") or "")) or {}).get("typed_config") or {}
    return found or (dynamic.get("config_discovery") or {}).get("default_config") or {}


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.common.matching.v3.ExtensionWithMatcher": Contract(
        _evaluate, EVERYTHING, "common/http/match_delegate/config.cc"
    ),
    _COMPOSITE: Contract(None, frozenset(), "does nothing without a matcher round it"),
}
