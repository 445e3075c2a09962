"""The snapshot format, version 1: what lies where, and the index that says so (docs/snapshot-format.md).

    index.json                          version, when, which pods and files, sizes, SHA-256, what was removed
    pods/<namespace>/<pod>/…            the files of a PodRecord (meshctl.sources.record)
    cluster/<kind>.json                 Kubernetes lists

A snapshot is made in the folder ``NAME.partial``: each pod's folder is written beside its place and renamed
into it, then the index is written anew and renamed, so whatever stops the run leaves a valid, marked partial
snapshot. Only a finished one gets its name, as a folder or as one tar.gz.
"""

from __future__ import annotations

import gzip
import os
import pathlib
import shutil
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import msgspec

from meshctl.errors import MeshctlError, UsageError
from meshctl.share.index import INDEX, PARTIAL, Index, PodEntry, RemovedEntry, checksum, read_index
from meshctl.share.redact import Removed

_COMPRESSION = 3


def safe_name(text: str) -> str:
    """A name as one folder's name: Kubernetes names pass unchanged."""
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in text).strip(".") or "_"


class WriteError(MeshctlError):
    """Raised when the snapshot's folder cannot be written: the disk is full, or not ours."""


class Writer:
    """Writes a snapshot into ``NAME.partial`` and gives it its name at the end. Safe for several threads."""

    def __init__(self, target: pathlib.Path, *, force: bool, resume: bool) -> None:
        self.target = target
        self.work = target.with_name(target.name + ".partial")
        self._lock = threading.Lock()
        for place in (target, self.work):
            if place.is_symlink():
                raise UsageError(
                    f"{place} is a symbolic link", "Nothing is written through links.", "Choose another -o."
                )
            if force and place.exists() and not _is_ours(place):
                raise UsageError(
                    f"{place} is no snapshot of meshctl",
                    "--force replaces only snapshots.",
                    "Choose another -o.",
                )
        if target.exists() and not force:
            raise UsageError(
                f"{target} exists", "Nothing is overwritten.", "Choose another -o, or pass --force."
            )
        if self.work.exists():
            if resume:
                self.index = read_index(self._existing_index(), str(self.work))
                return
            if not force:
                raise UsageError(
                    f"{self.work} is an unfinished snapshot",
                    "An earlier run was stopped.",
                    "Pass --resume to complete it, or --force to start anew.",
                )
            shutil.rmtree(self.work)
        elif resume:
            raise UsageError(f"there is no unfinished snapshot {self.work}", "", "Leave out --resume.")
        self.index = Index()
        self._guard(_make_folder, self.work)

    def same_run(self, cluster: str, asked_for: dict[str, Any]) -> None:
        """Enter what this run is of; raises UsageError where an unfinished one is of another cluster, or of other pods."""
        index = self.index
        if index.pods or index.cluster:
            what = _difference(index, cluster, asked_for)
            if what:
                raise UsageError(
                    f"{self.work} cannot be resumed: {what}",
                    f"It was taken with: meshctl {' '.join(index.arguments)}" if index.arguments else "",
                    "Repeat that command with --resume, or pass --force to start anew.",
                )
        index.cluster_identity, index.asked_for = cluster, asked_for

    def _existing_index(self) -> bytes:
        try:
            return (self.work / INDEX).read_bytes()
        except FileNotFoundError:
            return msgspec.json.encode(Index())

    def _guard(self, function: Any, *args: Any, **options: Any) -> None:
        try:
            function(*args, **options)
        except OSError as error:
            raise WriteError(
                f"{self.work} cannot be written: {error.strerror or error}",
                "The disk is full or the folder is not writable.",
                "Free space or choose another -o, then run it again with --resume.",
            ) from error

    @contextmanager
    def pod(self, entry: PodEntry) -> Iterator[PodWriter]:
        """Where a pod's files are written, one after the other; they count only when the context ends well."""
        place = self.work / entry.folder
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        shutil.rmtree(beside, ignore_errors=True)
        self._guard(_make_folder, beside)
        writer = PodWriter(beside, entry, self._guard)
        try:
            yield writer
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        shutil.rmtree(place, ignore_errors=True)
        self._guard(beside.rename, place)
        self.enter(entry, writer.removed)

    def enter(self, entry: PodEntry, removed: list[Removed]) -> None:
        """Enter a pod in the index, with its files or with the error that it has none."""
        with self._lock:
            self.index.pods = [
                p for p in self.index.pods if (p.namespace, p.pod) != (entry.namespace, entry.pod)
            ]
            self.index.pods.append(entry)
            self._note_removed(removed)
            self._guard(self.write_index)

    def add_object_list(self, kind: str, data: bytes, removed: list[Removed]) -> None:
        """Write one list of the cluster's objects."""
        folder = self.work / "cluster"
        self._guard(_make_folder, folder)
        self._guard(_write_atomically, folder / f"{kind}.json", data)
        with self._lock:
            self.index.cluster[kind] = checksum(data)
            self._note_removed(removed)
            self._guard(self.write_index)

    def _note_removed(self, removed: list[Removed]) -> None:
        self.index.removed.extend(RemovedEntry(r.file, r.path, r.reason) for r in removed)

    def write_index(self) -> None:
        _write_atomically(self.work / INDEX, _printed(self.index))

    def replace(self, copy: pathlib.Path, index: Index) -> None:
        """Put a rewritten copy with its index in the place of what was taken."""
        self._guard(write_private, copy / INDEX, _printed(index))
        old = self.work.with_name(f"{self.work.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        self._guard(self.work.rename, old)
        self._guard(copy.rename, self.work)
        self.index = index
        shutil.rmtree(old, ignore_errors=True)

    def finish(self) -> None:
        """Give the snapshot its name: a tar.gz, or the folder itself. It is complete where nothing failed."""
        for left in self.work.glob("pods/*/.*"):
            shutil.rmtree(left, ignore_errors=True)
        failed = any(entry.error for entry in self.index.pods)
        partial = any(why.startswith(PARTIAL) for why in self.index.cluster_missing.values())
        self.index.complete = not failed and not partial
        self.index.finished = True
        self.index.cluster_identity, self.index.asked_for = "", {}
        self.index.pods.sort(key=lambda p: (p.namespace, p.pod))
        self._guard(self.write_index)
        if self.target.name.endswith((".tar.gz", ".tgz")):
            self._guard(self._pack)
            shutil.rmtree(self.work)
            return
        if self.target.is_dir():  # only with --force
            shutil.rmtree(self.target)
        self._guard(self.work.rename, self.target)

    def _pack(self) -> None:
        """One tar.gz of the folder. Each file is a gzip member of its own (a gzip file is members in a row), so
        that several are compressed at once and no more than a few are in memory."""
        beside = self.target.with_name(f".{self.target.name}.{os.getpid()}")
        root = self.target.name.removesuffix(".tar.gz").removesuffix(".tgz")
        paths = sorted(p for p in self.work.rglob("*") if p.is_file() and p.name != INDEX)
        jobs = [
            (path, f"{root}/{path.relative_to(self.work).as_posix()}") for path in (self.work / INDEX, *paths)
        ]
        try:
            with os.fdopen(_private(beside), "wb") as archive, ThreadPoolExecutor(_PACKERS) as threads:
                for batch in _batched(jobs):
                    for member in threads.map(_member, batch):
                        archive.write(member)
                archive.write(gzip.compress(bytes(2 * tarfile.BLOCKSIZE), mtime=0))
            beside.replace(self.target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def _difference(index: Index, cluster: str, asked_for: dict[str, Any]) -> str:
    """Why an unfinished snapshot is not of this run; "" where it is."""
    if index.anonymized:
        return "its names are pseudonyms already"
    if index.cluster_identity != cluster:
        return "it is of another cluster (another server or another CA)"
    differing = [key for key, value in asked_for.items() if index.asked_for.get(key) != value]
    return f"it was asked for with other words ({', '.join(differing)})" if differing else ""


_PACKERS = 4


def _batched(jobs: list[tuple[pathlib.Path, str]]) -> Iterator[list[tuple[pathlib.Path, str]]]:
    for start in range(0, len(jobs), _PACKERS * 2):
        yield jobs[start : start + _PACKERS * 2]


def _member(job: tuple[pathlib.Path, str]) -> bytes:
    """A file as a compressed piece of a tar archive; who packed it is nobody's business."""
    path, name = job
    data = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = 0o600
    padding = bytes(-len(data) % tarfile.BLOCKSIZE)
    packer = zlib.compressobj(_COMPRESSION, wbits=31)
    pieces = [packer.compress(piece) for piece in (entry.tobuf(tarfile.PAX_FORMAT), data, padding)]
    return b"".join((*pieces, packer.flush()))


class PodWriter:
    """The files of one pod in the making."""

    def __init__(self, folder: pathlib.Path, entry: PodEntry, guard: Callable[..., None]) -> None:
        self._folder = folder
        self._entry = entry
        self._guard = guard
        self.removed: list[Removed] = []

    def write(self, name: str, data: bytes) -> None:
        self._guard(_write, self._folder / name, data)
        self._entry.files[name] = checksum(data)


def _write_atomically(path: pathlib.Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    _write(beside, data)
    beside.replace(path)


def _printed(index: Index) -> bytes:
    return msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"


def write_private(path: pathlib.Path, data: bytes) -> None:
    """A file, and the folders above it, for the user alone."""
    _make_folder(path.parent)
    _write(path, data)


def _make_folder(path: pathlib.Path) -> None:
    """A folder, and those above it that are missing, for the user alone."""
    for folder in [*reversed(path.parents), path]:
        if not folder.is_dir():
            folder.mkdir(0o700, exist_ok=True)


def _private(path: pathlib.Path) -> int:
    """A new file that only the user can read, never through a link."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)


def _write(path: pathlib.Path, data: bytes) -> None:
    with os.fdopen(_private(path), "wb") as file:
        file.write(data)


def _is_ours(place: pathlib.Path) -> bool:
    """Whether something is a snapshot, finished or not, or an empty folder: only that may be replaced."""
    if place.is_dir():
        return (place / INDEX).is_file() or not any(place.iterdir())
    try:
        with tarfile.open(place, "r:gz") as archive:
            first = archive.next()
    except (OSError, EOFError, tarfile.TarError, zlib.error):
        return False
    return first is not None and first.name.endswith(f"/{INDEX}")
