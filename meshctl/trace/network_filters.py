"""The network filters of a chain, in order: policies, observers, and the one that ends the list.

tcp_proxy forwards bytes, the HTTP connection manager forwards requests; RBAC may close the connection; others
observe, or change the cluster (sni_cluster). What is not known is named and passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.filter_chains import Facts
from meshctl.trace import http, tcp
from meshctl.trace.entry import Entry
from meshctl.trace.listeners import Chain, Filter, Listener
from meshctl.trace.model import Connection, Disposition, Passage, Payload, Request, Verdict
from meshctl.trace.proxy import Proxy

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the network filters of a chain see of a connection."""

    proxy: Proxy
    listener: Listener
    chain: Chain
    connection: Connection
    request: Request | None
    facts: Facts
    tls: bool
    encrypted: bool


def run(entry: Entry, scene: Scene) -> Iterator[Passage]:
    """The passages through the chain."""
    for network_filter in scene.chain.filters:
        terminal = _TERMINAL.get(network_filter.short)
        if terminal is not None:
            yield from terminal(entry, scene, network_filter)
            return
    yield entry.end(Verdict(Disposition.DROPPED, 0, None, None, "the chain has no filter that ends it"))


def _tcp_proxy(entry: Entry, scene: Scene, network_filter: Filter) -> Iterator[Passage]:
    yield from tcp.forward(entry, scene.proxy, network_filter.fields, scene.connection)


def _http(entry: Entry, scene: Scene, network_filter: Filter) -> Iterator[Passage]:
    refused = _not_http(scene)
    if refused is not None:
        entry.http = True
        yield entry.end(refused)
        return
    assert scene.request is not None
    yield from http.serve(
        entry,
        http.Scene(
            scene.proxy,
            network_filter,
            scene.connection,
            scene.request,
            scene.facts.dst_port,
            scene.tls,
            scene.facts.direct_src_ip,
        ),
    )


def _not_http(scene: Scene) -> Verdict | None:
    """What a connection manager says to bytes that are no HTTP."""
    if scene.connection.payload is Payload.NONE and not scene.encrypted:
        return Verdict(Disposition.DELIVERED, 0, None, None, "the client sends nothing: nothing happens")
    if scene.connection.payload is Payload.HTTP2 and scene.request is None and not scene.encrypted:
        return Verdict(Disposition.DELIVERED, 0, None, None, "an HTTP/2 connection without a request")
    if scene.encrypted or scene.request is None:
        return Verdict(
            Disposition.BAD_REQUEST, 400, "DPE", "http1.codec_error", "the bytes are no HTTP request"
        )
    return None


_TERMINAL = {"TcpProxy": _tcp_proxy, "HttpConnectionManager": _http}
