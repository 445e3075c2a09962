"""One Envoy's configuration at one moment: the sections of its admin answers, cut into resources, decoded late.

Theory of operation. A config_dump is a list of sections (``ClustersConfigDump`` …), each a few arrays of
entries, each entry an envelope (version, time, state) round one resource. msgspec cuts this skeleton out of
the bytes without decoding the resources: they stay ``Raw`` slices of the input (no copy) until a view or the
trace asks for one. So a filter by name costs a scan, not a decode, and a 50 MB dump costs no second 50 MB.

Form: a resource's ``value`` is JSON with proto field names, as Envoy prints (``filter_chains``); a dump in
camelCase is converted once on loading. An Any stands as an object with ``@type`` beside its fields; see
``meshctl.envoy.anys`` for TypedStruct. Sections: envoy/admin/v3/config_dump_shared.proto.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from meshctl.envoy.documents import Document, DocumentKind
from meshctl.envoy.notes import NoteKind, Notes
from meshctl.errors import InputError

Json = dict[str, Any]
T = TypeVar("T")


class SectionKind(enum.Enum):
    """A section of the config_dump; the value is the name in its ``@type``."""

    BOOTSTRAP = "BootstrapConfigDump"
    CLUSTERS = "ClustersConfigDump"
    ECDS = "EcdsConfigDump"
    ENDPOINTS = "EndpointsConfigDump"
    LISTENERS = "ListenersConfigDump"
    SCOPED_ROUTES = "ScopedRoutesConfigDump"
    ROUTES = "RoutesConfigDump"
    SECRETS = "SecretsConfigDump"


class State(enum.Enum):
    """Where a resource stands in Envoy's life cycle of configuration."""

    STATIC = "static"
    ACTIVE = "active"
    WARMING = "warming"
    DRAINING = "draining"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why Envoy refused an update (envoy.admin.v3.UpdateFailureState)."""

    details: str
    last_update_attempt: str = ""
    version_info: str = ""


class _Named(msgspec.Struct):
    name: str = ""
    cluster_name: str = ""
    alt_stat_name: str = ""


_decode_named = msgspec.json.Decoder(_Named, strict=False).decode
_decode_json = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Resource:
    """One resource of a section: its envelope, and its body as the untouched bytes of the dump.

    ``path`` names the place in the dump (``dynamic_listeners[3].active_state.listener``); ``raw`` is None
    where the dump has no body (a refused or not yet received resource).
    """

    section: SectionKind
    state: State
    path: str
    raw: msgspec.Raw | None
    listed_name: str = ""
    version_info: str = ""
    last_updated: str = ""
    client_status: str = ""
    rejection: Rejection | None = None

    @functools.cached_property
    def value(self) -> Json:
        """The decoded body in proto field names; empty where there is none."""
        if self.raw is None:
            return {}
        decoded = _decode_json(self.raw)
        return decoded if isinstance(decoded, dict) else {}

    @functools.cached_property
    def name(self) -> str:
        """The resource's name: as the envelope gives it, or from the body (read without decoding the rest)."""
        if self.listed_name or self.raw is None:
            return self.listed_name
        try:
            named = _decode_named(self.raw)
        except msgspec.ValidationError:
            return ""
        return named.name or named.cluster_name

    def decode(self, decoder: msgspec.json.Decoder[T], default: T) -> T:
        """The body as a typed partial view (a Struct with just the fields a table needs); fast on large dumps."""
        if self.raw is None:
            return default
        try:
            return decoder.decode(self.raw)
        except msgspec.ValidationError:
            return default


# An entry of a section's array: key -> how its resources are cut out.
Entry = dict[str, msgspec.Raw]


@dataclass(frozen=True, slots=True)
class _Array:
    """One array of a section: the state its entries are in and the key that holds the body."""

    key: str
    state: State
    body: str


