"""Filters that write dynamic metadata or filter state, which later conditions ask for.

Theory of operation. set_metadata merges fixed values (an existing namespace is left alone without allow_overwrite).
header_to_metadata makes values of headers and cookies, and may take the headers away. set_filter_state makes texts
of command operators, and may have the route chosen again.
Follows source/extensions/filters/http/{set_metadata,header_to_metadata,set_filter_state}.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from meshctl.envoy.api import extensions_filters_http_header_to_metadata_v3 as header_to_metadata
from meshctl.envoy.api import extensions_filters_http_set_filter_state_v3 as filter_state
from meshctl.envoy.api import extensions_filters_http_set_metadata_v3 as set_metadata
from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Headers, Part
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.metadata import LONGEST, merged, number_of, with_values
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.state import states_of
from meshctl.proxy.listen.listeners import Filter


def _set_metadata(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    metadata: Json = dict(scene.view.metadata)
    config = http_filter.read(set_metadata.Config)
    items = [(item.metadata_namespace, item.allow_overwrite, item.raw) for item in config.metadata]
    if config.metadata_namespace:
        items.insert(0, (config.metadata_namespace, True, config.raw))
    for namespace, overwrites, raw in items:
        value = set_metadata.Metadata(raw).value
        if "value" not in raw:
            continue
        if namespace not in metadata:
            metadata[namespace] = value
        elif overwrites:
            metadata[namespace] = merged(metadata[namespace], value)
    yield Pass(entry, scene.changed(metadata=metadata))


def _header_to_metadata(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = header_to_metadata.Config(settings or http_filter.fields)
    headers, found = scene.headers(), dict[str, Json]()
    for rule in config.request_rules:
        value = _selected(rule, headers, scene)
        pair = rule.on_header_present if value is not None else rule.on_header_missing
        if pair is not None:
            _add_pair(pair, value or "", found)
    changed = scene.changed(headers, with_values(scene, found))
    yield Pass(entry, changed)


def _selected(rule: header_to_metadata.Config.Rule, headers: Headers, scene: Scene) -> str | None:
    """The header's values joined, or the cookie's; a header may be taken away."""
    name = rule.header.lower()
    if not name:
        return scene.view.cookies.get(rule.cookie) or None
    values = scene.view.values(name) and headers.get(":authority" if name == "host" else name)
    if not values:
        return None
    if rule.remove and not name.startswith(":") and name != "host":
        headers.pop(name, None)
    return ",".join(values)


def _add_pair(pair: header_to_metadata.Config.KeyValuePair, value: str, found: dict[str, Json]) -> None:
    rewrite = pair.regex_value_rewrite
    if pair.value:
        value = pair.value
    elif rewrite is not None:
        pattern = rewrite.pattern.regex if rewrite.pattern is not None else ""
        value = string_match.replace_all(pattern, rewrite.substitution, value)
    if not value or len(value) >= LONGEST:
        return
    typed = _typed(value, pair.type, pair.encode)
    if typed is not None:
        space = pair.metadata_namespace or "envoy.filters.http.header_to_metadata"
        found.setdefault(space, {})[pair.key] = typed


def _typed(value: str, kind: str, encode: str) -> Any:
    """The value by its type; None when it does not parse."""
    plain = value.encode()
    if encode == "BASE64":
        try:
            plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        except (ValueError, binascii.Error):
            return None
        if not plain:
            return None
    if kind == "PROTOBUF_VALUE":
        return _of_wire(plain)
    text = plain.decode("utf-8", "replace")
    return text if kind == "STRING" else number_of(text)


def _of_wire(data: bytes) -> Any:
    """A google.protobuf.Value as it goes over the wire; None where the bytes are none."""
    from google.protobuf import json_format, message, struct_pb2

    value = struct_pb2.Value()
    try:
        value.ParseFromString(data)
    except message.DecodeError:
        return None
    if value.WhichOneof("kind") in (None, "null_value"):
        raise Undecidable("header_to_metadata writes a value that is null, or of no kind")
    return json_format.MessageToDict(value)


def _set_filter_state(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    written, opaque = {}, dict[Part | str, str]()
    config = http_filter.read(filter_state.Config)
    for holder in (config, filter_state.Config(settings)):
        values, unknown = states_of(holder.on_request_headers, scene.known())
        written.update(values)
        if unknown:
            opaque[Part.FILTER_STATE] = http_filter.name
    changed = scene.changed(state=written, opaque=opaque)
    yield Pass(entry, changed, reroute=config.clear_route_cache)


_METADATA = effects(Effect.METADATA)

CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.set_metadata.v3.Config": Contract(
        _set_metadata, _METADATA, "filters/http/set_metadata/set_metadata_filter.cc"
    ),
    "envoy.extensions.filters.http.header_to_metadata.v3.Config": Contract(
        _header_to_metadata,
        effects(Effect.METADATA, Effect.HEADERS),
        "filters/http/header_to_metadata/header_to_metadata_filter.cc",
    ),
    "envoy.extensions.filters.http.set_filter_state.v3.Config": Contract(
        _set_filter_state,
        effects(Effect.FILTER_STATE, Effect.ROUTE),
        "filters/common/set_filter_state/filter_config.cc",
    ),
}
