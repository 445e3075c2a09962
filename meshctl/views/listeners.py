"""``proxy-config listener``: where the proxy listens, and where each filter chain leads.

Follows istio/istioctl/pkg/writer/envoy/configdump/listener.go. What a chain does is told there by the name of
its network filter, and a TCP proxy that mentions BlackHoleCluster anywhere counts as nothing; the wide table
goes by type instead.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.addresses import Address
from meshctl.envoy.listeners import (
    HCM_NAME,
    HCM_TYPE,
    TCP_PROXY_NAME,
    TCP_PROXY_TYPE,
    ChainMatch,
    FilterChainHead,
    HttpConnectionManagerHead,
    ListenerHead,
    NetworkFilter,
    TcpProxyHead,
)
from meshctl.envoy.notes import Notes
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot
from meshctl.errors import MissingDataError
from meshctl.views import route_text, states
from meshctl.views.table import Table
from meshctl.views.view import View, require

KIND = SectionKind.LISTENERS
MESSAGE = "envoy.config.listener.v3.Listener"
_BLACK_HOLE = b"BlackHoleCluster"

# ALPN lists that Istio gives, and the words istioctl has for them.
_PROTOCOL_WORDS = {
    ("http/1.0", "http/1.1", "h2c", "istio-http/1.0", "istio-http/1.1", "istio-h2"): "App: HTTP TLS",
    ("istio", "istio-http/1.0", "istio-http/1.1", "istio-h2"): "App: Istio HTTP Plain",
    ("istio-peer-exchange", "istio"): "App: TCP TLS",
    ("http/1.0", "http/1.1", "h2c"): "App: HTTP",
}


class ListenerFilter(msgspec.Struct, frozen=True):
    """istioctl's filters; ``verbose`` is the form of the table."""

    address: str = ""
    port: int = 0
    type: str = ""
    verbose: bool = True

    @property
    def is_empty(self) -> bool:
        return not (self.address or self.port or self.type)

    def passes(self, listener: ListenerHead) -> bool:
        if self.address and self.address.casefold() not in map(str.casefold, addresses(listener)):
            return False
        if self.port and listener.port != self.port % 2**32:
            return False
        return not self.type or listener_type(listener).casefold() == self.type.casefold()


def check(snapshot: Snapshot) -> None:
    if require(snapshot, KIND, "listeners").is_empty:
        raise MissingDataError(
            f"{snapshot.origin}: no listeners found",
            "The section is there but empty: Envoy had not yet received its configuration.",
        )


def addresses(listener: ListenerHead) -> list[str]:
    """The listener's addresses without ports: its own and the additional ones."""
    own = listener.address
    text = ""
    if own is not None:
        text = own.socket_address.address if own.socket_address else own.pipe.path if own.pipe else ""
    return [text, *(_socket_text(extra.address) for extra in listener.additional_addresses)]


def _socket_text(address: Address | None) -> str:
    return address.socket_address.address if address and address.socket_address else ""


def _is_black_hole(network_filter: NetworkFilter) -> bool:
    return _BLACK_HOLE in bytes(network_filter.typed_config)


def listener_type(listener: ListenerHead) -> str:
    """HTTP, TCP, HTTP+TCP or UNKNOWN, by the names of the network filters."""
    http = tcp = False
    for chain in listener.chains:
        for network_filter in chain.filters:
            if network_filter.name == HCM_NAME:
                http = True
            elif network_filter.name == TCP_PROXY_NAME and not tcp:
                tcp = not _is_black_hole(network_filter)
    if http:
        return "HTTP+TCP" if tcp else "HTTP"
    return "TCP" if tcp else "UNKNOWN"


def chain_match(match: ChainMatch | None) -> str:
    """A chain's criteria in istioctl's words; source criteria have none there."""
    if match is None:
        return "ALL"
    parts = []
    if match.server_names:
        parts.append(f"SNI: {','.join(match.server_names)}")
    if match.transport_protocol:
        parts.append(f"Trans: {match.transport_protocol}")
    protocols = match.application_protocols
    if protocols:
        parts.append(_PROTOCOL_WORDS.get(tuple(protocols)) or f"App: {','.join(protocols)}")
    port = "" if match.destination_port is None else f":{match.destination_port}"
    if match.prefix_ranges:
        ranges = ",".join(f"{r.address_prefix}/{r.prefix_len}" for r in match.prefix_ranges)
        parts.append(f"Addr: {ranges}{port}")
    elif port:
        parts.append(f"Addr: *{port}")
    return "; ".join(parts) or "ALL"


def chain_destination(chain: FilterChainHead, notes: Notes, where: str) -> str:
    """Where a chain leads, by the name of its first HTTP connection manager or TCP proxy."""
    for network_filter in chain.filters:
        if network_filter.name == HCM_NAME:
            return _http_destination(network_filter, notes, where)
        if network_filter.name == TCP_PROXY_NAME and not _is_black_hole(network_filter):
            proxy = typed.read(TcpProxyHead, network_filter.typed_config, notes, where)
            return route_text.named_cluster(proxy.cluster if _is(proxy.type_url, TCP_PROXY_TYPE) else "")
    return "Non-HTTP/Non-TCP"


