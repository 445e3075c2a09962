"""Indexing on a cluster: the same units and the same decode function, as tasks of Spark.

Theory of operation. The driver names the units (of a folder: groups of pods; an archive is opened by the executor that reads
it) and never sees a row. A task reads units and writes their tables as a local worker does; what it yields is the names of
the files (``spark_files``), and the resources as Arrow messages: these lie on the executors' disks until a second job has made
them unique by their hash, also against those that are there. Retries, speculation and lost executors are Spark's: a task that
runs twice writes other files, and those of one attempt alone are named. What was written becomes visible by a manifest, as
ever: a job that dies leaves nothing. Sources are worked on in waves, each committed alone, so that a run that starts again goes
on. When all are in, an executor judges what several pods of a mesh show together.

A worker process of Python keeps its ``Decoder``: what it decoded for one task it knows for the next. Its ``stored`` begins
empty with each unit, or a task that runs again would leave out what it had written before.
"""

from __future__ import annotations

import datetime
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from meshctl.errors import MeshctlError
from meshctl.fleet import spark_files
from meshctl.fleet.batch import Batch, plain
from meshctl.fleet.decode import Decoder, Place
from meshctl.fleet.local import Outcome, decoded, refused
from meshctl.fleet.schema import (
    BY_NAME,
    arrow_schema,
    spark_schema,
)
from meshctl.fleet.spark_session import session, told
from meshctl.fleet.store import DataFile, Manifest, Store
from meshctl.fleet.units import Opened, Unit, Unreadable, seeds, units, unreadable_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TAGGED = "name STRING, batch BINARY"
# What a task yields: a file that it wrote, or rows of this table.
_FILE, _RESOURCES = "file", BY_NAME["resources"]
_UNITS_A_SLOT = 16  # of a wave, for each task that runs at once


class _Task(NamedTuple):
    """What a task works on: units and sources, with what it must know."""

    seed: Unit | Unreadable | str
    mesh: str
    date: str | None
    today: str
    check: bool = False


def index(
    paths: Sequence[str],
    place: str,
    mesh: str,
    date: str | None,
    master: str | None,
    done: Callable[[Outcome], None],
    *,
    check: bool = False,
) -> None:
    """Index sources on the cluster of ``master``."""
    store = Store(place)
    store.prepare()
    today = date or datetime.datetime.now(datetime.UTC).date().isoformat()
    with session(master) as spark:
        width = max(1, spark.sparkContext.defaultParallelism)
        there = [os.path.abspath(path) for path in paths]  # an executor works in a folder of its own
        tasks = (_Task(seed, mesh, date, today, check) for seed in seeds(there, mesh, date))
        for wave in _waves(tasks, _UNITS_A_SLOT * width):
            with told(master):
                done(_Wave(spark, Store(place), wave, width).run())
        with told(master):
            _judge(spark, place)


def _waves(tasks: Iterable[_Task], size: int) -> Iterator[list[_Task]]:
    wave: list[_Task] = []
    for task in tasks:
        wave.append(task)
        if len(wave) == size:
            yield wave
            wave = []
    if wave:
        yield wave


class _Wave:
    """One job of sources, committed together."""

    def __init__(self, spark: SparkSession, store: Store, tasks: list[_Task], width: int) -> None:
        self._spark, self._store, self._tasks, self._width = spark, store, tasks, width
        self._key = f"spark-{uuid.uuid4().hex[:16]}"

    def run(self) -> Outcome:
        """Read, write, commit; what came of it."""
        from pyspark import StorageLevel

        known = self._spark.sparkContext.broadcast(
            {manifest.key for manifest in self._store.manifests} | set(self._store.column("units", "unit"))
        )
        reader = _Reader(self._store.place, known)
        rows = self._spark.sparkContext.parallelize(self._tasks, len(self._tasks)).mapPartitions(reader)
        tagged = self._spark.createDataFrame(rows, _TAGGED).persist(StorageLevel.DISK_ONLY)
        try:
            named = tagged.where(f"name = '{_FILE}'").collect()  # everything is read here
            files = [spark_files.decoded(row["batch"]) for row in named]
            if files:
                files += self._resources(tagged)
        finally:
            tagged.unpersist()
            known.destroy()
        title = f"{len(self._tasks)} parts by Spark"
        if not files:
            return Outcome(title, known=True)
        self._store.commit(Manifest(self._key, files, engine="spark"))
        return _outcome(title, Store(self._store.place), files)

    def _resources(self, tagged: DataFrame) -> list[DataFile]:
        """The files of the resources that the data set does not have yet."""
        messages = tagged.where(f"name = '{_RESOURCES.name}'").select("batch")
        found = messages.mapInArrow(_Unpack(_RESOURCES.name), spark_schema(_RESOURCES)).dropDuplicates(
            ["hash"]
        )
        there = self._store.files(_RESOURCES.name)
        if there:
            known = spark_files.read(self._spark, self._store, _RESOURCES, there).select("hash")
            found = found.join(known, "hash", "left_anti").select(found.columns)
        return spark_files.write(found.coalesce(self._width), self._store, self._key, _RESOURCES)


