"""Every form in which a part of an Envoy's configuration travels, read into the documents of a dump.

Theory of operation. A JSON value is told by its type URLs, else by its fields: a whole config_dump, one section,
one array of a section, one entry of it, or a bare resource. Whatever it is becomes entries of a section, its
bytes untouched, and the section says how whole it is (``meshctl.envoy.coverage``): what Envoy printed in full is
whole, an answer to ``?resource=`` is whole in one array, a list of resources that ``istioctl pc`` printed may have
been filtered. Layout: envoy/admin/v3/config_dump_shared.proto; ``?resource=``: source/server/admin/
config_dump_handler.cc (addResourceToDump prints each entry under its own ``@type``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.coverage import Wholeness
from meshctl.envoy.coverage import WHOLE, SectionCoverage
from meshctl.envoy.documents import Document, DocumentKind, identify
from meshctl.envoy.notes import Notes
from meshctl.envoy.sections import LAYOUT, SectionKind, to_proto_names
from meshctl.reader.envoy_tables import ARRAYS, BARE, BODIES, ENTRIES, ENVELOPES, MESSAGES, Bare, snake
from meshctl.reader.recognise import holds_parts

Fields = dict[str, msgspec.Raw]
ADMIN = "type.googleapis.com/envoy.admin.v3."
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode


_CAMEL = re.compile(rb'"(?:[a-z0-9]+(?:[A-Z][a-z0-9]*)+)"\s*:')
_FILTERED = "what istioctl or meshctl printed may have been filtered"
_BOOTSTRAP_SIGNS = frozenset(
    {
        "static_resources",
        "dynamic_resources",
        "cluster_manager",
        "layered_runtime",
        "admin",
        "node",
        "stats_sinks",
    }
)


class Assembly:
    """The parts of one Envoy's configuration as they come in, entered into sections."""

    def __init__(self, origin: str, notes: Notes) -> None:
        self.origin = origin
        self.notes = notes
        self.whole: list[tuple[SectionKind, msgspec.Raw]] = []
        self.entries: dict[SectionKind, dict[str, list[msgspec.Raw]]] = {}
        self.coverage: dict[SectionKind, SectionCoverage] = {}
        self.statuses: list[msgspec.Raw] = []

    def enter(self, array: str, entries: list[msgspec.Raw], coverage: SectionCoverage) -> None:
        """Entries of one array of a section."""
        kind = ARRAYS[array]
        self.entries.setdefault(kind, {}).setdefault(array, []).extend(entries)
        known = self.coverage.get(kind)
        keys = frozenset(a.key for a in LAYOUT[kind])
        self.coverage[kind] = coverage if known is None else known.with_(coverage, keys)

    def section(self, kind: SectionKind, raw: msgspec.Raw, coverage: SectionCoverage = WHOLE) -> None:
        """A section as Envoy prints it."""
        self.whole.append((kind, raw))
        self.coverage[kind] = coverage

    def documents(self) -> list[Document]:
        """What was entered, as the answers an Envoy would have given."""
        result = []
        configs = [_typed(ADMIN + kind.value, raw) for kind, raw in self.whole]
        for kind, arrays in self.entries.items():
            body: dict[str, Any] = {"@type": ADMIN + kind.value, **arrays}
            configs.append(msgspec.Raw(_encode(body)))
        if configs:
            data = _encode({"configs": configs})
            result.append(Document(DocumentKind.CONFIG_DUMP, data, self.origin, configs, dict(self.coverage)))
        if self.statuses:
            data = _encode({"cluster_statuses": self.statuses})
            result.append(Document(DocumentKind.CLUSTERS, data, self.origin))
        return result


def _typed(url: str, raw: msgspec.Raw) -> msgspec.Raw:
    fields = _decode_fields(raw)
    if "@type" in fields:
        return raw
    return msgspec.Raw(_encode({"@type": url, **fields}))


def in_proto_names(message: str, raw: msgspec.Raw, notes: Notes) -> msgspec.Raw:
    """A resource with its fields under their proto names."""
    if not _CAMEL.search(memoryview(raw)):
        return raw
    return msgspec.Raw(to_proto_names(notes, message, raw))


def type_of(fields: Fields) -> str:
    """The message a value says it is; "" when it does not."""
    raw = fields.get("@type")
    if raw is None:
        return ""
    try:
        return msgspec.json.decode(raw, type=str).rsplit("/", 1)[-1]
    except msgspec.DecodeError:
        return ""


