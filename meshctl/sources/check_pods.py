"""The pods of ``meshctl check`` and ``meshctl diff``, one after the other, from files or from the cluster.

A pod is made as the trace makes its own (``trace_pods``), with Envoy's answers about its certificates and its version
beside the dump. Live, a few pods are asked at the same time.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from meshctl.check import Subject, World
from meshctl.check.moment import parse_time
from meshctl.envoy.documents import DocumentKind, read
from meshctl.envoy.notes import Notes
from meshctl.errors import InputError, MeshctlError
from meshctl.netfilter.podrules import net_of
from meshctl.plain import Json
from meshctl.sources.file import open_given, without_envoy
from meshctl.sources.live_records import LivePod, LiveRecords
from meshctl.sources.record import CONFIG_DUMP, INIT_LOG, ISTIODS
from meshctl.sources.trace_pods import pod_of

if TYPE_CHECKING:
    from meshctl.envoy.documents import Document
    from meshctl.reader.given import Given, GivenPod
    from meshctl.sources.interface import Globals, Progress
    from meshctl.sources.kube import KubeCluster
    from meshctl.sources.pods import KubePod
    from meshctl.sources.record import PodRecord

_BESIDE = ("clusters.json", "server_info.json", "init_dump.json")  # what a dump alone does not tell
_AT_ONCE = 8


class _Whole:
    """A live pod with all of Envoy's answers that checks read."""

    def __init__(self, record: LivePod) -> None:
        self.record = record
        self.name, self.namespace = record.name, record.namespace
        self.meta, self.manifest = record.meta, record.manifest
        self.read, self.rules = record.read, record.rules

    def documents(self, notes: Notes) -> list[Document]:
        """The dump; of the other answers those that could be had."""
        self.record.fetch((CONFIG_DUMP, *_BESIDE))
        data = self.read(CONFIG_DUMP)
        found = read(data, f"{self.name}/{CONFIG_DUMP}", notes) if data else []
        for file in _BESIDE:
            with contextlib.suppress(MeshctlError):
                found += read(self.read(file) or b"", f"{self.name}/{file}", Notes())
        return found


def subject_of(record: PodRecord, world: World, notes: Notes) -> Subject:
    """One pod as it is checked."""
    pod = pod_of(record, notes)
    manifest = record.manifest
    net = net_of(record.meta, manifest or {}, pod.rules) if pod.rules is not None else None
    failed = pod.rules is not None and bool(pod.rules.failure)
    return Subject(pod, world, manifest, net, _log(record) if failed else "")


def _log(record: PodRecord) -> str:
    """The log of its istio-init, or whatever text its rules came from."""
    data = record.read(INIT_LOG)
    if data is not None:
        return data.decode("utf-8", "replace")
    return "\n".join(text for _, text in getattr(record, "rule_texts", ()))


def saved_subjects(
    paths: Sequence[str], pods: Sequence[str], namespace: str | None, notes: Notes, progress: Progress
) -> tuple[World, Iterator[Subject]]:
    """The pods of files, folders and archives: those that are named, else all (of a namespace)."""
    given = _opened(paths, pods[0] if pods else "", namespace)
    notes.merge(given.notes)
    chosen = (
        [pod for text in pods for pod in given.find(text, every=True)] if pods and not given.plain else []
    )
    if not chosen:
        chosen = [pod for pod in given.pods if not namespace or pod.namespace in ("", namespace)]
    chosen = [pod for pod in chosen if pod.object is None]
    if not chosen:
        raise _nothing(given, namespace)
    world = World(_taken(given), given.objects, is_whole_mesh(given) and not pods and not namespace)
    return world, _saved(given, chosen, world, notes, progress)


