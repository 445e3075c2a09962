"""The ways a connection may go: hops, where they end, and the ends themselves.

A ``Way`` is one possibility from a packet on; it grows from its end to its beginning as the journey returns.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.coverage import Gap
from meshctl.envoy.addresses import bracketed
from meshctl.envoy.api.config_bootstrap_v3 import Bootstrap
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.proxy.model import Disposition, Endpoint, Passage, Payload, Verdict
from meshctl.trace.answers import Answer, Failure
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.streams import Stream
from meshctl.values import Struct, replace


class Hop(Struct, frozen=True):
    """One proxy on the way, as its access log shows it, with the packets before and behind it."""

    pod: Pod
    direction: str
    passage: Passage
    verdict: Verdict
    original_dst: str
    endpoint: Endpoint | None = None
    capture: tuple[Captured, ...] = ()
    upstream_capture: tuple[Captured, ...] = ()
    upstream_arrival: tuple[Captured, ...] = ()
    network: str = ""


def logged_cluster(hop: Hop) -> str | None:
    """The cluster of a hop as %UPSTREAM_CLUSTER% prints it."""
    name, proxy = hop.passage.cluster, hop.pod.proxy
    cluster = proxy.cluster(name) if name and proxy is not None else None
    try:
        return cluster.logged_name if cluster is not None else name
    except Undecidable:
        return name


NOT_GIVEN = "not given"  # of a target: the pod is missing from the input


class Target(Struct, frozen=True):
    """Where a way ends: a pod's application, or outside."""

    pod: str
    address: str
    assumed: str = ""


class Way(Struct, frozen=True):
    """One way the request may go, from a packet on; the first packet's hooks are ``sent`` and ``arrived``."""

    answer: Answer
    probability: float = 1.0
    hops: tuple[Hop, ...] = ()
    sent: tuple[Captured, ...] = ()
    arrived: tuple[Captured, ...] = ()
    network: str = ""
    target: Target | None = None
    undetermined: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()  # what was taken for granted, not seen
    notes: tuple[str, ...] = ()
    decided: bool = True

    @property
    def logged_hops(self) -> tuple[Hop, ...]:
        """The hops that an access log tells of."""
        return tuple(hop for hop in self.hops if hop.passage.logged)


def ended(
    disposition: Disposition,
    failure: Failure | None,
    reason: str,
    sent: tuple[Captured, ...] = (),
    arrived: tuple[Captured, ...] = (),
) -> Way:
    return Way(Answer(disposition, None, failure, reason), sent=sent, arrived=arrived)


def undetermined(
    reason: str,
    *,
    sent: tuple[Captured, ...] = (),
    arrived: tuple[Captured, ...] = (),
    more: tuple[str, ...] = (),
    target: str = "",
    service: str = "",
) -> Way:
    """A way that leaves what was given; ``more``: the open questions one by one."""
    return Way(
        Answer(Disposition.UNDETERMINED, None, None, reason),
        sent=sent,
        arrived=arrived,
        undetermined=more or (reason,),
        target=Target(service, target, NOT_GIVEN) if target else None,
    )


def resting_on(assumed: Iterable[str], ways: Iterable[Way]) -> list[Way]:
    """Ways of a walk before which something was taken for granted."""
    return [replace(way, assumed=(*assumed, *way.assumed)) for way in ways]


def outside(where: str, *, http: bool, pod: str = "external") -> Way:
    """A connection that leaves the mesh; ``pod``: whose file system a Unix socket is in."""
    place = f"outside, to {where}" if pod == "external" else f"to the socket {where}"
    answer = Answer(Disposition.DELIVERED, 200 if http else None, None, f"delivered {place}")
    said = f"{where} is no pod and no service of what was given: that it answers is assumed"
    if pod != "external":
        said = f"that something listens on the socket {where} is assumed"
    return Way(answer, target=Target(pod, where, "assumed to answer"), assumed=(said,))


def not_our_tls(way: Way) -> Way:
    """A handshake that fails between client and server ends a connection that only passes bytes."""
    if way.answer.failure is not Failure.TLS:
        return way
    return replace(way, answer=replace(way.answer, failure=Failure.CLOSED))


# What only sidecars offer each other (istio.alpn's values and those of istiod's clusters).
_SIDECAR_ALPN = frozenset({"istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"})


