"""What was given: the one value that every command takes its input from.

Theory of operation. Paths become files (``meshctl.sources.folder``), files become pods (``layouts``), and a pod
answers, when asked, with what its files hold: Envoy's answers, rules, its manifest. Nothing is decoded before,
and nothing is kept longer than the pod is. Several plain files together are one pod, unless they name several.

How whole each part is stands where the part is: sections of a dump in ``Snapshot.coverage``, rules in
``RuleSet.unseen`` and ``origin``, the pods themselves in ``Given.complete``. What was of no use is in ``passed``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from meshctl.envoy.notes import Notes
from meshctl.errors import InputError
from meshctl.plain import Json
from meshctl.reader import recognise
from meshctl.reader.parts import Parts, PassedOver, RuleText, read
from meshctl.reader.pod import GivenPod, Identity, identity_of
from meshctl.reader.recognise import INDEX, META, Gives
from meshctl.reader.refusal import refusal

if TYPE_CHECKING:
    from meshctl.reader.archive import Files
    from meshctl.reader.layouts import Layout
    from meshctl.share.index import Index


class Given:
    """Everything that was given, in all paths together."""

    def __init__(self, origin: str, namespace: str | None = None) -> None:
        self.origin = origin
        self.namespace = namespace
        self.own: list[GivenPod] = []
        self._joined: list[GivenPod] = []
        self.passed: list[PassedOver] = []
        self.notes = Notes()
        self.plain = False  # plain files that together are one pod
        self._objects: list[Json] = []
        self._layouts: list[tuple[str, Files, Layout]] = []

    @functools.cached_property
    def index(self) -> Index | None:
        """The index of a snapshot; None for what meshctl did not write."""
        for origin, files, _ in self._layouts:
            root = index_root(files)
            if root is not None:
                from meshctl.share.index import read_index

                return read_index(files[root + INDEX].read(origin), origin)
        return None

    @property
    def complete(self) -> bool:
        """Whether every pod of the cluster is in it, as its index says: then another address is none."""
        return self.index is not None and self.index.complete

    @property
    def layouts(self) -> Sequence[tuple[str, Files, Layout]]:
        """The folders and archives among what was given: origin, files, layout."""
        return self._layouts

    def add_files(self, files: Files, origin: str) -> None:
        """A folder or an archive."""
        from meshctl.reader.layouts import layout_of

        layout = layout_of(files, origin)
        self._layouts.append((origin, files, layout))
        self.passed += [PassedOver(f"{origin}/{path}", form) for path, form in layout.passed]
        self.own += [
            GivenPod(pod.name, pod.namespace, origin, folder=pod.folder, told=pod.files, given=self)
            for pod in layout.pods
        ]

    def add_plain(self, bodies: Sequence[tuple[str, bytes]], name: str = "") -> None:
        """Plain files: one pod together, or the pods that one of them names."""
        together = Parts()
        for origin, data in bodies:
            parts = read(data, origin, self.notes)
            together.documents = [*together.documents, *parts.documents]
            together.rules = [*together.rules, *parts.rules]
            together.by_pod = {**together.by_pod, **parts.by_pod}
            self._objects += parts.objects
            self.passed += parts.passed
        for pod, documents in together.by_pod.items():
            own, _, namespace = pod.partition(".")
            self.own.append(
                GivenPod(own, namespace, self.origin, parts=Parts(documents=documents), given=self)
            )
        if together.documents or together.rules:
            self.plain = True
            self.own.append(GivenPod(name, "", self.origin, parts=together, given=self))
        elif not together.by_pod:
            self._add_manifests()

    def _add_manifests(self) -> None:
        from meshctl.reader.manifests import name_of, namespace_of, pod_template

        for item in self._objects:
            if pod_template(item) is not None:
                self.own.append(
                    GivenPod(name_of(item), namespace_of(item), self.origin, object_=item, given=self)
                )

    def add_rules(self, texts: Sequence[RuleText]) -> None:
        """Rules given apart from the dump (``--rules``): they are of its one pod, and count above what it has."""
        from meshctl.errors import UsageError

        if not texts:
            return
        if len(self.own) != 1:
            raise UsageError(
                f"{self.origin} holds {len(self.own)} pods: whose rules --rules gives is open",
                "",
                "Give the rules with the dump of one pod.",
            )
        self.own[0].take_rules(texts)

    def join(self, other: Given) -> None:
        """Take in what was given beside it (``--peer``); its own pods stay told apart in ``own``."""
        self._joined += other.pods
        self.passed += other.passed
        self.notes.merge(other.notes)
        self._objects += other._objects
        self._layouts += other._layouts

    @property
    def pods(self) -> list[GivenPod]:
        """All pods."""
        return [*self.own, *self._joined]

    def objects(self, kind: str) -> list[Json] | None:
        """The cluster's objects of a kind (``services``), as a plural; None when none were given."""
        return self._by_kind.get(kind)

    def listed_in(self, kind: str) -> frozenset[str] | None:
        """The namespaces whose objects of a kind a snapshot could take; None: of all."""
        if self.index is None:
            return None
        from meshctl.share.index import PARTIAL

        why = self.index.cluster_missing.get(kind, "")
        return frozenset(re.findall(r'"([^"]+)"', why)) if why.startswith(PARTIAL) else None

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        """Nothing takes long here."""

    @functools.cached_property
    def _by_kind(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for item in self._all_objects():
            found.setdefault(plural(str(item.get("kind") or "")), []).append(item)
        for origin, files, _ in self._layouts:
            root = index_root(files)
            for path, file in files.items() if root is not None else ():
                folder, _, name = path.removeprefix(root or "").rpartition("/")
                if folder == "cluster" and name.endswith(".json"):
                    found[name.removesuffix(".json")] = decode_list(file.read(origin), f"{origin}/{path}")
        return found

    @property
    def counts(self) -> dict[str, int]:
        """How many objects of each kind there are."""
        return {kind: len(items) for kind, items in self._by_kind.items() if items}

    def _all_objects(self) -> list[Json]:
        found = list(self._objects)
        for origin, files, layout in self._layouts:
            if index_root(files) is not None:
                continue
            for one in layout.shared:
                if one.gives is Gives.OBJECTS:
                    found += read(one.file.read(origin), f"{origin}/{one.file.path}", self.notes).objects
        return found

    def pod_object(self, name: str, namespace: str) -> Json | None:
        """A pod's manifest among the objects."""
        for item in self.objects("pods") or ():
            metadata = item.get("metadata") or {}
            if metadata.get("name") == name and namespace in ("", metadata.get("namespace")):
                return item
        return None

    @property
    def shared_rules(self) -> list[tuple[str, str]]:
        """(origin, text) of logs that are about the pods of a node (istio-cni)."""
        return [
            (one.file.path, one.file.read(origin).decode("utf-8", "replace"))
            for origin, _, layout in self._layouts
            for one in layout.shared
            if one.gives is Gives.RULES
        ]

    def find(self, text: str, *, every: bool = False) -> list[GivenPod]:
        """The pods that an argument means; raises MeshctlError when there are none."""
        from meshctl.reader.naming import find

        return find(self, text, self.namespace, every=every)

    def pod(self, text: str) -> GivenPod:
        """The pod that ``[type/]name[.namespace]`` means."""
        return self.find(text)[0]

    def by_ip(self, address: str) -> GivenPod | None:
        """The pod that has an address, by its files, else by what the Envoys say of themselves."""
        found = self._by_address.get(_canonical(address))
        return found if found is not None else self._by_identity.get(_canonical(address))

    @functools.cached_property
    def _by_address(self) -> dict[str, GivenPod]:
        found: dict[str, GivenPod] = {}
        for pod in self.pods:
            for address in pod.addresses:
                try:
                    found[_canonical(address)] = pod
                except ValueError as error:
                    raise InputError(f"{pod.title}: {META} cannot be used: {error}") from error
        return found

    @functools.cached_property
    def _by_identity(self) -> dict[str, GivenPod]:
        """For pods whose files do not tell their addresses: their Envoys are asked."""
        found: dict[str, GivenPod] = {}
        for pod in self.pods:
            for address in () if pod.addresses else pod.told_address or pod.identity.addresses:
                try:
                    found[_canonical(address)] = pod
                except ValueError:
                    continue
        return found

    def one(self, text: str | None) -> GivenPod:
        """The one pod that is meant; raises MeshctlError where the choice is open."""
        if text is not None:
            return self.pod(text)
        if not self.pods:
            raise refusal(self.passed or [PassedOver(self.origin, recognise.UNKNOWN)], "answer of an Envoy")
        if len(self.pods) == 1:
            return self.pods[0]
        from meshctl.errors import UsageError
        from meshctl.reader.naming import listing

        raise UsageError(
            f"{self.origin} holds {len(self.pods)} pods",
            "One of them must be named.",
            f"Name one: {listing(self.pods)}",
        )


def _canonical(address: str) -> str:
    """An address in the one spelling that is compared. Raises ValueError for what is none."""
    import ipaddress

    return str(ipaddress.ip_address(address))


def index_root(files: Files) -> str | None:
    """The folder of a snapshot's index, with a slash; None where there is no snapshot."""
    for path in sorted(files, key=len):
        if path == INDEX or path.endswith(f"/{INDEX}"):
            head = files[path].head()
            return path[: -len(INDEX)] if b"meshctl-snapshot" in head or b'"kind"' in head else None
    return None


def plural(kind: str) -> str:
    """The plural of a kind, as the API writes it."""
    lower = kind.lower()
    if lower.endswith(("s", "x", "ch")):
        return lower + ("" if lower == "endpoints" else "es")
    return lower[:-1] + "ies" if lower.endswith("y") and not lower.endswith("ay") else lower + "s"


def decode_list(data: bytes, origin: str) -> list[Json]:
    """The items of a saved Kubernetes list."""
    try:
        return list(msgspec.json.decode(data)["items"])
    except (msgspec.DecodeError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{origin} is no Kubernetes list in JSON: {error}", "It was changed or cut off."
        ) from error


__all__ = ["Given", "GivenPod", "Identity", "identity_of", "refusal"]
