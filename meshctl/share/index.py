"""The index of a snapshot: which pods and files it holds, their sizes and checksums, what is missing or removed.

docs/snapshot-format.md describes it; the format's version changes when an older meshctl could no longer read it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from meshctl.errors import InputError

VERSION = 1
INDEX = "index.json"
KIND = "meshctl-snapshot"
PARTIAL = "only those of namespace"  # how the reason begins where a kind was listed in some namespaces alone


class FileEntry(msgspec.Struct):
    """A file of the snapshot: its size and checksum."""

    size: int
    sha256: str


class PodEntry(msgspec.Struct):
    """A pod of the snapshot; ``error`` says why it has no files, ``missing`` what it lacks and why."""

    pod: str
    namespace: str
    folder: str
    proxy: str = "sidecar"
    files: dict[str, FileEntry] = {}
    missing: dict[str, str] = {}
    error: str = ""


class RemovedEntry(msgspec.Struct):
    """A secret that was taken out."""

    file: str
    path: str
    reason: str


class Index(msgspec.Struct):
    """``index.json``. ``complete``: all that was asked for is there."""

    kind: str = KIND
    version: int = VERSION
    created: str = ""
    meshctl: str = ""
    context: str = ""
    complete: bool = False
    finished: bool = False  # the run came to its end, whatever failed in it
    anonymized: bool = False
    istiod: str = ""
    arguments: list[str] = []
    cluster_identity: str = ""  # of the server and its CA, as a hash, while the snapshot is being taken
    asked_for: dict[str, Any] = {}  # the same run again asks for the same
    pods: list[PodEntry] = []
    cluster: dict[str, FileEntry] = {}
    cluster_missing: dict[str, str] = {}
    removed: list[RemovedEntry] = []

    def pod(self, namespace: str, name: str) -> PodEntry | None:
        return next((p for p in self.pods if p.namespace == namespace and p.pod == name), None)


def read_index(data: bytes, origin: str) -> Index:
    """The index of a snapshot. Raises InputError for another format or a newer version of it."""
    try:
        index = msgspec.json.decode(data, type=Index)
    except msgspec.DecodeError as error:
        raise InputError(
            f"{origin}: index.json cannot be read: {error}", "It was changed or cut off."
        ) from error
    if index.kind != KIND:
        raise InputError(f"{origin} is no snapshot of meshctl (its index says {index.kind!r})")
    if index.version > VERSION:
        raise InputError(
            f"{origin} has snapshot format {index.version}; this meshctl reads up to {VERSION}",
            "A newer meshctl wrote it.",
            "Update meshctl.",
        )
    return index


def checksum(data: bytes) -> FileEntry:
    return FileEntry(len(data), hashlib.sha256(data).hexdigest())
