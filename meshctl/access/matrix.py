"""Callers against ports: every pod that is given as a caller, every port of every pod that has a proxy.

Theory of operation. Policies speak of identities, networks and requests; so callers of one identity are asked apart only because
of their addresses, and answers that are equal are told together. What STRICT would break (``strict``): a port that takes plain text
today, and the callers that speak it: pods without a sidecar, and sidecars whose cluster speaks plain text to that very endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from meshctl.access import ports
from meshctl.access.calls import Asked, Call, Caller, call, caller_of, inbound
from meshctl.access.ports import Port
from meshctl.envoy.addresses import host_and_port
from meshctl.envoy.message import Undecidable
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod
from meshctl.values import Struct

_ANY_PORT = 65000  # stands for a port that no chain names, where one number is as good as another


class Cell(Struct, frozen=True):
    """One caller at one port of one pod."""

    caller: Caller
    target: Pod
    port: Port
    call: Call


class Break(Struct, frozen=True):
    """Calls that come in plain text today, and would be refused. through: the caller's cluster, "" for a pod without a sidecar."""

    caller: str
    target: str
    port: int
    through: str
    why: str


def targets(pods: Iterable[Pod]) -> Iterator[Pod]:
    """The pods that can be called through a proxy of their own."""
    return (
        pod for pod in pods if pod.proxy is not None and not pod.is_gateway and inbound(pod.proxy) is not None
    )


def cells(
    pods: Sequence[Pod], callers: Sequence[Caller], asked: Asked | None = None, wanted: int | None = None
) -> Iterator[Cell]:
    """The matrix, target by target and port by port. wanted: one port only."""
    for pod in targets(pods):
        proxy = pod.proxy
        listener = inbound(proxy) if proxy is not None else None
        if proxy is None or listener is None:
            continue
        found = [ports.port(listener, wanted)] if wanted is not None else ports.ports(proxy, listener)
        for port in found:
            number = port.number or wanted or _ANY_PORT
            for caller in callers:
                if caller.name != pod.full_name:
                    answer = call(
                        proxy, listener, caller, pod.ips[0] if pod.ips else "", number, asked or Asked()
                    )
                    yield Cell(caller, pod, port, _named(answer, port, caller))


def _named(answer: Call, port: Port, caller: Caller) -> Call:
    """A refusal by the port's TLS in the words of a PeerAuthentication."""
    if "no chain matches" in answer.by and not caller.identity and port.tls == "STRICT":
        return Call(
            answer.answer,
            "it accepts mutual TLS only (STRICT), and the caller speaks plain text",
            (),
            answer.over,
        )
    return answer


def callers(pods: Iterable[Pod]) -> list[Caller]:
    """The pods as callers."""
    return [caller_of(pod) for pod in pods]


def breaks(pods: Sequence[Pod]) -> Iterator[Break]:
    """Whose calls would break, were every port STRICT."""
    open_ports = {
        (ip, port.number): pod for pod in targets(pods) for ip in pod.ips for port in _plain_ports(pod)
    }
    for pod in pods:
        if pod.proxy is not None:
            yield from _through_clusters(pod, pod.proxy, open_ports)
    outside = [pod.full_name for pod in pods if pod.proxy is None]
    for (_, number), target in open_ports.items():
        for name in outside:
            yield Break(
                name, target.full_name, number, "", "it has no sidecar: whether it calls is not known"
            )


def _plain_ports(pod: Pod) -> Iterator[Port]:
    """The ports that are named and take plain text beside mutual TLS, or alone."""
    listener = inbound(pod.proxy) if pod.proxy is not None else None
    for port in ports.ports(pod.proxy, listener) if pod.proxy is not None and listener is not None else ():
        if port.number and port.tls in ("PERMISSIVE", "DISABLE"):
            yield port


def _through_clusters(pod: Pod, proxy: Proxy, open_ports: dict[tuple[str, int], Pod]) -> Iterator[Break]:
    """The endpoints that a sidecar or gateway sends plain text to."""
    for name in proxy.cluster_names:
        cluster = proxy.cluster(name) if name.startswith("outbound|") else None
        if cluster is None:
            continue
        try:
            for host in cluster.hosts:
                address = host_and_port(host.address)
                target = open_ports.get(address) if address is not None else None
                if target is None or address is None or cluster.tls_to(host.metadata)[0] is not None:
                    continue
                why = "its cluster speaks plain text to this endpoint (DestinationRule, or no tlsMode label)"
                yield Break(pod.full_name, target.full_name, address[1], name, why)
        except Undecidable as unknown:
            yield Break(pod.full_name, "?", 0, name, f"cannot be told: {unknown.reason}")
