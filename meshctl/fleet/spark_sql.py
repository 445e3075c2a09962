"""SQL over a data set on a cluster: the same views as ``duck``, over the same files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from meshctl.fleet import spark_files, views
from meshctl.fleet.schema import BY_NAME, TABLES, TableShape
from meshctl.fleet.spark_session import session, told
from meshctl.fleet.store import Store
from meshctl.fleet.views import Chosen

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession


class Spark:
    """A data set, ready to be asked."""

    def __init__(self, spark: SparkSession, store: Store, chosen: Chosen, master: str | None) -> None:
        store.require()
        chosen.check(store)
        self._spark, self._store, self._chosen, self._master = spark, store, chosen, master
        with told(master):
            self._view(BY_NAME["units"], "units_stored")
            spark.sql(views.HIDDEN).createOrReplaceTempView("hidden")
            hiding = not spark.table("hidden").isEmpty()
            for table in TABLES:
                self._view(table, f"{table.name}_stored")
                spark.sql(views.select(table, f"{table.name}_stored", hiding=hiding)).createOrReplaceTempView(
                    table.name
                )

    def _view(self, table: TableShape, name: str) -> None:
        files = self._chosen.files(self._store, table)
        spark_files.read(self._spark, self._store, table, files).createOrReplaceTempView(name)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to one statement."""
        with told(self._master):
            return _plain(self._spark.sql(sql, args=dict(parameters or {})).toArrow())


def _plain(found: pa.Table) -> pa.Table:
    """The answer in the types that DuckDB gives: numbers for decimals, times without a zone."""
    import pyarrow as pa

    def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_decimal(column.type):
            return column.cast(pa.string()).cast(pa.float64())  # by its digits: the nearest number
        return column.cast(pa.timestamp("us")) if pa.types.is_timestamp(column.type) else column

    return pa.table([plain(column) for column in found.columns], names=found.column_names)


@contextlib.contextmanager
def opened(store: Store, chosen: Chosen, master: str | None) -> Iterator[Spark]:
    """A data set on the cluster of ``master``."""
    store.require()
    with session(master) as spark:
        yield Spark(spark, store, chosen, master)
