"""Where a packet stands on its way: the values that the walk hands on."""

from __future__ import annotations

from meshctl.envoy.addresses import bracketed
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.streams import Stream
from meshctl.values import Struct


class Flow(Struct, frozen=True):
    """A connection on its way: the pod whose network it is in, where it wants to go, what it carries.

    depth: how many packets came before it. service: the service of the mesh whose endpoint the address is.
    places: the proxies that it has passed, by listener and destination; vips: the services since the last of them.
    """

    pod: Pod
    ip: str
    port: int
    stream: Stream
    depth: int = 0
    service: str = ""
    external: bool = False  # the proxy was told that the address is outside of the mesh
    places: tuple[tuple[str, str, str], ...] = ()
    vips: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        return bracketed(self.ip, self.port)


class Visit(Struct, frozen=True):
    """A connection at a proxy: by which listener's socket it came, and through which rules; ``passed``: once it is through."""

    flow: Flow
    passed: Flow
    accepting: Listener
    connection: Connection
    hooks: tuple[Captured, ...]


class Landing(Struct, frozen=True):
    """Where a packet comes to rest in its pod: a local port, and how it got there."""

    port: int
    redirected: bool
    hooks: tuple[Captured, ...]
    transparent: bool = False  # TPROXY: the socket sees the original destination