_LAYOUT: dict[SectionKind, tuple[_Array, ...]] = {
    SectionKind.CLUSTERS: (
        _Array("static_clusters", State.STATIC, "cluster"),
        _Array("dynamic_active_clusters", State.ACTIVE, "cluster"),
        _Array("dynamic_warming_clusters", State.WARMING, "cluster"),
    ),
    SectionKind.ENDPOINTS: (
        _Array("static_endpoint_configs", State.STATIC, "endpoint_config"),
        _Array("dynamic_endpoint_configs", State.ACTIVE, "endpoint_config"),
    ),
    SectionKind.LISTENERS: (_Array("static_listeners", State.STATIC, "listener"),),
    SectionKind.ROUTES: (
        _Array("static_route_configs", State.STATIC, "route_config"),
        _Array("dynamic_route_configs", State.ACTIVE, "route_config"),
    ),
    SectionKind.SCOPED_ROUTES: (
        _Array("inline_scoped_route_configs", State.STATIC, "scoped_route_configs"),
        _Array("dynamic_scoped_route_configs", State.ACTIVE, "scoped_route_configs"),
    ),
    SectionKind.SECRETS: (
        _Array("static_secrets", State.STATIC, "secret"),
        _Array("dynamic_active_secrets", State.ACTIVE, "secret"),
        _Array("dynamic_warming_secrets", State.WARMING, "secret"),
    ),
    SectionKind.ECDS: (_Array("ecds_filters", State.ACTIVE, "ecds_filter"),),
    SectionKind.BOOTSTRAP: (),
}

_decode_entries = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_section = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Config(msgspec.Struct):
    configs: list[msgspec.Raw] = []


class _Typed(msgspec.Struct):
    type_url: str = msgspec.field(name="@type", default="")


_decode_config = msgspec.json.Decoder(_Config).decode
_decode_typed = msgspec.json.Decoder(_Typed).decode


def _text(entry: Entry, key: str) -> str:
    raw = entry.get(key)
    if raw is None:
        return ""
    value = _decode_json(raw)
    return value if isinstance(value, str) else ""


def _rejection(raw: msgspec.Raw | None) -> tuple[Rejection | None, msgspec.Raw | None]:
    """The refusal in an ``error_state`` and the configuration that was refused, if the dump has it."""
    if raw is None:
        return None, None
    state = _decode_section(raw)
    rejection = Rejection(
        _text(state, "details"), _text(state, "last_update_attempt"), _text(state, "version_info")
    )
    return rejection, state.get("failed_configuration")


@dataclass(frozen=True)
class Section:
    """A section's envelope: ``fields`` are its keys, still raw."""

    kind: SectionKind
    raw: msgspec.Raw
    fields: Entry = field(repr=False)
    notes: Notes = field(default_factory=Notes, repr=False)

    @property
    def version_info(self) -> str:
        return _text(self.fields, "version_info")

    def entries(self, key: str) -> list[Entry]:
        """The entries of one array, in proto names."""
        entries = self._entries(self.fields, key)
        return self._entries(self._proto_fields, key) if _has_camel_names(entries) else entries

    @functools.cached_property
    def _proto_fields(self) -> Entry:
        """The section's fields with everything in them in proto names: for dumps that mix both spellings."""
        return _decode_section(_to_proto_names(self.notes, f"envoy.admin.v3.{self.kind.value}", self.raw))

    def _entries(self, fields: Entry, key: str) -> list[Entry]:
        raw = fields.get(key)
        if raw is None:
            return []
        try:
            return _decode_entries(raw)
        except msgspec.ValidationError as error:
            raise InputError(
                f"{self.kind.value}.{key} is not a list of objects: {error}",
                "The dump was changed or cut after Envoy wrote it.",
            ) from error

    @functools.cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All resources in the order of the dump, each array after the other."""
        found = [r for array in _LAYOUT[self.kind] for r in self._array(array)]
        if self.kind is SectionKind.LISTENERS:
            found.extend(self._dynamic_listeners())
        return tuple(found)

    def _array(self, array: _Array) -> Iterator[Resource]:
        for index, entry in enumerate(self.entries(array.key)):
            rejection, failed = _rejection(entry.get("error_state"))
            body = entry.get(array.body)
            path = f"{array.key}[{index}]"
            if self.kind is SectionKind.SCOPED_ROUTES:
                yield from self._scoped(array, entry, path)
                continue
            named = "" if self.kind in (SectionKind.CLUSTERS, SectionKind.LISTENERS) else _text(entry, "name")
            envelope = {
                "version_info": _text(entry, "version_info"),
                "last_updated": _text(entry, "last_updated"),
                "client_status": _text(entry, "client_status"),
            }
            if body is not None or rejection is None:
                yield Resource(
                    self.kind, array.state, f"{path}.{array.body}", body, named, rejection=None, **envelope
                )
            if rejection is not None:
                yield Resource(
                    self.kind,
                    State.ERROR,
                    f"{path}.error_state",
                    failed,
                    named,
                    rejection=rejection,
                    **envelope,
                )

    def _scoped(self, array: _Array, entry: Entry, path: str) -> Iterator[Resource]:
        bodies = msgspec.json.decode(entry.get(array.body, msgspec.Raw(b"[]")), type=list[msgspec.Raw])
        for index, body in enumerate(bodies):
            yield Resource(
                self.kind,
                array.state,
                f"{path}.{array.body}[{index}]",
                body,
                version_info=_text(entry, "version_info"),
                last_updated=_text(entry, "last_updated"),
            )

    def _dynamic_listeners(self) -> Iterator[Resource]:
        """A dynamic listener's entry holds up to three listeners and a refusal, any of them absent."""
        for index, entry in enumerate(self.entries("dynamic_listeners")):
            path = f"dynamic_listeners[{index}]"
            name = _text(entry, "name")
            client_status = _text(entry, "client_status")
            for key, state in _LISTENER_STATES:
                raw = entry.get(key)
                if raw is None:
                    continue
                inner = _decode_section(raw)
                yield Resource(
                    self.kind,
                    state,
                    f"{path}.{key}.listener",
                    inner.get("listener"),
                    name,
                    _text(inner, "version_info"),
                    _text(inner, "last_updated"),
                    client_status,
                )
            rejection, failed = _rejection(entry.get("error_state"))
            if rejection is not None:
                yield Resource(
                    self.kind,
                    State.ERROR,
                    f"{path}.error_state",
                    failed,
                    name,
                    rejection.version_info,
                    rejection.last_update_attempt,
                    client_status,
                    rejection,
                )


