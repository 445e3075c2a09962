"""The sections of a config_dump: a few arrays of entries, each an envelope round one resource.

One pass of msgspec cuts a section into its entries (``shape``); the resources in them stay ``Raw`` slices of the
dump until a view or the trace asks for one. Layout: envoy/admin/v3/config_dump_shared.proto. What does not
fit is noted and passed over; camelCase, also mixed into a dump, is turned into proto names once. Values here are
frozen msgspec Structs, not dataclasses: a large dump has thousands, and a dataclass costs a millisecond to import.
"""

from __future__ import annotations

import enum
import functools
import operator
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from meshctl.envoy.notes import NoteKind, Notes
from meshctl.plain import Json

Fields = dict[str, msgspec.Raw]
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


class Rejection(msgspec.Struct, frozen=True):
    """Why Envoy refused an update (envoy.admin.v3.UpdateFailureState)."""

    details: str
    last_update_attempt: str = ""
    version_info: str = ""


class _Named(msgspec.Struct):
    name: str = ""
    cluster_name: str = ""


_decode_named = msgspec.json.Decoder(_Named, strict=False).decode
_decode_json = msgspec.json.Decoder().decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

# Envoy prints the type and the name first: read from there, a name costs nothing. Names with escapes do not match.
_NAME_FIRST = re.compile(
    rb'\{\s*(?:"@type"\s*:\s*"[^"\\]*"\s*,\s*)?"(?:name|cluster_name)"\s*:\s*"([^"\\]*)"\s*[,}]'
)


class Resource(msgspec.Struct, frozen=True, dict=True, eq=False):
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
        first = _NAME_FIRST.match(memoryview(self.raw))
        if first:
            return str(first[1], "utf-8")
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


class Array(msgspec.Struct, frozen=True):
    """One array of a section: the state its entries are in and the key that holds the body."""

    key: str
    state: State
    body: str


LAYOUT: dict[SectionKind, tuple[Array, ...]] = {
    SectionKind.CLUSTERS: (
        Array("static_clusters", State.STATIC, "cluster"),
        Array("dynamic_active_clusters", State.ACTIVE, "cluster"),
        Array("dynamic_warming_clusters", State.WARMING, "cluster"),
    ),
    SectionKind.ENDPOINTS: (
        Array("static_endpoint_configs", State.STATIC, "endpoint_config"),
        Array("dynamic_endpoint_configs", State.ACTIVE, "endpoint_config"),
    ),
    # A dynamic listener's entry holds up to three listeners and a refusal: see _dynamic_listeners.
    SectionKind.LISTENERS: (
        Array("static_listeners", State.STATIC, "listener"),
        Array("dynamic_listeners", State.ACTIVE, "active_state"),
    ),
    SectionKind.ROUTES: (
        Array("static_route_configs", State.STATIC, "route_config"),
        Array("dynamic_route_configs", State.ACTIVE, "route_config"),
    ),
    SectionKind.SCOPED_ROUTES: (
        Array("inline_scoped_route_configs", State.STATIC, "scoped_route_configs"),
        Array("dynamic_scoped_route_configs", State.ACTIVE, "scoped_route_configs"),
    ),
    SectionKind.SECRETS: (
        Array("static_secrets", State.STATIC, "secret"),
        Array("dynamic_active_secrets", State.ACTIVE, "secret"),
        Array("dynamic_warming_secrets", State.WARMING, "secret"),
    ),
    SectionKind.ECDS: (Array("ecds_filters", State.ACTIVE, "ecds_filter"),),
    SectionKind.BOOTSTRAP: (),
}
_STATES = {
    "active_state": State.ACTIVE,
    "warming_state": State.WARMING,
    "draining_state": State.DRAINING,
}
_TEXTS = ("name", "version_info", "last_updated", "client_status")
_BODIES = tuple(
    dict.fromkeys(
        [*(a.body for arrays in LAYOUT.values() for a in arrays if a.body not in _STATES), "error_state"]
    )
)
_ABSENT = msgspec.Raw(b"")
_NULL = b"null"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _struct(name: str, fields: Iterable[tuple[str, Any, Any]]) -> Any:
    """A Struct with the given fields, and their camelCase forms kept raw, only to find out that they stand there."""
    fields = list(fields)
    strange = [(_camel(key), msgspec.Raw, _ABSENT) for key, _, _ in fields if "_" in key]
    return msgspec.defstruct(name, [*fields, *strange])


_StateShape: Any = _struct(
    "_StateShape",
    [("listener", msgspec.Raw, _ABSENT), ("version_info", str, ""), ("last_updated", str, "")],
)
_EntryShape: Any = _struct(
    "_EntryShape",
    [
        *((key, str, "") for key in _TEXTS),
        *((key, msgspec.Raw, _ABSENT) for key in _BODIES),
        *((key, _StateShape | None, None) for key in _STATES),
    ],
)
_FailureShape: Any = _struct(
    "_FailureShape",
    [
        ("failed_configuration", msgspec.Raw, _ABSENT),
        ("details", str, ""),
        ("last_update_attempt", str, ""),
        ("version_info", str, ""),
    ],
)


