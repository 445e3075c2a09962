"""Pods in, a batch of rows out: the one decode function, the same on every engine.

A ``Decoder`` belongs to one worker and lives as long as it does: what it has met (contents, rules) costs nothing the next
time. ``stored`` are the hashes of the resources that need not be written again. A pod that cannot be read costs one row in
``errors``; a resource that is not of the shape that an Envoy prints costs one too, and the pod is still there.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.endpoints import AllStatuses, ClusterStatus
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot, State, load
from meshctl.errors import InputError, MeshctlError
from meshctl.fleet import upstream_rows
from meshctl.fleet.batch import Batch, Row
from meshctl.fleet.capture_rows import Captures
from meshctl.fleet.contents import Content, Contents, without
from meshctl.fleet.traffic_rows import text
from meshctl.plain import Json, object_at
from meshctl.reader.given import Given
from meshctl.reader.pod import GivenPod, Identity, identity_of
from meshctl.share.shapes import clean
from meshctl.views import states

if TYPE_CHECKING:
    from meshctl.fleet.finding_rows import Checks

KINDS: dict[SectionKind, str] = {
    SectionKind.LISTENERS: "listener",
    SectionKind.ROUTES: "route",
    SectionKind.CLUSTERS: "cluster",
    SectionKind.ENDPOINTS: "endpoint",
    SectionKind.SECRETS: "secret",
    SectionKind.ECDS: "ecds",
    SectionKind.SCOPED_ROUTES: "scoped_route",
}
_COUNTED = ("listener", "route", "cluster", "endpoint", "secret")
# Sections without which the other tables' silence means nothing.
_WANTED = {
    SectionKind.LISTENERS: "listeners",
    SectionKind.ROUTES: "routes",
    SectionKind.CLUSTERS: "clusters",
    SectionKind.ENDPOINTS: "endpoints",
    SectionKind.SECRETS: "secrets",
}


# Without one of these fields, /clusters has no host that fails: it need not be read.
_FAILING = re.compile(rb'"(?:failed_|pending_|excluded_|active_hc)')


class Place(NamedTuple):
    """Where pods come from: the mesh and date they are entered under, their source and when it was made."""

    mesh: str
    date: str
    source: str
    taken: datetime.datetime | None


class _Held(NamedTuple):
    """A resource of a proxy: what it says (None: no body), and its envelope."""

    resource: Resource
    kind: str
    content: Content | None

    @property
    def in_force(self) -> bool:
        return self.resource.state in states.IN_FORCE


class Decoder:
    """Makes rows of pods."""

    def __init__(self, stored: Iterable[str] = (), *, check: bool = False) -> None:
        self.stored = set(stored)
        self._checks = _checks() if check else None
        self._contents = Contents()
        self._captures = Captures()

    def decode(self, given: Given, place: Place, batch: Batch) -> None:
        """The rows of what was given into a batch. Pods without an Envoy only tell what they are to others."""
        for pod in given.own:
            if not pod.has_envoy and (self._checks is None or pod.object is not None):
                continue
            rows = self._pod if pod.has_envoy else self._beside
            try:
                rows(pod, given, place, batch)
            except MeshctlError as error:
                batch.add("errors", fault(place, pod.full_name, error))
            except Exception as error:  # strangers' bytes: one pod, never the run
                batch.add("errors", fault(place, pod.full_name, _unexpected(error)))

    def _pod(self, pod: GivenPod, given: Given, place: Place, batch: Batch) -> None:
        notes = Notes()
        documents = pod.documents(notes)
        if not any(document.kind is DocumentKind.CONFIG_DUMP for document in documents):
            raise InputError(f"{pod.title} has no config_dump", "It was not asked for, or could not be had.")
        snapshot = load(documents, pod.title, notes)
        identity = identity_of(snapshot)
        held = [*self._held(snapshot), *self._bootstrap(snapshot)]
        captured = self._captures.of(pod, identity)
        failing = _failing(snapshot)
        head = _head(pod, identity, snapshot, place)
        batch.begin(head)
        size = sum(len(d.data) for d in documents if d.kind is DocumentKind.CONFIG_DUMP)
        batch.bytes_read += size
        batch.add("proxies", _proxy(pod, identity, snapshot, place, held, size, captured is not None))
        self._enter(held, failing, batch, place, head[2])
        for status in failing.values():
            for table, row in upstream_rows.status(status):
                batch.add(table, (*row, None))
        if not snapshot.resources(SectionKind.ENDPOINTS) and not failing:
            self._inline(held, batch)
        if captured is not None:
            batch.add_shared(("capture", captured[0]), captured[1])
        if self._checks is not None:
            subject = self._checks.subject(pod, given, _now(given, place))
            for row in self._checks.of(subject, _routing(held)):
                batch.add("findings", row)
            self._take_down(head[2], self._checks.facts(subject), place, batch)

    def _beside(self, pod: GivenPod, given: Given, place: Place, batch: Batch) -> None:
        """What a pod without an Envoy is to others."""
        assert self._checks is not None
        subject = self._checks.subject(pod, given, _now(given, place))
        self._take_down(subject.name, self._checks.facts(subject), place, batch)

    def around(self, given: Given, pods: Sequence[str], place: Place, batch: Batch) -> None:
        """What checks over several pods want to know of the cluster; pods: all of the source."""
        if self._checks is not None:
            self._take_down(None, self._checks.around(given, _now(given, place), pods), place, batch)

    def _take_down(
        self, pod: str | None, facts: Iterable[tuple[str, str | None]], place: Place, batch: Batch
    ) -> None:
        for about, fact in facts:
            batch.add("mesh_facts", (place.mesh, place.date, place.source, pod, about, fact))

    def _held(self, snapshot: Snapshot) -> Iterator[_Held]:
        for section, kind in KINDS.items():
            for resource in states.everything(snapshot, section):
                if resource.raw is None:
                    yield _Held(resource, kind, None)
                    continue
                in_force = resource.state in states.IN_FORCE
                yield _Held(resource, kind, self._contents.of(resource.raw, kind, resource.name, in_force))

    def _bootstrap(self, snapshot: Snapshot) -> Iterator[_Held]:
        value = snapshot.bootstrap
        if value is None:
            return
        node = {key: item for key, item in object_at(value, "node").items() if key != "extensions"}
        raw = msgspec.json.encode({**value, "node": node})
        resource = Resource(SectionKind.BOOTSTRAP, State.STATIC, "bootstrap", msgspec.Raw(raw), "bootstrap")
        yield _Held(resource, "bootstrap", self._contents.of(raw, "bootstrap", "bootstrap", True))

    def _enter(
        self, held: list[_Held], failing: dict[str, ClusterStatus], batch: Batch, place: Place, proxy: str
    ) -> None:
        for one in held:
            resource, content = one.resource, one.content
            because = clean(states.rejections(resource)) or None
            batch.add("configuration", (
                one.kind, resource.name or None, resource.state.value,
                (resource.rejection.version_info if resource.rejection else "") or resource.version_info or None,
                moment(resource.last_updated), because, content.hash if content else None,
            ))  # fmt: skip
            if content is None:
                if one.kind == "secret":
                    batch.add("secrets", (resource.name, resource.state.value, "none", *[None] * 6))
                continue
            if content.hash not in self.stored:
                self.stored.add(content.hash)
                batch.add("resources", content.resource)
            if content.fault:
                batch.add("errors", (place.mesh, place.date, place.source, proxy, content.fault, None, None))
            if one.kind == "secret":
                state = resource.state.value
                batch.add_shared(("secret", content.hash, state), _secrets(content, resource.name, state))
            elif one.in_force and not (one.kind == "endpoint" and resource.name in failing):
                batch.add_shared((content.hash, one.kind), content.rows)

    def _inline(self, held: list[_Held], batch: Batch) -> None:
        """The endpoints in the clusters themselves, where no others were given."""
        for one in held:
            if (
                one.kind == "cluster"
                and one.in_force
                and one.content is not None
                and one.resource.raw is not None
            ):
                content = self._contents.of(one.resource.raw, "inline", one.resource.name, True)
                batch.add_shared((content.hash, "inline"), content.rows)


def _now(given: Given, place: Place) -> float | None:
    """When a snapshot was made, in seconds; None for what is none."""
    return place.taken.replace(tzinfo=datetime.UTC).timestamp() if given.index and place.taken else None


def _checks() -> Checks:
    from meshctl.fleet.finding_rows import Checks  # every check's module: not needed for tables alone

    return Checks()


def _routing(held: list[_Held]) -> tuple[tuple[str, str], ...]:
    """What the checks of routing look at."""
    kinds = ("listener", "route", "cluster", "ecds", "scoped_route")
    return tuple(
        (one.resource.path, one.content.hash) for one in held if one.kind in kinds and one.content is not None
    )


def _secrets(content: Content, name: str, state: str) -> Iterator[tuple[str, Row]]:
    return (("secrets", row) for row in upstream_rows.secret(content.value, name, state))


def _failing(snapshot: Snapshot) -> dict[str, ClusterStatus]:
    """The clusters that stand in /clusters with hosts that this Envoy does not use; without endpoints in the dump, all.
    Their endpoints are taken from there."""
    document = snapshot.documents.get(DocumentKind.CLUSTERS)
    if document is None:
        return {}
    listed = bool(snapshot.resources(SectionKind.ENDPOINTS))
    if listed and _FAILING.search(document.data) is None:
        return {}
    found = typed.read(AllStatuses, document.data, Notes(), "clusters").cluster_statuses
    return {
        one.name: one
        for one in found
        if not listed or any(upstream_rows.failing(host.health_status) for host in one.host_statuses)
    }


def _head(pod: GivenPod, identity: Identity, snapshot: Snapshot, place: Place) -> tuple[str, ...]:
    name = pod.name if pod.namespace or not identity.name else identity.name
    namespace = pod.namespace or identity.namespace
    metadata = object_at(object_at(snapshot.bootstrap, "node"), "metadata")
    owner = next((owner for _, owner in pod.owners), "") if not metadata.get("WORKLOAD_NAME") else ""
    workload = str(metadata.get("WORKLOAD_NAME") or owner or name)
    return place.mesh, place.date, f"{name}.{namespace}" if namespace else name, namespace, workload


def _proxy(
    pod: GivenPod, identity: Identity, snapshot: Snapshot, place: Place, held: list[_Held], size: int, captured: bool
) -> Row:  # fmt: skip
    """The proxy's own columns of ``proxies``."""
    node = object_at(snapshot.bootstrap, "node")
    metadata = object_at(node, "metadata")
    labels = pod.labels or identity.labels
    counts = {kind: sum(1 for h in held if h.kind == kind and h.in_force) for kind in _COUNTED}
    own = frozenset(address.encode() for address in identity.addresses)
    unknown = [words for section, words in _WANTED.items() if snapshot.gap(section) is not None]
    if not captured and not identity.router:
        unknown.append("capture rules")
    return (
        identity.name or pod.name, _kind(str(node.get("id") or "")), labels.get("app"), labels.get("version"),
        ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or None,
        identity.service_account or None, text(metadata.get("NODE_NAME")), ",".join(identity.addresses) or None,
        text(metadata.get("CLUSTER_ID")), text(metadata.get("MESH_ID")), text(metadata.get("ISTIO_VERSION")),
        _envoy_version(node), size, *counts.values(), sum(1 for h in held if h.resource.rejection is not None),
        _together(held, ("listener", "route", "cluster", "ecds"), own), _together(held, ("endpoint",), frozenset()),
        ",".join(unknown) or None, _facts(pod.meta), place.source, place.taken,
    )  # fmt: skip


