"""The sections of a config_dump: a few arrays of entries, each an envelope round one resource.

One pass of msgspec cuts a section into its entries (``shape``); the resources in them stay ``Raw`` slices of the
dump until a view or the trace asks for one. Layout: envoy/admin/v3/config_dump_shared.proto. What does not
fit is noted and passed over; camelCase, also mixed into a dump, is turned into proto names once. Values here are
frozen msgspec Structs, not dataclasses: a large dump has thousands, and a dataclass costs a millisecond to import.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from meshctl.envoy.notes import NoteKind, Notes
from meshctl.envoy.shapes import (
    ABSENT,
    LAYOUT,
    SAMPLE,
    STATES,
    TEXTS,
    Array,
    FailureShape,
    SectionKind,
    State,
    bodies_are_camel,
    body_of,
    envelopes_are_camel,
    has_camel_names,
    is_camel_case,
    section_decoder,
    shape_decoder,
)
from meshctl.patterns import expression
from meshctl.plain import Json
from meshctl.values import once

if TYPE_CHECKING:
    from meshctl.envoy.heads import Heads

__all__ = ["LAYOUT", "Array", "Fields", "Rejection", "Resource", "Section", "SectionKind", "State", "is_camel_case",
           "merged", "to_proto_names"]  # fmt: skip

Fields = dict[str, msgspec.Raw]
T = TypeVar("T")


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
_NAME_FIRST = expression(
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

    @once
    def value(self) -> Json:
        """The decoded body in proto field names; empty where there is none."""
        return self.decoded()

    def decoded(self) -> Json:
        """The same, not kept: for who looks at it once."""
        if self.raw is None:
            return {}
        decoded = _decode_json(self.raw)
        return decoded if isinstance(decoded, dict) else {}

    @once
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


# Envoy prints the version, then the arrays. An entry of a dynamic listener alone may hold none.
_FILLED = expression(rb'\{\s*(?:"(?:@type|version_info)"\s*:\s*"[^"\\]*"\s*,\s*)*"(\w+)"\s*:\s*\[\s*\{')


class Section(msgspec.Struct, frozen=True, dict=True, eq=False):
    """A section, still raw."""

    kind: SectionKind
    raw: msgspec.Raw
    notes: Notes = msgspec.field(default_factory=Notes)

    @once
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

    @once
    def _shape(self) -> Any:
        """The section cut into its arrays of entries."""
        shape = self._cut(self.raw)
        return self._cut(self._in_proto_names()) if self._is_camel(shape) else shape

    def _cut(self, raw: msgspec.Raw) -> Any:
        decode = section_decoder(self.kind).decode
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
            is_text = key in TEXTS and not isinstance(item, str)
            if is_text or (key in STATES and not isinstance(item, dict | None)):
                self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{where}.{key}")
            elif key in STATES and item:
                result[key] = self._repaired_entry(item, f"{where}.{key}")
            else:
                result[key] = item
        return result

    def _is_camel(self, shape: Any) -> bool:
        """Whether the section mixes in camelCase, told by its entries, and by the first bodies in
        them; free-form keys are deeper down."""
        if has_camel_names(shape):
            return True
        arrays = [getattr(shape, array.key) for array in LAYOUT[self.kind]]
        return any(envelopes_are_camel(entries) or bodies_are_camel(entries[:SAMPLE]) for entries in arrays)

    def _read(self, shape: Any, raw: msgspec.Raw, where: str) -> Any:
        """A part of an entry; empty, with a note, where it is not of that shape."""
        try:
            return shape_decoder(shape).decode(raw)
        except msgspec.ValidationError:
            self.notes.add(NoteKind.MALFORMED, f"{self.kind.value}.{where}")
            return shape()

    @once
    def resources(self) -> tuple[Resource, ...]:
        """All resources in the order of the dump, each array after the other."""
        return tuple(r for array in LAYOUT[self.kind] for r in self._resources(array))

    @once
    def heads(self) -> Heads | None:
        """What the short table shows of the resources, read in one pass; None where only ``resources`` can tell."""
        from meshctl.envoy.heads import read

        return read(self)

    @property
    def is_empty(self) -> bool:
        """Whether it has no resource. Where its first array begins with an entry, the rest is not read for that."""
        first = _FILLED.match(memoryview(self.raw))
        if first and any(
            array.key == first[1].decode() != "dynamic_listeners" for array in LAYOUT[self.kind]
        ):
            return False
        return not self.resources

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
        body = body_of(getattr(entry, array.body))
        rejection, failed = self._rejection(entry.error_state)
        listed = "" if self.kind in (SectionKind.CLUSTERS, SectionKind.LISTENERS) else entry.name
        envelope = (listed, entry.version_info, entry.last_updated, entry.client_status)
        if body is not None or rejection is None:
            yield Resource(self.kind, array.state, f"{path}.{array.body}", body, *envelope)
        if rejection is not None:
            yield Resource(self.kind, State.ERROR, f"{path}.error_state", failed, *envelope, rejection)

    def _rejection(self, raw: msgspec.Raw) -> tuple[Rejection | None, msgspec.Raw | None]:
        """The refusal in an ``error_state`` and the configuration that was refused, if the dump has it."""
        if raw is ABSENT or body_of(raw) is None:
            return None, None
        failure = self._read(FailureShape, raw, "error_state")
        rejection = Rejection(failure.details, failure.last_update_attempt, failure.version_info)
        return rejection, body_of(failure.failed_configuration)

    def _scoped(self, array: Array, entry: Any, path: str) -> Iterator[Resource]:
        body = body_of(getattr(entry, array.body)) or msgspec.Raw(b"[]")
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
        for key, state in STATES.items():
            inner = getattr(entry, key)
            if inner is None:
                continue
            yield Resource(
                self.kind,
                state,
                f"{path}.{key}.listener",
                body_of(inner.listener),
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


def merged(first: Section, second: Section) -> Section:
    """Two sections of the same kind as one: the entries of both."""
    both: dict[str, Any] = {**first.fields, **second.fields}
    for array in LAYOUT[first.kind]:
        parts = [part.fields[array.key] for part in (first, second) if array.key in part.fields]
        both[array.key] = [e for part in parts for e in msgspec.json.decode(part, type=list[msgspec.Raw])]
    return Section(first.kind, msgspec.Raw(msgspec.json.encode(both)), first.notes)


def to_proto_names(notes: Notes, type_name: str, raw: bytes | memoryview | msgspec.Raw) -> bytes:
    """A message's JSON with every field under its proto name."""
    from meshctl.envoy.schema.convert import Converter, Names

    return msgspec.json.encode(Converter(Names.PROTO, notes).convert(type_name, _decode_json(raw)))
