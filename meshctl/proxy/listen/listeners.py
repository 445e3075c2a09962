"""Listeners compiled: their addresses, listener filters, chains; and the choice of listener.

Theory of operation. A listener with use_original_dst (virtualOutbound) hands a connection to the listener of
its original destination: ``ip:port`` exactly, else the wildcard of the family (``0.0.0.0:port``, ``[::]:port``;
an IPv4 destination also finds ``[::]:port`` with ipv4_compat), else it keeps the connection. Additional
addresses count like the first. Only active listeners take part; of one name the active one, a draining one
only serves what it already has. virtualInbound does not hand over.
Follows source/common/listener_manager/{connection_handler_impl,active_tcp_socket}.cc.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.match import filter_chains, matcher_tree
from meshctl.match.address_ranges import number
from meshctl.proxy.upstream.clusters import istio_config, tls_of

Json = dict[str, Any]

# Istio's own filters that only watch, whatever they are made of (Wasm in older versions).
ISTIO_OBSERVERS = frozenset(
    """
    istio.stats istio.metadata_exchange istio.peer_metadata istio_authn istio.workload_discovery
    envoy.filters.network.metadata_exchange waypoint_downstream_peer_metadata waypoint_upstream_peer_metadata
    """.split()
)
HTTP_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


@dataclass(frozen=True)
class Filter:
    """A network, HTTP or listener filter: its name, its type and fields, where it stands."""

    name: str
    type_name: str
    fields: Json
    message: Json

    @property
    def short(self) -> str:
        """The last words of the type, ``v3.RBAC``'s ``RBAC``."""
        return self.type_name.rsplit(".", 1)[-1]


def filter_of(message: Json) -> Filter:
    """A filter with its typed_config opened; a type is guessed from the well-known name without one."""
    type_name, fields = unpack(message.get("typed_config"))
    return Filter(str(message.get("name") or ""), type_name, fields, message)


@dataclass
class Chain:
    """One filter chain."""

    message: Json
    index: int  # -1 for the default filter chain
    where: str

    @property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    @property
    def label(self) -> str:
        if self.index < 0:
            return self.name or "default filter chain"
        return f"{self.name} (#{self.index})" if self.name else f"#{self.index}"

    @functools.cached_property
    def criteria(self) -> filter_chains.Criteria:
        return filter_chains.criteria(self.message.get("filter_chain_match"))

    @functools.cached_property
    def filters(self) -> list[Filter]:
        return [filter_of(message) for message in self.message.get("filters") or ()]

    @functools.cached_property
    def tls(self) -> Json | None:
        """The DownstreamTlsContext, or None for plain text."""
        name, fields = unpack((self.message.get("transport_socket") or {}).get("typed_config"))
        short = name.rsplit(".", 1)[-1]
        if short == "DownstreamTlsContext":
            return fields
        inner = fields.get("transport_socket")
        if inner:
            name, fields = unpack(inner.get("typed_config"))
            return fields if name.endswith(".DownstreamTlsContext") else None
        return None


