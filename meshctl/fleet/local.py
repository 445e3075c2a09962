"""Indexing on this machine: units in processes of their own, each committed by the process that read it.

Theory of operation. The parent names the units and collects how they went; a worker reads, decodes, writes and commits one
unit after the other, so what was committed stays, whoever is killed, and a run that starts again passes over it. At most a
few units wait, and a worker holds one: memory is bounded by MOST_BYTES of ``units``, not by what is given. Workers that lose
their parent end themselves. One worker is no process: it is this one.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

from meshctl.errors import MeshctlError
from meshctl.fleet.batch import Batch
from meshctl.fleet.decode import Decoder, Place, fault
from meshctl.fleet.store import Manifest, Store
from meshctl.fleet.units import Opened, Unit, Unreadable, unreadable_key


class Outcome(NamedTuple):
    """How one unit went. ``known``: it was there already. ``errors``: (what of it, what happened)."""

    title: str
    proxies: int = 0
    bytes_read: int = 0
    errors: tuple[tuple[str, str], ...] = ()
    known: bool = False


class Worker:
    """Reads units into a data set; lives as long as its process, so that it decodes equal resources once."""

    def __init__(self, place: str, check: bool) -> None:
        self._store, self._check = Store(place), check
        self._known = {manifest.key for manifest in self._store.manifests} | set(
            self._store.column("units", "unit")
        )
        self._decoder = Decoder(self._store.column("resources", "hash"), check=check)
        self._opened = Opened()

    def work(self, unit: Unit) -> Outcome:
        """Read, write and commit a unit."""
        unit = unit._replace(check=self._check)
        try:
            key = self._opened.key(unit)
        except MeshctlError as error:
            return Outcome(unit.title, errors=(("", error.what),))
        if key in self._known:
            return Outcome(unit.title, known=True)
        return self._commit(decoded(unit, key, self._opened, self._decoder), unit)

    def refuse(self, bad: Unreadable, mesh: str, date: str) -> Outcome:
        """Enter a source that could not be opened in ``errors``; where not even its bytes can be had, only tell it."""
        place = Place(mesh, date, bad.source, None)
        try:
            key = unreadable_key(bad.source, mesh, date)
        except MeshctlError:
            return Outcome(bad.source, errors=(("", bad.error.what),))
        if key in self._known:
            return Outcome(bad.source, known=True)
        return self._commit(refused(key, place, bad.error), Unit((bad.source,), (), mesh, date, None))

    def _commit(self, batch: Batch, unit: Unit) -> Outcome:
        files = self._store.write(batch.unit, unit.mesh, unit.date, batch.tables())
        self._store.commit(Manifest(batch.unit, files))
        self._known.add(batch.unit)
        return Outcome(unit.title, len(batch.heads), batch.bytes_read, batch.faults)


def decoded(unit: Unit, key: str, opened: Opened, decoder: Decoder) -> Batch:
    """A unit as rows: what every engine does with one."""
    batch = Batch(key)
    place = Place(unit.mesh, unit.date, unit.title, unit.taken)
    for pod, why in unit.failed:
        batch.add("errors", fault(place, pod, MeshctlError(why, "It could not be taken into the snapshot.")))
    try:
        found = opened.given(unit)
    except MeshctlError as error:
        batch.add("errors", fault(place, None, error))
        found = []
    for given, source in zip(found, unit.sources, strict=False):
        at = place._replace(source=source)
        if not any(pod.has_envoy for pod in given.own):
            batch.add("errors", fault(at, None, nothing(given)))
        if unit.pods:
            decoder.around(given, unit.pods, at, batch)
        decoder.decode(given, at, batch)
    _entered(batch, place)
    return batch


def refused(key: str, place: Place, error: MeshctlError) -> Batch:
    """A source that could not be opened, as rows."""
    batch = Batch(key)
    batch.add("errors", fault(place, None, error))
    _entered(batch, place)
    return batch


def nothing(given: object) -> MeshctlError:
    """Why a source is of no use."""
    from meshctl.reader.given import Given, refusal
    from meshctl.reader.parts import PassedOver
    from meshctl.reader.recognise import UNKNOWN
    from meshctl.sources.file import without_envoy

    assert isinstance(given, Given)
    if given.own:
        return without_envoy(given, given.own[0])
    return refusal(given.passed or [PassedOver(given.origin, UNKNOWN)], "answer of an Envoy")


def _entered(batch: Batch, place: Place) -> None:
    """The rows that say what was read."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    proxies: list[str | None] = [head[2] for head in batch.heads]
    for proxy in proxies or [None]:
        batch.add("units", (place.mesh, place.date, proxy, place.source, now))


_worker: Worker | None = None


def _begin(place: str, check: bool, parent: int) -> None:
    global _worker
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and ends its workers
    threading.Thread(target=_outlive, args=(parent,), daemon=True).start()
    _worker = Worker(place, check)


def _outlive(parent: int) -> None:
    """End this process when its parent is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(unit: Unit) -> Outcome:
    assert _worker is not None
    return _worker.work(unit)


def index(
    found: Iterable[Unit | Unreadable],
    place: str,
    mesh: str,
    date: str,
    workers: int,
    done: Callable[[Outcome], None],
    *,
    check: bool = False,
) -> None:
    """Index units; ``done`` hears of each. Raises where the data set itself cannot be used."""
    store = Store(place)
    store.prepare()
    here = Worker(place, check)
    entered_any = False

    def heard(outcome: Outcome) -> None:
        nonlocal entered_any
        entered_any = entered_any or bool(outcome.proxies)
        done(outcome)

    good = _good(found, here, mesh, date, heard)
    if workers == 1:
        for unit in good:
            heard(here.work(unit))
    else:
        _many(good, place, check, workers, heard)
    if entered_any:
        Store(place).settle(f"settle-{uuid.uuid4().hex}")
    _judge(place)


def _judge(place: str) -> None:
    """Find what several pods show together, wherever what is known of a mesh has changed."""
    if not Store(place).files("mesh_facts"):
        return
    from meshctl.fleet import mesh_findings  # every check's module: not needed for tables alone

    while (one := next(mesh_findings.due(Store(place)), None)) is not None:
        mesh_findings.commit(Store(place), one, mesh_findings.write(place, one))


def _good(
    found: Iterable[Unit | Unreadable], here: Worker, mesh: str, date: str, done: Callable[[Outcome], None]
) -> Iterator[Unit]:
    """The units that can be opened; what cannot is entered here."""
    for one in found:
        if isinstance(one, Unreadable):
            done(here.refuse(one, mesh, date))
        else:
            yield one


def _many(
    units: Iterator[Unit], place: str, check: bool, workers: int, done: Callable[[Outcome], None]
) -> None:
    import multiprocessing

    pool = ProcessPoolExecutor(
        workers,
        multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(place, check, os.getpid()),
    )
    running: set[Future[Outcome]] = set()
    try:
        while True:
            while len(running) < 2 * workers and (unit := next(units, None)) is not None:
                running.add(pool.submit(_work, unit))
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done(future.result())
    except BrokenProcessPool as error:
        pool.shutdown(wait=True, cancel_futures=True)
        raise MeshctlError(
            "a worker was ended from outside",
            "It was killed, or memory ran out; what was committed stays whole.",
            "Run the same command again, perhaps with fewer --workers: it goes on where it stopped.",
        ) from error
    except BaseException:
        for process in list((pool._processes or {}).values()):
            with contextlib.suppress(OSError):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown(wait=True)
