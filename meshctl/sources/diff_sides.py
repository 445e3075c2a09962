"""The two sides of ``meshctl diff``: pods of the cluster, files, folders, snapshots, or what istiod would send."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from meshctl.diff.resources import Side
from meshctl.envoy.snapshot import load
from meshctl.errors import InputError, UsageError
from meshctl.reader.pod import identity_of
from meshctl.values import Struct, replace

if TYPE_CHECKING:
    from meshctl.envoy.notes import Notes
    from meshctl.reader.given import Given
    from meshctl.sources.interface import Globals, Progress
    from meshctl.sources.record import PodRecord

ISTIOD = "istiod"
Open = Callable[[], Side]


class Named(Struct, frozen=True):
    """A pod that can be opened: its full name, and how."""

    name: str
    open: Open


class Pair(Struct, frozen=True):
    """Two proxies that are compared; None: the side has none of this name."""

    name: str
    before: Side | None
    after: Side | None


def of_paths(text: str, notes: Notes, namespace: str | None) -> list[Named]:
    """The pods of a path."""
    from meshctl.sources.file import open_given, without_envoy

    given = open_given((text,), namespace)
    notes.merge(given.notes)
    found = [pod for pod in given.pods if pod.object is None and pod.has_envoy]
    if not found:
        raise _nothing(given) if not given.pods else without_envoy(given, given.pods[0])
    return [_named(pod, text, notes) for pod in found]


def _nothing(given: Given) -> InputError:
    from meshctl.reader.parts import PassedOver
    from meshctl.reader.recognise import UNKNOWN
    from meshctl.reader.refusal import refusal

    return refusal(given.passed or [PassedOver(given.origin, UNKNOWN)], "answer of an Envoy")


def _named(record: PodRecord, origin: str, notes: Notes) -> Named:
    full = f"{record.name}.{record.namespace}" if record.namespace else record.name

    def opened() -> Side:
        documents = record.documents(notes)
        if not documents:
            raise InputError(
                f"{full or origin} has no answer of an Envoy", "It has no sidecar, or was not asked."
            )
        snapshot = load(documents, full or origin, notes)
        own = tuple(getattr(record, "addresses", ())) or identity_of(snapshot).addresses
        return Side(full or identity_of(snapshot).name or origin, snapshot, own)

    return Named(full or origin, opened)


def in_archive(paths: Sequence[str], text: str, notes: Notes, namespace: str | None) -> list[Named]:
    """The pods that an argument means among those of ``-f``."""
    from meshctl.sources.file import open_given

    given = open_given(tuple(paths), namespace)
    notes.merge(given.notes)
    return [_named(pod, text, notes) for pod in given.find(text, every=True)]


class Cluster:
    """The live cluster, opened when a pod of it is asked for."""

    def __init__(self, options: Globals, progress: Progress, notes: Notes) -> None:
        self._options, self._progress, self._notes = options, progress, notes
        self._opened: tuple[object, ...] = ()

    def pods(self, text: str) -> list[Named]:
        """The pods that an argument means."""
        from meshctl.sources.live import cluster_of
        from meshctl.sources.live_records import LiveRecords
        from meshctl.sources.pods import resolve

        cluster = cluster_of(self._options)
        self._opened = (*self._opened, cluster)
        records = LiveRecords(cluster, 15000, self._progress)
        return [_named(records.record(pod), text, self._notes) for pod in resolve(cluster, text, every=True)]

    def close(self) -> None:
        for cluster in self._opened:
            close = getattr(cluster, "close", None)
            if close is not None:
                close()


def pairs(before: list[Named], after: list[Named], titles: tuple[str, str]) -> Iterator[Pair]:
    """What is compared with what: one proxy with one, else those of the same name."""
    if len(before) == 1 and len(after) == 1:
        first, second = before[0].open(), after[0].open()
        if first.name == second.name:
            first, second = (
                replace(side, name=title) for side, title in zip((first, second), titles, strict=True)
            )
        yield Pair(before[0].name, first, second)
        return
    known = {one.name: one for one in after}
    if 1 in (len(before), len(after)) and known.keys().isdisjoint(one.name for one in before):
        several = 0 if len(after) == 1 else 1
        found = (before, after)[several]
        raise UsageError(
            f"{titles[several]} holds {len(found)} pods",
            "One proxy can be compared with one, or pods of the same name with each other.",
            f"Give the folder of one of them: {', '.join(one.name for one in found[:4])}.",
        )
    for one in before:
        other = known.pop(one.name, None)
        first = replace(one.open(), name=f"{titles[0]}: {one.name}")
        yield Pair(
            one.name, first, None if other is None else replace(other.open(), name=f"{titles[1]}: {one.name}")
        )
    for one in known.values():
        yield Pair(one.name, None, replace(one.open(), name=f"{titles[1]}: {one.name}"))


def replicas(found: list[Named]) -> Iterator[Pair]:
    """The first pod of a workload with each of the others."""
    if len(found) < 2:
        raise UsageError(
            "diff needs two sides",
            f"{found[0].name if found else 'It'} is one pod.",
            "Run `meshctl diff A B`.",
        )
    first = found[0].open()
    for other in found[1:]:
        yield Pair(other.name, first, other.open())


def with_istiod(
    pod: str, files: Sequence[str], options: Globals, progress: Progress, *, istiod_first: bool
) -> Iterator[Pair]:
    """A proxy and what istiod would send it now; of a snapshot, what it would have sent then."""
    from meshctl.sources.istiod import Compared
    from meshctl.sources.istiod_pod import sides

    path = pathlib.Path(pod)
    saved = files[0] if files else pod if path.exists() else ""
    theirs, ours = sides(options, Compared(pod, saved, 15000, "", ""), progress)
    left, right = Side("istiod", theirs, (), True), Side(pod, ours, (), True)
    yield Pair(pod, left, right) if istiod_first else Pair(pod, right, left)


def is_path(text: str) -> bool:
    """Whether an argument is a path, and not a pod's name."""
    if text == "-":
        return True
    try:
        return (
            pathlib.Path(text).exists()
            or text.count("/") > 1
            or text.endswith((".json", ".gz", ".tar", ".zip", ".yaml"))
        )
    except (OSError, ValueError):
        return False