def _has_camel_names(shape: Any) -> bool:
    return any(getattr(shape, key) is not _ABSENT for key in shape.__struct_fields__ if key != key.lower())


_camel_parts = operator.attrgetter(*(key for key in _EntryShape.__struct_fields__ if key != key.lower()))
_states = operator.attrgetter(*_STATES)


def _envelope_is_camel(entry: Any) -> bool:
    """Whether an entry, or one of its states, has a field in camelCase."""
    if any(part is not _ABSENT for part in _camel_parts(entry)):
        return True
    return any(state is not None and _has_camel_names(state) for state in _states(entry))


def _body(raw: msgspec.Raw) -> msgspec.Raw | None:
    """A message's bytes, or None where the key is absent or null."""
    if raw is _ABSENT:
        return None
    view = memoryview(raw)
    return None if len(view) == len(_NULL) and view.tobytes() == _NULL else raw


_SAMPLE = 3  # entries whose bodies are looked at: a dump is written by one program, in one spelling


class Section(msgspec.Struct, frozen=True, dict=True, eq=False):
    """A section, still raw."""

    kind: SectionKind
    raw: msgspec.Raw
    notes: Notes = msgspec.field(default_factory=Notes)

    @functools.cached_property
    def fields(self) -> Fields:
        """The section's own fields in proto names, still raw."""
        fields = _decode_fields(self.raw)
        if is_camel_case(key for key in fields if key != "@type"):
            return _decode_fields(self._in_proto_names())
        return fields

    @property
    def version_info(self) -> str:
        return str(getattr(self._shape, "version_info", ""))

    def _in_proto_names(self) -> msgspec.Raw:
        return msgspec.Raw(to_proto_names(self.notes, f"envoy.admin.v3.{self.kind.value}", self.raw))

    @functools.cached_property
    def _shape(self) -> Any:
        """The section cut into its arrays of entries."""
        shape = self._cut(self.raw)
        return self._cut(self._in_proto_names()) if self._is_camel(shape) else shape

    def _cut(self, raw: msgspec.Raw) -> Any:
        decode = _section_decoder(self.kind).decode
        try:
            return decode(raw)
        except msgspec.ValidationError:
            return decode(msgspec.json.encode(self._repaired(_decode_json(raw))))

    def _repaired(self, value: Json) -> Json:
        """The section without what is not of the shape that every Envoy prints; each is noted."""
        arrays = {array.key for array in LAYOUT[self.kind]}
        result: Json = {}
        for key, item in value.items():
            if key in arrays and isinstance(item, list):
                result[key] = [self._repaired_entry(e, f"{key}[]") for e in item if self._is_object(e, key)]
            elif (key in arrays) or (key == "version_info" and not isinstance(item, str)):
                self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{key}")
            else:
                result[key] = item
        return result

    def _is_object(self, entry: Any, key: str) -> bool:
        if not isinstance(entry, dict):
            self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{key}[]")
        return isinstance(entry, dict)

    def _repaired_entry(self, entry: Json, where: str) -> Json:
        result: Json = {}
        for key, item in entry.items():
            is_text = key in _TEXTS and not isinstance(item, str)
            if is_text or (key in _STATES and not isinstance(item, dict | None)):
                self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{where}.{key}")
            elif key in _STATES and item:
                result[key] = self._repaired_entry(item, f"{where}.{key}")
            else:
                result[key] = item
        return result

    def _is_camel(self, shape: Any) -> bool:
        """Whether the section mixes in camelCase, told by its entries, and by the first bodies in
        them; free-form keys are deeper down."""
        if _has_camel_names(shape):
            return True
        for array in LAYOUT[self.kind]:
            entries = getattr(shape, array.key)
            if any(map(_envelope_is_camel, entries)):
                return True
            if any(_body_is_camel(raw) for entry in entries[:_SAMPLE] for raw in self._bodies(entry)):
                return True
        return False

    def _bodies(self, entry: Any) -> Iterator[msgspec.Raw]:
        states = [getattr(entry, key) for key in _STATES]
        raws = [getattr(entry, key) for key in _BODIES] + [s.listener for s in states if s is not None]
        return (raw for raw in raws if _body(raw) is not None)

    def _read(self, shape: Any, raw: msgspec.Raw, where: str) -> Any:
        """A part of an entry; empty, with a note, where it is not of that shape."""
        try:
            return _shape_decoder(shape).decode(raw)
        except msgspec.ValidationError:
            self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{where}")
            return shape()

    @functools.cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All resources in the order of the dump, each array after the other."""
        return tuple(r for array in LAYOUT[self.kind] for r in self._resources(array))

    def _resources(self, array: Array) -> Iterator[Resource]:
        for index, entry in enumerate(getattr(self._shape, array.key)):
            path = f"{array.key}[{index}]"
            if array.body == "active_state":
                yield from self._dynamic_listener(entry, path)
            elif self.kind is SectionKind.SCOPED_ROUTES:
                yield from self._scoped(array, entry, path)
            else:
                yield from self._plain(array, entry, path)

    def _plain(self, array: Array, entry: Any, path: str) -> Iterator[Resource]:
        body = _body(getattr(entry, array.body))
        rejection, failed = self._rejection(entry.error_state)
        listed = "" if self.kind in (SectionKind.CLUSTERS, SectionKind.LISTENERS) else entry.name
        envelope = (listed, entry.version_info, entry.last_updated, entry.client_status)
        if body is not None or rejection is None:
            yield Resource(self.kind, array.state, f"{path}.{array.body}", body, *envelope)
        if rejection is not None:
            yield Resource(self.kind, State.ERROR, f"{path}.error_state", failed, *envelope, rejection)

    def _rejection(self, raw: msgspec.Raw) -> tuple[Rejection | None, msgspec.Raw | None]:
        """The refusal in an ``error_state`` and the configuration that was refused, if the dump has it."""
        if raw is _ABSENT or _body(raw) is None:
            return None, None
        failure = self._read(_FailureShape, raw, "error_state")
        rejection = Rejection(failure.details, failure.last_update_attempt, failure.version_info)
        return rejection, _body(failure.failed_configuration)

    def _scoped(self, array: Array, entry: Any, path: str) -> Iterator[Resource]:
        body = _body(getattr(entry, array.body)) or msgspec.Raw(b"[]")
        try:
            bodies = msgspec.json.decode(body, type=list[msgspec.Raw])
        except msgspec.ValidationError:
            self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{array.key}[].{array.body}")
            return
        for index, raw in enumerate(bodies):
            yield Resource(
                self.kind,
                array.state,
                f"{path}.{array.body}[{index}]",
                raw,
                version_info=entry.version_info,
                last_updated=entry.last_updated,
            )

    def _dynamic_listener(self, entry: Any, path: str) -> Iterator[Resource]:
        """A dynamic listener's entry holds up to three listeners and a refusal, any of them absent."""
        for key, state in _STATES.items():
            inner = getattr(entry, key)
            if inner is None:
                continue
            yield Resource(
                self.kind,
                state,
                f"{path}.{key}.listener",
                _body(inner.listener),
                entry.name,
                inner.version_info,
                inner.last_updated,
                entry.client_status,
            )
        rejection, failed = self._rejection(entry.error_state)
        if rejection is not None:
            yield Resource(
                self.kind,
                State.ERROR,
                f"{path}.error_state",
                failed,
                entry.name,
                rejection.version_info,
                rejection.last_update_attempt,
                entry.client_status,
                rejection,
            )