_LISTENER_STATES = (
    ("active_state", State.ACTIVE),
    ("warming_state", State.WARMING),
    ("draining_state", State.DRAINING),
)


@dataclass
class Snapshot:
    """Everything known of one Envoy: sections of its config_dump and its other admin answers.

    ``origin`` is what errors call it (a file, ``test-pod.test``); ``notes`` collects what was not understood.
    """

    origin: str
    sections: dict[SectionKind, Section] = field(default_factory=dict)
    unknown_sections: list[tuple[str, msgspec.Raw]] = field(default_factory=list)
    documents: dict[DocumentKind, Document] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    def section(self, kind: SectionKind) -> Section | None:
        return self.sections.get(kind)

    def resources(self, kind: SectionKind, *states: State) -> tuple[Resource, ...]:
        """The resources of a section, only those in ``states`` when given; empty without the section."""
        section = self.sections.get(kind)
        if section is None:
            return ()
        return tuple(r for r in section.resources if not states or r.state in states)

    def json(self, kind: DocumentKind) -> Json | None:
        """Another admin answer, decoded (proto field names); None when it was not given."""
        document = self.documents.get(kind)
        if document is None:
            return None
        decoded = _decode_json(document.data)
        return decoded if isinstance(decoded, dict) else None

    @functools.cached_property
    def bootstrap(self) -> Json | None:
        """The decoded ``envoy.config.bootstrap.v3.Bootstrap``, or None without the section."""
        section = self.sections.get(SectionKind.BOOTSTRAP)
        if section is None or "bootstrap" not in section.fields:
            return None
        decoded = _decode_json(section.fields["bootstrap"])
        if not isinstance(decoded, dict):
            return None
        if _is_camel_case([*decoded, *(decoded.get("node") or {})]):
            decoded = _decode_json(
                _to_proto_names(
                    self.notes, "envoy.config.bootstrap.v3.Bootstrap", section.fields["bootstrap"]
                )
            )
        return decoded if isinstance(decoded, dict) else None


_SAMPLE = 3  # entries looked at: a dump is written by one program, in one spelling


_STATES = frozenset({"active_state", "warming_state", "draining_state", "error_state"})


def _has_camel_names(entries: list[Entry]) -> bool:
    """Whether entries, or the messages in them, have camelCase names; free-form keys are deeper down."""
    return any(_entry_has_camel_names(entry) for entry in entries[:_SAMPLE])