def _is(type_url: str, wanted: str) -> bool:
    """Whether a filter's configuration is of the type its name promises; anything else is not read."""
    return type_url.rpartition("/")[2] == wanted


def _http_destination(network_filter: NetworkFilter, notes: Notes, where: str) -> str:
    manager = typed.read(HttpConnectionManagerHead, network_filter.typed_config, notes, where)
    if not _is(manager.type_url, HCM_TYPE):
        return "HTTP"
    if manager.route_config is not None:
        return route_text.destination(manager.route_config)
    if manager.rds is not None and manager.rds.route_config_name:
        return f"Route: {manager.rds.route_config_name}"
    return "HTTP"


class SelectedListener(msgspec.Struct, frozen=True):
    """A selected listener: the resource and its decoded head."""

    resource: Resource
    head: ListenerHead


def select(snapshot: Snapshot, wanted: ListenerFilter) -> list[SelectedListener]:
    """The listeners in force that pass, in the order of istioctl's JSON: dynamic ones, then static."""
    found = (
        SelectedListener(r, typed.read(ListenerHead, r.raw, snapshot.notes, r.path))
        for r in states.in_force(snapshot, KIND)
    )
    return [item for item in found if wanted.passes(item.head)]


def _select_heads(snapshot: Snapshot, wanted: ListenerFilter) -> list[tuple[str, ListenerHead]]:
    """What the short table shows of the same listeners, each with its place, in the table's order."""
    heads: list[tuple[str, ListenerHead]] | None = states.heads(snapshot, KIND)
    if heads is None:
        found = [(item.resource.path, item.head) for item in select(snapshot, wanted)]
    else:
        everything = wanted.is_empty
        found = [item for item in heads if everything or wanted.passes(item[1])]
    return sorted(found, key=lambda item: _order(item[1]))


def _order(head: ListenerHead) -> tuple[int, str, str]:
    return head.port, addresses(head)[0], listener_type(head)


def _sort_key(item: SelectedListener) -> tuple[int, str, str]:
    return _order(item.head)


def _rows(place: str, head: ListenerHead, verbose: bool, notes: Notes) -> list[tuple[str, ...]]:
    where = ",".join(addresses(head))
    if not verbose:
        return [(where, str(head.port), listener_type(head))]
    chains = [(chain_match(c.filter_chain_match), chain_destination(c, notes, place)) for c in head.chains]
    chains.sort(key=lambda chain: chain[1], reverse=True)
    return [(where, str(head.port), match, destination) for match, destination in chains]


def _header(verbose: bool) -> tuple[str, ...]:
    return ("ADDRESSES", "PORT", "MATCH", "DESTINATION") if verbose else ("ADDRESSES", "PORT", "TYPE")


def short(snapshot: Snapshot, wanted: ListenerFilter) -> Table:
    found = _select_heads(snapshot, wanted)
    rows = [row for place, head in found for row in _rows(place, head, wanted.verbose, snapshot.notes)]
    return Table(_header(wanted.verbose), rows, padding=1)


def labelled(snapshot: Snapshot, wanted: ListenerFilter) -> Table:
    found = _select_heads(snapshot, wanted)
    rows = [
        (f"listener/{head.name}", *row)
        for place, head in found
        for row in _rows(place, head, wanted.verbose, snapshot.notes)
    ]
    return Table(("NAME", *_header(wanted.verbose)), rows, padding=1)


def values(snapshot: Snapshot, wanted: ListenerFilter, convert: Convert) -> Any:
    if wanted.is_empty:  # nothing to look at: save the decoding
        return [convert(MESSAGE, r.decoded()) for r in states.in_force(snapshot, KIND)]
    return [convert(MESSAGE, item.resource.decoded()) for item in select(snapshot, wanted)]


def names(snapshot: Snapshot, wanted: ListenerFilter) -> list[str]:
    return [item.head.name or item.resource.name for item in sorted(select(snapshot, wanted), key=_sort_key)]


def _wide(snapshot: Snapshot, wanted: ListenerFilter) -> Table:
    from meshctl.views.listeners_wide import wide  # reads matchers in full: not needed for the short table

    found = [
        SelectedListener(r, typed.read(ListenerHead, r.raw, snapshot.notes, r.path))
        for r in states.everything(snapshot, KIND)
    ]
    chosen = sorted((i for i in found if wanted.passes(i.head)), key=_sort_key)
    return wide(snapshot, [item.resource for item in chosen])


VIEW: View[ListenerFilter] = View(
    check, short, labelled, _wide, values, names, lambda s: states.unseen(s, KIND, "listener")
)
