"""A path as what it is: a folder, an archive, or the bytes of a file. The only place where input paths are opened."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, BinaryIO

from meshctl import ahead
from meshctl.errors import InputError
from meshctl.reader.recognise import HEAD, is_archive, is_compressed

if TYPE_CHECKING:
    import pathlib

    from meshctl.reader.archive import Files


def open_path(name: str) -> Files | bytes:
    """The files of a folder or archive, or a plain file's bytes (unpacked when it is compressed alone)."""
    if name == "-":
        return _stdin()
    path = name.rstrip("/") or name or "."
    try:
        # says why it is not there: missing, a circle of links, a folder that may not be entered
        status = os.stat(path)
        if stat.S_ISREG(status.st_mode) and (data := _plain(path, status)) is not None:
            return data
        return _open_other(path, status.st_mode)
    except FileNotFoundError as error:
        raise InputError(
            f"{name} does not exist", "", f"Working directory: {_working_directory()}"
        ) from error
    except ValueError as error:
        raise InputError(f"{name!r} is no path: {error}") from error
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {error.strerror or error}", "", "Check the path and its permissions."
        ) from error


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "it was deleted"


def _stdin() -> Files | bytes:
    try:
        return _of_stream(sys.stdin.buffer, "stdin")
    except OSError as error:
        raise InputError(
            f"standard input cannot be read: {error.strerror or error}", "It is closed."
        ) from error


def _of_stream(stream: BinaryIO, origin: str) -> Files | bytes:
    """What can be read once only: standard input, a pipe, ``<(…)``, a device. It is read whole, up to the limit of a file."""
    import io

    from meshctl.reader.archive import MAX_FILE_BYTES, open_archive, unpacked

    parts, size = [], 0
    while part := stream.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MAX_FILE_BYTES:
            raise InputError(f"{origin} gives more than {MAX_FILE_BYTES >> 30} GiB", "It may have no end.")
    data = b"".join(parts)
    if not is_archive(data[:HEAD]) and not is_compressed(data[:HEAD]):
        return data
    files = open_archive(io.BytesIO(data), origin)
    return unpacked(data, origin) if files is None else files


def _plain(path: str, status: os.stat_result) -> bytes | None:
    """The bytes of a file that is neither an archive nor compressed; None for another."""
    read = ahead.take(status)
    if read is not None:
        return None if is_archive(read[:HEAD]) else read
    with open(path, "rb", buffering=0) as file:  # a buffer would copy what is read whole
        head = file.read(512)
        if is_archive(head) or is_compressed(head):
            return None
        file.seek(0)
        return file.readall()


def _open_other(name: str, mode: int) -> Files | bytes:
    """What is no plain file. pathlib is imported here: it costs a small table a twelfth of its time."""
    import pathlib

    path = pathlib.Path(name)
    if stat.S_ISDIR(mode):
        return walk(path)
    if not stat.S_ISREG(mode):
        with path.open("rb") as stream:
            return _of_stream(stream, str(path))
    from meshctl.reader.archive import open_archive, unpacked

    file = path.open("rb")
    files = open_archive(file, str(path))
    if files is not None:
        return files  # the archive stays open as long as it is read
    with file:
        file.seek(0)
        return unpacked(file.read(), str(path))


def walk(path: pathlib.Path) -> Files:
    """The regular files below a folder; links that lead out of it are not followed."""
    import pathlib

    from meshctl.reader.archive import MAX_MEMBERS, File

    files: Files = {}
    root = path.resolve()
    for folder, names, found in os.walk(path):
        names[:] = sorted(
            n for n in names if not n.startswith(".")
        )  # a snapshot in the making hides what is unfinished
        for name in sorted(found):
            file = pathlib.Path(folder) / name
            inside = not file.is_symlink() or file.resolve().is_relative_to(root)
            if inside and file.is_file():
                relative = file.relative_to(path).as_posix()
                files[relative] = File(relative, file.read_bytes, _first(file))
        if len(files) > MAX_MEMBERS:
            raise InputError(
                f"{path} holds more than {MAX_MEMBERS:,} files", "It is no folder of saved dumps."
            )
    return files


def some_files(root: pathlib.Path, wanted: Iterable[str]) -> Files:
    """Some files of a folder, by their paths in it, without going through the others."""
    from meshctl.reader.archive import File

    found = ((name, root / name) for name in wanted)
    return {name: File(name, path.read_bytes, _first(path)) for name, path in found if path.is_file()}


def _first(path: pathlib.Path) -> Callable[[], bytes]:
    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(HEAD)

    return read
