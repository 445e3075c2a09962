"""The value that a view hands to a renderer: a header and rows of text."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Table(msgspec.Struct, frozen=True):
    """Rows in the order they are shown; ``padding`` is the gap between columns that istioctl uses there.

    message: a sentence that istioctl prints instead of a table without rows.
    """

    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    padding: int = 5
    message: str = ""
