"""Archives of saved answers: tar and zip, compressed or not, one inside another once; files by path, read late.

Theory of operation. An archive is gone through once: each file's place and first bytes are kept (``recognise`` wants
no more), its content is read when somebody asks. A tar.gz cannot be entered in the middle, so on the way through
the decompressor's state is kept every few megabytes, and a file is read from the state before it: in any order,
with nothing on disk and no more in memory than the file. Archives come from strangers: links, devices and odd
paths are passed over; the number, the sizes and the growth of members are limited, and a limit is told in one line.
"""

from __future__ import annotations

import functools
import io
import pathlib
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from meshctl.errors import InputError
from meshctl.reader.recognise import BZIP2, GZIP, HEAD, XZ, ZSTD, is_archive, is_compressed

if TYPE_CHECKING:
    import tarfile
    import zipfile

MAX_MEMBERS = 200_000
MAX_FILE_BYTES = 2 * 1024**3
MAX_TOTAL_BYTES = 64 * 1024**3
MAX_GROWTH = 500  # bytes that one compressed byte may become, in a zip, where the sizes are known before
MAX_NESTED_BYTES = 512 * 1024**2


class File(msgspec.Struct, frozen=True):
    """A file of a folder or archive: its path in it, and how its content is had."""

    path: str
    load: Callable[[], bytes]
    first: Callable[[], bytes]
    size: int = 0
    place: int = 0  # in the archive: files are read fastest in this order

    def head(self) -> bytes:
        """Its first bytes, unpacked where they are gzip."""
        found = self.first()
        return _gunzipped_head(found) if found.startswith(GZIP) else found

    def read(self, origin: str) -> bytes:
        """Its content, unpacked where it is one compressed file."""
        return unpacked(self.load(), f"{origin}/{self.path}")


Files = dict[str, File]


def _gunzipped_head(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, HEAD)
    except zlib.error:
        return data