_FACTS = ("app_listens", "app_uid", "app_gid", "proxy_uid", "proxy_gid", "interception")


def _facts(meta: Json) -> str | None:
    """What a snapshot knows of a pod beside its Envoy and its rules."""
    known = {key: meta[key] for key in _FACTS if meta.get(key) is not None}
    return msgspec.json.encode(known).decode() if known else None


def _kind(identifier: str) -> str | None:
    return identifier.partition("~")[0] or None


def _envoy_version(node: Json) -> str | None:
    version = object_at(object_at(node, "user_agent_build_version"), "version")
    if not version:
        return None
    return f"{version.get('major_number', 0)}.{version.get('minor_number', 0)}.{version.get('patch', 0)}"


def _together(held: list[_Held], kinds: tuple[str, ...], own: frozenset[bytes]) -> str:
    """One hash over the dynamic resources of some kinds that are in force."""
    parts = sorted(
        f"{one.kind} {one.resource.name} {without(one.content, own)}"
        for one in held
        if one.kind in kinds and one.resource.state is State.ACTIVE and one.content is not None
    )
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


@functools.lru_cache(maxsize=50_000)
def moment(text: str) -> datetime.datetime | None:
    """A time as Envoy prints it, in UTC and without a zone; None for what is none."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(datetime.UTC).replace(tzinfo=None) if found.tzinfo else found


def fault(place: Place, member: str | None, error: MeshctlError) -> Row:
    """An error as a row of ``errors``."""
    return place.mesh, place.date, place.source, member, error.what, error.cause or None, error.hint or None


def _unexpected(error: Exception) -> MeshctlError:
    return InputError(
        f"unexpected {type(error).__name__}: {error}", "It is not of the shape that an Envoy prints."
    )