def _opened(paths: Sequence[str], name: str, namespace: str | None) -> Given:
    """What the paths hold. Plain files are one pod together, as everywhere, but for a second dump: it begins another pod."""
    if len(paths) < 2:
        return open_given(tuple(paths), namespace, name)
    groups: list[list[str]] = []
    begun = False
    for path in paths:
        alone = open_given((path,), namespace)
        dump = alone.plain and any(
            d.kind is DocumentKind.CONFIG_DUMP for d in alone.own[0].documents(Notes())
        )
        if not groups or (dump and begun):
            groups.append([])
            begun = False
        begun = begun or dump
        groups[-1].append(path)
    given, *others = (open_given(tuple(group), namespace, name) for group in groups)
    for other in others:
        given.join(other)
    return given


def is_whole_mesh(given: Given) -> bool:
    """Whether every pod of the cluster is in a snapshot: it was to take all namespaces, and has all it was to take."""
    index = given.index
    return index is not None and index.complete and not {"-A", "--all-namespaces"}.isdisjoint(index.arguments)


def _taken(given: Given) -> float | None:
    """When a snapshot was made; None for anything else."""
    moment = parse_time(given.index.created) if given.index is not None else None
    return moment.timestamp() if moment is not None else None


def _nothing(given: Given, namespace: str | None) -> MeshctlError:
    from meshctl.reader.parts import PassedOver
    from meshctl.reader.recognise import UNKNOWN
    from meshctl.reader.refusal import refusal

    if given.pods and namespace and all(pod.object is None for pod in given.pods):
        return InputError(f'{given.origin}: there are no pods in namespace "{namespace}"')
    if given.pods:
        return without_envoy(given, given.pods[0])
    return refusal(given.passed or [PassedOver(given.origin, UNKNOWN)], "answer of an Envoy")


def _saved(
    given: Given, chosen: Sequence[GivenPod], world: World, notes: Notes, progress: Progress
) -> Iterator[Subject]:
    for pod in sorted(chosen, key=lambda pod: pod.place):
        try:
            yield subject_of(pod, world, notes)
        except MeshctlError as error:
            if len(chosen) == 1:
                raise
            progress.failed(pod.full_name or given.origin, error)


def live_subjects(
    cluster: KubeCluster,
    pods: Sequence[str],
    options: Globals,
    everywhere: bool,
    notes: Notes,
    progress: Progress,
) -> tuple[World, Iterator[Subject]]:
    """The pods of a cluster: those that are named, else all of the namespace, or of all of them. Those without an Envoy tell
    what the others speak to."""
    from meshctl.sources.pods import resolve, select

    records = LiveRecords(cluster, 15000, progress)
    if pods:
        found = [pod for text in pods for pod in resolve(cluster, text, every=True)]
    else:
        found = select(cluster, "", None if everywhere else options.namespace or cluster.namespace)
        if not any(pod.has_proxy for pod in found):
            raise InputError(
                "none of the pods has an Envoy", "They have no sidecar.", "Check -n, or give -A."
            )

    def objects(kind: str) -> list[Json] | None:
        from meshctl.sources.istiod import SYNCZ, VERSION
        from meshctl.sources.istiod_take import ControlPlane

        if kind != ISTIODS:
            return records.objects(kind)
        return ControlPlane(cluster, options).pages((SYNCZ, VERSION))

    world = World(time.time(), functools.cache(objects), everywhere and not pods)
    return world, _live(records, found, world, notes, progress)


def _live(
    records: LiveRecords, found: Sequence[KubePod], world: World, notes: Notes, progress: Progress
) -> Iterator[Subject]:
    for start in range(0, len(found), _AT_ONCE):
        batch = [records.record(pod) for pod in found[start : start + _AT_ONCE]]
        records.prepare(batch)
        for record in batch:
            try:
                yield subject_of(_Whole(record), world, notes)
            except MeshctlError as error:
                if len(found) == 1:
                    raise
                progress.failed(f"{record.name}.{record.namespace}", error)
            record.forget()


__all__ = ["is_whole_mesh", "live_subjects", "saved_subjects", "subject_of"]
