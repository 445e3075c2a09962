"""The value that a view hands to a renderer: a header and rows of text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order they are shown; ``padding`` is the gap between columns that istioctl uses there."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    padding: int = 5
