"""Filters that write dynamic metadata or filter state, which later conditions ask for.

Theory of operation. set_metadata merges fixed values (an existing namespace is left alone without allow_overwrite).
header_to_metadata makes values of headers and cookies, and may take the headers away; it may have the route chosen
again. json_to_metadata makes values of the body. set_filter_state makes texts of command operators.
Follows source/extensions/filters/http/{set_metadata,header_to_metadata,json_to_metadata,set_filter_state}.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Headers, Part
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import body_length, waits_for_end
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.state import states_of
from meshctl.proxy.listen.listeners import Filter

_LONGEST = 8 * 1024


def _merged(old: Any, new: Any) -> Any:
    """StructUtil::update: objects by key, lists one behind the other, anything else replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return new


def _set_metadata(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    metadata: Json = dict(scene.view.metadata)
    fields = http_filter.fields
    items = [{**fields, "allow_overwrite": True}] if fields.get("metadata_namespace") else []
    for item in (*items, *(fields.get("metadata") or ())):
        namespace, value = str(item.get("metadata_namespace") or ""), item.get("value")
        if not isinstance(value, dict):
            continue
        if namespace not in metadata:
            metadata[namespace] = value
        elif item.get("allow_overwrite"):
            metadata[namespace] = _merged(metadata[namespace], value)
    yield Pass(entry, scene.changed(metadata=metadata))


def _with_values(scene: Scene, found: dict[str, Json]) -> Json:
    """Dynamic metadata with new values beside the old ones of a namespace."""
    return {space: {**(scene.view.metadata.get(space) or {}), **values} for space, values in found.items()}


def _header_to_metadata(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = settings or http_filter.fields
    headers, found = scene.headers(), dict[str, Json]()
    for rule in fields.get("request_rules") or ():
        value = _selected(rule, headers, scene)
        pair = rule.get("on_header_present" if value is not None else "on_header_missing")
        if pair is not None:
            _add_pair(pair, value or "", found)
    changed = scene.changed(headers, _with_values(scene, found))
    yield Pass(entry, changed, reroute=bool(fields.get("clear_route_cache")) and bool(found))


def _selected(rule: Json, headers: Headers, scene: Scene) -> str | None:
    """The header's values joined, or the cookie's; a header may be taken away."""
    name = str(rule.get("header") or "").lower()
    if not name:
        return scene.view.cookies.get(str(rule.get("cookie") or "")) or None
    values = scene.view.values(name) and headers.get(":authority" if name == "host" else name)
    if not values:
        return None
    if rule.get("remove") and not name.startswith(":") and name != "host":
        headers.pop(name, None)
    return ",".join(values)


def _add_pair(pair: Json, value: str, found: dict[str, Json]) -> None:
    rewrite = pair.get("regex_value_rewrite")
    if pair.get("value"):
        value = str(pair["value"])
    elif rewrite:
        pattern = str((rewrite.get("pattern") or {}).get("regex", ""))
        value = string_match.replace_all(pattern, str(rewrite.get("substitution", "")), value)
    if not value or len(value) >= _LONGEST:
        return
    typed = _typed(value, str(pair.get("type") or "STRING"), str(pair.get("encode") or "NONE"))
    if typed is not None:
        space = str(pair.get("metadata_namespace") or "envoy.filters.http.header_to_metadata")
        found.setdefault(space, {})[str(pair.get("key") or "")] = typed


def _typed(value: str, kind: str, encode: str) -> Any:
    """The value by its type; None when it does not parse."""
    if encode == "BASE64":
        try:
            value = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
        except (ValueError, binascii.Error):
            return None
    if kind == "STRING":
        return value
    if kind == "NUMBER":
        try:
            return float(value.strip())
        except ValueError:
            return None
    raise Undecidable("header_to_metadata with type PROTOBUF_VALUE is not evaluated")


def _json_to_metadata(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    rules = ((settings or http_filter.fields).get("request_rules")) or {}
    if not rules.get("rules") or not _fitting_type(rules, scene):
        yield Pass(entry, scene)
        return
    waits_for_end(entry, scene, http_filter)
    length = body_length(scene)
    entry.buffered = entry.buffered or length != 0
    if length != 0 and not scene.request.body:
        yield Pass(entry, scene.changed(opaque={Part.METADATA: f"{http_filter.name} (from the body)"}))
        return
    body, missing = _loaded(scene.request.body)
    found: dict[str, Json] = {}
    for rule in rules["rules"]:
        _apply_json(rule, body, missing, found, scene)
    yield Pass(entry, scene.changed(metadata=_with_values(scene, found)), reroute=bool(found))


def _fitting_type(rules: Json, scene: Scene) -> bool:
    kind = scene.view.first("content-type").split(";", 1)[0].strip().lower()
    if not kind:
        return bool(rules.get("allow_empty_content_type"))
    return kind in (rules.get("allow_content_types") or ("application/json",)) or (
        bool(rules.get("allow_content_types_regex"))
        and string_match.full_match(str(rules["allow_content_types_regex"].get("regex", "")))(kind)
    )


def _loaded(text: str) -> tuple[Any, str]:
    """The body, and which branch all rules take without a readable one."""
    if not text:
        return None, "on_missing"
    try:
        value = json.loads(text)
    except ValueError:
        return None, "on_error"
    return value, "" if isinstance(value, dict) else "on_error"


def _apply_json(rule: Json, body: Any, failed: str, found: dict[str, Json], scene: Scene) -> None:
    value: Any = body
    for selector in rule.get("selectors") or ():
        value = value.get(str(selector.get("key"))) if isinstance(value, dict) else None
    branch = failed or ("on_missing" if value is None else "on_present")
    pair = rule.get(branch)
    if pair is None:
        return
    value = pair.get("value", value)
    if isinstance(value, dict | list):
        value = json.dumps(value, separators=(",", ":"))
    space = str(pair.get("metadata_namespace") or "envoy.filters.http.json_to_metadata")
    key = str(pair.get("key") or "")
    if pair.get("preserve_existing_metadata_value") and key in (scene.view.metadata.get(space) or {}):
        return
    found.setdefault(space, {})[key] = _json_typed(value, str(pair.get("type") or "PROTOBUF_VALUE"))


def _json_typed(value: Any, kind: str) -> Any:
    if kind == "STRING" and not isinstance(value, str):
        return json.dumps(value)
    if kind == "NUMBER" and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return value


def _set_filter_state(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    written, opaque = {}, dict[Part | str, str]()
    for holder in (http_filter.fields, settings):
        values, unknown = states_of(holder.get("on_request_headers") or (), scene.known())
        written.update(values)
        if unknown:
            opaque[Part.FILTER_STATE] = http_filter.name
    changed = scene.changed(state=written, opaque=opaque)
    yield Pass(entry, changed, reroute=bool(http_filter.fields.get("clear_route_cache")))


_METADATA = effects(Effect.METADATA)

CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.set_metadata.v3.Config": Contract(
        _set_metadata, _METADATA, "filters/http/set_metadata/set_metadata_filter.cc"
    ),
    "envoy.extensions.filters.http.header_to_metadata.v3.Config": Contract(
        _header_to_metadata,
        effects(Effect.METADATA, Effect.HEADERS, Effect.ROUTE),
        "filters/http/header_to_metadata/header_to_metadata_filter.cc",
    ),
    "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata": Contract(
        _json_to_metadata, effects(Effect.METADATA, Effect.ROUTE), "filters/http/json_to_metadata/filter.cc"
    ),
    "envoy.extensions.filters.http.set_filter_state.v3.Config": Contract(
        _set_filter_state,
        effects(Effect.FILTER_STATE, Effect.ROUTE),
        "filters/common/set_filter_state/filter_config.cc",
    ),
}
