"""What was given: the one value that every command takes its input from.

Theory of operation. Paths become files (``meshctl.sources.folder``), files become pods (``layouts``), and a pod
answers, when asked, with what its files hold: Envoy's answers, rules, its manifest. Nothing is decoded before,
and nothing is kept longer than the pod is. Several plain files together are one pod, unless they name several.

How whole each part is stands where the part is: sections of a dump in ``Snapshot.coverage``, rules in
``RuleSet.unseen`` and ``origin``, the pods themselves in ``Given.complete``. What was of no use is in ``passed``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from meshctl.envoy.documents import Document, DocumentKind
from meshctl.envoy.notes import Notes
from meshctl.envoy.sections import SectionKind
from meshctl.envoy.snapshot import Snapshot, load
from meshctl.errors import InputError, MeshctlError
from meshctl.reader import recognise
from meshctl.reader.parts import Parts, PassedOver, RuleText, read
from meshctl.reader.recognise import INDEX, MANIFEST, META, Form, Gives

if TYPE_CHECKING:
    from meshctl.netfilter.model import RuleSet
    from meshctl.reader.archive import Files
    from meshctl.reader.layouts import Layout, Told
    from meshctl.share.index import Index

Json = dict[str, Any]


class Identity(NamedTuple):
    """Who an Envoy says it is (its bootstrap's node)."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}  # noqa: RUF012 - never changed
    owner: tuple[str, str] | None = None
    addresses: tuple[str, ...] = ()
    service_account: str = ""
    router: bool = False
    interception: str = "REDIRECT"


class GivenPod:
    """One pod of what was given.

    ``told``: its files in a folder or archive; ``parts``: what plain files held. Everything else is found in
    them when it is asked for.
    """

    def __init__(
        self,
        name: str,
        namespace: str,
        origin: str,
        *,
        folder: str = "",
        told: Sequence[Told] = (),
        parts: Parts | None = None,
        object_: Json | None = None,
        given: Given | None = None,
    ) -> None:
        self.name = name
        self.namespace = namespace
        self.origin = origin
        self.folder = folder
        self.told = tuple(told)
        self._parts = parts or Parts()
        self.object = object_  # the pod or the workload, as it was given
        self._given = given

    def __repr__(self) -> str:
        return f"GivenPod({self.full_name!r})"  # not the megabytes

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}" if self.namespace else self.name

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.origin}/{self.folder}" if self.folder else self.origin

    def read(self, name: str) -> bytes | None:
        """A file of the pod by its name in the snapshot format; None where it has none of that name."""
        for one in self.told:
            if one.file.path.rpartition("/")[2] == name:
                return one.file.read(self.origin)
        return None

    @property
    def place(self) -> int:
        """Where its files begin in their archive."""
        return min((one.file.place for one in self.told), default=0)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files, those of the snapshot format first."""
        return tuple(one.file.path.rpartition("/")[2] for one in self.told)

    @property
    def has_envoy(self) -> bool:
        """Whether any Envoy's answer is among its files, as far as their first bytes tell."""
        return bool(self._parts.documents) or any(one.gives is Gives.ENVOY for one in self.told)

    def documents(self, notes: Notes) -> list[Document]:
        """The answers of its Envoy. A dump with endpoints completes one without: of two, the later counts."""
        found = list(self._parts.documents)
        for one in sorted(self._likely(), key=lambda one: ("noeds" not in one.file.path, one.file.path)):
            origin = f"{self.origin}/{one.file.path}"
            parts = read(one.file.read(self.origin), origin, notes)
            name = one.file.path.rpartition("/")[2]
            if not parts.documents and name.startswith("config_dump"):
                raise refusal(parts.passed or [PassedOver(origin, recognise.UNKNOWN)], "config_dump")
            found += parts.documents
        return found

    def _likely(self) -> list[Told]:
        """Its files that hold Envoy's answers; those told by their name alone where there are any."""
        useful = [one for one in self.told if one.gives is Gives.ENVOY and not _is_counters(one)]
        named = [one for one in useful if one.form is None or one.form.what not in ("JSON", "YAML")]
        return named or useful

    def snapshot(self, notes: Notes) -> Snapshot | None:
        """Its Envoy; None when nothing of it was given."""
        documents = self.documents(notes)
        return load(documents, self.title, notes) if documents else None

    def rules(self) -> RuleSet | None:
        """Its capture rules: seen where possible, else computed; None when nothing says what they are."""
        from meshctl.reader.pod_rules import rules_of

        return rules_of(self)

    def take_rules(self, texts: Sequence[RuleText]) -> None:
        """Rules from elsewhere, in place of its own."""
        self._parts = msgspec.structs.replace(self._parts, rules=list(texts))
        self.told = tuple(one for one in self.told if one.gives is not Gives.RULES)

    @property
    def has_rule_texts(self) -> bool:
        """Whether any file holds rules, as far as their first bytes tell."""
        return bool(self._parts.rules) or any(one.gives is Gives.RULES for one in self.told)

    @property
    def own_rule_texts(self) -> list[RuleText]:
        """Everything in its files that holds rules, without what is told of its node."""
        return [RuleText(origin, text) for origin, text in self.rule_texts]

    @property
    def rule_texts(self) -> list[tuple[str, str]]:
        """(origin, text) of everything in its files that holds rules."""
        found = [(one.origin, one.text) for one in self._parts.rules]
        for one in self.told:
            if one.gives is Gives.RULES:
                data = one.file.read(self.origin)
                found.append(
                    (f"{self.name}/{one.file.path.rpartition('/')[2]}", data.decode("utf-8", "replace"))
                )
        return found

    @property
    def shared_rule_texts(self) -> list[tuple[str, str]]:
        """(origin, text) of the node's logs."""
        return self._given.shared_rules if self._given is not None else []

    @functools.cached_property
    def meta(self) -> Json:
        """Its ``meta.json``; empty where it has none."""
        data = self.read(META)
        if data is None:
            return {}
        try:
            value = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise InputError(f"{self.title}: {META} of {self.name} cannot be used: {error}") from error
        return value if isinstance(value, dict) else {}

    @functools.cached_property
    def manifest(self) -> Json | None:
        """The pod as the API gave it: its own file, or its entry in the objects that were given."""
        if self.object is not None:
            from meshctl.reader.manifests import pod_template

            return pod_template(self.object)
        data = self.read(MANIFEST)
        if data is not None:
            try:
                value = msgspec.json.decode(data)
            except msgspec.DecodeError:
                return None
            return value if isinstance(value, dict) else None
        return self._given.pod_object(self.name, self.namespace) if self._given is not None else None

    @functools.cached_property
    def identity(self) -> Identity:
        """Who its Envoy says it is; empty when it is not among the files."""
        try:
            snapshot = self.snapshot(Notes())
        except MeshctlError:
            return Identity()
        return identity_of(snapshot) if snapshot is not None else Identity()

    @property
    def told_address(self) -> tuple[str, ...]:
        """The address in its Envoy's node id, where that stands among the first bytes of a file."""
        from meshctl.reader.layouts import NODE_ADDRESS

        for one in self.told:
            match = NODE_ADDRESS.search(one.file.head()) if one.gives is Gives.ENVOY else None
            if match:
                return (match[1].decode(),)
        return ()

    @property
    def labels(self) -> dict[str, str]:
        from meshctl.reader.manifests import labels_of

        known = self.meta.get("labels")
        if isinstance(known, dict) and known:
            return {str(k): str(v) for k, v in known.items()}
        return labels_of(self.manifest) if self.manifest is not None else self.identity.labels

    @property
    def owners(self) -> tuple[tuple[str, str], ...]:
        """(kind, name) of what made it; empty when that is not known."""
        from meshctl.reader.manifests import owners_of

        if self.manifest is not None:
            return owners_of(self.manifest)
        return (self.identity.owner,) if self.identity.owner else ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its addresses as its files have them, without decoding a dump."""
        known = [str(ip) for ip in self.meta.get("ips") or []] or [
            str(ip) for ip in [self.meta.get("ip")] if ip
        ]
        status = (self.manifest or {}).get("status") or {}
        known += [str(entry.get("ip")) for entry in status.get("podIPs") or [] if entry.get("ip")]
        known += [str(status["podIP"])] if status.get("podIP") else []
        return tuple(dict.fromkeys(known))


def _is_counters(one: Told) -> bool:
    """Whether a file holds counters, which no command here reads."""
    name = one.file.path.rpartition("/")[2]
    return name.startswith("stats") or name == "prometheus"


def identity_of(snapshot: Snapshot) -> Identity:
    """Who an Envoy says it is."""
    node = (snapshot.bootstrap or {}).get("node") or {}
    metadata = node.get("metadata") if isinstance(node, dict) else None
    metadata = metadata if isinstance(metadata, dict) else {}
    labels = metadata.get("LABELS")
    parts = str(node.get("id") or "").split("~") if isinstance(node, dict) else []
    id_name, _, id_namespace = parts[2].partition(".") if len(parts) == 4 else ("", "", "")
    return Identity(
        str(metadata.get("NAME") or id_name),
        str(metadata.get("NAMESPACE") or id_namespace),
        {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {},
        _owner(str(metadata.get("OWNER") or "")),
        tuple(ip for ip in str(metadata.get("INSTANCE_IPS") or "").split(",") if ip)
        or tuple(parts[1:2] if len(parts) == 4 else ()),
        str(metadata.get("SERVICE_ACCOUNT") or ""),
        bool(parts) and parts[0] in ("router", "waypoint", "ingress"),
        str(metadata.get("INTERCEPTION_MODE") or "REDIRECT"),
    )


def _owner(text: str) -> tuple[str, str] | None:
    """``kubernetes://apis/apps/v1/namespaces/test/deployments/nginx`` as ("Deployment", "nginx")."""
    parts = text.rsplit("/", 2)
    if not text.startswith("kubernetes://") or len(parts) != 3:
        return None
    return parts[1].removesuffix("s"), parts[2]


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
        from meshctl.share.index import read_index

        for origin, files, _ in self._layouts:
            root = index_root(files)
            if root is not None:
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


def refusal(passed: Sequence[PassedOver], wanted: str, instead: str = "") -> InputError:
    """Why what was given does not help: what it is, why, and what to give instead (of what nobody knows)."""
    first = passed[0]
    form = first.form
    more = f" (and {len(passed) - 1} more files of no use)" if len(passed) > 1 else ""
    known = form is not recognise.UNKNOWN
    what = f"{first.origin} holds no {wanted} that can be read{': it is ' + form.what if known else ''}{more}"
    given_instead = instead if instead and form.instead == recognise.DUMP_COMMAND else form.instead
    return InputError(what, form.why, given_instead)


def holds(snapshot: Snapshot, kinds: frozenset[SectionKind], documents: frozenset[DocumentKind]) -> bool:
    """Whether any of what is asked for is there."""
    return bool(kinds & snapshot.sections.keys() or documents & snapshot.documents.keys())


__all__ = ["Form", "Given", "GivenPod", "Identity", "identity_of", "refusal"]
