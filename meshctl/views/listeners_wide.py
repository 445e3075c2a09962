"""The wide listener table: every listener in any state, every chain in the order Envoy tries it.

What a chain does is told by the type of its network filters, not by their names. A chain is chosen by its
``filter_chain_match`` or, where the listener has one, by a matcher tree; both are written out in full.
"""

from __future__ import annotations

from typing import Any

from meshctl.envoy.addresses import bracketed
from meshctl.envoy.anys import unpack
from meshctl.envoy.listeners import HCM_TYPE, TCP_PROXY_TYPE
from meshctl.envoy.snapshot import Resource, Snapshot
from meshctl.match import filter_chains
from meshctl.plain import Json
from meshctl.views import matcher_text, states
from meshctl.views.table import Table

HEADER = (
    "NAME", "STATE", "ADDRESSES", "ORDER", "CHAIN", "MATCH", "DOWNSTREAM TLS", "DESTINATION", "VERSION", "LAST UPDATED", "REJECTED BECAUSE",
)  # fmt: skip


def wide(snapshot: Snapshot, resources: list[Resource]) -> Table:
    return Table(HEADER, [row for resource in resources for row in _rows(resource)], padding=2)


def _rows(resource: Resource) -> list[tuple[str, ...]]:
    value = resource.value
    name = resource.listed_name or str(value.get("name") or "-")
    head = (name, resource.state.value, _addresses(value))
    tail = (
        resource.version_info or "-",
        resource.last_updated or "-",
        states.rejections(resource) or "-",
    )
    chains = chains_of(value)
    if not chains:
        return [(*head, "-", "-", "-", "-", "-", *tail)]
    matches = matches_of(value, [chain for chain, _ in chains])
    return [
        (
            *head,
            "default" if is_default else f"{index}",
            str(chain.get("name") or "-"),
            "no other chain" if is_default else match,
            tls_of(chain.get("transport_socket")),
            destination(chain.get("filters")),
            *tail,
        )
        for index, ((chain, is_default), match) in enumerate(zip(chains, matches, strict=True), 1)
    ]


def chains_of(value: Json) -> list[tuple[Json, bool]]:
    found = [(chain, False) for chain in value.get("filter_chains") or () if isinstance(chain, dict)]
    default = value.get("default_filter_chain")
    return [*found, (default, True)] if isinstance(default, dict) else found


def matches_of(value: Json, chains: list[Json]) -> list[str]:
    """How a connection comes to each chain."""
    matcher = value.get("filter_chain_matcher")
    if not matcher:
        return [filter_chains.criteria(chain.get("filter_chain_match")).text for chain in chains]
    ways: dict[str, list[str]] = {}
    unread: list[str] = []
    for text, action in matcher_text.leaves(matcher):
        if action is matcher_text.UNREAD:
            unread.append(f"perhaps: {text}")
            continue
        _, fields = unpack(action.config)
        ways.setdefault(str(fields.get("value") or action.name), []).append(text)
    return [
        " | ".join([*ways.get(str(chain.get("name") or ""), ()), *unread] or ["no way leads here"])
        for chain in chains
    ]


def _addresses(value: Json) -> str:
    extra = [
        item.get("address") for item in value.get("additional_addresses") or () if isinstance(item, dict)
    ]
    return ",".join(_address(item) for item in [value.get("address"), *extra]) if value else "-"


def _address(message: Any) -> str:
    if not isinstance(message, dict):
        return "internal"
    socket = message.get("socket_address") or {}
    if socket:
        address, port = str(socket.get("address") or ""), socket.get("port_value") or 0
        text = bracketed(address, port)
        return text + ("/udp" if socket.get("protocol") == "UDP" else "")
    return str((message.get("pipe") or {}).get("path") or "internal")


def tls_of(socket: Any) -> str:
    """What a chain asks of the client: plain text, TLS, or mutual TLS; ALPN where it is fixed."""
    if not isinstance(socket, dict):
        return "no"
    kind, fields = unpack(socket.get("typed_config"))
    short = kind.rsplit(".", 1)[-1]
    if short != "DownstreamTlsContext":
        return "no" if short == "RawBuffer" else short or "?"
    mutual = "mutual" if fields.get("require_client_certificate") else "server certificate"
    protocols = (fields.get("common_tls_context") or {}).get("alpn_protocols") or ()
    return f"{mutual}, ALPN {','.join(map(str, protocols))}" if protocols else mutual


def destination(filters: Any) -> str:
    """Where a chain's last network filter leads, with the filters before it that can end a connection."""
    parts = []
    for item in filters or ():
        kind, fields = unpack(item.get("typed_config")) if isinstance(item, dict) else ("", {})
        if kind == HCM_TYPE:
            parts.append(f"HTTP: {_http(fields)}")
        elif kind == TCP_PROXY_TYPE:
            parts.append(f"TCP: {_tcp(fields)}")
        elif not _is_silent(kind):
            parts.append(_short(kind) or str(item.get("name") or "?"))
    return " > ".join(parts) or "nothing: the connection is closed"


def _short(kind: str) -> str:
    """A filter type's telling part: many are all called ``Config`` or ``FilterConfig`` in a package of their own."""
    parts = kind.split(".")
    return (
        parts[-3] if parts[-1] in ("Config", "FilterConfig", "ProtoConfig") and len(parts) > 3 else parts[-1]
    )


_SILENT = ("MetadataExchange", "PluginConfig", "ConnectionLimit_")


def _is_silent(kind: str) -> bool:
    """Filters that only observe."""
    return kind.endswith(_SILENT)


def _http(fields: Json) -> str:
    rds = fields.get("rds") or {}
    if rds.get("route_config_name"):
        return f"route {rds['route_config_name']}"
    inline = fields.get("route_config")
    if isinstance(inline, dict):
        return f"inline route {inline.get('name') or '-'}"
    return "scoped routes" if "scoped_routes" in fields else "no route"


def _tcp(fields: Json) -> str:
    weighted = (fields.get("weighted_clusters") or {}).get("clusters") or ()
    if weighted:
        total = sum(int(item.get("weight") or 0) for item in weighted) or 1
        shares = (f"{item.get('name')} {100 * int(item.get('weight') or 0) / total:g} %" for item in weighted)
        return ", ".join(shares)
    return str(fields.get("cluster") or "no cluster")
