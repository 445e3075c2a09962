"""The network filters of a chain, in order: policies, observers, and the one that ends the list.

tcp_proxy forwards bytes, the HTTP connection manager forwards requests; RBAC may close the connection; others
observe, or change the cluster (sni_cluster). What is not known is named and passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match.filter_chains import Facts
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import rbac as policies
from meshctl.proxy.filters import tcp
from meshctl.proxy.filters.filters_policy import authorizer, denied, rbac_step
from meshctl.proxy.http import manager as http
from meshctl.proxy.listen.accept import chain_inputs
from meshctl.proxy.listen.listeners import ISTIO_OBSERVERS, Chain, Filter, Listener
from meshctl.proxy.model import Connection, Disposition, Passage, Payload, Request, Verdict
from meshctl.proxy.proxy import Proxy

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
    override = ""
    denial: Verdict | None = None
    for network_filter in scene.chain.filters:
        terminal = _TERMINAL.get(network_filter.short)
        if terminal is not None:
            entry.logged = bool(network_filter.fields.get("access_log"))
            for passage in terminal(entry, scene, network_filter, override):
                yield passage if denial is None else _closed(passage, denial)
            return
        if network_filter.short == "RBAC":
            try:
                denial = denial or _rbac(entry, scene, network_filter)
            except Undecidable as unknown:
                entry.unknown(unknown.reason)
        elif network_filter.short == "SniCluster":
            override = scene.facts.sni
        elif network_filter.short == "ExtAuthz":
            entry.unknown(
                f"the authorizer at {authorizer(network_filter.fields)} decides on the connection (UAEX if it denies)"
            )
        elif network_filter.short not in _PASSING and network_filter.name not in ISTIO_OBSERVERS:
            entry.unknown(f"network filter {network_filter.name}: its effect is not known")
    yield entry.end(Verdict(Disposition.DROPPED, 0, None, None, "the chain has no filter that ends it"))


def _closed(passage: Passage, denial: Verdict) -> Passage:
    """A denied connection: Envoy has connected upstream by then, so cluster and host stand in the log."""
    return replace(passage, verdict=denial)


def _rbac(entry: Entry, scene: Scene, network_filter: Filter) -> Verdict | None:
    """The network RBAC filter: None lets the connection pass."""
    fields = network_filter.fields
    rules = scene.proxy.compile_once(fields, "rbac", lambda: policies.compile_rules(fields))
    if rules is None:
        return None
    tls = scene.connection.session if scene.tls else None
    subject = policies.Subject(
        scene.facts.dst_ip,
        scene.facts.dst_port,
        scene.facts.direct_src_ip,
        scene.facts.src_ip,
        scene.facts.sni,
        scene.tls,
        tls.peer if tls else scene.connection.carried,
    )
    decision = policies.decide(rules, subject, chain_inputs(scene.facts), explain=not entry.log.silent)
    if rules.policies or rules.tree or not decision.allowed:
        entry.step(lambda: rbac_step(rules, decision, subject))
    return None if decision.allowed else replace(denied(decision, rules, 0), details=None)


def _tcp_proxy(entry: Entry, scene: Scene, network_filter: Filter, override: str) -> Iterator[Passage]:
    yield from tcp.forward(entry, scene.proxy, network_filter.fields, scene.connection, override)


def _http(entry: Entry, scene: Scene, network_filter: Filter, override: str) -> Iterator[Passage]:
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


# Network filters that observe or only set state.
_PASSING = frozenset(
    [
        "FilterConfig",
        "PluginConfig",
        "MongoProxy",
        "MySQLProxy",
        "PostgresProxy",
        "ZooKeeperProxy",
        "KafkaBroker",
        "ConnectionLimit",
        "LocalRateLimit",
        "Config",
        "SetFilterState",
        "MetadataExchange",
        "PeerMetadata",
        "DirectResponse",
        "Wasm",
    ]
)
_TERMINAL = {"TcpProxy": _tcp_proxy, "HttpConnectionManager": _http}
