"""Columns aligned as Go's text/tabwriter does it, which istioctl uses: the bytes are the same.

A cell is padded to the widest cell of its column plus a gap, in code points; the last cell of a line is not,
so a line whose last cell is empty ends in blanks. A cell that itself holds a tab or a line break splits, as it
does there, into more cells or lines: then the general algorithm runs (columns are blocks of adjacent lines).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

from meshctl.plain import visible
from meshctl.views.table import Table


def render(table: Table, *, header: bool = True) -> str:
    """The table as text, each line ended."""
    if table.message and not table.rows:
        return f"{table.message}\n"
    lines = [table.header, *table.rows] if header and table.header else table.rows
    if sys.stdout.isatty():  # istioctl's bytes are for pipes; a terminal acts on what strangers' names hold
        lines = [tuple(map(visible, line)) for line in lines]
    return align(lines, table.padding)


def align(lines: Sequence[Sequence[str]], padding: int) -> str:
    """Lines of cells as aligned text."""
    if not lines:
        return ""
    text = "\n".join(map("\t".join, lines)) + "\n"
    columns = len(lines[0])
    regular = text.count("\t") == (columns - 1) * len(lines) and text.count("\n") == len(lines)
    if not regular or "\v" in text or "\f" in text or any(len(line) != columns for line in lines):
        return _align_blocks(text, padding)
    if columns == 1:
        return text
    widths = [_width(cells) + padding for cells in list(zip(*lines, strict=True))[:-1]]
    template = "".join(f"%-{width}s" for width in widths) + "%s\n"
    return "".join(map(template.__mod__, map(tuple, lines)))


# What a column may be padded to in all: one long cell among many rows must not make gigabytes of blanks.
_MOST_PADDING = 20_000_000


def _width(cells: Sequence[str]) -> int:
    """The widest cell; where padding all to it would take too much, the widest of those that can be afforded."""
    lengths = list(map(len, cells))
    widest = max(lengths)
    if widest * len(lengths) <= _MOST_PADDING:
        return widest
    most = _MOST_PADDING // len(lengths)
    return max((length for length in lengths if length <= most), default=0)


def _align_blocks(text: str, padding: int) -> str:
    """tabwriter's own algorithm, for lines with different numbers of cells."""
    lines = [re.split("[\t\v]", line) for line in re.split("[\n\f]", text)]
    out: list[str] = []

    def write(start: int, end: int, widths: list[int]) -> None:
        for index in range(start, end):
            cells = lines[index]
            padded = [c.ljust(widths[j]) if j < len(widths) else c for j, c in enumerate(cells)]
            out.append("".join(padded))
            if index < len(lines) - 1:
                out.append("\n")

    def block(start: int, end: int, widths: list[int]) -> None:
        column = len(widths)
        index = start
        while index < end:
            if column >= len(lines[index]) - 1:
                index += 1
                continue
            write(start, index, widths)
            start = index
            while index < end and column < len(lines[index]) - 1:
                index += 1
            width = _width([lines[i][column] for i in range(start, index)]) + padding
            block(start, index, [*widths, width])
            start = index
        write(start, end, widths)

    block(0, len(lines), [])
    return "".join(out)


def plain(lines: Iterable[str]) -> str:
    """Lines without columns."""
    return "".join(f"{line}\n" for line in lines)
