"""Listeners compiled: their addresses, listener filters, chains; and the choice of listener.

Theory of operation. A listener with use_original_dst (virtualOutbound) hands a connection to the listener of
its original destination: ``ip:port`` exactly, else the wildcard of the family (``0.0.0.0:port``, ``[::]:port``;
an IPv4 destination also finds ``[::]:port`` with ipv4_compat), else it keeps the connection. Additional
addresses count like the first. Only active listeners take part; of one name the active one, a draining one
only serves what it already has. virtualInbound does not hand over. Sockets are told apart by protocol: a UDP
listener never takes a TCP connection, and HTTP/3 goes to the one with QUIC.
Follows source/common/listener_manager/{connection_handler_impl,active_tcp_socket}.cc.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, TypeVar, cast

from meshctl.envoy.anys import unpack
from meshctl.envoy.api import config_listener_v3 as api
from meshctl.envoy.api.config_core_v3 import TransportSocket
from meshctl.envoy.api.extensions_transport_sockets_quic_v3 import QuicDownstreamTransport
from meshctl.envoy.api.extensions_transport_sockets_tls_v3 import DownstreamTlsContext
from meshctl.envoy.message import Message, Undecidable
from meshctl.match import filter_chains, matcher_tree
from meshctl.match.address_ranges import number
from meshctl.plain import Json
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.values import Struct

_PLAIN_SOCKETS = frozenset(
    [
        "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
        "envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
    ]
)

# Istio's own filters that only watch, whatever they are made of (Wasm in older versions).
ISTIO_OBSERVERS = frozenset(
    """
    istio.stats istio.metadata_exchange istio.peer_metadata istio_authn istio.workload_discovery
    envoy.filters.network.metadata_exchange waypoint_downstream_peer_metadata waypoint_upstream_peer_metadata
    """.split()
)
HTTP_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


M = TypeVar("M", bound=Message)


class Filter(Struct, frozen=True, dict=True):
    """A network, HTTP or listener filter: its name, its type and fields, where it stands."""

    name: str
    type_name: str
    fields: Json
    message: Json

    def read(self, cls: type[M]) -> M:
        """Its configuration as a message of this class, laid over it once."""
        kept = self.__dict__
        found = kept.get(cls.TYPE)
        if found is None:
            found = kept[cls.TYPE] = cls(self.fields)
        return cast(M, found)

    @property
    def short(self) -> str:
        """The last words of the type, ``v3.RBAC``'s ``RBAC``."""
        return self.type_name.rsplit(".", 1)[-1]


def filter_of(message: Json) -> Filter:
    """A filter with its typed_config opened; a type is guessed from the well-known name without one."""
    type_name, fields = unpack(message.get("typed_config"))
    return Filter(str(message.get("name") or ""), type_name, fields, message)


class Chain(Struct, dict=True):
    """One filter chain."""

    message: Json
    index: int  # -1 for the default filter chain
    where: str

    @functools.cached_property
    def config(self) -> api.FilterChain:
        return api.FilterChain(self.message)

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
    def wanted(self) -> str:
        """Its criteria, as a reader wants them."""
        return self.criteria.text

    @functools.cached_property
    def filters(self) -> list[Filter]:
        return [filter_of(message.raw) for message in self.config.filters]

    @functools.cached_property
    def tls(self) -> DownstreamTlsContext | None:
        """The TLS context of the transport socket, also inside another one; None for plain text."""
        if self.config.tls_context is not None:
            return self.config.tls_context
        return _tls_context(self.config.transport_socket)


def _tls_context(socket: TransportSocket | None) -> DownstreamTlsContext | None:
    packed = socket.typed_config if socket is not None else None
    if packed is None:
        return None
    if (tls := packed.as_(DownstreamTlsContext)) is not None:
        return tls
    if (quic := packed.as_(QuicDownstreamTransport)) is not None:
        return quic.downstream_tls_context or DownstreamTlsContext({})
    if packed.type_name in _PLAIN_SOCKETS:
        return None
    inner = packed.raw.get("transport_socket")
    if isinstance(inner, dict):
        return _tls_context(TransportSocket(inner))
    raise Undecidable(f"the transport socket {packed.type_name} is not known")


class Socket(NamedTuple):
    """An address a listener is bound to."""

    ip: str
    port: int
    ipv4_compat: bool
    udp: bool