def bare_kind(fields: Fields) -> Bare | None:
    """The resource that a value is, by its type or its fields."""
    name = type_of(fields)
    if name:
        last = name.rsplit(".", 1)[-1]
        found = MESSAGES.get({"TypedExtensionConfig": "TypedExtensionConfig"}.get(last, last))
        return found if found is not None and name.startswith("envoy.") and "admin" not in name else None
    keys = {snake(key) for key in fields}
    for bare in BARE:
        if bare.signs & keys and bare.needs <= keys and not bare.never & keys:
            return bare
    if keys >= {"name", "address"} and keys <= {
        "name",
        "address",
        "traffic_direction",
        "additional_addresses",
        "bind_to_port",
    }:
        return BARE[0]  # a listener of which a filter was left
    if (_is_cluster_type(fields) and "name" in keys) or keys == {"cluster_type", "name"}:
        return BARE[3]
    return None


def _is_cluster_type(fields: Fields) -> bool:
    """Whether ``type`` is a kind of discovery, which only a cluster has."""
    raw = memoryview(fields.get("type", msgspec.Raw(b""))).tobytes()
    return raw in (b'"EDS"', b'"STATIC"', b'"STRICT_DNS"', b'"LOGICAL_DNS"', b'"ORIGINAL_DST"')


def enter_bare(assembly: Assembly, bare: Bare, raws: list[msgspec.Raw], why: str = _FILTERED) -> None:
    """Bare resources as entries of their section."""
    entries = []
    for raw in raws:
        body = in_proto_names(bare.message, raw, assembly.notes)
        entries.append(envelope(bare.array, body))
    assembly.enter(bare.array, entries, SectionCoverage(Wholeness.UNKNOWN, why))


def envelope(array: str, body: msgspec.Raw) -> msgspec.Raw:
    """A body as the entry that Envoy would print it in."""
    if array == "dynamic_listeners":
        return msgspec.Raw(_encode({"name": _name(body), "active_state": {"listener": body}}))
    if array == "dynamic_active_secrets":
        return msgspec.Raw(_encode({"name": _name(body), "secret": body}))
    key = BODIES.get(array) or next(a.body for a in LAYOUT[ARRAYS[array]] if a.key == array)
    return msgspec.Raw(_encode({key: body}))


class _Named(msgspec.Struct):
    name: Any = ""


def _name(raw: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(raw, type=_Named).name or "")
    except msgspec.DecodeError:
        return ""


def enter_value(assembly: Assembly, raw: msgspec.Raw) -> bool:
    """Enter a JSON value; False when it is no part of an Envoy's configuration."""
    head = memoryview(raw)[:1].tobytes()
    if head == b"[":
        values = _decode_list(raw)
        entered = [_enter_item(assembly, value) for value in values]  # all, whether or not one is none
        return bool(values) and all(entered)
    return head == b"{" and _enter_object(assembly, _decode_fields(raw), raw)


def _enter_item(assembly: Assembly, raw: msgspec.Raw) -> bool:
    if memoryview(raw)[:1].tobytes() != b"{":
        return False
    return _enter_object(assembly, _decode_fields(raw), raw)


