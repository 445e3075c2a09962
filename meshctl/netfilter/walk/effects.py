"""What an action changes in a packet: marks and addresses.

Marks: xt_mark.c, xt_connmark.c, nft_meta.c: new = (old & ~mask) ^ value. Addresses: nf_nat_redirect.c
(REDIRECT in OUTPUT goes to 127.0.0.1 or ::1 whatever the interface, in PREROUTING to the address of
the incoming interface), nf_nat_core.c (DNAT, SNAT).
"""

from __future__ import annotations

from collections.abc import Callable

from meshctl.netfilter.model import Action, Verb
from meshctl.netfilter.packet import Family, Hook, Packet
from meshctl.values import replace

FULL = 0xFFFFFFFF


def set_mark(packet: Packet, action: Action) -> Packet:
    """MARK and the mark of TPROXY."""
    if packet.mark is None and action.mask != FULL:
        return packet
    return replace(packet, mark=((packet.mark or 0) & ~action.mask & FULL) ^ action.value)


def _set_ct_mark(packet: Packet, action: Action) -> Packet:
    if not packet.tracked:
        return packet
    if packet.ct_mark is None and action.mask != FULL:
        return packet
    return replace(packet, ct_mark=((packet.ct_mark or 0) & ~action.mask & FULL) ^ action.value)


def _save_mark(packet: Packet, action: Action) -> Packet:
    """The packet's mark becomes the connection's."""
    if not packet.tracked:
        return packet
    if packet.mark is None or (packet.ct_mark is None and action.value != FULL):
        return replace(packet, ct_mark=None)
    kept = (packet.ct_mark or 0) & ~action.value & FULL
    return replace(packet, ct_mark=kept ^ (packet.mark & action.mask))


def _restore_mark(packet: Packet, action: Action) -> Packet:
    """The connection's mark becomes the packet's."""
    if not packet.tracked:
        return packet
    if packet.ct_mark is None or (packet.mark is None and action.mask != FULL):
        return replace(packet, mark=None)
    kept = (packet.mark or 0) & ~action.mask & FULL
    return replace(packet, mark=kept ^ (packet.ct_mark & action.value))


def _no_track(packet: Packet, action: Action) -> Packet:
    """Heeded only while no connection is attached: what came back over lo has one."""
    if packet.tracked:
        return packet
    return replace(packet, ct_state="UNTRACKED")


def _zone(packet: Packet, action: Action) -> Packet:
    """The packet gets a template of a connection (nf_ct_tmpl_alloc): rules before conntrack take it for one.

    Its state reads NEW, its mark 0, and a later NOTRACK finds it and does nothing.
    """
    if packet.tracked or packet.ct_state == "UNTRACKED":
        return packet
    return replace(packet, tracked=True, ct_state="NEW", ct_mark=0)


MARKS: dict[Verb, Callable[[Packet, Action], Packet]] = {
    Verb.SET_MARK: set_mark,
    Verb.SET_CT_MARK: _set_ct_mark,
    Verb.SAVE_MARK: _save_mark,
    Verb.RESTORE_MARK: _restore_mark,
    Verb.NOTRACK: _no_track,
    Verb.ZONE: _zone,
}


def endpoint(address: str | None, port: int | None) -> str:
    """``addr:port``, IPv6 in brackets, ``*`` for what is not known."""
    shown = f"[{address}]" if address and ":" in address else (address or "*")
    return f"{shown}:{port}" if port is not None else shown


def translated(packet: Packet, action: Action) -> Packet:
    """The packet after a translation was set up for its connection."""
    if action.verb is Verb.REDIRECT:
        return replace(packet, dst=_redirect_address(packet), dport=_port(action, packet.dport))
    if action.verb is Verb.DNAT:
        dst = _address(action, packet.dst)
        return replace(packet, dst=dst, dport=_port(action, packet.dport), rewritten=dst != packet.dst)
    return replace(packet, src=_address(action, None), sport=_port(action, packet.sport))


def _redirect_address(packet: Packet) -> str | None:
    if packet.hook is Hook.OUTPUT:
        return "127.0.0.1" if packet.family is Family.V4 else "::1"
    return packet.in_address


def _port(action: Action, port: int | None) -> int | None:
    if action.ports is None:
        return port
    low, high = action.ports
    if port is not None and low <= port <= high:
        return port
    return low if low == high else None


def _address(action: Action, address: str | None) -> str | None:
    if action.address is None:
        return address
    return None if "-" in action.address else action.address
