"""A gateway asked by its public name: the client is outside, and the service's port leads to the container's.

No application runs in a gateway, so a request that names a gateway as its start comes to it. What the load balancer before
it does is not in the data: the client's address is one that is documented to belong to nobody (RFC 5737), and Istio's
charts map port 80 to 8080 and 443 to 8443. Both are assumed, and said so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from meshctl.trace.pods import Pod
from meshctl.trace.ways import Way

CLIENT = "203.0.113.1"
_SHIFT = 8000  # from a privileged port to the one an unprivileged container listens on


@dataclass(frozen=True, slots=True)
class Door:
    """Where a request from outside enters a gateway, and what of it is assumed."""

    ip: str
    port: int
    assumed: tuple[str, ...]

    def enter(self, ways: Iterable[Way]) -> list[Way]:
        """The ways behind the door, resting on what is assumed of it."""
        return [replace(way, assumed=(*self.assumed, *way.assumed)) for way in ways]


def door(pod: Pod, port: int) -> Door | None:
    """The door of a gateway for a port of its service; None for any other pod, a waypoint among them."""
    if not pod.is_gateway or pod.proxy is None or any(x.internal for x in pod.proxy.listeners.all):
        return None
    assumed = [f"that the client is outside, at {CLIENT} (give another with --from)"]
    inside = port
    if pod.proxy.listeners.bound_to(port) is None and pod.proxy.listeners.bound_to(port + _SHIFT) is not None:
        inside = port + _SHIFT
        assumed.append(f"that port {port} of the gateway's service leads to port {inside} of its pods")
    return Door(pod.ips[0] if pod.ips else "127.0.0.1", inside, tuple(assumed))
