"""What is given, cut into units: the parts that are read, written and committed apart.

Theory of operation. Every path goes through the one reader. A folder or archive is looked at (names and first bytes, not
contents) to know its pods; a unit is some of them, as the paths of their files, so that another process or another machine
can read just these again. Archives that lie in a folder are sources of their own. A unit's key is the hash of what its files
hold, with the mesh and the date: the same content is known again, wherever it lies and whoever wrote it.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from meshctl.errors import InputError, MeshctlError
from meshctl.fleet.schema import VERSION
from meshctl.reader.given import Given, index_root, refusal
from meshctl.reader.pod import GivenPod
from meshctl.reader.recognise import is_archive, is_compressed
from meshctl.sources.folder import open_path

if TYPE_CHECKING:
    from meshctl.reader.archive import Files

MOST_PODS = 100
MOST_BYTES = 200 * 2**20
_CHECKED = "with facts"  # changes where what `--check` makes of a unit becomes more


class Unit(NamedTuple):
    """Some pods of a source. ``files``: the paths of their files in it; empty for a plain file, or for all that is in it.
    ``sources``: several plain files, each a pod."""

    sources: tuple[str, ...]
    files: tuple[str, ...]
    mesh: str
    date: str
    taken: datetime.datetime | None
    check: bool = False
    # With the first unit of a source: (pod, why) that a snapshot could not take; all its pods; the files of those without
    # an Envoy, which checks over several pods look at.
    failed: tuple[tuple[str, str], ...] = ()
    pods: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        first = self.sources[0]
        return first if len(self.sources) == 1 else f"{first} and {len(self.sources) - 1} more files"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The files that are read."""
        return (*self.files, *self.beside) if self.check else self.files


class Unreadable(NamedTuple):
    """A source that could not be opened."""

    source: str
    error: MeshctlError


def units(
    paths: Sequence[str], mesh: str, date: str | None, *, inner: bool = True
) -> Iterator[Unit | Unreadable]:
    """The units of what is given. inner: whether archives in folders are looked for."""
    plain: list[str] = []
    for path in _expanded(paths) if inner else paths:
        try:
            if _is_plain(path) or isinstance(opened := open_path(path), bytes):
                plain.append(path)
            else:
                yield from _of_files(path, opened, mesh, date)
        except MeshctlError as error:
            yield Unreadable(path, error)
    for first in range(0, len(plain), MOST_PODS):
        some = tuple(plain[first : first + MOST_PODS])
        by_date: dict[str, list[str]] = {}
        for path in some:
            by_date.setdefault(date or _day(_changed(path)), []).append(path)
        for day, found in by_date.items():
            yield Unit(tuple(found), (), mesh, day, _changed(found[0]))


def seeds(paths: Sequence[str], mesh: str, date: str | None) -> Iterator[Unit | Unreadable | str]:
    """The same, but for archives: they are named only, and cut into units by whoever reads them."""
    for path in _expanded(paths):
        if os.path.isfile(path) and _is_archive(pathlib.Path(path)):
            yield path
        else:
            yield from units((path,), mesh, date, inner=False)


def _expanded(paths: Iterable[str]) -> Iterator[str]:
    """The paths, and before a folder the archives in it."""
    for path in paths:
        if os.path.isdir(path):
            yield from sorted(str(p) for p in pathlib.Path(path).rglob("*") if p.is_file() and _is_archive(p))
        yield path


def _is_plain(path: str) -> bool:
    """Whether a path is a file that holds what it holds: no archive, nothing packed."""
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError:
        return False
    return not is_archive(head) and not is_compressed(head)


def _is_archive(path: pathlib.Path) -> bool:
    if not path.name.endswith((".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip")):
        return False
    with path.open("rb") as file:
        head = file.read(512)
    return bool(head)


def _of_files(path: str, files: Files, mesh: str, date: str | None) -> Iterator[Unit]:
    folder = os.path.isdir(path)
    given = Given(path)
    given.add_files(files, path)
    pods = sorted((pod for pod in given.own if pod.has_envoy), key=lambda pod: pod.place)
    if not pods:
        if folder and any(_is_archive(pathlib.Path(path) / name) for name in files):
            return
        raise (
            refusal(given.passed, "answer of an Envoy")
            if given.passed
            else InputError(
                f"{path} holds no answer of an Envoy", "It is empty, or its pods have no sidecar."
            )
        )
    taken = _taken(given, path)
    shared = tuple(one.file.path for _, _, layout in given.layouts for one in layout.shared)
    root = index_root(files)
    listed = (
        ()
        if root is None
        else tuple(p for p in files if p.startswith(f"{root}cluster/") or p == f"{root}index.json")
    )
    failed, beside = _failed(given), [pod for pod in given.own if not pod.has_envoy and pod.object is None]
    told = tuple(pod.full_name for pod in (*pods, *beside))
    files_beside = tuple(one.file.path for pod in beside for one in pod.told)
    for group in _groups(pods, path if folder else ""):
        own = tuple(one.file.path for pod in group for one in pod.told)
        named = tuple(dict.fromkeys((*own, *shared, *listed)))
        yield Unit(
            (path,), named, mesh, date or _day(taken), taken, failed=failed, pods=told, beside=files_beside
        )
        failed, told, files_beside = (), (), ()


