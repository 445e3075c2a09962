"""Indexing on a cluster: the same units and the same decode function, as tasks of Spark.

Theory of operation. The driver names the units (of a folder: groups of pods; an archive is opened by the executor that reads
it) and never sees a row. A task reads units and yields, for each table, its rows as one Arrow message; these lie on the
executors' disks, and one job for each table writes them with Spark's committer, so retries, speculation and lost executors
are Spark's: a task that runs twice makes the same rows, and only one attempt is committed. ``resources`` are made unique by
their hash on the way, also against those that are there. What Spark wrote becomes visible by a manifest, as ever: a job that
dies leaves nothing. Sources are worked on in waves, each committed alone, so that a run that starts again goes on.

A worker process of Python keeps its ``Decoder``: what it decoded for one task it knows for the next. Its ``stored`` begins
empty with each unit, or a task that runs again would leave out what it had written before.
"""

from __future__ import annotations

import datetime
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from meshctl.errors import MeshctlError
from meshctl.fleet.batch import Batch, plain
from meshctl.fleet.decode import Decoder, Place
from meshctl.fleet.local import Outcome, decoded, refused
from meshctl.fleet.schema import (
    BY_NAME,
    METADATA_KEY,
    TABLES,
    VERSION,
    TableShape,
    arrow_schema,
    spark_schema,
)
from meshctl.fleet.spark_session import hadoop, session, told
from meshctl.fleet.store import DataFile, Manifest, Store, folder_of
from meshctl.fleet.units import Opened, Unit, Unreadable, seeds, units, unreadable_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TAGGED = "name STRING, batch BINARY"
_AT_ONCE = 4  # tables that are written at the same time
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
        rows = self._spark.sparkContext.parallelize(self._tasks, len(self._tasks)).mapPartitions(
            _Reader(known)
        )
        tagged = self._spark.createDataFrame(rows, _TAGGED).persist(StorageLevel.DISK_ONLY)
        try:
            names = {row["name"] for row in tagged.select("name").distinct().collect()}  # all is read here
            tables = [table for table in TABLES if table.name in names]
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                written = threads.map(lambda table: self._written(tagged, table), tables)
                files = [file for found in written for file in found]
        finally:
            tagged.unpersist()
            known.destroy()
        self._clean()
        title = f"{len(self._tasks)} parts by Spark"
        if not files:
            return Outcome(title, known=True)
        self._store.commit(Manifest(self._key, files, engine="spark"))
        return _outcome(title, Store(self._store.place), files)

    def _written(self, tagged: DataFrame, table: TableShape) -> list[DataFile]:
        from pyspark.sql import functions as sql

        own = tagged.where(sql.col("name") == table.name).select("batch")
        found = own.mapInArrow(_Unpack(table.name), spark_schema(table))
        if table.shared:
            found = self._fresh(found.dropDuplicates(["hash"]))
        found = found.coalesce(self._width)
        if not table.shared:
            found = found.withColumn("p_mesh", sql.col("mesh")).withColumn("p_date", sql.col("date"))
        found = found.withMetadata(table.stored[0].name, {METADATA_KEY.decode(): str(VERSION)})
        target = f"{self._staging}/{table.name}"
        writer = found.write.option("compression", "zstd")
        if not table.shared:
            writer = writer.partitionBy("p_mesh", "p_date")
        writer.parquet(hadoop(self._store.uri(target)))
        return self._placed(table, target)

    def _fresh(self, found: DataFrame) -> DataFrame:
        """The resources that the data set does not have yet."""
        there = self._store.files("resources")
        if not there:
            return found
        known = self._spark.read.parquet(*(hadoop(self._store.uri(file.path)) for file in there)).select(
            "hash"
        )
        return found.join(known, "hash", "left_anti")

    @property
    def _staging(self) -> str:
        """Where Spark writes: beside the tables, out of the sight of programs that read folders."""
        return f".staging/{self._key}" if not self._store.remote else f"data/.{self._key}"

    def _clean(self) -> None:
        """Take the folders away that Spark wrote into, where the files are in their places."""
        import shutil

        if not self._store.remote:
            shutil.rmtree(f"{self._store.root}/{self._staging}", ignore_errors=True)

    def _placed(self, table: TableShape, staged: str) -> list[DataFile]:
        """The files that Spark committed, in their places: moved in a folder, left where they are in an object store."""
        import pyarrow.fs as fs
        import pyarrow.parquet as pq

        files: list[DataFile] = []
        system, root = self._store.filesystem, self._store.root
        selector = fs.FileSelector(f"{root}/{staged}", recursive=True, allow_not_found=True)
        for info in sorted(system.get_file_info(selector), key=lambda info: info.path):
            if not info.path.endswith(".parquet") or info.base_name.startswith((".", "_")):
                continue
            with system.open_input_file(info.path) as source:
                rows = pq.ParquetFile(source).metadata.num_rows
            if not rows:
                continue
            mesh, date = _partition(info.path)
            path = info.path.removeprefix(f"{root}/")
            if not self._store.remote:
                folder = folder_of(table.name, mesh, date)
                path = f"{folder}/{self._key}-{len(files)}.parquet"
                os.makedirs(f"{root}/{folder}", exist_ok=True)
                os.replace(info.path, f"{root}/{path}")
            files.append(DataFile(table.name, path, mesh, date, rows, info.size))
        return files


def _partition(path: str) -> tuple[str, str]:
    """Mesh and date in the names of Spark's folders."""
    import urllib.parse

    parts = dict(part.split("=", 1) for part in path.split("/") if part.startswith(("p_mesh=", "p_date=")))
    return urllib.parse.unquote(parts.get("p_mesh", "")), urllib.parse.unquote(parts.get("p_date", ""))


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
    """What an executor does with its tasks: read, decode, yield Arrow messages."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def __call__(self, tasks: Iterable[_Task]) -> Iterator[tuple[str, bytearray]]:
        for task in tasks:
            for batch in self._batches(task):
                for name, table in batch.tables().items():
                    yield name, bytearray(_message(plain(table, name)))

    def _batches(self, task: _Task) -> Iterator[Batch]:
        decoder = _decoders.setdefault(task.check, Decoder(check=task.check))
        opened = Opened()
        for seed in units((task.seed,), task.mesh, task.date) if isinstance(task.seed, str) else (task.seed,):
            batch = self._batch(seed, task, opened, decoder)
            if batch is not None:
                yield batch

    def _batch(self, seed: Unit | Unreadable, task: _Task, opened: Opened, decoder: Decoder) -> Batch | None:
        decoder.stored.clear()
        if isinstance(seed, Unreadable):
            return self._refused(seed, task)
        seed = seed._replace(check=task.check)
        try:
            key = opened.key(seed)
        except MeshctlError as error:
            return self._refused(Unreadable(seed.title, error), task)
        return None if key in self._known.value else decoded(seed, key, opened, decoder)

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
