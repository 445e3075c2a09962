"""Anonymizing and scanning a snapshot's folder before it is finished."""

from __future__ import annotations

import pathlib
import re
import secrets
import shutil
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.errors import MeshctlError
from meshctl.plain import listed
from meshctl.share.anonymize import Anonymizer, Vocabulary
from meshctl.share.index import INDEX, Index, PodEntry, checksum
from meshctl.share.scan import Finding, scan_names, scan_secrets
from meshctl.sources.snapshot_format import Writer, safe_name, write_private

_NAMES_AT_MOST = 5


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != INDEX and not path.name.startswith("."):
            yield path


def anonymize(writer: Writer, key: bytes | None = None, *, paths: bool = False) -> Anonymizer:
    """Rewrite the snapshot beside itself, then put the copy in its place: whatever stops it, there is one whole snapshot,
    with its own names or with pseudonyms. The random key is forgotten afterwards."""
    anonymizer = Anonymizer(_vocabulary(writer), key or secrets.token_bytes(32), paths=paths)
    if writer.index.anonymized:  # an earlier run was stopped behind the change
        return anonymizer
    copy = writer.work.with_name(f"{writer.work.name}.names")
    shutil.rmtree(copy, ignore_errors=True)
    index = msgspec.json.decode(msgspec.json.encode(writer.index), type=Index)
    folders = {entry.folder: _renamed(entry, anonymizer) for entry in index.pods}
    for path in _files(writer.work):
        place = path.relative_to(writer.work)
        data = path.read_bytes()
        clean = (
            anonymizer.json(data)
            if path.suffix == ".json"
            else anonymizer.lines(data.decode("utf-8", "replace")).encode()
        )
        entry = folders.get(place.parent.as_posix())
        if entry is not None:
            entry.files[place.name] = checksum(clean)
        elif place.parent.name == "cluster":
            index.cluster[place.stem] = checksum(clean)
        write_private(copy / (entry.folder if entry is not None else place.parent) / place.name, clean)
    index.anonymized = True
    index.context = ""
    index.arguments = []
    index.cluster_identity, index.asked_for = "", {}
    index.istiod = anonymizer.text(index.istiod)
    index.cluster_missing = {kind: anonymizer.text(why) for kind, why in index.cluster_missing.items()}
    for removed in index.removed:
        removed.file = anonymizer.text(removed.file)
        removed.path = re.sub(r"[^\[\]]+", lambda m: anonymizer.text(m[0]), removed.path)
    writer.replace(copy, index)
    return anonymizer


def _vocabulary(writer: Writer) -> Vocabulary:
    vocabulary = Vocabulary()
    for entry in writer.index.pods:
        vocabulary.add(entry.pod)
        vocabulary.add(entry.namespace)
    for path in _files(writer.work):
        if path.suffix == ".json":
            vocabulary.collect(msgspec.json.decode(path.read_bytes()))
    return vocabulary


def _renamed(entry: PodEntry, anonymizer: Anonymizer) -> PodEntry:
    """The pod's entry under its pseudonyms; its files are entered as they are written."""
    entry.pod, entry.namespace = anonymizer.label(entry.pod), anonymizer.label(entry.namespace)
    entry.folder = f"pods/{safe_name(entry.namespace)}/{safe_name(entry.pod)}"
    entry.error = anonymizer.text(entry.error)
    entry.missing = {file: anonymizer.text(why) for file, why in entry.missing.items()}
    entry.files = {}
    return entry


# What the index says in words of its own: kinds of proxies, reasons, dates.
_OWN_WORDS = frozenset({"kind", "proxy", "reason", "created", "meshctl"})


def _without_own_words(data: bytes, name: str) -> bytes:
    """A file's text as far as it comes from the cluster: a name may be a word of ours, too."""
    if name != INDEX:
        return data
    return msgspec.json.encode(_stripped(msgspec.json.decode(data)))


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if key not in _OWN_WORDS}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


def scan(writer: Writer, anonymizer: Anonymizer | None) -> None:
    """The last check; raises MeshctlError with what it found, and the snapshot stays unfinished."""
    findings: list[Finding] = []
    for path in (*_files(writer.work), writer.work / INDEX):
        data = path.read_bytes()
        name = path.relative_to(writer.work).as_posix()
        findings.extend(scan_secrets(data, name))
        if anonymizer is not None:
            findings.extend(scan_names(_without_own_words(data, name), name, anonymizer))
    if findings:
        shown = listed([f"{f.file}: {f.what}" for f in findings], _NAMES_AT_MOST, "; ")
        raise MeshctlError(
            f"the snapshot still holds what must not be shared: {shown}",
            f"It stays unfinished in {writer.work}.",
            "Please report this; do not share the folder.",
        )
