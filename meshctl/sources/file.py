"""Saved answers: files, stdin, folders and archives, told apart by content.

Several plain files together are one proxy (``-f config_dump.json -f clusters.json``). In a folder or archive
every folder that holds answers of Envoy is one proxy, named by its ``meta.json`` or by the folder; the pod
argument chooses among them.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from meshctl.envoy.documents import Document, DocumentKind, read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import load
from meshctl.errors import InputError, UsageError
from meshctl.sources.bundle import Bundle, gunzip, is_tar, open_folder, open_tar
from meshctl.sources.interface import Needs, Origin, ProxySnapshot

# Names under which answers are saved: snapshots, recordings, bug reports. Others are looked into as well
# when a folder has none of these.
_LIKELY = ("config_dump", "clusters", "certs", "listeners", "server_info", "stats", "init_dump")


class Meta(msgspec.Struct):
    """The part of a pod's ``meta.json`` that names it (docs/snapshot-format.md)."""

    pod: str = ""
    namespace: str = ""


class PodFolder(NamedTuple):
    """One proxy of a bundle: the folder it lies in and what it is called."""

    bundle: Bundle
    folder: str
    names: tuple[str, ...]
    name: str
    namespace: str

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def read(self, name: str) -> bytes | None:
        """A file of the folder, or None where it has none of that name."""
        return self.bundle.read(self.path(name)) if name in self.names else None

    def documents(self, notes: Notes) -> list[Document]:
        """The Envoy answers in the folder; files that are something else are passed over."""
        likely = [n for n in self.names if n.startswith(_LIKELY)] or list(self.names)
        found: list[Document] = []
        # a dump with endpoints completes one without: sections of the later win
        for name in sorted(likely, key=lambda n: ("noeds" not in n, n)):
            try:
                found.extend(
                    read(self.bundle.read(self.path(name)), f"{self.bundle.origin}/{self.path(name)}", notes)
                )
            except InputError:
                if name.startswith("config_dump"):
                    raise
        return found


def open_bundle(path: pathlib.Path) -> Bundle | None:
    """The bundle that a path is, or None for a plain file."""
    if path.is_dir():
        return open_folder(path)
    return open_tar(path) if is_tar(path) else None


def pod_folders(bundle: Bundle) -> list[PodFolder]:
    """The proxies in a bundle, in the order of their folders."""
    result = []
    for folder, names in bundle.folders().items():
        if not any(name.startswith(_LIKELY) or name == "meta.json" for name in names):
            continue
        meta = _meta(bundle, f"{folder}/meta.json" if folder else "meta.json")
        label = folder.rsplit("/", 1)[-1] or pathlib.Path(bundle.origin).name
        result.append(PodFolder(bundle, folder, tuple(names), meta.pod or label, meta.namespace))
    return result


def _meta(bundle: Bundle, path: str) -> Meta:
    if path not in bundle.files:
        return Meta()
    try:
        return msgspec.json.decode(bundle.read(path), type=Meta)
    except msgspec.DecodeError:
        return Meta()


def choose(folders: Sequence[PodFolder], pod: str | None, namespace: str | None, origin: str) -> PodFolder:
    """The one proxy that is meant; raises when there is none or the choice is open."""
    if not folders:
        raise InputError(
            f"{origin} holds no answer of an Envoy",
            "A folder needs config_dump.json or clusters.json (see docs/snapshot-format.md).",
        )
    if pod is None:
        if len(folders) == 1:
            return folders[0]
        raise UsageError(
            f"{origin} holds {len(folders)} proxies",
            "One of them must be named.",
            f"Name one: {_listing(folders)}",
        )
    matches = [f for f in folders if _is_named(f, pod, namespace)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise InputError(f'{origin} holds no pod "{pod}"', "", f"It holds: {_listing(folders)}")
    raise UsageError(
        f'{origin} holds several pods "{pod}"', "", f"Name the namespace too: {_listing(matches)}"
    )


def _is_named(folder: PodFolder, pod: str, namespace: str | None) -> bool:
    """``name``, ``name.namespace`` or ``type/name`` against a folder's pod."""
    wanted = pod.rsplit("/", 1)[-1]
    if wanted == f"{folder.name}.{folder.namespace}":
        return True
    in_namespace = not (namespace and folder.namespace) or namespace == folder.namespace
    return in_namespace and (wanted == folder.name or ("/" in pod and folder.name.startswith(f"{wanted}-")))


def _listing(folders: Sequence[PodFolder], most: int = 6) -> str:
    names = [f"{f.name}.{f.namespace}" if f.namespace else f.name for f in folders]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def read_path(name: str) -> bytes:
    """A plain file's bytes, gunzipped; ``-`` is standard input."""
    if name == "-":
        return gunzip(sys.stdin.buffer.read(), "stdin")
    try:
        return gunzip(pathlib.Path(name).read_bytes(), name)
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {error.strerror}", "", "Check the path and its permissions."
        ) from error


def _exists(name: str) -> pathlib.Path:
    path = pathlib.Path(name)
    if not path.exists():
        raise InputError(f"{name} does not exist", "", f"Working directory: {pathlib.Path.cwd()}")
    return path


def open_files(origin: Origin, needs: Needs) -> list[ProxySnapshot]:
    """The proxy (or, with ``all_pods``/``-A``, all proxies of a bundle) that the given paths hold."""
    bundles: list[Bundle] = []
    notes = Notes()
    documents: list[Document] = []
    for name in origin.files:
        bundle = None if name == "-" else open_bundle(_exists(name))
        if bundle is not None:
            bundles.append(bundle)
        else:
            documents.extend(read(read_path(name), "stdin" if name == "-" else name, notes))
    folders = [folder for bundle in bundles for folder in pod_folders(bundle)]
    if documents:
        label = origin.pods[0] if origin.pods else ""
        return [_proxy(label, "", documents, ", ".join(origin.files), notes)]
    namespace = origin.globals.namespace if origin.globals else None
    title = ", ".join(origin.files)
    if origin.all_pods or origin.all_namespaces:
        chosen = [
            f for f in folders if origin.all_namespaces or not namespace or f.namespace in ("", namespace)
        ]
    else:
        chosen = [choose(folders, pod, namespace, title) for pod in (origin.pods or (None,))]
    return [_folder_proxy(folder) for folder in chosen]


def _folder_proxy(folder: PodFolder) -> ProxySnapshot:
    notes = Notes()
    documents = folder.documents(notes)
    if not documents:
        raise InputError(
            f"{folder.bundle.origin}: {folder.name} has no answer of an Envoy",
            "It has no sidecar, or was not asked.",
        )
    return _proxy(folder.name, folder.namespace, documents, f"{folder.bundle.origin}/{folder.folder}", notes)


def _proxy(name: str, namespace: str, documents: list[Document], title: str, notes: Notes) -> ProxySnapshot:
    dump = next((d.data for d in reversed(documents) if d.kind is DocumentKind.CONFIG_DUMP), None)
    return ProxySnapshot(name, namespace, load(documents, title, notes), dump)
