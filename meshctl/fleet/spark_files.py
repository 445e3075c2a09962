"""The files of a data set, read and written by executors.

Theory of operation. Executors write with the writer of the local engine (``Store``: Arrow, to a folder or an object store) under
names that nobody else has, and return those names alone. Spark takes the result of one attempt of each task, so the names that
reach the driver are those of whole files, each row in one of them; the manifest makes just these count. What an attempt wrote
that was killed, came second or failed later is named nowhere. So retries and speculation need no committer, no rename and no
listing, and an object store needs no connector of Hadoop.

A folder is read by Spark's own reader, which passes over what a question does not need; an object store through Arrow, file by
file, with the place and the keys that the local engine has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from meshctl.fleet.schema import BY_NAME, TableShape, arrow_schema, spark_schema
from meshctl.fleet.store import DataFile, Store

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_MOST_BYTES = 64 * 2**20  # of rows that wait to be written
_ROWS_AT_ONCE = 10_000


def read(spark: SparkSession, store: Store, table: TableShape, files: Sequence[DataFile]) -> DataFrame:
    """Some files of a table."""
    schema = spark_schema(table)
    if not files:
        return spark.createDataFrame([], schema)
    if not store.remote:
        return spark.read.schema(schema).parquet(*(f"file://{store.uri(file.path)}" for file in files))
    width = max(1, spark.sparkContext.defaultParallelism)
    paths = spark.createDataFrame([(file.path,) for file in files], "path STRING")
    return paths.repartition(min(len(files), 4 * width)).mapInArrow(_Read(store.place, table.name), schema)


def write(found: DataFrame, store: Store, key: str, table: TableShape) -> list[DataFile]:
    """Rows of a shared table as files; they count when they are committed."""
    written = found.mapInArrow(_Write(store.place, key, table.name), "file BINARY").collect()
    return [decoded(row["file"]) for row in written]


def encoded(file: DataFile) -> bytes:
    """A file's name and numbers, as they travel to the driver."""
    return msgspec.json.encode(file)


def decoded(data: bytes | bytearray) -> DataFile:
    return msgspec.json.decode(data, type=DataFile)


class _Read:
    """What an executor does to read: the paths of files become their rows."""

    def __init__(self, place: str, table: str) -> None:
        self._place, self._table = place, table

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        store, schema = Store(self._place), arrow_schema(BY_NAME[self._table]).remove_metadata()
        for batch in batches:
            for path in batch.column(0).to_pylist():
                for rows in store.batches(DataFile(self._table, path, "", "", 0, 0), _ROWS_AT_ONCE):
                    known = set(rows.schema.names)
                    yield pa.RecordBatch.from_arrays(
                        [
                            rows.column(field.name).cast(field.type)
                            if field.name in known
                            else pa.nulls(rows.num_rows, field.type)
                            for field in schema
                        ],
                        schema=schema,
                    )


class _Write:
    """What an executor does to write: rows become files, and then the names of these."""

    def __init__(self, place: str, key: str, table: str) -> None:
        self._place, self._key, self._table = place, key, table

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        waiting: list[pa.RecordBatch] = []
        size = 0
        for batch in batches:
            waiting.append(batch)
            size += batch.nbytes
            if size >= _MOST_BYTES:
                yield from self._written(waiting)
                waiting, size = [], 0
        yield from self._written(waiting)

    def _written(self, batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        if not any(batch.num_rows for batch in batches):
            return
        rows = pa.Table.from_batches(batches).cast(arrow_schema(BY_NAME[self._table]).remove_metadata())
        file = Store(self._place).write_one(self._key, self._table, "", "", rows)
        yield pa.RecordBatch.from_pydict({"file": pa.array([encoded(file)], pa.binary())})
