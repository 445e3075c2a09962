"""``proxy-config bootstrap``: how the proxy was started, and which Istio and Envoy it is.

Follows PrintBootstrapSummary and PrintBootstrapDump in istio/istioctl/pkg/writer/envoy/configdump/configdump.go.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy import bootstrap, typed
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import SectionKind, Snapshot
from meshctl.views.table import Table
from meshctl.views.view import Layout, View, require

KIND = SectionKind.BOOTSTRAP
MESSAGE = "envoy.admin.v3.BootstrapConfigDump"


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "bootstrap")


def node(snapshot: Snapshot) -> bootstrap.Node | None:
    """Who the proxy says it is; None without a bootstrap."""
    value = (snapshot.bootstrap or {}).get("node")
    if value is None:
        return None
    return typed.read(bootstrap.Node, msgspec.json.encode(value), snapshot.notes, "bootstrap.node")


def short(snapshot: Snapshot, wanted: None) -> Table:
    proxy = node(snapshot)
    facts = (
        ("Istio Version:", bootstrap.istio_version(proxy)),
        ("Istio Proxy Version:", bootstrap.istio_proxy_sha(proxy)),
        ("Envoy Version:", bootstrap.envoy_version(proxy)),
    )
    return Table((), [fact for fact in facts if fact[1]], padding=1)


def _wide(snapshot: Snapshot, wanted: None) -> Table:
    proxy = node(snapshot) or bootstrap.Node()
    metadata = proxy.metadata or {}
    interesting = (
        "NAMESPACE",
        "CLUSTER_ID",
        "MESH_ID",
        "INTERCEPTION_MODE",
        "INSTANCE_IPS",
        "SERVICE_ACCOUNT",
    )
    facts = [("Node:", proxy.id), ("Cluster:", proxy.cluster)]
    facts += [(f"{key}:", str(metadata[key])) for key in interesting if key in metadata]
    return Table((), [*short(snapshot, wanted).rows, *facts], padding=1)


def values(snapshot: Snapshot, wanted: None, convert: Convert) -> Any:
    section = snapshot.section(KIND)
    return convert(MESSAGE, msgspec.json.decode(section.raw)) if section else {}


def names(snapshot: Snapshot, wanted: None) -> list[str]:
    proxy = node(snapshot)
    return [proxy.id] if proxy and proxy.id else []


def _nothing_unseen(snapshot: Snapshot) -> list[str]:
    return []


VIEW: View[None] = View(check, short, short, _wide, values, names, _nothing_unseen, Layout.JSONPB)
