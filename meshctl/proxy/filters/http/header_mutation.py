"""header_mutation: headers and query parameters changed for the filters behind it and for the upstream.

Theory of operation. The filter's own mutations come first, before it asks for the route (which may have to be chosen again), then
those of every level that has some: from the most
specific on, or with most_specific_header_mutations_wins from the route configuration on. Values may hold command
operators. Headers come before query parameters. A value that is known only at run time leaves that header unknown.
Follows source/extensions/filters/http/header_mutation/header_mutation.cc and common/http/header_mutation.cc.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Iterator, Sequence

from meshctl.envoy.api.config_common_mutation_rules_v3 import HeaderMutation as Mutation
from meshctl.envoy.api.config_core_v3 import KeyValueMutation
from meshctl.envoy.api.extensions_filters_http_header_mutation_v3 import HeaderMutation
from meshctl.envoy.message import Undecidable
from meshctl.match import header_change
from meshctl.match.request_view import Part
from meshctl.match.substitution import fill
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = http_filter.read(HeaderMutation)
    changed = _by(scene, config, http_filter.name)
    for branch, found in changed.rerouted(entry):
        levels = found.levels(http_filter.name)
        if config.most_specific_header_mutations_wins:
            levels.reverse()
        for holder in levels:
            found = _by(found, HeaderMutation(holder), http_filter.name)
        yield Pass(branch, found)


def _by(scene: Scene, holder: HeaderMutation, name: str) -> Scene:
    """The request after the mutations of the filter or of one level."""
    mutations = holder.mutations
    if mutations is None:
        return scene
    scene = _mutated(scene, mutations.request_mutations)
    return _query_mutated(scene, mutations.query_parameter_mutations, name)


def _mutated(scene: Scene, mutations: Iterable[Mutation]) -> Scene:
    """The request after HeaderMutations, in order."""
    headers = scene.headers()
    header_change.mutate(headers, mutations, scene.changed(headers).known())
    return scene.changed(headers)


def _query_mutated(scene: Scene, mutations: Sequence[KeyValueMutation], by: str) -> Scene:
    """KeyValueMutations on the query string; parameters are kept in the order of their names."""
    target = scene.view.target if mutations else None
    if target is None:
        return scene
    bare, _, query = target.partition("?")
    parameters: dict[str, list[str]] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        parameters.setdefault(urllib.parse.unquote(name), []).append(urllib.parse.unquote(value))
    try:
        for mutation in mutations:
            _mutate_parameter(parameters, mutation, scene)
    except Undecidable:
        return scene.changed(opaque={Part.PATH: by})
    pairs = [f"{_quoted(n)}={_quoted(v)}" for n in sorted(parameters) for v in parameters[n]]
    headers = scene.headers()
    headers[":path"] = [f"{bare}?{'&'.join(pairs)}" if pairs else bare]
    return scene.changed(headers)


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-._~")


def _mutate_parameter(parameters: dict[str, list[str]], mutation: KeyValueMutation, scene: Scene) -> None:
    if mutation.remove:
        parameters.pop(mutation.remove, None)
        return
    append = mutation.append
    record = append.record if append is not None else None
    if append is None or record is None:  # the older spelling (entry) is open: the account says so
        return
    name, action = record.key, append.action
    value = fill(str(record.value or ""), scene.known())
    exists = name in parameters
    if action == ("ADD_IF_ABSENT" if exists else "OVERWRITE_IF_EXISTS"):
        return
    if action == "APPEND_IF_EXISTS_OR_ADD":
        parameters.setdefault(name, []).append(value)
    else:
        parameters[name] = [value]


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation": Contract(
        _evaluate, effects(Effect.HEADERS, Effect.PATH), "filters/http/header_mutation/header_mutation.cc"
    ),
}
