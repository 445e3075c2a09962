"""A dump named on the command line, read while the program is still importing itself.

Theory of operation. Importing what a table needs takes longer than reading 50 MB does, and reading leaves the interpreter to others:
so the first file behind ``-f`` is read by a thread from the very start (``begin``), and where it is opened later
(``sources/folder.py``) its bytes are there (``take``). This is a guess that costs nothing where it is wrong. Only a regular file is
begun with, one that begins as JSON does and is worth a thread: not ``-``, a folder, an archive, which nobody reads whole, or a pipe
(``-f <(…)``), which can be read once only. What was read counts only where it is the file that is opened: the same one, of
the same size and time of change, and all of its bytes. Otherwise, and after any error, the file is read as if nothing had been,
and what there is to say of it is said there. It is read, not mapped: a file that is cut short while it is mapped ends the process.

Nothing of meshctl is imported here: it would be in the way of the beginning.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

WORTH_A_THREAD = 1 << 20
_MOST = 1 << 30  # one read gives no more than twice that


class _Reading:
    """One file on its way into memory."""

    def __init__(self, descriptor: int, status: os.stat_result) -> None:
        self.file = _identity(status)
        self._descriptor = descriptor
        self._size = status.st_size
        self._data: bytes | None = None
        self._thread: threading.Thread | None = None

    def begun(self) -> bool:
        """Whether there is a thread to be had."""
        import threading

        try:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
        except RuntimeError:
            os.close(self._descriptor)
            return False
        return True

    def _read(self) -> None:
        try:
            self._data = os.read(self._descriptor, self._size + 1)
        except (OSError, MemoryError):
            pass  # whoever opens the file is told
        finally:
            os.close(self._descriptor)

    def whole(self) -> bytes | None:
        """All bytes of the file; None where it grew or was cut in the meantime."""
        if self._thread is not None:
            self._thread.join()
        data, self._data = self._data, None
        return data if data is not None and len(data) == self._size else None


_readings: list[_Reading] = []


def begin(argv: Sequence[str]) -> None:
    """Begin to read the first file that a command line names."""
    name = next(filter(None, map(_named, argv, [*argv[1:], ""])), "")
    try:
        reading = _opened(name)
    except (OSError, ValueError):
        return
    if reading is not None and reading.begun():
        _readings.append(reading)


def take(status: os.stat_result) -> bytes | None:
    """The bytes of a file that was begun with, once; None where it has to be read."""
    if not _readings or _readings[0].file != _identity(status):
        return None
    return _readings.pop().whole()


def _named(word: str, following: str) -> str:
    """The file that a word of the command line names; the few spellings that most people use."""
    return following if word in ("-f", "--file") else word[7:] if word.startswith("--file=") else ""


def _opened(name: str) -> _Reading | None:
    """A file worth beginning with; None for another. Raises OSError and ValueError as ``open`` does."""
    if not name or not _is_worth_it(os.stat(name)):
        return None
    descriptor = os.open(name, os.O_RDONLY)
    try:
        status = os.fstat(descriptor)
        # a small number belongs to a stream that the caller closed
        if descriptor > 2 and _is_worth_it(status) and os.read(descriptor, 1) == b"{":
            os.lseek(descriptor, 0, os.SEEK_SET)
            return _Reading(descriptor, status)
    except OSError:
        pass
    os.close(descriptor)
    return None


def _is_worth_it(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and WORTH_A_THREAD <= status.st_size <= _MOST


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
