"""What `meshctl check` finds in several pods together, as rows of ``findings``: judged when all parts of a mesh are in.

Theory of operation. Each part of a source is read by whoever has time, and leaves small facts of its pods in ``mesh_facts``.
When all parts are written, the facts of one mesh and date are judged in one place: a thousand pods are a thousand facts, not
a thousand dumps, and equal parts of them are kept once (as in ``check -A``). What is judged has a key made of the files that
hold the facts, so the same facts are judged once, and where a part was added the commit of the new findings replaces the old.
Of two writers at once the one that ends last sees everything, because its parts are committed before it looks.

A pod that was entered twice counts as in the views: with what came last. A source counts while one of its pods does. Objects
of a kind are known where every source that counts came with them: what one cluster's istiods say is nothing about another's pods.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from meshctl.check.facts import OBJECTS, SOURCES, Source
from meshctl.check.finding import Finding, merged, worst_first
from meshctl.check.run import judged
from meshctl.check.subject import World
from meshctl.fleet.batch import Batch
from meshctl.fleet.finding_rows import POD, SOURCE, Whole, row
from meshctl.fleet.schema import VERSION
from meshctl.fleet.store import DataFile, Manifest, Store
from meshctl.plain import Json, object_at

_KEY = "mesh-"
_COLUMNS = ["unit", "source", "pod", "about", "fact"]
_ROWS_AT_ONCE = 64


class Due(NamedTuple):
    """A mesh on a date whose facts have not been judged, and the files of findings that its own will replace."""

    mesh: str
    date: str
    key: str
    replaces: tuple[str, ...]


def due(store: Store) -> Iterator[Due]:
    """What there is to judge."""
    known = {manifest.key for manifest in store.manifests}
    replaced = {path for manifest in store.manifests for path in manifest.replaces}
    facts, units = store.files("mesh_facts"), store.files("units")
    for mesh, date in dict.fromkeys((file.mesh, file.date) for file in facts):
        paths = sorted(file.path for file in (*facts, *units) if (file.mesh, file.date) == (mesh, date))
        digest = hashlib.blake2b("\0".join((str(VERSION), mesh, date, *paths)).encode(), digest_size=12)
        key = f"{_KEY}{digest.hexdigest()}"
        if key in known:
            continue
        former = (m for m in store.manifests if m.key.startswith(_KEY))
        files = (f for m in former for f in m.files if (f.mesh, f.date) == (mesh, date))
        yield Due(mesh, date, key, tuple(f.path for f in files if f.path not in replaced))


def write(place: str, one: Due) -> list[DataFile]:
    """Judge a mesh and write what was found; it counts when it is committed."""
    store = Store(place)
    return store.write(one.key, one.mesh, one.date, _Mesh(store, one).judged().tables())


def commit(store: Store, one: Due, files: list[DataFile], engine: str = "local") -> None:
    """Make a mesh's findings visible in place of those before."""
    store.commit(Manifest(one.key, files, engine=engine, replaces=list(one.replaces)))


