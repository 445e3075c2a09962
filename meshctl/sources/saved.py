"""The records of a snapshot, a folder of pods, or any bundle: what a live cluster would have answered."""

from __future__ import annotations

import functools
import ipaddress
import pathlib
from typing import Any

import msgspec

from meshctl.errors import InputError
from meshctl.share.index import INDEX, Index, checksum, read_index
from meshctl.sources.bundle import Bundle
from meshctl.sources.file import PodFolder, choose, open_bundle, pod_folders
from meshctl.sources.record import META, decode_list

Json = dict[str, Any]


class Addresses(msgspec.Struct):
    """The part of ``meta.json`` that holds the pod's addresses."""

    ip: str | None = None
    ips: list[str] | None = None


class SavedRecords:
    """The pods and objects of a bundle; implements ``meshctl.sources.record.MeshRecords``."""

    def __init__(self, bundle: Bundle, namespace: str | None = None) -> None:
        self.bundle = bundle
        self._namespace = namespace
        self._root = next((p[: -len(INDEX)] for p in sorted(bundle.files, key=len) if p.endswith(INDEX)), "")
        self.index: Index | None = None
        if self._root + INDEX in bundle.files:
            self.index = read_index(bundle.read(self._root + INDEX), bundle.origin)
        self.folders = pod_folders(bundle)

    def pod(self, text: str) -> PodFolder:
        return choose(self.folders, text, self._namespace, self.bundle.origin)

    def by_ip(self, address: str) -> PodFolder | None:
        return self._by_address.get(str(ipaddress.ip_address(address)))

    @functools.cached_property
    def _by_address(self) -> dict[str, PodFolder]:
        found: dict[str, PodFolder] = {}
        for folder in self.folders:
            data = folder.read(META)
            if data is None:
                continue
            try:
                known = msgspec.json.decode(data, type=Addresses)
                for address in known.ips or ([known.ip] if known.ip else []):
                    found[str(ipaddress.ip_address(address))] = folder
            except (msgspec.DecodeError, ValueError) as error:
                raise InputError(
                    f"{self.bundle.origin}: {folder.path(META)} cannot be used: {error}"
                ) from error
        return found

    def verify(self) -> list[str]:
        """What differs from the index: files that are gone, changed, or not entered in it."""
        assert self.index is not None, "only a snapshot has checksums"
        expected = {f"cluster/{kind}.json": entry for kind, entry in self.index.cluster.items()}
        for pod in self.index.pods:
            expected.update({f"{pod.folder}/{name}": entry for name, entry in pod.files.items()})
        wrong = []
        for path, entry in sorted(expected.items()):
            if self._root + path not in self.bundle.files:
                wrong.append(f"{path} is missing")
            elif checksum(self.bundle.files[self._root + path]()) != entry:
                wrong.append(f"{path} was changed: its checksum differs")
        known = {self._root + path for path in expected} | {self._root + INDEX}
        wrong.extend(f"{path} is not in the index" for path in sorted(set(self.bundle.files) - known))
        return wrong

    def objects(self, kind: str) -> list[Json] | None:
        path = f"{self._root}cluster/{kind}.json"
        if path not in self.bundle.files:
            return None
        return decode_list(self.bundle.read(path), f"{self.bundle.origin}/{path}")


def open_records(path: str, namespace: str | None = None) -> SavedRecords:
    """The records of a folder or archive. Raises InputError when it is neither."""
    if not pathlib.Path(path).exists():
        raise InputError(f"{path} does not exist", "", f"Working directory: {pathlib.Path.cwd()}")
    bundle = open_bundle(pathlib.Path(path))
    if bundle is None:
        raise InputError(
            f"{path} is neither a folder nor an archive",
            "A folder of pods, or a snapshot made by `meshctl snapshot`, is needed here.",
            "A single config_dump is read with -f.",
        )
    return SavedRecords(bundle, namespace)
