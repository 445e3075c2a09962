"""Colours for what a person looks for in a table: what was rejected, has expired, is not healthy."""

from __future__ import annotations

import re

from meshctl.render.layout import Paint

_BAD = re.compile(
    r"\b(REJECTED|EXPIRED|UNHEALTHY|FAILED|TIMEOUT|FAILED_[A-Z_]+|rejected|error|expired|unhealthy)\b"
)
_ODD = re.compile(r"\b(WARMING|DRAINING|DEGRADED|warming|draining|degraded)\b")
_INVALID = re.compile(r"\bfalse\b")  # in a table of certificates
_PAINT = Paint(True)


def coloured(table: str) -> str:
    """A table's text with these words in colour; its header as it is."""
    header, end, rows = table.partition("\n")
    rows = _BAD.sub(lambda m: _PAINT(m[0], "red"), rows)
    rows = _ODD.sub(lambda m: _PAINT(m[0], "yellow"), rows)
    if "VALID CERT" in header:
        rows = _INVALID.sub(lambda m: _PAINT(m[0], "red"), rows)
    return header + end + rows
