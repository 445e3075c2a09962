"""One Envoy's configuration at one moment: the sections of its admin answers, cut into resources, decoded late.

Theory of operation. A config_dump is a list of sections (``ClustersConfigDump`` …). One pass over the bytes
checks the JSON and cuts out the sections; a section that is asked for costs one more pass over its own bytes,
and its resources stay ``Raw`` slices of the input (no copy) until a view or the trace reads one. So a table
costs a scan and a filter by name not even a decode, and a 50 MB dump costs no second 50 MB.

Form: a resource's ``value`` is JSON with proto field names, as Envoy prints (``filter_chains``); a dump in
camelCase is converted once when asked for. An Any stands as an object with ``@type`` beside its fields; see
``meshctl.envoy.anys`` for TypedStruct.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import msgspec

from meshctl.coverage import Gap
from meshctl.envoy.coverage import ALWAYS, WHOLE, SectionCoverage, gap_of
from meshctl.envoy.documents import Document, DocumentKind
from meshctl.envoy.notes import NoteKind, Notes
from meshctl.envoy.sections import (
    LAYOUT,
    Rejection,
    Resource,
    Section,
    SectionKind,
    State,
    is_camel_case,
    merged,
    to_proto_names,
)
from meshctl.errors import InputError
from meshctl.patterns import expression
from meshctl.plain import Json

__all__ = ["Rejection", "Resource", "Section", "SectionKind", "Snapshot", "State", "load"]


class _Config(msgspec.Struct):
    configs: list[msgspec.Raw] = []


class _Typed(msgspec.Struct):
    type_url: str = msgspec.field(name="@type", default="")


_decode_config = msgspec.json.Decoder(_Config).decode
_decode_typed = msgspec.json.Decoder(_Typed).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_json = msgspec.json.Decoder().decode
# Envoy prints the type first: read there, it costs nothing.
TYPE_FIRST = expression(rb'\{\s*"@type"\s*:\s*"([^"\\]*)"\s*[,}]')


class Snapshot(msgspec.Struct, dict=True, eq=False):
    """Everything known of one Envoy: sections of its config_dump and its other admin answers.

    ``origin`` is what errors call it (a file, ``test-pod.test``); ``notes`` collects what was not understood.
    """

    origin: str
    sections: dict[SectionKind, Section] = msgspec.field(default_factory=dict)
    unknown_sections: list[tuple[str, msgspec.Raw]] = msgspec.field(default_factory=list)
    documents: dict[DocumentKind, Document] = msgspec.field(default_factory=dict)
    notes: Notes = msgspec.field(default_factory=Notes)
    coverage: dict[SectionKind, SectionCoverage] = msgspec.field(default_factory=dict)

    def gap(self, kind: SectionKind, array: str = "") -> Gap | None:
        """What would have to be seen before "there is none" can be said of a section, or of one array of it
        (``dynamic_listeners``); None: it is whole, and what is not in it does not exist."""
        known = self.coverage.get(kind)
        if known is None and kind is SectionKind.ENDPOINTS:
            if DocumentKind.CLUSTERS in self.documents:  # /clusters prints the endpoints of every cluster
                return None
        elif known is None and self._is_whole:  # the others are printed where there is something to print
            return None
        return gap_of(kind, known, array)

    @property
    def _is_whole(self) -> bool:
        """Whether a whole /config_dump is among what was given."""
        return all(self.coverage.get(kind) == WHOLE for kind in ALWAYS)

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
        raw = section.fields["bootstrap"]
        decoded = _decode_json(raw)
        if not isinstance(decoded, dict):
            return None
        node = decoded.get("node")
        if is_camel_case([*decoded, *(node if isinstance(node, dict) else ())]):
            decoded = _decode_json(to_proto_names(self.notes, "envoy.config.bootstrap.v3.Bootstrap", raw))
        return decoded if isinstance(decoded, dict) else None


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
        elif document.kind in snapshot.documents:
            snapshot.notes.add(NoteKind.DUPLICATE_ANSWER, document.kind.value)
        if document.kind in _DOCUMENT_TYPES and _is_camel_document(document):
            converted = to_proto_names(snapshot.notes, _DOCUMENT_TYPES[document.kind], document.data)
            snapshot.documents[document.kind] = Document(document.kind, converted, document.origin)
            continue
        snapshot.documents[document.kind] = document
    return snapshot


_CAMEL_KEY = expression(rb'"[a-z]+[A-Z][A-Za-z]*"\s*:')
_HEAD = 4096


def _is_camel_document(document: Document) -> bool:
    """Whether an answer is in camelCase: told by its own keys, for /clusters also by those of its first entries,
    where no free-form keys stand."""
    if document.kind is DocumentKind.CLUSTERS:
        return _CAMEL_KEY.search(memoryview(document.data)[:_HEAD]) is not None
    return is_camel_case(_decode_fields(document.data))


def _add_config_dump(snapshot: Snapshot, document: Document) -> None:
    try:
        configs = document.configs if document.configs is not None else _decode_config(document.data).configs
    except msgspec.ValidationError as error:
        raise InputError(
            f"{document.origin}: `configs` is not a list: {error}",
            "The dump was changed after Envoy wrote it.",
        ) from error
    for index, raw in enumerate(configs):
        kind = _add_section(snapshot, raw, f"{document.origin}: configs[{index}]", document.coverage or {})
        if kind is not None:
            _cover(snapshot, kind, (document.coverage or {}).get(kind, WHOLE))


def _cover(snapshot: Snapshot, kind: SectionKind, found: SectionCoverage) -> None:
    """Take note of how whole a section of a dump is."""
    known = snapshot.coverage.get(kind)
    arrays = frozenset(array.key for array in LAYOUT[kind])
    snapshot.coverage[kind] = found if known is None else known.with_(found, arrays)


def _type_url(raw: msgspec.Raw) -> str | None:
    """The ``@type`` of a section; None when it is no object."""
    first = TYPE_FIRST.match(memoryview(raw))
    if first:
        return str(first[1], "utf-8")
    try:
        return _decode_typed(raw).type_url
    except msgspec.ValidationError:
        return None


def _add_section(
    snapshot: Snapshot, raw: msgspec.Raw, where: str, coverage: dict[SectionKind, SectionCoverage]
) -> SectionKind | None:
    """Add a section; its kind, or None for what is none of those that are read."""
    url = _type_url(raw)
    if url is None:
        snapshot.notes.add(NoteKind.INPUT, f"{where} is not a section: passed over")
        snapshot.unknown_sections.append(("", raw))
        return None
    kind = _section_kind(url)
    if kind is None:
        snapshot.notes.add(NoteKind.UNKNOWN_SECTION, url or f"without @type ({where})")
        snapshot.unknown_sections.append((url, raw))
        return None
    section = Section(kind, raw, snapshot.notes)
    known = snapshot.sections.get(kind)
    both_in_part = kind in coverage and coverage[kind] != WHOLE and snapshot.coverage.get(kind) != WHOLE
    # Envoy prints one ECDS section for HTTP and one for TCP filters
    if known is not None and (kind is SectionKind.ECDS or both_in_part):
        section = merged(known, section)
    elif known is not None:
        snapshot.notes.add(NoteKind.DUPLICATE_SECTION, kind.value)
    snapshot.sections[kind] = section
    return kind


def _section_kind(url: str) -> SectionKind | None:
    package, _, name = url.rsplit("/", 1)[-1].rpartition(".")
    if not package.startswith("envoy.admin."):
        return None
    try:
        return SectionKind(name)
    except ValueError:
        return None
