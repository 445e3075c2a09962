"""What collides on a port: services that no listener leads to, wildcard listeners that take everything, connection reuse.

A sidecar has one listener for each address and port. Where services have no address of their own (headless, ServiceEntry
without addresses), they share 0.0.0.0:PORT, and istiod keeps one of a TCP and an HTTP service there.
A gateway's chains are chosen by SNI when the connection is made; a browser that has a connection whose certificate
also names another host of the same address sends that host's requests over it (RFC 9113, 9.1.1).
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.check.check import Check, Hits
from meshctl.check.checks.certificates import held
from meshctl.check.checks.proxy_state import secrets_of
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import ManagerPlace, chains, managers, tables
from meshctl.check.subject import Need, Subject
from meshctl.check.uses import TCP_PROXY, users
from meshctl.envoy import certificates
from meshctl.envoy.cluster_names import parts_of
from meshctl.match.request_view import RequestView
from meshctl.plain import Json
from meshctl.proxy.http.route_source import table_of
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.proxy import Proxy

# Protocols in which the server speaks first: sniffing waits for a client that waits, too.
_SERVER_FIRST = {21: "FTP", 22: "SSH", 25: "SMTP", 110: "POP3", 143: "IMAP", 587: "SMTP", 3306: "MySQL"}


def _is_wildcard(listener: Listener) -> bool:
    return any(ip in ("0.0.0.0", "::") for ip, _, _ in listener.addresses)


def unreachable_services(subject: Subject) -> Hits:
    """Services that the proxy knows and that none of its listeners leads to."""
    proxy = subject.proxy
    assert proxy is not None
    if subject.pod.is_gateway or not any(listener.hands_over for listener in proxy.listeners.all):
        return
    speaking_http = {manager.listener.name for manager in managers(proxy)}
    led_to = {host.name for table in tables(proxy) for host in table.table.hosts}
    led_to |= {f"{p.host}:{p.port}" for name in users(proxy) if (p := parts_of(name)) is not None}
    for name in proxy.cluster_names:
        parts = parts_of(name)
        if (
            parts is None
            or parts.direction != "outbound"
            or parts.subset
            or f"{parts.host}:{parts.port}" in led_to
        ):
            continue
        port = int(parts.port) if parts.port.isdigit() else 0
        owner, _ = proxy.listeners.at("0.0.0.0", port)
        if owner is None:
            continue
        kind = "HTTP" if owner.name in speaking_http else "TCP"
        others = ", ".join(_owners(proxy, owner)[:3])
        said = (
            f"no listener of this proxy leads to {parts.host} port {port}: {kind} services own {owner.name}"
            f"{f' ({others})' if others else ''}, and only one kind of protocol fits on a port without an address"
        )
        yield Hit(f"service {parts.host}:{port}", said, (owner.where, f"cluster {name} is used by nothing"))


def _owners(proxy: Proxy, owner: Listener) -> list[str]:
    """The services that a wildcard listener leads to."""
    return _services(proxy).get(owner.name, [])


def _services(proxy: Proxy) -> dict[str, list[str]]:
    """The services that each listener leads to, found once."""
    found: dict[str, list[str]] = proxy.compile_once(_OWNERS, "check owners", lambda: _led_to(proxy))
    return found


_OWNERS: Json = {}


def _led_to(proxy: Proxy) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for name, ways in users(proxy).items():
        parts = parts_of(name)
        for way in ways if parts is not None else ():
            if parts is not None and way.name.startswith("listener "):
                found.setdefault(way.name.removeprefix("listener ").partition(" >")[0], {})[parts.host] = None
    for manager in managers(proxy):
        rds = manager.config.rds
        table = proxy.route_table(rds.route_config_name) if rds is not None else None
        for host in table.hosts if table is not None else ():
            if host.name not in ("allow_any", "block_all"):
                found.setdefault(manager.listener.name, {})[host.name] = None
    return {name: list(services) for name, services in found.items()}


def swallowing(subject: Subject) -> Hits:
    """Wildcard listeners that send every connection of a port to one service."""
    proxy = subject.proxy
    assert proxy is not None
    for listener in proxy.listeners.all:
        if listener.bound or listener.direction == "INBOUND" or not _is_wildcard(listener):
            continue
        for chain in chains(listener):
            if chain.index >= 0 and chain.criteria.text != "any connection":
                continue
            for one in chain.filters:
                cluster = (
                    proxy.cluster(str(one.fields.get("cluster") or ""))
                    if one.type_name == TCP_PROXY
                    else None
                )
                if cluster is None or cluster.kind == "ORIGINAL_DST" or cluster.name == "BlackHoleCluster":
                    continue
                port = listener.addresses[0][1]
                said = f"every connection to port {port} that no other listener takes goes to {cluster.name}, whatever its address"
                yield Hit(f"listener {listener.name}", said, (chain.where,))


def server_first(subject: Subject) -> Hits:
    """Sniffed ports whose protocol lets the server speak first."""
    proxy = subject.proxy
    assert proxy is not None
    for listener in proxy.listeners.all:
        ports = [port for _, port, _ in listener.addresses if port in _SERVER_FIRST]
        sniffed = any({"http/1.1", "h2c"} & set(chain.criteria.alpn) for chain in listener.chains)
        if listener.direction != "OUTBOUND" or not ports or not sniffed:
            continue
        waits = listener.timeout_seconds
        how = f"{waits:g} s" if waits else "without end"
        said = f"the protocol of port {ports[0]} is sniffed, and in {_SERVER_FIRST[ports[0]]} the server speaks first: connections wait {how}"
        yield Hit(f"listener {listener.name}", said, (listener.where,))


def reused_connections(subject: Subject) -> Hits:
    """Hosts of a gateway whose requests may come over the connection of another host's chain."""
    proxy, snapshot = subject.proxy, subject.snapshot
    assert proxy is not None and snapshot is not None
    names = _certificate_names(subject)
    for manager in managers(proxy):
        if manager.listener.bound and manager.chain.criteria.server_names and _speaks_h2(manager):
            yield from _reusing(proxy, manager.listener, manager, names)


