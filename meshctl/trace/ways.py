"""The ways a connection may go: hops, where they end, and the ends themselves.

A ``Way`` is one possibility from a packet on; it grows from its end to its beginning as the journey returns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from meshctl.envoy.addresses import bracketed
from meshctl.proxy.model import Disposition, Endpoint, Passage, Verdict
from meshctl.trace.answers import Answer, Failure
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.streams import Stream


@dataclass(frozen=True, slots=True)
class Hop:
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


@dataclass(frozen=True, slots=True)
class Target:
    """Where a way ends: a pod's application, or outside."""

    pod: str
    address: str
    assumed: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way the request may go, from a packet on; the first packet's hooks are ``sent`` and ``arrived``."""

    answer: Answer
    probability: float = 1.0
    hops: tuple[Hop, ...] = ()
    sent: tuple[Captured, ...] = ()
    arrived: tuple[Captured, ...] = ()
    network: str = ""
    target: Target | None = None
    undetermined: tuple[str, ...] = ()
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
    undetermined: tuple[str, ...] = (),
) -> Way:
    return Way(
        Answer(disposition, None, failure, reason), sent=sent, arrived=arrived, undetermined=undetermined
    )


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
    admin = ((pod.proxy.snapshot.bootstrap or {}).get("admin") or {}).get("address") or {}
    socket = admin.get("socket_address") or {}
    if int(socket.get("port_value") or 0) != port:
        return None
    if socket.get("address") not in (ip, "0.0.0.0", "::"):
        return ended(
            Disposition.CONNECTION_FAILED,
            Failure.REFUSED,
            f"the admin interface listens on {socket.get('address')} only",
        )
    reason = f"answered by the admin interface of {pod.name}"
    return Way(Answer(Disposition.DELIVERED, 200, None, reason), target=Target(pod.name, bracketed(ip, port)))


def application(pod: Pod, ip: str, port: int, stream: Stream) -> Way:
    """The application's port: it answers, or nothing listens there."""
    where = bracketed(ip, port)
    if pod.app_listens is not None and port not in pod.app_listens:
        reason = f"nothing in pod {pod.name} listens on port {port}"
        return ended(Disposition.CONNECTION_FAILED, Failure.REFUSED, reason)
    if stream.layers and stream.layers[0].mesh and set(stream.layers[0].alpn) & _SIDECAR_ALPN:
        # Seen with a real pair of Envoys: the port bypasses the pod's proxy, so nobody ends the mutual TLS.
        reason = (
            f"port {port} of pod {pod.name} is not captured: its application gets the sidecars' mutual TLS"
        )
        return ended(Disposition.CONNECTION_FAILED, Failure.TLS, reason)
    assumed = "" if pod.app_listens is not None else "that it listens is assumed"
    code = 200 if stream.request is not None else None
    reason = f"delivered to {pod.name} port {port}"
    return Way(Answer(Disposition.DELIVERED, code, None, reason), target=Target(pod.name, where, assumed))
