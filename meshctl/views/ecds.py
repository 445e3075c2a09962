"""``proxy-config ecds``: filters that the proxy fetches apart from their listeners (WasmPlugins, mostly).

Follows istio/istioctl/pkg/writer/envoy/configdump/ecds.go.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.anys import type_name, unpack
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot
from meshctl.views import states
from meshctl.views.table import Table
from meshctl.views.view import Layout, View, require

KIND = SectionKind.ECDS
MESSAGE = "envoy.admin.v3.EcdsConfigDump"
_PREFIX = "type.googleapis.com/"


class _Typed(msgspec.Struct):
    type_url: str = msgspec.field(name="@type", default="")


class _Extension(msgspec.Struct):
    name: str = ""
    typed_config: _Typed | None = None


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "extension configurations; the proxy uses none")


def select(snapshot: Snapshot) -> list[tuple[str, str, Resource]]:
    """Type URL, name and resource of each extension, by type, then name."""
    found = []
    for resource in states.in_force(snapshot, KIND):
        head = typed.read(_Extension, resource.raw, snapshot.notes, resource.path)
        found.append((head.typed_config.type_url if head.typed_config else "", head.name, resource))
    return sorted(found, key=lambda item: item[:2])


def short(snapshot: Snapshot, wanted: None) -> Table:
    rows = [(name, url.removeprefix(_PREFIX)) for url, name, _ in select(snapshot)]
    return Table(("ECDS NAME", "TYPE"), rows)


def _wide(snapshot: Snapshot, wanted: None) -> Table:
    rows = []
    for url, name, resource in select(snapshot):
        inner, _ = unpack(resource.value.get("typed_config"))
        rows.append(
            (
                name or "-",
                type_name(url) or "-",
                inner or "-",
                resource.state.value,
                resource.version_info or "-",
                resource.last_updated or "-",
            )
        )
    for resource in states.everything(snapshot, KIND):
        if resource.rejection is not None:
            reason = f"rejected: {states.rejections(resource)}"
            rows.append((resource.name or "-", "-", "-", reason, resource.version_info or "-", "-"))
    return Table(("ECDS NAME", "TYPE", "FILTER TYPE", "STATE", "VERSION", "LAST UPDATED"), rows)


def values(snapshot: Snapshot, wanted: None, convert: Convert) -> Any:
    section = snapshot.section(KIND)
    return convert(MESSAGE, msgspec.json.decode(section.raw)) if section else {}


def names(snapshot: Snapshot, wanted: None) -> list[str]:
    return [name for _, name, _ in select(snapshot)]


VIEW: View[None] = View(
    check,
    short,
    short,
    _wide,
    values,
    names,
    lambda s: states.unseen(s, KIND, "extension configuration"),
    Layout.PROTOJSON,
)