def _failed(given: Given) -> tuple[tuple[str, str], ...]:
    """The pods that a snapshot's index has with an error."""
    found = given.index.pods if given.index is not None else []
    return tuple((f"{one.pod}.{one.namespace}", one.error) for one in found if one.error)


def _groups(pods: Sequence[GivenPod], folder: str) -> Iterator[list[GivenPod]]:
    """Pods in the order of their places, so many that memory holds them easily."""
    group: list[GivenPod] = []
    size = 0
    for pod in pods:
        group.append(pod)
        size += sum(
            os.path.getsize(f"{folder}/{one.file.path}") if folder else one.file.size for one in pod.told
        )
        if len(group) >= MOST_PODS or size >= MOST_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _taken(given: Given, path: str) -> datetime.datetime | None:
    """When a snapshot says that it was made, else when the file was last changed."""
    index = given.index
    if index is not None and index.created:
        try:
            return (
                datetime.datetime.fromisoformat(index.created).astimezone(datetime.UTC).replace(tzinfo=None)
            )
        except ValueError:
            pass
    return _changed(path)


def _changed(path: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromtimestamp(os.stat(path).st_mtime, datetime.UTC)
    except OSError:
        return None
    return moment.replace(tzinfo=None, microsecond=0)


def _day(moment: datetime.datetime | None) -> str:
    return (moment or datetime.datetime.now(datetime.UTC)).date().isoformat()


class Opened:
    """The sources of units, opened; the last archive stays open, because the next unit is most likely in it too."""

    def __init__(self) -> None:
        self._last: tuple[str, Files] | None = None
        self._hashes: dict[str, bytes] = {}

    def given(self, unit: Unit) -> list[Given]:
        """What a unit holds, ready to be read."""
        if not unit.files:
            return [self._plain(source) for source in unit.sources]
        source = unit.sources[0]
        given = Given(source)
        given.add_files(self._files(source, unit.wanted), source)
        return [given]

    def _plain(self, source: str) -> Given:
        from meshctl.sources.file import open_given

        return open_given((source,))

    def _files(self, source: str, wanted: Sequence[str]) -> Files:
        if os.path.isdir(source):
            from meshctl.sources.folder import some_files

            return some_files(pathlib.Path(source), wanted)
        if self._last is None or self._last[0] != source:
            opened = open_path(source)
            if isinstance(opened, bytes):
                raise InputError(f"{source} changed while it was read", "", "Run the same command again.")
            self._last = source, opened
        return {name: self._last[1][name] for name in wanted if name in self._last[1]}

    def key(self, unit: Unit) -> str:
        """The unit's key: what its files hold, the mesh, the date, the schema."""
        digest = hashlib.blake2b(
            f"{VERSION}\0{unit.mesh}\0{unit.date}\0{_CHECKED if unit.check else False}".encode(),
            digest_size=12,
        )
        source = unit.sources[0]
        if not unit.files or os.path.isdir(source):
            names = [f"{source}/{name}" for name in unit.wanted] or list(unit.sources)
            for name, short in zip(
                names, unit.wanted or [os.path.basename(name) for name in names], strict=True
            ):
                digest.update(short.encode("utf-8", "replace") + b"\0" + self._hash(name))
        else:
            digest.update(self._hash(source, keep=True) + "\0".join(unit.wanted).encode("utf-8", "replace"))
        return digest.hexdigest()[:24]

    def _hash(self, path: str, *, keep: bool = False) -> bytes:
        found = self._hashes.get(path)
        if found is None:
            try:
                with open(path, "rb") as file:
                    found = hashlib.file_digest(file, hashlib.sha256).digest()
            except OSError as error:
                raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
            if keep:
                self._hashes = {path: found}
        return found


def unreadable_key(path: str, mesh: str, date: str) -> str:
    """The key of a source that cannot be opened, by its bytes."""
    unit = Unit((path,), (), mesh, date, None)
    return Opened().key(unit)
