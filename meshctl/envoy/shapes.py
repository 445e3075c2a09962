"""How a config_dump is laid out, and the Structs that cut it open: sections, arrays of entries, an envelope round a body.

Layout: envoy/admin/v3/config_dump_shared.proto. Every Struct also has the camelCase forms of its names, kept raw, only to find
out that they stand there.
"""

from __future__ import annotations

import enum
import functools
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec


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
STATES = {
    "active_state": State.ACTIVE,
    "warming_state": State.WARMING,
    "draining_state": State.DRAINING,
}
TEXTS = ("name", "version_info", "last_updated", "client_status")
BODIES = tuple(
    dict.fromkeys(
        [*(a.body for arrays in LAYOUT.values() for a in arrays if a.body not in STATES), "error_state"]
    )
)
ABSENT = msgspec.Raw(b"")
_NULL = b"null"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def struct(name: str, fields: Iterable[tuple[str, Any, Any]]) -> Any:
    """A Struct with the given fields, and their camelCase forms kept raw, only to find out that they stand there."""
    fields = list(fields)
    strange = [(_camel(key), msgspec.Raw, ABSENT) for key, _, _ in fields if "_" in key]
    return msgspec.defstruct(name, [*fields, *strange], gc=False)


StateShape: Any = struct(
    "_StateShape",
    [("listener", msgspec.Raw, ABSENT), ("version_info", str, ""), ("last_updated", str, "")],
)
EntryShape: Any = struct(
    "EntryShape",
    [
        *((key, str, "") for key in TEXTS),
        *((key, msgspec.Raw, ABSENT) for key in BODIES),
        *((key, StateShape | None, None) for key in STATES),
    ],
)
FailureShape: Any = struct(
    "FailureShape",
    [
        ("failed_configuration", msgspec.Raw, ABSENT),
        ("details", str, ""),
        ("last_update_attempt", str, ""),
        ("version_info", str, ""),
    ],
)


def camel_names(shape: Any) -> tuple[str, ...]:
    return tuple(key for key in shape.__struct_fields__ if key != key.lower())


def has_camel_names(shape: Any) -> bool:
    return any(getattr(shape, key) is not ABSENT for key in camel_names(shape))


def _are_plain(shape: Any) -> Callable[[Iterable[Any]], bool]:
    """A function that says of such Structs whether none has a name in camelCase, without a call for each."""
    names = camel_names(shape)
    parts, none = operator.attrgetter(*names), (ABSENT,) * len(names)

    def are_plain(found: Iterable[Any]) -> bool:
        seen = list(map(parts, found))
        return seen.count(none) == len(seen)

    return are_plain


_entries_are_plain = _are_plain(EntryShape)
_states_are_plain = _are_plain(StateShape)
_states = tuple(map(operator.attrgetter, STATES))


def envelopes_are_camel(entries: list[Any]) -> bool:
    """Whether any of the entries, or one of its states, has a field in camelCase."""
    return not _entries_are_plain(entries) or states_are_camel(entries)


def states_are_camel(entries: list[Any]) -> bool:
    return not all(_states_are_plain(filter(None, map(state, entries))) for state in _states)


SAMPLE = 3  # entries whose bodies are looked at: a dump is written by one program, in one spelling


def bodies_are_camel(entries: list[Any]) -> bool:
    """Whether a body in any of the entries has a name of its own in camelCase; free-form names are deeper down."""
    return any(_body_is_camel(raw) for entry in entries for raw in _bodies(entry))


def _bodies(entry: Any) -> Iterator[msgspec.Raw]:
    states = [getattr(entry, key) for key in STATES]
    raws = [getattr(entry, key) for key in BODIES] + [s.listener for s in states if s is not None]
    return (raw for raw in raws if body_of(raw) is not None)


def body_of(raw: msgspec.Raw) -> msgspec.Raw | None:
    """A message's bytes, or None where the key is absent or null."""
    if raw is ABSENT:
        return None
    view = memoryview(raw)
    return None if len(view) == len(_NULL) and view.tobytes() == _NULL else raw


_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _body_is_camel(raw: msgspec.Raw) -> bool:
    return memoryview(raw)[:1].tobytes() == b"{" and is_camel_case(_decode_fields(raw))


def is_camel_case(keys: Iterable[str]) -> bool:
    """Whether any key has a capital: no proto field name does."""
    return any(key != key.lower() for key in keys)


@functools.cache
def section_decoder(kind: SectionKind) -> msgspec.json.Decoder[Any]:
    entries: Any = list[EntryShape]
    arrays: list[tuple[str, Any, Any]] = [(array.key, entries, []) for array in LAYOUT[kind]]
    return msgspec.json.Decoder(struct(f"_{kind.name}", [("version_info", str, ""), *arrays]))


_shape_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def shape_decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    known = _shape_decoders.get(shape)
    if known is None:
        known = _shape_decoders[shape] = msgspec.json.Decoder(shape)
    return known
