"""What a network filter sees of a connection, and the ways through it.

A filter is asked when the connection begins, which is before a TLS handshake, and again when the first bytes come. So what it
sees first is less: a client's certificate is known, and what is set by it, only behind the handshake; and one that fails leaves
what the filters have done by then. Follows source/common/network/filter_manager_impl.cc (initializeReadFilters, onRead).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshctl.match.filter_chains import Facts
from meshctl.match.request_view import NOTHING, Opaque
from meshctl.match.substitution import Known
from meshctl.proxy.entry import Entry
from meshctl.proxy.listen.listeners import Chain, Filter, Listener
from meshctl.proxy.model import Connection, Passage, Payload, Request, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.values import Struct, field

Json = dict[str, Any]


class NetworkScene(Struct, frozen=True):
    """A connection on its way through the filters of a chain."""

    proxy: Proxy
    listener: Listener
    chain: Chain
    connection: Connection
    request: Request | None
    facts: Facts
    tls: bool
    encrypted: bool
    failed: Verdict | None = None  # the TLS handshake fails
    denial: Verdict | None = None  # the connection is closed at its first bytes
    opened: Mapping[str, str] = field(default_factory=dict)  # filter state when the connection begins
    shaken: Mapping[str, str] = field(default_factory=dict)  # what is set when the handshake has succeeded
    metadata: Json = field(default_factory=dict)
    opaque: Opaque = field(default_factory=lambda: NOTHING)

    @property
    def speaks(self) -> bool:
        """Whether bytes come to the filters: none do where the handshake fails or the client sends nothing."""
        return self.failed is None and (self.encrypted or self.connection.payload is not Payload.NONE)

    @property
    def closing(self) -> Verdict | None:
        """How the connection is closed: at the handshake, or at its first bytes; None where it goes on."""
        return self.failed or self.denial

    @property
    def state(self) -> Mapping[str, str]:
        """The filter state at the first bytes."""
        return {**self.opened, **self.shaken} if self.shaken else self.opened

    def known(self, *, shaken: bool) -> Known:
        """What command operators may ask for: there is no request yet, and no certificate before the handshake."""
        session = self.connection.session if self.tls and shaken else None
        peer = session.peer if session is not None else None
        facts = self.facts
        return Known(
            {},
            "",
            facts.src_ip,
            facts.direct_src_ip,
            facts.src_port or None,
            (facts.dst_ip, facts.dst_port),
            facts.sni,
            peer,
            filter_state=self.state if shaken else self.opened,
        )


class Way(Struct, frozen=True):
    """One way through a network filter: on with ``scene``, or ended as a passage."""

    entry: Entry
    scene: NetworkScene
    ended: Passage | None = None


Evaluator = Callable[[Entry, NetworkScene, Filter], Iterator[Way]]