def _entry_has_camel_names(entry: Entry) -> bool:
    if _is_camel_case(entry):
        return True
    for key, raw in entry.items():
        if memoryview(raw)[:1].tobytes() != b"{":
            continue
        inner = _decode_section(raw)
        if _entry_has_camel_names(inner) if key in _STATES else _is_camel_case(inner):
            return True
    return False


def _is_camel_case(keys: Iterable[str]) -> bool:
    return any(key != key.lower() for key in keys)


# Messages of the admin answers that may come in camelCase and are read in proto names.
_DOCUMENT_TYPES = {
    DocumentKind.CLUSTERS: "envoy.admin.v3.Clusters",
    DocumentKind.CERTS: "envoy.admin.v3.Certificates",
    DocumentKind.LISTENERS: "envoy.admin.v3.Listeners",
    DocumentKind.SERVER_INFO: "envoy.admin.v3.ServerInfo",
}


def load(documents: Iterable[Document], origin: str, notes: Notes | None = None) -> Snapshot:
    """A snapshot of the given admin answers (of one Envoy). Later answers of the same kind complete the first:
    a section that stands twice is taken from the last, as istioctl does, and noted."""
    snapshot = Snapshot(origin, notes=notes if notes is not None else Notes())
    for document in documents:
        if document.kind is DocumentKind.CONFIG_DUMP:
            _add_config_dump(snapshot, document)
        elif document.kind in _DOCUMENT_TYPES and _is_camel_case(_decode_section(document.data)):
            converted = _to_proto_names(snapshot.notes, _DOCUMENT_TYPES[document.kind], document.data)
            snapshot.documents[document.kind] = Document(document.kind, converted, document.origin)
            continue
        snapshot.documents[document.kind] = document
    return snapshot


def _add_config_dump(snapshot: Snapshot, document: Document) -> None:
    try:
        configs = _decode_config(document.data).configs
    except msgspec.ValidationError as error:
        raise InputError(
            f"{document.origin}: `configs` is not a list: {error}",
            "The dump was changed after Envoy wrote it.",
        ) from error
    for index, raw in enumerate(configs):
        _add_section(snapshot, raw, f"{document.origin}: configs[{index}]")


def _add_section(snapshot: Snapshot, raw: msgspec.Raw, where: str) -> None:
    try:
        url = _decode_typed(raw).type_url
        fields = _decode_section(raw)
    except msgspec.ValidationError:
        snapshot.notes.add(NoteKind.INPUT, f"{where} is not a section: passed over")
        snapshot.unknown_sections.append(("", raw))
        return
    kind = _section_kind(url)
    if kind is None:
        snapshot.notes.add(NoteKind.UNKNOWN_SECTION, url or f"without @type ({where})")
        snapshot.unknown_sections.append((url, raw))
        return
    if _is_camel_case(key for key in fields if key != "@type"):
        raw = msgspec.Raw(_to_proto_names(snapshot.notes, url, raw))
        fields = _decode_section(raw)
    known = snapshot.sections.get(kind)
    if known is not None and kind is SectionKind.ECDS:  # Envoy prints one for HTTP and one for TCP filters
        raw, fields = _merged(known, fields)
    elif known is not None:
        snapshot.notes.add(NoteKind.DUPLICATE_SECTION, kind.value)
    snapshot.sections[kind] = Section(kind, raw, fields, snapshot.notes)


def _merged(known: Section, fields: Entry) -> tuple[msgspec.Raw, Entry]:
    """Two sections of the same kind as one: the entries of both."""
    both = {**known.fields, **fields}
    for array in _LAYOUT[known.kind]:
        parts = [part[array.key] for part in (known.fields, fields) if array.key in part]
        entries = [entry for part in parts for entry in msgspec.json.decode(part, type=list[msgspec.Raw])]
        both[array.key] = msgspec.Raw(msgspec.json.encode(entries))
    return msgspec.Raw(msgspec.json.encode(both)), both


def _section_kind(url: str) -> SectionKind | None:
    package, _, name = url.rsplit("/", 1)[-1].rpartition(".")
    if not package.startswith("envoy.admin."):
        return None
    try:
        return SectionKind(name)
    except ValueError:
        return None


def _to_proto_names(notes: Notes, type_name: str, raw: bytes | memoryview | msgspec.Raw) -> bytes:
    from meshctl.envoy.schema.convert import Converter, Names

    converter = Converter(Names.PROTO, notes)
    return msgspec.json.encode(converter.convert(type_name, _decode_json(raw)))
