"""A table as CSV (RFC 4180, but lines end as Unix lines do)."""

from __future__ import annotations

import csv
import io

from meshctl.errors import UsageError
from meshctl.plain import visible
from meshctl.views.table import Table


def render(value: str | Table) -> str:
    """Header and rows; every cell as it is."""
    if isinstance(value, str):
        raise UsageError("this answer is no table, so it has no CSV", "", "Use -o json.")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if value.header:
        writer.writerow(value.header)
    writer.writerows([visible(cell) for cell in row] for row in value.rows)
    return out.getvalue()
