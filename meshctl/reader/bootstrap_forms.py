"""Envoy's own configuration file (envoy.yaml) as the dump that an Envoy started with it would print.

Its static listeners and clusters are all there is of their kind unless ``dynamic_resources`` names a server that
gives more: then the rest is missing, not absent. ``{"listeners": […], "clusters": […]}`` alone is what stands
below ``static_resources``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.coverage import Wholeness
from meshctl.envoy.coverage import WHOLE, SectionCoverage
from meshctl.envoy.sections import SectionKind, to_proto_names

if TYPE_CHECKING:
    from meshctl.reader.envoy_forms import Assembly

_TYPE = "envoy.config.bootstrap.v3.Bootstrap"
# Below static_resources: the key, its static array, the field that holds the body there, who gives the others.
_STATIC = (
    ("listeners", "static_listeners", "listener", "lds_config"),
    ("clusters", "static_clusters", "cluster", "cds_config"),
    ("secrets", "static_secrets", "secret", ""),
)


def enter(assembly: Assembly, raw: msgspec.Raw) -> None:
    """A whole configuration file."""
    converted = msgspec.Raw(to_proto_names(assembly.notes, _TYPE, raw))
    document = msgspec.json.decode(converted)
    assembly.section(SectionKind.BOOTSTRAP, msgspec.Raw(msgspec.json.encode({"bootstrap": converted})))
    dynamic = document.get("dynamic_resources") or {}
    _enter(assembly, document.get("static_resources") or {}, dynamic if isinstance(dynamic, dict) else {})


def enter_static(assembly: Assembly, fields: dict[str, msgspec.Raw]) -> bool:
    """What stands below ``static_resources``, alone."""
    document = {"static_resources": fields}
    raw = msgspec.Raw(to_proto_names(assembly.notes, _TYPE, msgspec.json.encode(document)))
    _enter(assembly, msgspec.json.decode(raw)["static_resources"], {})
    return True


def _enter(assembly: Assembly, static: dict[str, Any], dynamic: dict[str, Any]) -> None:
    for key, array, body, server in _STATIC:
        found = [item for item in static.get(key) or [] if isinstance(item, dict)]
        entries = [msgspec.Raw(msgspec.json.encode(_entry(body, item))) for item in found]
        why = f"the configuration file names a server for the others ({server})"
        partial = SectionCoverage(Wholeness.PARTIAL, why, whole_arrays=frozenset({array}))
        assembly.enter(array, entries, partial if server and dynamic.get(server) else WHOLE)
    tables = list(_route_tables(static))
    if tables or not dynamic:
        entries = [msgspec.Raw(msgspec.json.encode({"route_config": table})) for table in tables]
        assembly.enter("static_route_configs", entries, WHOLE if not dynamic else _RDS)


_RDS = SectionCoverage(
    Wholeness.PARTIAL,
    "the configuration file names a server for the others (RDS)",
    whole_arrays=frozenset({"static_route_configs"}),
)


def _entry(body: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"name": item.get("name", ""), body: item} if body == "secret" else {body: item}


def _route_tables(value: Any) -> list[dict[str, Any]]:
    """The route tables that stand in listeners, which Envoy prints as static ones."""
    if isinstance(value, list):
        return [table for item in value for table in _route_tables(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("route_config")
    found = [own] if isinstance(own, dict) and "virtual_hosts" in own else []
    return found + [table for item in value.values() if item is not own for table in _route_tables(item)]