@functools.cache
def _section_decoder(kind: SectionKind) -> msgspec.json.Decoder[Any]:
    entries: Any = list[_EntryShape]
    arrays: list[tuple[str, Any, Any]] = [(array.key, entries, []) for array in LAYOUT[kind]]
    return msgspec.json.Decoder(_struct(f"_{kind.name}", [("version_info", str, ""), *arrays]))


_shape_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _shape_decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    known = _shape_decoders.get(shape)
    if known is None:
        known = _shape_decoders[shape] = msgspec.json.Decoder(shape)
    return known


def merged(first: Section, second: Section) -> Section:
    """Two sections of the same kind as one: the entries of both."""
    both: dict[str, Any] = {**first.fields, **second.fields}
    for array in LAYOUT[first.kind]:
        parts = [part.fields[array.key] for part in (first, second) if array.key in part.fields]
        both[array.key] = [e for part in parts for e in msgspec.json.decode(part, type=list[msgspec.Raw])]
    return Section(first.kind, msgspec.Raw(msgspec.json.encode(both)), first.notes)


def _body_is_camel(raw: msgspec.Raw) -> bool:
    return memoryview(raw)[:1].tobytes() == b"{" and is_camel_case(_decode_fields(raw))


def is_camel_case(keys: Iterable[str]) -> bool:
    """Whether any key has a capital: no proto field name does."""
    return any(key != key.lower() for key in keys)


def to_proto_names(notes: Notes, type_name: str, raw: bytes | memoryview | msgspec.Raw) -> bytes:
    """A message's JSON with every field under its proto name."""
    from meshctl.envoy.schema.convert import Converter, Names

    return msgspec.json.encode(Converter(Names.PROTO, notes).convert(type_name, _decode_json(raw)))