def admin_answer(pod: Pod, ip: str, port: int) -> Way | None:
    """The proxy's admin interface, where the bootstrap puts it."""
    if pod.proxy is None:
        return None
    try:
        admin = Bootstrap(pod.proxy.snapshot.bootstrap or {}).admin
        socket = admin.address.socket_address if admin is not None and admin.address is not None else None
        if socket is None or socket.port_value != port:
            return None
        address = socket.address
    except Undecidable as unknown:
        return undetermined(f"whether the admin interface listens there is not known: {unknown.reason}")
    if address not in (ip, "0.0.0.0", "::"):
        return ended(
            Disposition.CONNECTION_FAILED, Failure.REFUSED, f"the admin interface listens on {address} only"
        )
    reason = f"answered by the admin interface of {pod.name}"
    return Way(Answer(Disposition.DELIVERED, 200, None, reason), target=Target(pod.name, bracketed(ip, port)))


# Ports of a router's pod on which not Envoy but the agent answers (pilot/cmd/pilot-agent/options).
_AGENT_PORTS = frozenset({15020, 15021})


def closed_port(pod: Pod, ip: str, port: int, gap: Gap | None) -> Way:
    """A port of a gateway or waypoint without a listener: no application stands behind a router."""
    if port in _AGENT_PORTS:
        return application(pod, ip, port, Stream(Payload.RAW), gap)
    reason = f"nothing listens on port {port} of {pod.name}: a gateway has no application{_listening(pod)}"
    if gap is not None:
        return undetermined(f"{reason}, and no listener was shown for it: {gap.sentence}")
    return ended(Disposition.CONNECTION_FAILED, Failure.REFUSED, reason)


def _listening(pod: Pod) -> str:
    """The ports that a router listens on, as the end of a sentence."""
    if pod.proxy is None:
        return ""
    bound = [listener for listener in pod.proxy.listeners.all if listener.bound]
    ports = sorted({port for listener in bound for _, port, _ in listener.addresses} - {0})
    shown = ", ".join(map(str, ports[:8])) + (", …" if len(ports) > 8 else "")
    return f" (it listens on {shown})" if ports else ""


def application(pod: Pod, ip: str, port: int, stream: Stream, gap: Gap | None = None) -> Way:
    """The application's port: it answers, or nothing listens there. gap: what is missing of the proxy's listeners."""
    where = bracketed(ip, port)
    if pod.app_listens is not None and port not in pod.app_listens:
        reason = f"nothing in pod {pod.name} listens on port {port}"
        if gap is not None:
            return undetermined(f"{reason}, as far as was shown: {gap.sentence}")
        return ended(Disposition.CONNECTION_FAILED, Failure.REFUSED, reason)
    if stream.layers and stream.layers[0].mesh and set(stream.layers[0].alpn) & _SIDECAR_ALPN:
        # Seen with a real pair of Envoys: the port bypasses the pod's proxy, so nobody ends the mutual TLS.
        reason = (
            f"port {port} of pod {pod.name} is not captured: its application gets the sidecars' mutual TLS"
        )
        return ended(Disposition.CONNECTION_FAILED, Failure.TLS, reason)
    seen = pod.app_listens is not None
    code = 200 if stream.request is not None else None
    reason = f"delivered to {pod.name} port {port}"
    return Way(
        Answer(Disposition.DELIVERED, code, None, reason),
        target=Target(pod.name, where, "" if seen else "that it listens is assumed"),
        assumed=() if seen else (f"that an application listens on port {port} of {pod.name}",),
    )


def loop(reason: str) -> Way:
    return ended(Disposition.LOOP, Failure.RESET, reason)


def of_unseen_proxy(pod: Pod, port: int) -> str:
    if pod.ambient:
        return (
            f"{pod.name} is in the ambient mesh: port {port} is the ztunnel's of its node, which is not traced"
            f" (what it knows: meshctl ztunnel-config all {pod.full_name})"
        )
    reason = f"port {port} of {pod.name} may be its proxy's, and the proxy's configuration was not given"
    return f"{reason} (curl -s localhost:15000/config_dump?include_eds in the pod)"


def unseen_listeners(pod: Pod) -> Gap | None:
    return None if pod.proxy is None else pod.proxy.unseen_listeners


def unseen_sockets(pod: Pod) -> Gap | None:
    """What is missing of the sockets that a pod's proxy has: its listeners, or where its admin interface listens."""
    if pod.proxy is None:
        return None
    return unseen_listeners(pod) or pod.proxy.snapshot.gap(SectionKind.BOOTSTRAP)


def no_listener(pod: Pod, reason: str) -> Way:
    """Nothing of the proxy accepts: certain only where all of its listeners were shown."""
    gap = unseen_listeners(pod)
    if gap is not None:
        return undetermined(f"{reason}, as far as was shown: {gap.sentence}")
    return ended(Disposition.NO_LISTENER, Failure.REFUSED, reason)
