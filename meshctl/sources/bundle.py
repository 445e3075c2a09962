"""Folders and archives of saved answers, as bug reports, snapshots and colleagues make them.

A bundle is a mapping from relative path to a function that reads the file; nothing is read before it is asked
for, and nothing is ever extracted to disk. Archives come from strangers: links, devices and odd paths are
skipped, and the number and size of members are limited.
"""

from __future__ import annotations

import os
import pathlib
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from meshctl.errors import InputError

if TYPE_CHECKING:
    import tarfile

MAX_MEMBERS = 200_000
MAX_FILE_BYTES = 2 * 1024**3
MAX_TOTAL_BYTES = 64 * 1024**3
_GZIP = b"\x1f\x8b"

Reader = Callable[[], bytes]


class Bundle(NamedTuple):
    """The files of a folder or archive by relative path (``/`` between folders)."""

    origin: str
    files: Mapping[str, Reader]

    def folders(self) -> dict[str, list[str]]:
        """File names by the folder they lie in; "" is the top."""
        result: dict[str, list[str]] = {}
        for path in sorted(self.files):
            folder, _, name = path.rpartition("/")
            result.setdefault(folder, []).append(name)
        return result

    def read(self, path: str) -> bytes:
        """A file's bytes, gunzipped when it is gzip."""
        return gunzip(self.files[path](), f"{self.origin}/{path}")


def gunzip(data: bytes, origin: str) -> bytes:
    """``data`` itself, or what it holds when it is gzip; refuses to unpack more than MAX_FILE_BYTES."""
    if not data.startswith(_GZIP):
        return data
    try:
        unpacker = zlib.decompressobj(wbits=31)
        result = unpacker.decompress(data, MAX_FILE_BYTES)
        if unpacker.unconsumed_tail:
            raise InputError(f"{origin} unpacks to more than {MAX_FILE_BYTES >> 30} GiB", "It may be a bomb.")
        if not unpacker.eof:
            raise InputError(
                f"{origin} ends in the middle of the gzip data", "It was cut off. Fetch it again."
            )
        if unpacker.unused_data.startswith(_GZIP):  # gzip files may be chained
            import gzip

            return gzip.decompress(data)
        return result
    except (zlib.error, OSError, EOFError) as error:
        raise InputError(f"{origin} is broken gzip: {error}", "It was changed or cut off.") from error


def open_folder(path: pathlib.Path) -> Bundle:
    """The regular files below a folder; links that lead out of it are not followed."""
    files: dict[str, Reader] = {}
    root = path.resolve()
    for folder, names, found in os.walk(path):
        names[:] = sorted(
            n for n in names if not n.startswith(".")
        )  # a snapshot in the making hides what is unfinished
        for name in sorted(found):
            file = pathlib.Path(folder) / name
            inside = not file.is_symlink() or file.resolve().is_relative_to(root)
            if inside and file.is_file():
                files[file.relative_to(path).as_posix()] = file.read_bytes
        if len(files) > MAX_MEMBERS:
            raise InputError(
                f"{path} holds more than {MAX_MEMBERS:,} files", "It is no folder of saved dumps."
            )
    return Bundle(str(path), files)


def is_tar(path: pathlib.Path) -> bool:
    """Whether a file is a tar archive, plain or compressed, from its content."""
    with path.open("rb") as file:
        head = file.read(512)
    if head[257:262] == b"ustar":
        return True
    if not head.startswith((_GZIP, b"BZh", b"\xfd7zXZ")):
        return False
    import tarfile

    try:
        return tarfile.is_tarfile(path)
    except (OSError, EOFError, zlib.error):
        return False


def is_bundle(name: str) -> bool:
    """Whether a path is a folder or an archive; also when it does not exist, which opening it will tell."""
    path = pathlib.Path(name)
    return not path.is_file() or is_tar(path)


def open_tar(path: pathlib.Path) -> Bundle:
    """The regular files of an archive, read from it when asked for."""
    import tarfile

    try:
        archive = tarfile.open(path, "r:*")  # noqa: SIM115 - stays open as long as the bundle is read
        members = _safe_members(archive, str(path))
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be read as a tar archive: {error}",
            "It was changed or cut off.",
            "Fetch it again.",
        ) from error
    return Bundle(str(path), {name: _member_reader(archive, member) for name, member in members.items()})


def _safe_members(archive: tarfile.TarFile, origin: str) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    total = 0
    for count, member in enumerate(archive):
        if count >= MAX_MEMBERS:
            raise InputError(f"{origin} holds more than {MAX_MEMBERS:,} members", "It may be a bomb.")
        path = pathlib.PurePosixPath(member.name)
        if not member.isreg() or path.is_absolute() or ".." in path.parts:
            continue
        total += member.size
        if member.size > MAX_FILE_BYTES or total > MAX_TOTAL_BYTES:
            raise InputError(
                f"{origin}: {member.name} is {member.size:,} bytes", "Too large; it may be a bomb."
            )
        members[path.as_posix()] = member
    return members


def _member_reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Reader:
    import tarfile

    def read() -> bytes:
        try:
            file = archive.extractfile(member)
            return file.read() if file is not None else b""
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise InputError(
                f"{member.name} cannot be read from the archive: {error}", "It was cut off."
            ) from error

    return read
