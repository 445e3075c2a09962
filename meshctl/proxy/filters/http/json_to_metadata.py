"""json_to_metadata: values of a JSON body become dynamic metadata, and the route is chosen again.

Theory of operation. A content type that is not allowed (compared letter by letter, parameters and all), or a body that
is no JSON, takes every rule's on_error; a request without a body every on_missing. Else each rule goes down its keys: where
a parent is no object, or the value is missing, null, an object, a list or does not convert, on_missing; a fixed value of
on_present is written wherever the parent is an object. What was written has the route chosen again.
Follows source/extensions/filters/http/json_to_metadata/filter.cc (numbers as nlohmann's parser reads them).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from meshctl.envoy.api.extensions_filters_http_json_to_metadata_v3 import JsonToMetadata
from meshctl.match import string_match
from meshctl.match.request_view import Part
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import body_length, waits_for_end
from meshctl.proxy.filters.metadata import LONGEST, number_of, with_values
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter

_DEFAULT_SPACE = "envoy.filters.http.json_to_metadata"
_INT64 = range(-(1 << 63), 1 << 63)


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    rules = JsonToMetadata(settings or http_filter.fields).request_rules
    if rules is None or not rules.rules:
        yield Pass(entry, scene)
        return
    if not _fitting_type(rules, scene):
        yield _written(entry, scene, _pairs(rules, "on_error"))
        return
    waits_for_end(entry, scene, http_filter)
    length = body_length(scene)
    entry.buffered = entry.buffered or length != 0
    if length == 0:
        yield _written(entry, scene, _pairs(rules, "on_missing"))
    elif not scene.request.body:
        yield Pass(entry, scene.changed(opaque={Part.METADATA: f"{http_filter.name} (from the body)"}))
    else:
        yield _written(entry, scene, _of_body(rules, scene.request.body))


Pair = tuple[JsonToMetadata.KeyValuePair, Any]


def _written(entry: Entry, scene: Scene, pairs: Iterator[Pair]) -> Pass:
    """The metadata with these values; the route is chosen again where there is one."""
    found: dict[str, Json] = {}
    for pair, value in pairs:
        space = pair.metadata_namespace or _DEFAULT_SPACE
        kept = pair.preserve_existing_metadata_value and pair.key in (scene.view.metadata.get(space) or {})
        if not kept:
            found.setdefault(space, {})[pair.key] = value
    return Pass(entry, scene.changed(metadata=with_values(scene, found)), reroute=bool(found))


def _pairs(rules: JsonToMetadata.MatchRules, branch: str) -> Iterator[Pair]:
    """The same branch of every rule: these have fixed values."""
    for rule in rules.rules:
        pair = rule.on_error if branch == "on_error" else rule.on_missing
        if pair is not None:
            yield pair, pair.value


def _of_body(rules: JsonToMetadata.MatchRules, text: str) -> Iterator[Pair]:
    try:
        body = _loaded(text)
    except ValueError:
        yield from _pairs(rules, "on_error")
        return
    for rule in rules.rules:
        keys = [selector.key for selector in rule.selectors]
        pair, value = rule.on_present, _selected(body, keys[:-1])
        if not isinstance(value, dict):
            pair = None
        elif pair is None:
            continue
        elif pair.value_type is not None:
            yield pair, pair.value
            continue
        else:
            value = _converted(value.get(keys[-1]) if keys else None, pair.type)
            if value == "" and pair.type == "STRING":
                continue
        if pair is not None and value is not None:
            yield pair, value
        elif rule.on_missing is not None:
            yield rule.on_missing, rule.on_missing.value


def _fitting_type(rules: JsonToMetadata.MatchRules, scene: Scene) -> bool:
    kind = scene.view.first("content-type")
    if not kind:
        return rules.allow_empty_content_type
    if kind in (rules.allow_content_types or ("application/json",)):
        return True
    pattern = rules.allow_content_types_regex
    return pattern is not None and string_match.full_match(pattern.regex)(kind)


def _loaded(text: str) -> Any:
    """The body as nlohmann's parser takes it: a ValueError for NaN and for numbers that no 64 bits hold."""

    def refused(_: str) -> Any:
        raise ValueError

    def whole(digits: str) -> int:
        value = int(digits)
        if value not in _INT64:
            raise ValueError
        return value

    return json.loads(text.removeprefix("\ufeff"), parse_constant=refused, parse_int=whole)


def _selected(body: Any, keys: list[str]) -> Any:
    for key in keys:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _converted(value: Any, kind: str) -> Any:
    """A value by the type that is wanted; None where it has none."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, str) and len(value) > LONGEST:
        return None
    if kind == "NUMBER":
        return number_of(value) if isinstance(value, str) else float(value)
    if kind == "STRING" and not isinstance(value, str):
        return f"{value:f}" if isinstance(value, float) else str(int(value))
    return value


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata": Contract(
        _evaluate, effects(Effect.METADATA, Effect.ROUTE), "filters/http/json_to_metadata/filter.cc"
    ),
}
