"""Lines of a large file as they stream: plain, gzip, bzip2, xz or zstd by the first bytes, or standard input."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from meshctl.errors import InputError

_PACKED: tuple[tuple[bytes, Callable[[IO[bytes]], Any]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
LONGEST = 1 << 20  # a longer line is cut: no access log entry is


def open_lines(path: str) -> Iterator[bytes]:
    """The lines of a file, one at a time, with their ends. Raises InputError for what cannot be read."""
    try:
        if path == "-":
            yield from _lines(sys.stdin.buffer)
            return
        with open(path, "rb") as file:
            start = file.peek(6)[:6]
            made = next((make for magic, make in _PACKED if start.startswith(magic)), None)
            yield from _lines(made(file) if made is not None else file)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Whole lines; of one that never ends, pieces."""
    while line := file.readline(LONGEST):
        yield line
