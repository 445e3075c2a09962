"""SQL over a data set on this machine: DuckDB, with one view for each table.

A folder's files are read by DuckDB itself; those of an object store through Arrow, which has the same credentials as the
indexer. The database is in memory and holds views alone; nothing is fetched from the network to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import meshctl
from meshctl.errors import MeshctlError, UsageError
from meshctl.fleet import views
from meshctl.fleet.questions import dollars
from meshctl.fleet.schema import BY_NAME, TABLES, TableShape, arrow_schema
from meshctl.fleet.store import Store
from meshctl.fleet.views import Chosen

if TYPE_CHECKING:
    import pyarrow as pa

_TYPES = {"text": "VARCHAR", "whole": "BIGINT", "number": "DOUBLE", "yesno": "BOOLEAN", "time": "TIMESTAMP"}


class Duck:
    """A data set, ready to be asked."""

    def __init__(self, store: Store, chosen: Chosen = Chosen()) -> None:  # noqa: B008 - a frozen value
        import duckdb

        store.require()
        chosen.check(store)
        self._store, self._chosen = store, chosen
        self._connection: Any = duckdb.connect()
        self._connection.execute("SET autoinstall_known_extensions = false")
        # NULLs stand where Spark has them
        self._connection.execute("SET default_null_order = 'nulls_first_on_asc_last_on_desc'")
        self._view_all()

    def _view_all(self) -> None:
        self._connection.execute(
            f"CREATE VIEW units_stored AS SELECT * FROM {self._source(BY_NAME['units'])}"
        )
        self._connection.execute(f"CREATE TABLE hidden AS {views.HIDDEN}")
        hiding = bool(self._connection.execute("SELECT lost FROM hidden LIMIT 1").fetchall())
        for table in TABLES:
            self._connection.execute(
                f"CREATE VIEW {table.name} AS {views.select(table, self._source(table), hiding=hiding)}"
            )

    def _source(self, table: TableShape) -> str:
        """What a view reads: files, or nothing with the right columns."""
        files = self._chosen.files(self._store, table)
        columns = ", ".join(f"CAST(NULL AS {_TYPES[c.type]}) AS {c.name}" for c in table.stored)
        nothing = f"SELECT {columns} WHERE false"
        if not files:
            return f"({nothing}) nothing"
        if not self._store.remote:
            paths = views.listed(self._store.uri(file.path) for file in files)
            if not self._others:
                return f"read_parquet({paths}, hive_partitioning = false)"
            found = f"SELECT * FROM read_parquet({paths}, hive_partitioning = false, union_by_name = true)"
            return f"({nothing} UNION ALL BY NAME {found}) every_version"
        import pyarrow.dataset

        paths_there = [f"{self._store.root}/{file.path}" for file in files]
        found = pyarrow.dataset.dataset(
            paths_there, schema=arrow_schema(table), filesystem=self._store.filesystem, format="parquet"
        )
        self._connection.register(f"{table.name}_files", found)
        return f"{table.name}_files"

    @property
    def _others(self) -> bool:
        """Whether files were written by another version of meshctl, which may have had other columns."""
        return any(manifest.meshctl != meshctl.__version__ for manifest in self._store.manifests)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to one statement."""
        import duckdb

        try:
            answer = (
                self._connection.sql(dollars(sql), params=dict(parameters))
                if parameters
                else self._connection.sql(sql)
            )
            if answer is None:  # a statement that answers nothing, such as COPY
                import pyarrow

                return pyarrow.table({})
            return (
                answer.to_arrow_table if hasattr(answer, "to_arrow_table") else answer.fetch_arrow_table
            )()
        except duckdb.Error as error:
            raise _told(error) from error


def _told(error: Exception) -> MeshctlError:
    """What DuckDB says of a statement, in our form."""
    lines = [
        line.strip() for line in str(error).splitlines() if line.strip() and not line.strip().startswith("^")
    ]
    what = lines[0] if lines else type(error).__name__
    hints = [line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))]
    place = next((line for line in lines[1:] if line.startswith("LINE")), "")
    if type(error).__name__ in ("IOException", "InvalidInputException", "OutOfMemoryException"):
        return MeshctlError(
            what, place, "A file of the data set may be gone: see `meshctl fleet sql --help`."
        )
    return UsageError(
        what, hints[0] if hints else place, "docs/fleet-schema.md has the tables and their columns."
    )
