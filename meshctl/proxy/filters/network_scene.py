"""What a network filter sees of a connection, and the ways through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshctl.match.filter_chains import Facts
from meshctl.match.request_view import NOTHING, Opaque
from meshctl.match.substitution import Known
from meshctl.proxy.entry import Entry
from meshctl.proxy.listen.listeners import Chain, Filter, Listener
from meshctl.proxy.model import Connection, Passage, Request, Verdict
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
    cluster: str = ""  # named by a filter, instead of tcp_proxy's own
    denial: Verdict | None = None  # the connection is closed, once tcp_proxy has connected upstream
    state: Mapping[str, str] = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    opaque: Opaque = field(default_factory=lambda: NOTHING)

    def known(self) -> Known:
        """What command operators may ask for: there is no request yet."""
        peer = self.connection.session.peer if self.tls and self.connection.session else None
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
            filter_state=self.state,
        )


class Way(Struct, frozen=True):
    """One way through a network filter: on with ``scene``, or ended as a passage."""

    entry: Entry
    scene: NetworkScene
    ended: Passage | None = None


Evaluator = Callable[[Entry, NetworkScene, Filter], Iterator[Way]]
