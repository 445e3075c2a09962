"""What routing adds to a packet: which interface it leaves by, which address it gets.

netfilter's rules ask for interfaces and addresses, a person gives a destination. In a pod the rest
follows from the pod's own addresses: a destination of its own (or a loopback one) goes over lo,
everything else over the one interface (ip-route(8), table local). Nothing is filled in that this
does not decide.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable

from meshctl.netfilter.packet import Family, Hook, Packet, family_of
from meshctl.values import Struct, replace


class PodNet(Struct, frozen=True):
    """A pod's network, as far as known.

    envoy_uid, envoy_gid: the proxy's. tproxy_routing: ``ip rule fwmark 1337 lookup 133`` is there.
    """

    addresses: tuple[str, ...] = ()
    interface: str = "eth0"
    interface_addresses: tuple[tuple[str, str], ...] = ()  # (interface, address) of further ones
    envoy_uid: int = 1337
    envoy_gid: int = 1337
    envoy_known: bool = False  # uid and gid are the proxy's own, not guessed from the rules
    envoy_mark: int = 0  # the mark on its sockets (ambient mode), which is what its rules look for
    peer: str | None = None  # where packets that come in are from, when they do not say
    tproxy_mark: int | None = None
    tproxy_routing: bool | None = None
    outside_unless_known: bool = False  # an address not known to be the pod's own is taken for another's

    def is_local(self, address: str | None) -> bool | None:
        """Whether an address is the pod's own; None when that cannot be told."""
        if address is None:
            return None
        parsed = ipaddress.ip_address(address)
        if parsed.is_loopback:
            return True
        own = {ipaddress.ip_address(text) for text in self.addresses}
        own |= {ipaddress.ip_address(text) for _, text in self.interface_addresses}
        if parsed in own:
            return True
        known = self.outside_unless_known or any(one.version == parsed.version for one in own)
        return False if known else None

    def address(self, family: Family, interface: str | None = None) -> str | None:
        """The pod's address of that family, on that interface."""
        for name, text in self.interface_addresses:
            if name == interface and family_of(text) is family:
                return text
        if interface not in (None, self.interface):
            return None
        return next((text for text in self.addresses if family_of(text) is family), None)


def routed(packet: Packet, pod: PodNet) -> Packet:
    """The packet with what routing in this pod decides; what was given stays."""
    if packet.hook is Hook.OUTPUT:
        return _routed_out(packet, pod)
    if packet.hook is Hook.PREROUTING:
        return _routed_in(packet, pod)
    return packet


def _routed_out(packet: Packet, pod: PodNet) -> Packet:
    if packet.out_if is None and (local := pod.is_local(packet.dst)) is not None:
        packet = replace(packet, out_if="lo" if local else pod.interface)
    if packet.src is None and packet.out_if is not None:
        packet = replace(packet, src=_source(packet, pod), src_not_loopback=packet.out_if != "lo")
    return packet


def _source(packet: Packet, pod: PodNet) -> str | None:
    """The address the kernel gives a socket that was not bound to one."""
    if packet.out_if != "lo":
        return pod.address(packet.family, packet.out_if)
    if packet.dst is not None and ipaddress.ip_address(packet.dst).is_loopback:
        return "127.0.0.1" if packet.family is Family.V4 else "::1"
    return packet.dst


def _routed_in(packet: Packet, pod: PodNet) -> Packet:
    peer = pod.peer if pod.peer is not None and family_of(pod.peer) is packet.family else None
    if packet.src is None and packet.in_if == pod.interface and peer is not None:
        packet = replace(packet, src=peer)
    if packet.in_if is None and packet.src is not None and pod.is_local(packet.src) is False:
        packet = replace(packet, in_if=pod.interface)
    if packet.dst is None and pod.outside_unless_known and packet.in_if == pod.interface:
        packet = replace(packet, dst_not_loopback=True)
    if packet.in_address is None and packet.in_if is not None:
        loopback = "127.0.0.1" if packet.family is Family.V4 else "::1"
        own = loopback if packet.in_if == "lo" else pod.address(packet.family, packet.in_if)
        packet = replace(packet, in_address=own)
    return packet


def seen_addresses(packets: Iterable[Packet], interface: str = "eth0") -> PodNet:
    """The pod's addresses as a recording of its packets shows them.

    What it sends from, and where packets that came in over its interface go to; the peer is where
    most of those came from.
    """
    own: dict[str, None] = {}
    peers: Counter[str] = Counter()
    for packet in packets:
        if packet.hook is Hook.PREROUTING and packet.in_if in (interface, None) and packet.src:
            peers[packet.src] += 1
        if packet.hook is Hook.OUTPUT:
            address = packet.src
        else:
            address = packet.dst if packet.in_if in (interface, None) else None
        if address is not None and not ipaddress.ip_address(address).is_loopback:
            own.setdefault(address)
    return PodNet(
        addresses=tuple(own), interface=interface, peer=max(peers, key=peers.__getitem__, default=None)
    )


def completed_fields(before: Packet, after: Packet) -> str:
    """What a recording's other packets told of this one: ``src 10.30.0.2, out_if eth0``."""
    told = {name: getattr(after, name) for name in ("src", "in_if", "out_if")}
    parts = [f"{name} {value}" for name, value in told.items() if getattr(before, name) is None and value]
    return ", ".join(parts)
