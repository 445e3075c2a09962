"""Answers of the fleet's SQL: an Arrow table as a table for people, JSON, JSON lines, CSV or Parquet."""

from __future__ import annotations

import csv
import datetime
import io
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.errors import UsageError
from meshctl.plain import visible
from meshctl.render import table as tables

if TYPE_CHECKING:
    import pyarrow as pa

_PADDING = 3
_WIDEST = 120  # of a cell, for people


def _cells(found: pa.Table) -> list[tuple[Any, ...]]:
    columns = [column.to_pylist() for column in found.columns]
    return list(zip(*columns, strict=True)) if columns else []


def plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO 8601 in UTC, bytes as text, odd types as their text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="auto") + ("Z" if value.tzinfo is None else "")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)


def _text(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.1f}"
    if isinstance(value, list | tuple | dict):
        return msgspec.json.encode(plain(value)).decode()
    found = plain(value)
    return found if isinstance(found, str) else str(found)


def _shown(value: Any) -> str:
    text = visible(_text(value)) if value is not None else "-"
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def table(found: pa.Table) -> str:
    """Aligned columns; what has no value is a dash, what is very long is cut."""
    if not found.num_columns:
        return ""
    header = tuple(name.upper() for name in found.column_names)
    rows = [tuple(map(_shown, row)) for row in _cells(found)]
    return tables.align([header, *rows], _PADDING)


def _objects(found: pa.Table) -> list[dict[str, Any]]:
    names = found.column_names
    return [dict(zip(names, map(plain, row), strict=True)) for row in _cells(found)]


def json(found: pa.Table) -> bytes:
    """A list of objects."""
    return msgspec.json.format(msgspec.json.encode(_objects(found)), indent=2) + b"\n"


def jsonl(found: pa.Table) -> bytes:
    """An object a line."""
    return b"".join(msgspec.json.encode(item) + b"\n" for item in _objects(found))


def comma(found: pa.Table) -> str:
    """Header and rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(found.column_names)
    writer.writerows([visible(_text(value)) for value in row] for row in _cells(found))
    return out.getvalue()


def parquet(found: pa.Table) -> bytes:
    """A Parquet file."""
    import pyarrow.parquet as pq

    if sys.stdout.isatty():
        raise UsageError(
            "Parquet is nothing for a terminal", "", "Write it to a file: … -o parquet > answer.parquet"
        )
    out = io.BytesIO()
    pq.write_table(found, out, compression="zstd")
    return out.getvalue()