class Listener(Struct, dict=True):
    """One listener of a snapshot."""

    message: Json
    where: str

    @functools.cached_property
    def config(self) -> api.Listener:
        return api.Listener(self.message)

    @functools.cached_property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    @functools.cached_property
    def resource(self) -> str:
        return istio_config(self.message)

    @functools.cached_property
    def sockets(self) -> list[Socket]:
        """The sockets of the address and the additional ones; none for an internal listener."""
        found = []
        for raw in (self.message, *_objects(self.message.get("additional_addresses"))):
            try:
                address = api.AdditionalAddress(raw).address
                socket = address.socket_address if address is not None else None
                if socket is not None:
                    found.append(
                        Socket(
                            socket.address, socket.port_value, socket.ipv4_compat, socket.protocol == "UDP"
                        )
                    )
            except Undecidable:
                continue  # an address that cannot be read is no address of anything
        return found

    @functools.cached_property
    def addresses(self) -> list[tuple[str, int, bool]]:
        """(ip, port, ipv4_compat) of its sockets."""
        return [(socket.ip, socket.port, socket.ipv4_compat) for socket in self.sockets]

    @functools.cached_property
    def udp(self) -> bool:
        """Whether its sockets are UDP: it takes no TCP connection."""
        return any(socket.udp for socket in self.sockets)

    @property
    def quic(self) -> bool:
        options = self.config.udp_listener_config
        return self.udp and options is not None and options.quic_options is not None

    @functools.cached_property
    def bound(self) -> bool:
        """Whether it has a socket of its own."""
        old = self.config.deprecated_v1
        return self.config.bind_to_port is not False and (old is None or old.bind_to_port is not False)

    @functools.cached_property
    def hands_over(self) -> bool:
        return bool(self.config.use_original_dst)

    @functools.cached_property
    def expects_proxy_header(self) -> bool:
        """use_proxy_proto of the first chain stands for a proxy_protocol filter behind the others."""
        return bool(self.chains) and self.chains[0].config.use_proxy_proto is True

    @functools.cached_property
    def internal(self) -> bool:
        return self.config.internal_listener is not None

    @functools.cached_property
    def direction(self) -> str:
        return self.config.traffic_direction

    @functools.cached_property
    def listener_filters(self) -> list[Filter]:
        return [filter_of(message.raw) for message in self.config.listener_filters]

    @functools.cached_property
    def chains(self) -> list[Chain]:
        chains = enumerate(self.config.filter_chains)
        return [Chain(c.raw, i, f"{self.where}.filter_chains[{i}]") for i, c in chains]

    @functools.cached_property
    def default_chain(self) -> Chain | None:
        found = self.config.default_filter_chain
        return None if found is None else Chain(found.raw, -1, f"{self.where}.default_filter_chain")

    @functools.cached_property
    def trie(self) -> filter_chains.Trie:
        return filter_chains.Trie([chain.criteria for chain in self.chains])

    @functools.cached_property
    def unread(self) -> bool:
        """Whether the criteria of some chain cannot be read."""
        return any(chain.criteria.unread for chain in self.chains)

    @functools.cached_property
    def tree(self) -> matcher_tree.Tree | None:
        found = self.config.filter_chain_matcher
        return matcher_tree.parse(found.raw) if found is not None else None

    @functools.cached_property
    def chains_by_name(self) -> dict[str, Chain]:
        return {chain.name: chain for chain in self.chains}

    @property
    def timeout_seconds(self) -> float:
        """listener_filters_timeout: 15 s unless said otherwise, 0 for none."""
        value = self.config.listener_filters_timeout
        return 15.0 if value is None else value

    @property
    def continues_on_timeout(self) -> bool:
        return self.config.continue_on_listener_filters_timeout


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


class ListenerBook:
    """The active listeners of a proxy by address."""

    def __init__(self, listeners: list[Listener]) -> None:
        self.all = listeners
        self.by_name = {listener.name: listener for listener in reversed(listeners)}
        self._exact: dict[tuple[str, int], Listener] = {}
        self._v4_wildcard: dict[int, Listener] = {}
        self._v6_wildcard: dict[int, Listener] = {}
        self._compatible: dict[int, Listener] = {}
        self._tcp = [listener for listener in listeners if not listener.udp]
        for listener in self._tcp:
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
                for x in self._tcp
                if x.bound and any(a[1] == port and a[0] in ("::", "0.0.0.0") for a in x.addresses)
            ),
            None,
        )

    def bound_to(self, port: int) -> Listener | None:
        """The listener with a TCP socket on this port, whatever its address."""
        return self._bound.get(port)

    @functools.cached_property
    def handing_over(self) -> Listener | None:
        """The listener that takes what is redirected and hands it to the one of its destination."""
        return next((x for x in self.all if x.bound and x.hands_over), None)

    @functools.cached_property
    def _bound(self) -> dict[int, Listener]:
        """The first listener with a TCP socket of each port."""
        found: dict[int, Listener] = {}
        for listener in self._tcp:
            for _, port, _ in listener.addresses if listener.bound else ():
                found.setdefault(port, listener)
        return found

    def quic(self, port: int) -> Listener | None:
        """The listener with a QUIC socket on this port."""
        return next((x for x in self.all if x.quic and any(a[1] == port for a in x.addresses)), None)

    def any_of(self, port: int) -> Listener | None:
        """A TCP listener of this port, with a socket or without."""
        return next((x for x in self._tcp if any(a[1] == port for a in x.addresses)), None)


__all__ = ["Chain", "Filter", "Listener", "ListenerBook", "filter_of"]