class _Mesh:
    """The facts of a mesh on a date."""

    def __init__(self, store: Store, one: Due) -> None:
        self._store, self._due = store, one
        self._files = [f for f in store.files("mesh_facts") if (f.mesh, f.date) == (one.mesh, one.date)]
        self._written = self._of_units()
        self._counts = self._counting()

    def judged(self) -> Batch:
        """Every finding, with a row for each pod that it names."""
        told = [_whole(text) for _, _, _, text in self._around(SOURCE)]
        now = min((one.now for one in told if one.now is not None), default=None)
        objects, whole = self._objects(), self._whole(told)
        found: list[Finding] = []
        for source in SOURCES:  # a world each: what one source kept of the pods goes before the next begins
            world = World(now, objects.get, whole)
            said = judged(source, self._facts(source, world), world)
            found += [one for one in said if isinstance(one, Finding)]
        batch = Batch(self._due.key)
        heads = self._heads()
        for finding in worst_first(merged(found)):
            for pod in finding.pods or (None,):
                batch.begin((self._due.mesh, self._due.date, *_head(pod, heads)))
                batch.add("findings", row(finding, len(finding.pods)))
        return batch

    def _of_units(self) -> dict[str, tuple[Any, set[str]]]:
        """Of each unit when it was entered, and its proxies."""
        found: dict[str, tuple[Any, set[str]]] = {}
        for file in self._store.files("units"):
            if (file.mesh, file.date) == (self._due.mesh, self._due.date):
                for entry in self._store.read(file, ["unit", "proxy", "written"]).to_pylist():
                    _, proxies = found.setdefault(entry["unit"], (entry["written"], set()))
                    proxies.update({entry["proxy"]} - {None})
        return found

    def _counting(self) -> dict[str, str]:
        """The unit that counts for each pod: of several the one that was entered last."""
        found: dict[str, list[str]] = {}
        for unit, (_, proxies) in self._written.items():
            for pod in proxies:
                found.setdefault(pod, []).append(unit)
        for unit, _, pod, _ in self._rows(POD):
            found.setdefault(pod, []).append(unit)
        return {
            pod: max(units, key=lambda unit: (self._written[unit][0], unit)) for pod, units in found.items()
        }

    def _rows(self, about: str) -> Iterator[tuple[str, str, str, str]]:
        """(unit, source, pod, fact) of what is about something; of a unit that is not entered nothing."""
        import pyarrow.compute as pc

        for file in self._files:
            for batch in self._store.batches(file, _ROWS_AT_ONCE, _COLUMNS):
                for entry in batch.filter(pc.equal(batch.column("about"), about)).to_pylist():
                    if entry["unit"] in self._written:
                        yield entry["unit"], entry["source"], entry["pod"], entry["fact"]

    def _around(self, about: str) -> Iterator[tuple[str, str, str, str]]:
        """The same of what is told of the clusters of the sources that count, as each was entered last."""
        yield from (one for one in self._rows(about) if self._last.get(one[1]) == one[0])

    @functools.cached_property
    def _last(self) -> dict[str, str]:
        """Of each source that counts the unit that came last with what is told of its cluster."""
        told = [(self._written[unit][0], unit, source) for unit, source, _, _ in self._rows(SOURCE)]
        return {source: unit for _, unit, source in sorted(told) if source in self._sources}

    @functools.cached_property
    def _sources(self) -> frozenset[str]:
        """The sources that count."""
        return frozenset(source for unit, source, pod, _ in self._rows(POD) if self._counts.get(pod) == unit)

    def _facts(self, source: Source, world: World) -> list[tuple[str, Any]]:
        """The facts that count, in the order of namespaces and names."""
        found = []
        for unit, _, pod, text in self._rows(source.name):
            if self._counts.get(pod) == unit:
                try:
                    found.append((pod, source.decoded(text, world.one_of)))
                except msgspec.DecodeError:  # taken down by another version: as if the pod had not been given
                    continue
        return sorted(found, key=lambda one: one[0].partition(".")[::-1])

    def _objects(self) -> dict[str, list[Json]]:
        """The cluster's objects by kind; of one that two sources have what either says."""
        found: dict[str, list[Json]] = {}
        for kind in OBJECTS:
            rows = list(self._around(kind))
            if rows and {source for _, source, _, _ in rows} == self._sources:
                items = [msgspec.json.decode(text) for *_, text in rows if text]
                found[kind] = list({_name(item): item for item in items}.values())
        return found

    def _whole(self, told: Sequence[Whole]) -> bool:
        """Whether every pod of every cluster is there: each source says that it has all of its own, and all are in."""
        taken_down = {pod for unit, _, pod, _ in self._rows(POD) if self._counts.get(pod) == unit}
        named = {pod for source in told for pod in source.pods}
        all_told = {source for _, source, _, _ in self._around(SOURCE)} == self._sources
        return (
            all_told and all(source.whole for source in told) and named == taken_down == self._counts.keys()
        )

    def _heads(self) -> dict[str, tuple[str, ...]]:
        """The columns that name each proxy."""
        columns = ["proxy", "namespace", "workload"]
        return {
            entry["proxy"]: tuple(entry[column] for column in columns)
            for file in self._store.files("proxies")
            if (file.mesh, file.date) == (self._due.mesh, self._due.date)
            for entry in self._store.read(file, columns).to_pylist()
        }


def _whole(text: str) -> Whole:
    """What is told of a source; nothing where another version wrote it otherwise."""
    try:
        return msgspec.json.decode(text, type=Whole)
    except msgspec.DecodeError:
        return Whole()


def _head(pod: str | None, heads: dict[str, tuple[str, ...]]) -> tuple[str | None, ...]:
    """Proxy, namespace and workload of a pod; of one without a proxy as far as its name tells them."""
    if pod is None:
        return None, None, None
    name, _, namespace = pod.partition(".")
    return heads.get(pod, (pod, namespace, name))


def _name(item: Json) -> tuple[Any, Any]:
    metadata = object_at(item, "metadata")
    return metadata.get("namespace"), metadata.get("name") or item.get("istiod")