def _enter_object(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    for enter in (
        _as_section,
        _as_entry_of_type,
        _as_arrays,
        _as_status,
        _as_bare,
        _as_envelope,
        _as_bootstrap,
    ):
        if enter(assembly, fields, raw):
            return True
    return False


def _as_section(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    """One section with its type."""
    package, _, name = type_of(fields).rpartition(".")
    if not package.startswith("envoy.admin.") or package.endswith("ConfigDump"):
        return False
    try:
        kind = SectionKind(name)
    except ValueError:
        return False
    if package.startswith("envoy.admin.v2"):
        from meshctl.reader.v2 import enter_section

        enter_section(assembly, kind, fields)
    else:
        assembly.section(kind, raw)
    return True


def _as_entry_of_type(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    """One entry, as Envoy prints it for ?resource=."""
    package, _, name = type_of(fields).rpartition(".")
    arrays = ENTRIES.get(name)
    if arrays is None or not package.startswith("envoy.admin."):
        return False
    why = f"an answer to ?resource={arrays[0]} holds nothing else"
    assembly.enter(
        arrays[0], [raw], SectionCoverage(Wholeness.PARTIAL, why, whole_arrays=frozenset(arrays[:1]))
    )
    return True


def _as_arrays(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    """A section without its type: ``{"dynamic_listeners": […]}``."""
    found = {key: ARRAYS[snake(key)] for key in fields if snake(key) in ARRAYS and _is_list(fields[key])}
    if not found:
        return False
    for kind in dict.fromkeys(found.values()):
        own = {key: fields[key] for key, of in found.items() if of is kind}
        if any("_active_listeners" in snake(key) or "_warming_listeners" in snake(key) for key in own):
            from meshctl.reader.v2 import enter_section

            enter_section(assembly, kind, own)
            continue
        section = msgspec.Raw(
            to_proto_names(assembly.notes, f"envoy.admin.v3.{kind.value}", msgspec.Raw(_encode(own)))
        )
        if not any(key != key.lower() for key in own):
            section = msgspec.Raw(_encode(own))
        arrays = frozenset(snake(key) for key in own)
        missing = frozenset(a.key for a in LAYOUT[kind]) - arrays
        why = f"only {' and '.join(sorted(arrays))} of the section was given"
        coverage = SectionCoverage(Wholeness.PARTIAL, why, whole_arrays=arrays) if missing else WHOLE
        assembly.section(kind, section, coverage)
    return True


def _is_list(raw: msgspec.Raw) -> bool:
    return memoryview(raw)[:1].tobytes() == b"["


def _as_status(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    """One cluster of /clusters, as ``istioctl pc endpoint -o json`` prints."""
    if not {"host_statuses", "hostStatuses"} & fields.keys():
        return False
    assembly.statuses.append(in_proto_names("envoy.admin.v3.ClusterStatus", raw, assembly.notes))
    return True


def _as_bare(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    bare = bare_kind(fields)
    if bare is None:
        return False
    if _is_v2(raw):
        from meshctl.reader.v2 import translated

        raw = translated(raw, assembly)
    enter_bare(assembly, bare, [raw])
    return True


def _is_v2(raw: msgspec.Raw) -> bool:
    return (
        re.search(
            rb'"(?:type\.googleapis\.com/envoy\.(?:api\.v2|config\.[\w.]+\.v[12][."])|envoy\.http_connection_manager")',
            memoryview(raw),
        )
        is not None
    )


def _as_envelope(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    keys = {snake(key) for key in fields}
    for signs, array in ENVELOPES:
        if signs & keys:
            why = "only some entries of the section were given"
            body = in_proto_names(
                f"envoy.admin.v3.{ARRAYS[array].value}.{_entry_name(array)}", raw, assembly.notes
            )
            assembly.enter(array, [body], SectionCoverage(Wholeness.PARTIAL, why))
            return True
    if "cluster" in keys and memoryview(fields["cluster"])[:1].tobytes() == b"{":
        assembly.enter(
            "dynamic_active_clusters",
            [raw],
            SectionCoverage(Wholeness.PARTIAL, "only some clusters were given"),
        )
        return True
    return False


def _entry_name(array: str) -> str:
    return next(name for name, arrays in ENTRIES.items() if array in arrays)


def _as_bootstrap(assembly: Assembly, fields: Fields, raw: msgspec.Raw) -> bool:
    """``pc bootstrap -o json``, Envoy's own configuration file, or its static resources alone."""
    from meshctl.reader import bootstrap_forms

    keys = {snake(key) for key in fields}
    if keys & {"bootstrap"} and keys <= {"bootstrap", "last_updated", "@type"}:
        section = {"@type": f"{ADMIN}BootstrapConfigDump", **fields}
        assembly.section(SectionKind.BOOTSTRAP, msgspec.Raw(_encode(section)))
        return True
    if (
        type_of(fields).endswith("bootstrap.v3.Bootstrap")
        or "static_resources" in keys
        or len(keys & _BOOTSTRAP_SIGNS) > 1
    ):
        bootstrap_forms.enter(assembly, raw)
        return True
    if (
        keys
        and keys <= {"listeners", "clusters", "secrets"}
        and all(_is_list(part) for part in fields.values())
    ):
        return bootstrap_forms.enter_static(assembly, fields)
    return False


def assembled(data: bytes | memoryview, origin: str, notes: Notes) -> list[Document] | None:
    """The documents of one JSON value; None when it is nothing of Envoy's."""
    kind = identify(data)
    assembly = Assembly(origin, notes)
    if kind is DocumentKind.CONFIG_DUMP:
        configs = _configs(data)
        if configs is None or not holds_parts(configs):
            return [Document(kind, data, origin, configs)]
        unread = [raw for raw in configs if not _enter_item(assembly, raw)]
        found = assembly.documents()
        if unread:
            found.append(Document(kind, _encode({"configs": unread}), origin, unread))
        return found
    if kind is not None and not _looks_bare(data):
        return [Document(kind, data, origin)]
    return assembly.documents() if enter_value(assembly, msgspec.Raw(data)) else None


def _looks_bare(data: bytes | memoryview) -> bool:
    return bare_kind(_decode_fields(data)) is not None


def _configs(data: bytes | memoryview) -> list[msgspec.Raw] | None:
    try:
        return _decode_list(_decode_fields(data)["configs"])
    except msgspec.DecodeError:
        return None


def values(data: bytes | memoryview) -> Iterator[msgspec.Raw]:
    """A JSON value's items when it is a list, else itself."""
    raw = msgspec.Raw(data)
    yield from _decode_list(raw) if memoryview(raw)[:1].tobytes() == b"[" else [raw]