class SeekableGzip(io.RawIOBase):
    """A gzip file that can be read from anywhere: states of the decompressor are kept on the way."""

    EVERY = 1024**2  # decompressed bytes between two states at first; doubled when there are MOST
    MOST = 512  # of 40 kB each
    CHUNK = 1 << 16

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._states: list[tuple[int, int, Any]] = []  # (position, position in the file, state)
        self._every = self.EVERY
        self._position = 0  # of the reader
        self._start(0, 0, zlib.decompressobj(wbits=31))

    def _start(self, position: int, at: int, state: Any) -> None:
        self._at = position  # of what the decompressor gives next
        self._inflate = state
        self._pending = b""
        self._file.seek(at)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end is not known")
        self._position = offset + (self._position if whence == io.SEEK_CUR else 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position < self._at:
            self._rewind()
        while self._at < self._position:
            if not self._more(min(self._position - self._at, 1 << 20)):
                return 0
        data = self._more(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _rewind(self) -> None:
        found = [state for state in self._states if state[0] <= self._position]
        if not found:
            self._start(0, 0, zlib.decompressobj(wbits=31))
            return
        position, at, state = found[-1]
        self._start(position, at, state.copy())

    def _more(self, most: int) -> bytes:
        """At most that many bytes, b"" at the end."""
        while True:
            if self._inflate.eof:
                rest = self._inflate.unused_data or self._file.read(self.CHUNK)
                rest = rest.lstrip(b"\0")
                if not rest.startswith(GZIP):
                    return b""
                self._inflate, self._pending = zlib.decompressobj(wbits=31), rest
            compressed = self._inflate.unconsumed_tail or self._pending or self._file.read(self.CHUNK)
            self._pending = b""
            if not compressed:
                raise EOFError("the gzip data ends before its end")
            data: bytes = self._inflate.decompress(compressed, most)
            self._at += len(data)
            if not self._inflate.unconsumed_tail and not self._inflate.eof:
                self._keep()
            if data:
                return data

    def _keep(self) -> None:
        last = self._states[-1][0] if self._states else 0
        if self._at - last < self._every:
            return
        self._states.append((self._at, self._file.tell(), self._inflate.copy()))
        if len(self._states) > self.MOST:
            self._states, self._every = self._states[1::2], self._every * 2


def open_archive(file: BinaryIO, origin: str, *, depth: int = 0) -> Files | None:
    """The files of an archive; None when it is none (a single compressed file is none)."""
    head = file.read(512)
    file.seek(0)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _nested(_open_zip(file, origin), origin, depth)
    if head[257:262] == b"ustar":
        return _nested(_open_tar(file, origin), origin, depth)
    if not is_compressed(head):
        return None
    try:
        stream = _decompressed(file, head, origin)
        begin = stream.read(512)
        if begin[257:262] != b"ustar":
            return None
        stream.seek(0)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        if not isinstance(error, EOFError | zlib.error):
            return None
        return None
    return _nested(_open_tar(stream, origin), origin, depth)


def _decompressed(file: BinaryIO, head: bytes, origin: str) -> BinaryIO:
    """A seekable view of what a compressed file holds."""
    if head.startswith(GZIP):
        return io.BufferedReader(SeekableGzip(file), 1 << 16)
    if head.startswith(BZIP2):
        import bz2

        return bz2.BZ2File(file)  # type: ignore[return-value]
    if head.startswith(XZ):
        import lzma

        return lzma.LZMAFile(file)  # type: ignore[return-value]
    return io.BytesIO(_unzstd(file.read(), origin))


def _unzstd(data: bytes, origin: str) -> bytes:
    try:
        import zstandard
    except ImportError as error:
        raise InputError(
            f"{origin} is compressed with zstd, which needs the package zstandard",
            "",
            "pip install zstandard",
        ) from error
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(
            io.BytesIO(data), read_across_frames=True
        ) as stream:
            found: bytes = stream.read(MAX_NESTED_BYTES + 1)
    except zstandard.ZstdError as error:
        raise InputError(f"{origin} is broken zstd: {error}", "It was changed or cut off.") from error
    if len(found) > MAX_NESTED_BYTES:
        raise InputError(
            f"{origin} unpacks to more than {MAX_NESTED_BYTES >> 20} MiB",
            "It may be a bomb.",
            "Unpack it, and give the folder.",
        )
    return found


def unpacked(data: bytes, origin: str) -> bytes:
    """``data`` itself, or what it holds when it is one compressed file; refuses to unpack more than MAX_FILE_BYTES."""
    if data.startswith(GZIP):
        return gunzip(data, origin)
    if data.startswith(ZSTD):
        return _unzstd(data, origin)
    if not data.startswith((BZIP2, XZ)):
        return data
    import bz2
    import lzma

    make: Any = bz2.BZ2Decompressor if data.startswith(BZIP2) else lzma.LZMADecompressor
    try:
        unpacker = make()
        found: bytes = unpacker.decompress(data, MAX_FILE_BYTES)
    except (OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise InputError(f"{origin} is broken: {error}", "It was changed or cut off.") from error
    if not unpacker.eof:
        what = "unpacks to more than 2 GiB" if len(found) >= MAX_FILE_BYTES else "ends before its end"
        raise InputError(f"{origin} {what}", "It may be a bomb, or was cut off.")
    return found


def gunzip(data: bytes, origin: str) -> bytes:
    """What gzip data holds, parts chained behind one another too; ``data`` itself when it is no gzip."""
    found: list[bytes] = []
    rest, size = data, 0
    while rest.startswith(GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            part = unpacker.decompress(rest, MAX_FILE_BYTES - size + 1)
        except zlib.error as error:
            raise InputError(f"{origin} is broken gzip: {error}", "It was changed or cut off.") from error
        size += len(part)
        if unpacker.unconsumed_tail or size > MAX_FILE_BYTES:
            raise InputError(f"{origin} unpacks to more than {MAX_FILE_BYTES >> 30} GiB", "It may be a bomb.")
        if not unpacker.eof:
            raise InputError(
                f"{origin} ends in the middle of the gzip data", "It was cut off. Fetch it again."
            )
        found.append(part)
        rest = unpacker.unused_data
    return found[0] if len(found) == 1 else b"".join(found) or data


def _open_tar(file: BinaryIO, origin: str) -> Files:
    import tarfile

    found: Files = {}
    try:
        archive = tarfile.open(fileobj=file, mode="r:", tarinfo=_bounded_headers())  # noqa: SIM115 - stays open as long as it is read
        total = 0
        for count, member in enumerate(archive):
            _check_count(count, origin)
            path = _safe_path(member.name)
            if path is None or not member.isreg():
                continue
            total += member.size
            if member.size > MAX_FILE_BYTES or total > MAX_TOTAL_BYTES:
                raise InputError(
                    f"{origin}: {member.name} is {member.size:,} bytes", "Too large; it may be a bomb."
                )
            file.seek(member.offset_data)
            head = file.read(min(HEAD, member.size)) if not member.issparse() else b""
            first = functools.partial(bytes, head)
            small = len(head) == member.size  # then its first bytes are all there is of it
            load = first if small else _tar_reader(archive, member)
            found[path] = File(path, load, first, member.size, member.offset_data)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise InputError(
            f"{origin} cannot be read as a tar archive: {error}",
            "It was changed or cut off.",
            "Fetch it again.",
        ) from error
    return found


MAX_HEADER_BYTES = 1 << 20


@functools.cache
def _bounded_headers() -> Any:
    """tarfile's members, but that a long name or a record of pax headers, read whole into memory, may not be a bomb."""
    import tarfile

    class Member(tarfile.TarInfo):
        def _proc_member(self, archive: tarfile.TarFile) -> Any:
            if not self.isreg() and self.size > MAX_HEADER_BYTES:
                raise InputError(f"a header of the archive is {self.size:,} bytes", "It may be a bomb.")
            return super()._proc_member(archive)  # type: ignore[misc]

    return Member


def _tar_reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        import tarfile

        try:
            file = archive.extractfile(member)
            return file.read() if file is not None else b""
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise InputError(
                f"{member.name} cannot be read from the archive: {error}", "It was cut off."
            ) from error

    return read


def _open_zip(file: BinaryIO, origin: str) -> Files:
    import zipfile

    found: Files = {}
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"{origin} cannot be read as a zip archive: {error}",
            "It was changed or cut off.",
            "Fetch it again.",
        ) from error
    _check_count(len(members), origin)
    total = 0
    for member in members:
        path = _safe_path(member.filename.replace("\\", "/"))
        if path is None or member.is_dir() or (member.external_attr >> 16) & 0o170000 == 0o120000:
            continue
        if member.flag_bits & 1:
            raise InputError(f"{origin} is encrypted", "", "Unpack it, and give the folder.")
        total += member.file_size
        grown = member.file_size > MAX_GROWTH * max(member.compress_size, 4096)
        if member.file_size > MAX_FILE_BYTES or total > MAX_TOTAL_BYTES or grown:
            raise InputError(
                f"{origin}: {path} is {member.file_size:,} bytes", "Too large; it may be a bomb."
            )
        found[path] = File(
            path,
            _zip_reader(archive, member, member.file_size),
            _zip_reader(archive, member, HEAD),
            member.file_size,
        )
    return found


def _zip_reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> Callable[[], bytes]:
    def read() -> bytes:
        import zipfile

        try:
            with archive.open(member) as file:
                return file.read(most)
        except (
            zipfile.BadZipFile,
            OSError,
            EOFError,
            zlib.error,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise InputError(
                f"{member.filename} cannot be read from the archive: {error}", "It was cut off."
            ) from error

    return read


def _check_count(count: int, origin: str) -> None:
    if count >= MAX_MEMBERS:
        raise InputError(f"{origin} holds more than {MAX_MEMBERS:,} members", "It may be a bomb.")


def _safe_path(name: str) -> str | None:
    path = pathlib.PurePosixPath(name)
    return None if path.is_absolute() or ".." in path.parts or not path.parts else path.as_posix()


def _nested(files: Files, origin: str, depth: int) -> Files:
    """The files, and in place of an archive among them its own; one inside that is left alone."""
    if depth:
        return files
    found: Files = {}
    for path, file in files.items():
        inner = (
            _inner(file, f"{origin}/{path}") if file.size <= MAX_NESTED_BYTES and _is_inner(file) else None
        )
        if inner is None:
            found[path] = file
        else:
            found.update(
                {
                    f"{path}/{name}": msgspec.structs.replace(one, path=f"{path}/{name}")
                    for name, one in inner.items()
                }
            )
    return found


def _is_inner(file: File) -> bool:
    suffixes = (".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip", ".txz", ".tbz2")
    return is_archive(file.first()) or (file.path.lower().endswith(suffixes) and is_compressed(file.first()))


def _inner(file: File, origin: str) -> Files | None:
    try:
        return open_archive(io.BytesIO(file.load()), origin, depth=1)
    except InputError:
        return None  # an archive that cannot be read is a file like others