@dataclass
class Listener:
    """One listener of a snapshot."""

    message: Json
    where: str

    @property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    @property
    def resource(self) -> str:
        return istio_config(self.message)

    @functools.cached_property
    def addresses(self) -> list[tuple[str, int, bool]]:
        """(ip, port, ipv4_compat) of the address and the additional ones; none for an internal listener."""
        messages = [self.message.get("address") or {}]
        messages += [a.get("address") or {} for a in self.message.get("additional_addresses") or ()]
        found = []
        for message in messages:
            socket = message.get("socket_address")
            if socket:
                ip = str(socket.get("address", ""))
                found.append((ip, int(socket.get("port_value") or 0), bool(socket.get("ipv4_compat"))))
        return found

    @property
    def bound(self) -> bool:
        """Whether it has a socket of its own."""
        value = self.message.get("bind_to_port")
        old = (self.message.get("deprecated_v1") or {}).get("bind_to_port")
        return value is not False and old is not False

    @property
    def hands_over(self) -> bool:
        return bool(self.message.get("use_original_dst"))

    @property
    def internal(self) -> bool:
        return "internal_listener" in self.message

    @property
    def direction(self) -> str:
        return str(self.message.get("traffic_direction") or "UNSPECIFIED")

    @functools.cached_property
    def listener_filters(self) -> list[Filter]:
        return [filter_of(message) for message in self.message.get("listener_filters") or ()]

    @functools.cached_property
    def chains(self) -> list[Chain]:
        messages = self.message.get("filter_chains") or ()
        return [Chain(m, i, f"{self.where}.filter_chains[{i}]") for i, m in enumerate(messages)]

    @functools.cached_property
    def default_chain(self) -> Chain | None:
        message = self.message.get("default_filter_chain")
        return None if message is None else Chain(message, -1, f"{self.where}.default_filter_chain")

    @functools.cached_property
    def trie(self) -> filter_chains.Trie:
        return filter_chains.Trie([chain.criteria for chain in self.chains])

    @functools.cached_property
    def tree(self) -> matcher_tree.Tree | None:
        message = self.message.get("filter_chain_matcher")
        return matcher_tree.parse(message) if message else None

    @functools.cached_property
    def chains_by_name(self) -> dict[str, Chain]:
        return {chain.name: chain for chain in self.chains}

    @property
    def timeout_seconds(self) -> float:
        """listener_filters_timeout: 15 s unless said otherwise, 0 for none."""
        value = self.message.get("listener_filters_timeout")
        return 15.0 if value is None else float(str(value).rstrip("s") or 0)

    @property
    def continues_on_timeout(self) -> bool:
        return bool(self.message.get("continue_on_listener_filters_timeout"))


class ListenerBook:
    """The active listeners of a proxy by address."""

    def __init__(self, listeners: list[Listener]) -> None:
        self.all = listeners
        self.by_name = {listener.name: listener for listener in reversed(listeners)}
        self._exact: dict[tuple[str, int], Listener] = {}
        self._v4_wildcard: dict[int, Listener] = {}
        self._v6_wildcard: dict[int, Listener] = {}
        self._compatible: dict[int, Listener] = {}
        for listener in listeners:
            for ip, port, compatible in listener.addresses:
                self._file(listener, ip, port, compatible)

    def _file(self, listener: Listener, ip: str, port: int, compatible: bool) -> None:
        if ip == "0.0.0.0":
            self._v4_wildcard.setdefault(port, listener)
        elif ip == "::":
            self._v6_wildcard.setdefault(port, listener)
            if compatible:
                self._compatible.setdefault(port, listener)
        else:
            self._exact.setdefault((ip, port), listener)

    def at(self, ip: str, port: int) -> tuple[Listener | None, str]:
        """The listener for a destination and how it was found; (None, "") when none is."""
        found = self._exact.get((ip, port))
        if found is not None:
            return found, f"exact match of {ip}:{port}"
        version = (number(ip) or (4, 0))[0]
        if version == 4:
            if port in self._v4_wildcard:
                return self._v4_wildcard[port], f"wildcard 0.0.0.0:{port}"
            if port in self._compatible:
                return self._compatible[port], f"wildcard [::]:{port}, ipv4_compat"
        elif port in self._v6_wildcard:
            return self._v6_wildcard[port], f"wildcard [::]:{port}"
        return None, ""

    def accepting(self, ip: str, port: int) -> Listener | None:
        """The listener whose own socket accepts a connection to ip:port."""
        for found in (
            self._exact.get((ip, port)),
            self._v4_wildcard.get(port),
            self._v6_wildcard.get(port),
        ):
            if found is not None and found.bound:
                return found
        return next(
            (
                x
                for x in self.all
                if x.bound and any(a[1] == port and a[0] in ("::", "0.0.0.0") for a in x.addresses)
            ),
            None,
        )

    def bound_to(self, port: int) -> Listener | None:
        """The listener with a socket on this port, whatever its address."""
        for listener in self.all:
            if listener.bound and any(address[1] == port for address in listener.addresses):
                return listener
        return None


def server_requires_certificate(tls: Json) -> bool:
    return bool(tls.get("require_client_certificate"))


__all__ = ["Chain", "Filter", "Listener", "ListenerBook", "filter_of", "tls_of"]
