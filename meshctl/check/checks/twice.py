"""Hosts that are claimed twice, of which istiod keeps one claim and drops the others without a word.

A sidecar has one virtual host a name, so of two VirtualServices of one host it takes the older. A gateway has one filter
chain a server name, so of two TLS servers that name a host on one port it skips the later one whole, with all its hosts.
Follows pilot/pkg/model/{push_context,gateway}.go (MergeGateways, CheckDuplicates).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.check.check import Hits, MeshCheck, Unsure
from meshctl.check.finding import Hit, Severity
from meshctl.check.istio_objects import (
    SNAPSHOT,
    Named,
    fqdn,
    gateways_of,
    needing,
    nothing,
    objects_of,
    oldest_first,
    selector_of,
)
from meshctl.check.subject import Subject, World
from meshctl.plain import Json, list_at, object_at, objects_at


def _twice(services: list[Named]) -> Iterator[Hit]:
    """Hosts that two VirtualServices claim for the sidecars: istiod takes the older one."""
    owners: dict[str, list[Named]] = {}
    for one in services:
        if "mesh" in gateways_of(one) and list_at(one.spec, "http"):
            for host in list_at(one.spec, "hosts"):
                owners.setdefault(fqdn(str(host), one.namespace), []).append(one)
    for host, claimed in owners.items():
        if len(claimed) < 2 or any(_scoped(one) for one in claimed):
            continue
        ordered = oldest_first(claimed)
        known = all(one.created for one in ordered)
        first = ordered[0].title if known else "the oldest of them"
        names = ", ".join(one.title for one in ordered)
        said = f"{len(claimed)} VirtualServices route the host {host} for sidecars: {first} is used, the rules of the others are dropped"
        yield Hit(f"host {host}", said, (names,))


def _scoped(one: Named) -> bool:
    """Whether a resource is seen by some namespaces only: then two need not meet."""
    exported = [str(scope) for scope in list_at(one.spec, "exportTo")]
    return bool(exported) and "*" not in exported


def _gateway_labels(subject: Subject) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The namespace and labels of a gateway's pod."""
    if not subject.pod.is_gateway:
        return None
    return subject.pod.namespace, tuple(sorted(subject.pod.labels.items()))


_Labels = tuple[str, tuple[tuple[str, str], ...]]


def _servers_twice(facts: Sequence[tuple[str, _Labels]], world: World) -> Hits:
    """TLS servers of two Gateways, or of one, that name the same host on one port of the same pods."""
    gateways = objects_of(world, "gateways", "Gateway")
    if gateways is None:
        yield Unsure("", SNAPSHOT.format("Gateways"))
        return
    ordered = oldest_first(gateways)
    found: dict[tuple[str, str], Hit] = {}
    for pods, labels in _workloads(facts, ordered):
        claimed: dict[tuple[int, str, str], Named] = {}
        for gateway in ordered:
            if not selector_of(gateway).items() <= labels.items():
                continue
            for server in objects_at(gateway.spec, "servers"):
                _claim(gateway, server, claimed, found, pods)
    yield from found.values()


def _claim(
    gateway: Named,
    server: Json,
    claimed: dict[tuple[int, str, str], Named],
    found: dict[tuple[str, str], Hit],
    pods: tuple[str, ...],
) -> None:
    """Enter a server's hosts, or that it is skipped because one of them is taken."""
    port = object_at(server, "port").get("number")
    plain = str(object_at(server, "port").get("protocol") or "").upper() == "HTTP"  # tls is its httpsRedirect
    if not server.get("tls") or plain or not isinstance(port, int):
        return
    keys = [
        (port, str(server.get("bind") or ""), _name(gateway, str(host))) for host in list_at(server, "hosts")
    ]
    taken = [key for key in keys if key in claimed]
    if not taken:
        claimed.update(dict.fromkeys(keys, gateway))
        return
    first = claimed[taken[0]]
    hosts = ", ".join(key[2] for key in taken)
    lost = [key[2] for key in keys if key not in claimed]
    also = f", and with it {', '.join(lost)}" if lost else ""
    said = (
        f"its TLS server of {hosts} on port {port} is dropped{also}: {first.title} has the host on this port"
    )
    found.setdefault((gateway.title, f"{port} {hosts}"), Hit(gateway.title, said, (first.title,), pods=pods))


def _workloads(
    facts: Sequence[tuple[str, _Labels]], gateways: Sequence[Named]
) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Gateways' pods with the same labels together; where none was given, those that a Gateway's selector means."""
    together: dict[_Labels, list[str]] = {}
    for name, fact in facts:
        together.setdefault(fact, []).append(name)
    for (_, labels), pods in together.items():
        yield tuple(pods), dict(labels)
    if not facts:
        for selector in {tuple(sorted(selector_of(one).items())) for one in gateways}:
            yield (), dict(selector)


def _name(gateway: Named, host: str) -> str:
    """A server's host as istiod compares it: any namespace is none, and its own is spelt out."""
    namespace, slash, name = host.rpartition("/")
    if not slash or namespace == "*":
        return name
    return f"{gateway.namespace if namespace == '.' else namespace}/{name}"


CHECKS = (
    MeshCheck(
        "host-claimed-twice",
        Severity.WARNING,
        "A host that two VirtualServices route for sidecars",
        "istiod takes the oldest and drops the rules of the others without a word.",
        "Merge them into one, or make one the delegate of the other.",
        nothing,
        needing("virtualservices", "VirtualService", _twice),
        (),
        "Both have the host and the gateway mesh, and neither is limited by exportTo.",
    ),
    MeshCheck(
        "gateway-host-twice",
        Severity.WARNING,
        "A host that two TLS servers of gateways claim on one port",
        "istiod skips the later server, with all hosts that it names: the handshake for them fails, or ends in another chain.",
        "Name each host in one server; servers of one certificate can name several hosts.",
        _gateway_labels,
        _servers_twice,
        (),
        "Gateways are taken from the oldest to the newest, for pods that their selectors fit; servers with a bind of their own "
        "do not meet others.",
    ),
)