def _speaks_h2(manager: ManagerPlace) -> bool:
    tls = manager.chain.tls
    common = tls.common_tls_context if tls is not None else None
    return common is not None and "h2" in common.alpn_protocols


def _certificate_names(subject: Subject) -> dict[str, tuple[str, ...]]:
    """The DNS names of each secret's certificate."""
    snapshot = subject.snapshot
    assert snapshot is not None
    found = {}
    for one in held(snapshot):
        leaf = certificates.parse(one.ders[0]) if one.ders and not one.authorities else None
        if leaf is not None:
            found[one.name] = tuple(name.lower() for name in leaf.names if "://" not in name)
    return found


def _reusing(
    proxy: Proxy, listener: Listener, manager: ManagerPlace, names: dict[str, tuple[str, ...]]
) -> Iterator[Hit]:
    """Hosts of other chains that the certificate of this one names, and that its route table does not know."""
    own = manager.chain
    secrets = list(dict.fromkeys(secrets_of(own.message)))
    covered = [name for secret in secrets for name in names.get(secret, ())]
    for other in listener.chains:
        if other is own or other.criteria.port != own.criteria.port:
            continue
        shared = set(secrets_of(other.message)) & {s for s in secrets if not s.endswith("-cacert")}
        for host in other.criteria.server_names:
            if host in own.criteria.server_names or not (shared or _covers(covered, host)):
                continue
            if _knows(proxy, manager, host):
                continue
            why = f"both use the certificate {min(shared)}" if shared else f"its certificate names {host}"
            first = ", ".join(own.criteria.server_names[:3])
            said = (
                f"a browser that has a connection to {first} may send requests for {host} over it ({why}): "
                "that chain has no route for the host and answers 404, while a new connection (curl) works"
            )
            name = f"listener {listener.name} > {host}"
            yield Hit(name, said, (own.where, other.where))


def _covers(names: list[str], host: str) -> bool:
    """Whether a certificate with these names is valid for a host (one label for a wildcard)."""
    if host in names:
        return True
    _, _, rest = host.partition(".")
    return not host.startswith("*") and f"*.{rest}" in names


def _knows(proxy: Proxy, manager: ManagerPlace, host: str) -> bool:
    """Whether the chain's route table finds a virtual host for a name; unknown counts as knowing."""
    asked = host.replace("*", "x", 1) if host.startswith("*") else host
    table, _ = table_of(proxy, manager.config, RequestView({":authority": [asked]}))
    if table is None:
        return True
    index, _ = table.domains.find({":authority": [asked]})
    if index is None:
        index, _ = table.domains.find({":authority": [f"{asked}:443"]})
    return index is not None


CHECKS = (
    Check(
        "service-unreachable",
        Severity.WARNING,
        "A service that the proxy knows and that none of its listeners leads to",
        "Services without an address of their own share 0.0.0.0:PORT. Where one speaks TCP and the other HTTP, istiod keeps "
        "one of them: requests for the other are taken by it, or pass through.",
        "Give the ServiceEntry addresses (or the Service a cluster IP), or use another port; name the protocol of the port alike.",
        unreachable_services,
        (Need.LISTENERS, Need.ROUTES, Need.CLUSTERS),
        "A cluster of the service that no route, no virtual host and no TCP proxy leads to, while a wildcard listener has its port.",
    ),
    Check(
        "wildcard-swallows",
        Severity.WARNING,
        "A wildcard listener that sends every connection of a port to one service",
        "A TCP service without an address makes a listener for all addresses of its port: connections to anything else on this "
        "port go there, too.",
        "Give the ServiceEntry addresses, or the Service a cluster IP.",
        swallowing,
    ),
    Check(
        "server-first-sniffed",
        Severity.WARNING,
        "A port whose protocol is sniffed though its server speaks first",
        "Envoy waits for the client's first bytes, the client for the server's greeting.",
        "Name the port (`mysql`, `tcp-…`) or set appProtocol: tcp.",
        server_first,
    ),
    Check(
        "connection-reuse",
        Severity.WARNING,
        "Hosts of a gateway that share a certificate and not a filter chain",
        "A browser reuses an HTTP/2 connection for every host that its certificate names at the same address. The request comes "
        "to the first host's chain, whose routes do not know it: 404 in the browser, not with curl.",
        "Put the hosts into one server of one Gateway, or give each its own certificate.",
        reused_connections,
        (Need.ENVOY, Need.ROUTES),
        "Both chains are on one listener, the first offers h2, its certificate (the same secret, or by its names) is valid for the "
        "other's host, and its route table finds no virtual host for it.",
    ),
)
