"""Text that needs no more form: texts as they are, tables aligned, names one a line."""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.plain import visible
from meshctl.views.table import Table

TAB = "\t"


def text(value: str | Table) -> str:
    """A text, or a table's."""
    if isinstance(value, str):
        return value
    from meshctl.render.table import render

    return render(value)


def names(value: Iterable[str]) -> str:
    """One name a line, whatever a name holds; a tab stands between a pod and a name."""
    return "".join(f"{TAB.join(map(visible, line.split(TAB)))}\n" for line in value)