def _judge(spark: SparkSession, place: str) -> None:
    """What several pods show together, found by executors wherever what is known of a mesh has changed."""
    if not Store(place).files("mesh_facts"):
        return
    from meshctl.fleet import mesh_findings

    while found := list(mesh_findings.due(Store(place))):
        work = spark.sparkContext.parallelize(found, len(found))
        for one, files in work.map(lambda one: (one, mesh_findings.write(place, one))).collect():
            mesh_findings.commit(Store(place), one, files, engine="spark")


def _outcome(title: str, store: Store, files: Sequence[DataFile]) -> Outcome:
    """What a wave made, from its files."""
    proxies = sum(file.rows for file in files if file.table == "proxies")
    size = sum(
        value or 0
        for file in files
        if file.table == "proxies"
        for value in store.read(file, ["dump_bytes"]).column("dump_bytes").to_pylist()
    )
    errors = [
        (row["member"] or row["source"], row["what"])
        for file in files
        if file.table == "errors"
        for row in store.read(file, ["source", "member", "what"]).to_pylist()
    ]
    return Outcome(title, proxies, size, tuple(errors))


_decoders: dict[bool, Decoder] = {}


class _Reader:
    """What an executor does with its tasks: read, decode, write; the names of files and the resources come out."""

    def __init__(self, place: str, known: Any) -> None:
        self._place, self._known = place, known

    def __call__(self, tasks: Iterable[_Task]) -> Iterator[tuple[str, bytearray]]:
        store = Store(self._place)
        for task in tasks:
            for batch, mesh, date in self._batches(task):
                tables = dict(batch.tables())
                resources = tables.pop(_RESOURCES.name, None)
                for file in store.write(batch.unit, mesh, date, tables):
                    yield _FILE, bytearray(spark_files.encoded(file))
                if resources is not None:
                    yield _RESOURCES.name, bytearray(_message(plain(resources, _RESOURCES.name)))

    def _batches(self, task: _Task) -> Iterator[tuple[Batch, str, str]]:
        decoder = _decoders.setdefault(task.check, Decoder(check=task.check))
        opened = Opened()
        for seed in units((task.seed,), task.mesh, task.date) if isinstance(task.seed, str) else (task.seed,):
            decoder.stored.clear()
            if isinstance(seed, Unreadable):
                batch = self._refused(seed, task)
            else:
                batch = self._batch(seed._replace(check=task.check), task, opened, decoder)
            if batch is not None:
                of = task if isinstance(seed, Unreadable) else seed
                yield batch, of.mesh, of.date or task.today

    def _batch(self, unit: Unit, task: _Task, opened: Opened, decoder: Decoder) -> Batch | None:
        try:
            key = opened.key(unit)
        except MeshctlError as error:
            return self._refused(Unreadable(unit.title, error), task)
        return None if key in self._known.value else decoded(unit, key, opened, decoder)

    def _refused(self, bad: Unreadable, task: _Task) -> Batch | None:
        try:
            key = unreadable_key(bad.source, task.mesh, task.today)
        except MeshctlError:  # not even its bytes: told anew each time
            key = f"none-{uuid.uuid4().hex[:16]}"
        if key in self._known.value:
            return None
        return refused(key, Place(task.mesh, task.today, bad.source, None), bad.error)


def _message(table: Any) -> bytes:
    """A table as one Arrow message."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


class _Unpack:
    """Arrow messages as the rows of a table."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa

        schema = arrow_schema(BY_NAME[self._name]).remove_metadata()
        for batch in batches:
            for message in batch.column(0):
                with pa.ipc.open_stream(message.as_buffer()) as reader:
                    for found in reader:
                        yield pa.RecordBatch.from_arrays(found.columns, schema=schema)
