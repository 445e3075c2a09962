"""Which fields of Envoy's API occur in configurations that a real Envoy ran while its answers were compared.

They are collected from the recorded dumps (``beyond``, ``trace``, ``e2e``), from what the generator draws, and from the
configurations that the differential tests build. A field is named by its message's full name and its own.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator
from typing import Any

from meshctl.envoy import documents, snapshot
from meshctl.envoy.message import Many, MapOf, One, Packed, PackedField, message_class
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind
from tests.corpus import corpus
from tests.differential import (
    test_codec_envoy,
    test_fields_envoy,
    test_manager_envoy,
    test_redirects_envoy,
    test_trace_envoy,
)
from tests.differential.generated import balance, sketch
from tests.differential.generated.chains import Chains
from tests.differential.generated.draw import Draw
from tests.unit.proxy.build import HTTP_MANAGER

Json = dict[str, Any]
Field = tuple[str, str]

_ROOTS = {
    SectionKind.LISTENERS: "envoy.config.listener.v3.Listener",
    SectionKind.CLUSTERS: "envoy.config.cluster.v3.Cluster",
    SectionKind.ROUTES: "envoy.config.route.v3.RouteConfiguration",
    SectionKind.SCOPED_ROUTES: "envoy.config.route.v3.ScopedRouteConfiguration",
    SectionKind.ENDPOINTS: "envoy.config.endpoint.v3.ClusterLoadAssignment",
}
_DRAWN = 600  # listeners


def fields_of(raw: Json, type_name: str) -> Iterator[Field]:
    """Every field that is set in a message and in what it holds, extensions opened."""
    cls = message_class(type_name)
    if cls is None:
        return
    known = cls.fields()
    for name, value in raw.items():
        kind = known.get(name)
        if kind is None:
            continue
        yield type_name, name
        item = kind.item if isinstance(kind, Many | MapOf) else kind
        for part in _parts(value):
            if isinstance(item, One):
                yield from fields_of(part, item.cls.TYPE)
            elif isinstance(item, PackedField):
                packed = Packed(part)
                yield from fields_of(packed.raw, packed.type_name)


def _parts(value: Any) -> list[Json]:
    """The objects that a field may hold: itself, those of a list, those of a map."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, dict)]
    if isinstance(value, dict):
        return [value, *(one for one in value.values() if isinstance(one, dict))]
    return []


def _recorded(path: pathlib.Path) -> Iterator[Field]:
    notes = Notes()
    shot = snapshot.load(documents.read(path.read_bytes(), path.name, notes), path.name, notes)
    for section, type_name in _ROOTS.items():
        for resource in shot.resources(section):
            yield from fields_of(resource.value, type_name)


def _drawn() -> Iterator[Field]:
    for number in range(_DRAWN):
        drawn = sketch.listener(Draw(f"0:{number}"), "L", 1, pathlib.Path("log"))
        yield from fields_of(drawn, _ROOTS[SectionKind.LISTENERS])
    chains = Chains(pathlib.Path("log"))
    for number in range(200):
        drawn = chains.listener(Draw(f"0:{number}"), "L", 1)
        yield from fields_of(drawn, _ROOTS[SectionKind.LISTENERS])
        balanced = balance.cluster(Draw(f"0:{number}"), "c", list(range(1, 9)))
        yield from fields_of(balanced, _ROOTS[SectionKind.CLUSTERS])
    for number in range(40):
        for cluster in sketch.clusters(Draw(str(number)), list(range(1, 9))):
            yield from fields_of(cluster, _ROOTS[SectionKind.CLUSTERS])


def _built() -> Iterator[Field]:
    """What the tests beside this build for their Envoys."""
    log = pathlib.Path("log")
    for name, case in test_fields_envoy.CASES.items():
        yield from fields_of(test_fields_envoy.listener(name, case, 1, log), _ROOTS[SectionKind.LISTENERS])
    for cluster in test_fields_envoy.clusters(list(range(1, 9))):
        yield from fields_of(cluster, _ROOTS[SectionKind.CLUSTERS])
    for routes in (test_redirects_envoy.front_routes(), test_redirects_envoy.back_routes()):
        message = {"virtual_hosts": [{"routes": routes}]}
        yield from fields_of(message, _ROOTS[SectionKind.ROUTES])
    managers = [
        settings for settings, _ in (*test_trace_envoy.CASES.values(), *test_manager_envoy.CASES.values())
    ]
    for manager in (*managers, test_codec_envoy.MANAGER):
        yield from fields_of(manager, HTTP_MANAGER.partition("/")[2])


@functools.cache
def compared() -> frozenset[Field]:
    """All of them."""
    found: set[Field] = {*_drawn(), *_built()}
    for folder in (corpus("beyond") / "dumps", corpus("trace"), corpus("e2e")):
        for path in folder.rglob("*.json"):
            if path.stat().st_size and b'"configs"' in path.read_bytes()[:4096]:
                found.update(_recorded(path))
    return frozenset(found)
