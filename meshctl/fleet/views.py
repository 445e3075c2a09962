"""What both engines show of a data set: which dates, which files, and whose rows count.

Theory of operation. A question is about the newest date of each mesh unless it says otherwise; files of other meshes and
dates are not even opened, because a manifest names the mesh and date of each. A proxy that was entered twice for a date is
told by the table ``units``; where there is one, views leave out the rows of the units that lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from meshctl.errors import UsageError
from meshctl.fleet.schema import TableShape
from meshctl.fleet.store import DataFile, Store

ALL, LATEST = "all", "latest"

# The units whose rows of a proxy do not count, because another unit has the proxy too, entered later.
HIDDEN = """
SELECT concat(unit, '/', proxy) AS lost FROM (
  SELECT unit, proxy, row_number() OVER (PARTITION BY mesh, date, proxy ORDER BY written DESC, unit DESC) AS place
  FROM (SELECT DISTINCT unit, mesh, date, proxy, written FROM units_stored WHERE proxy IS NOT NULL) u
) ranked WHERE place > 1
"""


class Chosen(NamedTuple):
    """Which part of a data set is looked at: a date, ``all`` or ``latest`` (of each mesh); a mesh, or "" for all."""

    date: str = ALL
    mesh: str = ""

    def files(self, store: Store, table: TableShape) -> list[DataFile]:
        """The files of a table that hold what is looked at."""
        found = store.files(table.name)
        if table.shared:
            return found
        latest = _latest(store) if self.date == LATEST else {}
        return [
            file
            for file in found
            if self.mesh in ("", file.mesh)
            and (self.date == ALL or file.date == latest.get(file.mesh, self.date))
        ]

    def check(self, store: Store) -> None:
        """Raise where nothing of a mesh or date is there."""
        meshes = sorted({file.mesh for file in store.files("units")})
        if self.mesh and self.mesh not in meshes:
            raise UsageError(f"there is no mesh {self.mesh} in the data set", f"It has {', '.join(meshes)}.")
        known = dates(store, self.mesh)
        if self.date not in (ALL, LATEST, *known):
            raise UsageError(
                f"there is no date {self.date} in the data set", f"It has {', '.join(known[:5])}."
            )


def dates(store: Store, mesh: str = "") -> list[str]:
    """The dates of a data set, the newest first."""
    return sorted({f.date for f in store.files("units") if mesh in ("", f.mesh)}, reverse=True)


def _latest(store: Store) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in store.files("units"):
        found[file.mesh] = max(file.date, found.get(file.mesh, ""))
    return found


def select(table: TableShape, source: str, *, hiding: bool) -> str:
    """The SELECT that a table's view is."""
    columns = ", ".join(column.name for column in table.columns)
    if not hiding or all(column.name != "proxy" for column in table.columns):
        return f"SELECT {columns} FROM {source}"
    return f"SELECT {columns} FROM {source} WHERE proxy IS NULL OR concat(unit, '/', proxy) NOT IN (SELECT lost FROM hidden)"


def literal(text: str) -> str:
    """Text as an SQL literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def listed(paths: Iterable[str]) -> str:
    return "[" + ", ".join(map(literal, paths)) + "]"
