"""The data set: Parquet files, and the manifests that make them visible.

    manifests/KEY.json                                which files a commit consists of; written last, at once
    data/TABLE/mesh=MESH/date=DATE/KEY-….parquet      the rows
    data/resources/KEY-….parquet                      the shared rows

Theory of operation. A file that no manifest names does not exist: whatever stops a writer, what it had not committed is not
there. A manifest is made by linking a finished file to its name (on an object store by one PUT), so it is there whole or not
at all, and of two writers of the same key one wins. Files are written beside their place (``.name``) and renamed, so that
other programs, which read folders, do not see half of one either. A manifest may replace files of earlier ones.

Every path goes through ``pyarrow.fs``: a folder, ``s3://``, ``gs://``; the keys to it are the environment's.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import functools
import os
import pathlib
import shutil
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec

import meshctl
from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.fleet.schema import BY_NAME, METADATA_KEY, VERSION

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.fs

KIND = "meshctl-fleet"
_SCHEMES = ("s3://", "gs://", "gcs://")
_AT_ONCE = 16  # manifests that are read at the same time
_GROUP_ROWS = 250_000
_STALE = datetime.timedelta(days=1)


class DataFile(msgspec.Struct, frozen=True):
    """A file of a table: its path in the data set, the mesh and date of its rows, how many they are, and its size."""

    table: str
    path: str
    mesh: str
    date: str
    rows: int
    bytes: int


class Manifest(msgspec.Struct, frozen=True):
    """A commit."""

    key: str
    files: list[DataFile]
    kind: str = KIND
    schema: int = VERSION
    engine: str = "local"
    meshctl: str = meshctl.__version__
    written: str = ""
    replaces: list[str] = []


class Store:
    """A data set at a place."""

    def __init__(self, place: str) -> None:
        self.place = place.rstrip("/") or "/"
        self.remote = place.startswith(_SCHEMES)
        with told(self.place):
            self._fs, self.root = _filesystem(self.place)

    def uri(self, path: str) -> str:
        """A path of the data set as other programs are told it."""
        if not self.remote:
            return f"{self.root}/{path}"
        scheme = self.place.partition("://")[0]
        return f"{'gs' if scheme == 'gcs' else scheme}://{self.root}/{path}"

    @property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        return self._fs

    def prepare(self) -> None:
        """Make the place; raises where it cannot be written, or holds something else."""
        if self.remote:
            with told(self.place):
                self._put("manifests/.keep", b"")
            return
        with told(self.place):
            root = pathlib.Path(self.root)
            if root.exists() and not root.is_dir():
                raise UsageError(f"{self.place} is a file", "A data set is a folder.", "Choose another --to.")
            if root.is_dir() and any(root.iterdir()) and not (root / "manifests").is_dir():
                raise UsageError(
                    f"{self.place} holds something else",
                    "Nothing is mixed with a data set.",
                    "Choose another --to.",
                )
            (root / "manifests").mkdir(parents=True, exist_ok=True)
            _sweep(root)

    @functools.cached_property
    def manifests(self) -> list[Manifest]:
        """All commits, the oldest first."""
        import pyarrow.fs as fs

        with told(self.place):
            found = self._fs.get_file_info(fs.FileSelector(f"{self.root}/manifests", allow_not_found=True))
            paths = [
                info.path
                for info in found
                if info.path.endswith(".json") and not info.base_name.startswith(".")
            ]
            with ThreadPoolExecutor(_AT_ONCE) as threads:  # an object store answers late, but many at once
                return sorted(threads.map(self._manifest, paths), key=lambda m: (m.written, m.key))

    def _manifest(self, path: str) -> Manifest:
        with self._fs.open_input_stream(path) as stream:
            data = stream.read()
        try:
            found = msgspec.json.decode(data, type=Manifest)
        except msgspec.DecodeError as error:
            raise InputError(f"{path} is no manifest of a fleet: {error}", "It was changed.") from error
        if found.schema > VERSION:
            raise InputError(
                f"{self.place} has fleet schema {found.schema}; this meshctl reads up to {VERSION}",
                "A newer meshctl wrote it.",
                "Update meshctl.",
            )
        return found

    def require(self) -> None:
        """Raises where there is no data set."""
        if not self.manifests:
            raise InputError(
                f"{self.place} holds no fleet data",
                "Nothing was indexed there yet, or it is another folder.",
                f"`meshctl fleet index SOURCE --to {self.place}` makes it.",
            )

    def files(self, table: str) -> list[DataFile]:
        """The files of a table that count."""
        replaced = {path for manifest in self.manifests for path in manifest.replaces}
        return [f for m in self.manifests for f in m.files if f.table == table and f.path not in replaced]

    def column(self, table: str, column: str) -> Iterator[Any]:
        """All values of one column of a table."""
        for file in self.files(table):
            yield from self.read(file, [column]).column(column).to_pylist()

    def read(self, file: DataFile, columns: Sequence[str] | None = None) -> pa.Table:
        import pyarrow.parquet as pq

        with told(self.place), self._fs.open_input_file(f"{self.root}/{file.path}") as source:
            return pq.read_table(source, columns=list(columns) if columns else None)

    def batches(
        self, file: DataFile, size: int, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The same, so many rows at a time."""
        import pyarrow.parquet as pq

        with told(self.place), self._fs.open_input_file(f"{self.root}/{file.path}") as source:
            yield from pq.ParquetFile(source).iter_batches(size, columns=list(columns) if columns else None)

    def write(self, key: str, mesh: str, date: str, tables: Mapping[str, pa.Table]) -> list[DataFile]:
        """Write tables; they do not count before they are committed. Where one fails, the others go."""
        written: list[DataFile] = []
        try:
            with told(self.place):
                for name, table in tables.items():
                    written.append(self.write_one(key, name, mesh, date, table))
        except BaseException:
            self.forget(written)
            raise
        return written

    def write_one(self, key: str, name: str, mesh: str, date: str, table: pa.Table) -> DataFile:
        import pyarrow.parquet as pq

        path = f"{folder_of(name, mesh, date)}/{key}-{uuid.uuid4().hex[:8]}.parquet"
        options = {"compression": "zstd", "compression_level": 3, "store_schema": False}
        with self._beside(path) as stream, pq.ParquetWriter(stream, table.schema, **options) as writer:
            writer.write_table(table, row_group_size=_GROUP_ROWS)
            writer.add_key_value_metadata({METADATA_KEY: str(VERSION).encode()})
        size = self._fs.get_file_info(f"{self.root}/{path}").size
        return DataFile(name, path, mesh, date, table.num_rows, size)

    @contextlib.contextmanager
    def _beside(self, path: str) -> Iterator[Any]:
        """A stream whose bytes are at the path when it ends well, and nowhere when it does not."""
        target = f"{self.root}/{path}"
        if self.remote:  # an object appears whole, when it is closed
            with self._fs.open_output_stream(target) as stream:
                yield stream
            return
        folder, _, name = target.rpartition("/")
        os.makedirs(folder, exist_ok=True)
        beside = f"{folder}/.{name}"
        try:
            with self._fs.open_output_stream(beside) as stream:
                yield stream
            os.replace(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise

    def commit(self, manifest: Manifest) -> bool:
        """Make a commit's files visible; False, and its files taken away, where another writer was first."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        data = msgspec.json.format(
            msgspec.json.encode(msgspec.structs.replace(manifest, written=now)), indent=1
        )
        with told(self.place):
            first = self._put(f"manifests/{manifest.key}.json", data)
            if not first:
                self.forget(manifest.files)
        self.__dict__.pop("manifests", None)
        return first

    def _put(self, path: str, data: bytes) -> bool:
        """A small file, whole or not at all; False where it is there already (a folder's, an object's is replaced)."""
        target = f"{self.root}/{path}"
        if self.remote:
            with self._fs.open_output_stream(target) as stream:
                stream.write(data)
            return True
        folder, _, name = target.rpartition("/")
        beside = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}"
        try:
            with open(beside, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, target)
        except FileExistsError:
            return False
        finally:
            with contextlib.suppress(OSError):
                os.unlink(beside)
        return True

    def forget(self, files: Sequence[DataFile]) -> None:
        """Take away files that no manifest names."""
        for file in files:
            with contextlib.suppress(OSError):
                self._fs.delete_file(f"{self.root}/{file.path}")

    def settle(self, key: str) -> int:
        """Make every resource stand once: workers and writers that ran at once may each have stored it. How many
        were taken out."""
        import pyarrow as pa

        seen: set[str] = set()
        changed: list[tuple[DataFile, pa.Table]] = []
        removed = 0
        for file in self.files("resources"):
            hashes = self.read(file, ["hash"]).column("hash").to_pylist()
            fresh = [hash_ not in seen for hash_ in hashes]
            seen.update(hashes)
            if not all(fresh):
                removed += fresh.count(False)
                changed.append((file, self.read(file).filter(pa.array(fresh))))
        if changed:
            files = [
                self.write_one(key, "resources", "", "", table) for _, table in changed if table.num_rows
            ]
            self.commit(Manifest(key, files, replaces=[file.path for file, _ in changed]))
        return removed


def folder_of(table: str, mesh: str, date: str) -> str:
    """The folder of a table's rows of one mesh and date; shared rows belong to none."""
    own = f"data/{table}"
    return own if BY_NAME[table].shared else f"{own}/mesh={quoted(mesh)}/date={quoted(date)}"


def quoted(text: str) -> str:
    """A name as a part of a path."""
    return urllib.parse.quote(text, safe=" ._-") or "-"


def _filesystem(place: str) -> tuple[pyarrow.fs.FileSystem, str]:
    import pyarrow.fs as fs

    if "://" in place and not place.startswith(_SCHEMES):
        raise UsageError(
            f"{place} is no place for a data set", "", "Give a folder, s3://BUCKET/… or gs://BUCKET/…."
        )
    if not place.startswith(_SCHEMES):
        return fs.LocalFileSystem(), str(pathlib.Path(place).absolute())
    found, path = fs.FileSystem.from_uri(place)
    if "/" not in path.strip("/") and not path.strip("/"):
        raise UsageError(f"{place} names no bucket")
    return found, path.rstrip("/")


def _sweep(root: pathlib.Path) -> None:
    """Take away what writers left half-written that were stopped long ago."""
    limit = datetime.datetime.now().timestamp() - _STALE.total_seconds()
    for staged in root.glob(".staging/*"):
        if staged.stat().st_mtime < limit:
            shutil.rmtree(staged, ignore_errors=True)
    for left in [*root.glob("manifests/.*.json.*"), *root.glob("data/**/.*.parquet")]:
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < limit:
                left.unlink()


@contextlib.contextmanager
def told(place: str) -> Iterator[None]:
    """What a file system or object store says, as an error for people."""
    try:
        yield
    except OSError as error:
        raise _told(place, error) from error
    except Exception as error:
        if type(error).__module__.startswith("pyarrow"):
            raise MeshctlError(f"{place}: {_short(error)}", "A file of it was changed or cut off.") from error
        raise


def _told(place: str, error: OSError) -> MeshctlError:
    text = _short(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in text:
        return MeshctlError(
            f"{place} cannot be written: no space left", "What was committed before stays whole.",
            "Free space and run the same command again: it goes on where it stopped.",
        )  # fmt: skip
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return MeshctlError(f"{place} cannot be used: {error.strerror}", "", "Check its permissions.")
    if any(
        word in text
        for word in ("ACCESS_DENIED", "INVALID_ACCESS_KEY", "credential", "HTTP status 40", "HTTP 403")
    ):
        return MeshctlError(
            f"{place} cannot be used: access is denied",
            "There are no credentials in the environment, or they may not read and write there.",
            "Set AWS_PROFILE or AWS_ACCESS_KEY_ID …, or GOOGLE_APPLICATION_CREDENTIALS.",
        )
    if "NETWORK_CONNECTION" in text or "connect" in text.lower():
        return MeshctlError(
            f"{place} cannot be reached: {text}", "The object store is down, or not at that address."
        )
    if "NoSuchBucket" in text or "NO_SUCH_BUCKET" in text:
        return MeshctlError(f"{place}: there is no such bucket", "", "Make it first.")
    return MeshctlError(f"{place} cannot be used: {text}")


def _short(error: BaseException) -> str:
    """The first sentence of what a library says."""
    text = " ".join(str(error).split())
    return text if len(text) < 200 else text[:200] + "…"
