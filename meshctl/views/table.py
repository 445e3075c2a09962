"""The value that a view hands to a renderer: a header and rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order they are shown; ``padding`` is the gap between columns that istioctl uses there.

    message: a sentence that istioctl prints instead of a table without rows.
    """

    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    padding: int = 5
    message: str = ""
