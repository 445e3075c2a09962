"""A gateway asked by its public name: the client is outside, and the service's port leads to the container's.

No application runs in a gateway, so a request that names a gateway as its start comes to it. What the load balancer before
it does is not in the data: the client's address is one that is documented to belong to nobody (RFC 5737). Which port of
the container a port of the service leads to, the Service says where it was given (``targetPort``); else Istio's charts
map 80 to 8080 and 443 to 8443. What is assumed is said.
"""

from __future__ import annotations

from typing import NamedTuple

from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod
from meshctl.values import Struct

CLIENT = "203.0.113.1"
_SHIFT = 8000  # from a privileged port to the one an unprivileged container listens on


class Published(NamedTuple):
    """What the Services that select a pod make of a port: of which service, and the container's port; ``port`` is None
    where no service has it, or has it under a name that only the pod's manifest knows (``named``)."""

    service: str
    port: int | None
    ports: tuple[int, ...] = ()
    named: str = ""


class Door(Struct, frozen=True):
    """Where a request from outside enters a gateway, and what of it is assumed."""

    ip: str
    port: int
    assumed: tuple[str, ...]


def door(pod: Pod, port: int, published: Published | None = None) -> Door | None:
    """The door of a gateway for a port of its service; None for any other pod, a waypoint among them."""
    if not pod.is_gateway or pod.proxy is None or any(x.internal for x in pod.proxy.listeners.all):
        return None
    inside, said = _inside(pod.proxy, port, published)
    outside = f"that the client is outside, at {CLIENT} (give another with --from)"
    return Door(pod.ips[0] if pod.ips else "127.0.0.1", inside, (outside, *([said] if said else [])))


def _inside(proxy: Proxy, port: int, published: Published | None) -> tuple[int, str]:
    """The port of the container, and what is assumed of it."""
    if published is not None and published.port is not None:
        return published.port, ""
    inside = port
    if proxy.listeners.bound_to(port) is None and proxy.listeners.bound_to(port + _SHIFT) is not None:
        inside = port + _SHIFT
    if published is None:
        return (
            inside,
            ""
            if inside == port
            else f"that port {port} of the gateway's service leads to port {inside} of its pods",
        )
    if published.named:
        return (
            inside,
            f"that port {published.named!r} of its pods, where {published.service} leads {port}, is {inside}",
        )
    has = ", ".join(map(str, published.ports))
    return (
        inside,
        f"that port {inside} is reached past {published.service}, which has no port {port} (it has {has})",
    )
