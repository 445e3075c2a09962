"""Rows of what `meshctl check` finds in a pod, and of what its checks over several pods take down of one.

Checks cost far more than tables do, so they are asked for (``--check``), and those of routing, which look at nothing but
listeners, routes and clusters, are made once for all proxies in which these are equal byte for byte. What the checks over
several pods say is found out when all parts of a mesh are in: ``mesh_findings``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import msgspec

from meshctl.check.check import Check, of_pod
from meshctl.check.facts import OBJECTS, SOURCES, is_fact
from meshctl.check.finding import Finding, merged, worst_first
from meshctl.check.subject import Subject, World
from meshctl.check.table import THEMES
from meshctl.envoy.notes import Notes
from meshctl.fleet.batch import Row
from meshctl.plain import Json, object_at
from meshctl.reader.given import Given
from meshctl.reader.pod import GivenPod
from meshctl.share.redact import redact_json
from meshctl.sources.check_pods import is_whole_mesh, subject_of

POD, SOURCE = "pod", "source"  # what ``mesh_facts.about`` says of a pod and of a source that were there
_SHARED = frozenset({"Routing"})
_MOST = 200  # different configurations that are remembered


class Whole(msgspec.Struct, frozen=True):
    """What is told of a source: whether it is a snapshot of every pod of a cluster, when it was made, and its pods."""

    whole: bool = False
    now: float | None = None
    pods: list[str] = []


class Checks:
    """The findings of pods."""

    def __init__(self) -> None:
        self._known: dict[Hashable, list[Finding]] = {}

    def subject(self, pod: GivenPod, given: Given, now: float | None) -> Subject:
        """A pod as it is checked."""
        return subject_of(pod, World(now, given.objects, given.complete), Notes())

    def of(self, subject: Subject, key: Hashable) -> Iterator[Row]:
        """The rows of a pod's findings. key: equal for pods whose listeners, routes and clusters are equal."""
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = _found(subject, shared=True)
        for one in worst_first(merged([*self._known[key], *_found(subject, shared=False)])):
            yield row(one, 1)

    def facts(self, subject: Subject) -> Iterator[tuple[str, str | None]]:
        """(about, fact) for everything that is taken down of a pod."""
        yield POD, None
        for source in SOURCES:
            fact = source.of(subject)
            if is_fact(fact):
                yield source.name, source.encoded(fact)

    def around(
        self, given: Given, now: float | None, pods: Sequence[str]
    ) -> Iterator[tuple[str, str | None]]:
        """The same of the cluster. Of each kind of object that was given a first row says so."""
        yield SOURCE, msgspec.json.encode(Whole(is_whole_mesh(given), now, list(pods))).decode()
        for kind in OBJECTS:
            items = given.objects(kind)
            if items is None:
                continue
            yield kind, None
            yield from ((kind, _short(item)) for item in items)


def row(one: Finding, pods: int) -> Row:
    """A finding as a row."""
    evidence = "; ".join(one.evidence) or None
    return one.code, one.severity.value, one.object, one.message, evidence, one.fix or None, pods


def _short(item: Json) -> str:
    """What checks read of an object, without secrets."""
    metadata = object_at(item, "metadata")
    named = {key: metadata[key] for key in ("name", "namespace", "creationTimestamp") if key in metadata}
    kept = {key: item[key] for key in ("spec", "istiod", "revision", "pages") if key in item}
    data = msgspec.json.encode({**kept, "metadata": named}, order="sorted")
    return redact_json(data, str(named.get("name") or ""))[0].decode()


def _found(subject: Subject, *, shared: bool) -> list[Finding]:
    checks = (
        one for t in THEMES if (t.name in _SHARED) is shared for one in t.rows if isinstance(one, Check)
    )
    return [one for check in checks for one in of_pod(check, subject) if isinstance(one, Finding)]
