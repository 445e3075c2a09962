"""One pod of what was given: its files, and what they answer when they are asked.

Nothing is decoded before, and nothing is kept longer than the pod is; plain files are kept as they were taken apart.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from meshctl.envoy.documents import Document
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import Snapshot, load
from meshctl.errors import InputError, MeshctlError
from meshctl.plain import Json
from meshctl.reader import recognise
from meshctl.reader.parts import Parts, PassedOver, RuleText, read
from meshctl.reader.recognise import MANIFEST, META, Gives
from meshctl.reader.refusal import refusal
from meshctl.values import Struct

if TYPE_CHECKING:
    from meshctl.netfilter.model import RuleSet
    from meshctl.reader.given import Given
    from meshctl.reader.layouts import Told


class Identity(Struct, frozen=True):
    """Who an Envoy says it is (its bootstrap's node)."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}  # noqa: RUF012 - a struct copies it
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
