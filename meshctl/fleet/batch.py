"""Rows on their way to files: what is equal is kept once, and named by number for each proxy that has it.

Theory of operation. A resource that 200 replicas have makes the same rows 200 times, but for the columns that name the
proxy. So a ``Batch`` keeps the rows of each content once (``_Part.rows``) and, for every row that comes out, two numbers:
which of these rows, and which proxy. Arrow's ``take`` makes columns of them, dictionary-encoded, without touching a value
again; Parquet writes the dictionaries as they are. Making rows costs by what is different, not by how many have it.
"""

from __future__ import annotations

import array
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from meshctl.fleet.schema import BY_NAME, PROXY, TABLES, TableShape, arrow_schema, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[Any, ...]
Head = tuple[str | None, ...]  # the columns of PROXY
Placed = tuple[tuple[str, int, int], ...]  # table, first row, number of rows


class _Part:
    """The rows of one table."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.numbers = array.array("i")
        self.proxies = array.array("i")


class Batch:
    """The rows of the proxies of one unit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.heads: list[Head] = []
        self.bytes_read = 0
        self._parts = {table.name: _Part() for table in TABLES}
        self._placed: dict[Hashable, Placed] = {}

    def begin(self, head: Head) -> None:
        """The rows that follow are of this proxy."""
        self.heads.append(head)

    def add(self, table: str, row: Row) -> None:
        """A row of the proxy that was begun last, or of a table that knows no proxies."""
        part = self._parts[table]
        if BY_NAME[table].of_proxy:
            part.numbers.append(len(part.rows))
            part.proxies.append(len(self.heads) - 1)
        part.rows.append(row)

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """(member, what happened) of the rows of ``errors``."""
        return tuple((str(row[3] or ""), str(row[4])) for row in self._parts["errors"].rows)

    def add_shared(self, key: Hashable, rows: Iterable[tuple[str, Row]]) -> None:
        """Rows that other proxies may have too; they are only looked at where the key is new."""
        placed = self._placed.get(key)
        if placed is None:
            placed = self._placed[key] = self._place(rows)
        proxy = len(self.heads) - 1
        for table, first, count in placed:
            part = self._parts[table]
            part.numbers.extend(range(first, first + count))
            part.proxies.extend([proxy] * count)

    def _place(self, rows: Iterable[tuple[str, Row]]) -> Placed:
        by_table: dict[str, list[Row]] = {}
        for table, row in rows:
            by_table.setdefault(table, []).append(row)
        placed = []
        for table, found in by_table.items():
            kept = self._parts[table].rows
            placed.append((table, len(kept), len(found)))
            kept.extend(found)
        return tuple(placed)

    def tables(self) -> Mapping[str, pa.Table]:
        """Everything as Arrow tables, those without rows left out."""
        made = {table.name: self._table(table) for table in TABLES}
        return {name: table for name, table in made.items() if table.num_rows}

    def _table(self, table: TableShape) -> pa.Table:
        import pyarrow as pa

        part = self._parts[table.name]
        columns = list(zip(*part.rows, strict=True)) if part.rows else [()] * len(_own(table))
        arrays = [
            _encoded(pa.array(values, arrow_type(column.type)))
            for column, values in zip(_own(table), columns, strict=True)
        ]
        if table.of_proxy:
            numbers = pa.Array.from_buffers(pa.int32(), len(part.numbers), [None, pa.py_buffer(part.numbers)])
            proxies = pa.Array.from_buffers(pa.int32(), len(part.proxies), [None, pa.py_buffer(part.proxies)])
            heads = list(zip(*self.heads, strict=True)) if self.heads else [()] * len(PROXY)
            of_proxy = [_encoded(pa.array(values, pa.string())).take(proxies) for values in heads]
            arrays = [*of_proxy, *(one.take(numbers) for one in arrays)]
        if not table.shared:
            arrays = [_repeated(self.unit, len(arrays[0])), *arrays]
        return pa.table(arrays, names=[column.name for column in table.stored])


def _own(table: TableShape) -> Sequence[Any]:
    return table.own if table.of_proxy else table.columns


def _repeated(value: str, count: int) -> pa.Array:
    """One text, many times."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), pa.array([value]))


def _encoded(values: pa.Array) -> pa.Array:
    """Text as a dictionary; other types as they are."""
    import pyarrow as pa

    return values.dictionary_encode() if pa.types.is_string(values.type) else values


def plain(table: pa.Table, name: str) -> pa.Table:
    """A table with the types of its schema: dictionaries undone."""
    return table.cast(arrow_schema(BY_NAME[name]))
