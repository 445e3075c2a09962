"""Where a connection's first packet goes inside a pod: hook after hook, until it is somewhere.

A packet of a process passes OUTPUT; when it is then routed to lo (its own pod, or redirected to
Envoy) it comes back in through PREROUTING, with the same connection and mark. What Envoy does next is
a new connection and not this module's business, except in ``journey``, which shows the usual ones.
"""

from __future__ import annotations

from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.packet import Family, Hook, Packet, Sender
from meshctl.netfilter.pod import PodNet, routed
from meshctl.netfilter.walk.packet_walk import Verdict, WalkResult, walk
from meshctl.values import Struct, replace

GONE = (Verdict.DROP, Verdict.REJECT, Verdict.QUEUE, Verdict.UNDETERMINED)


class Passage(Struct, frozen=True):
    """One hook passed: by which packet, and what came of it. ``note`` says what is worth knowing."""

    title: str
    packet: Packet
    result: WalkResult
    note: str = ""


def passages(rules: RuleSet, packet: Packet, pod: PodNet, *, all_tried: bool = True) -> tuple[Passage, ...]:
    """The packet's own passages: out, and back over lo when it goes there; or in.

    Without ``all_tried`` the rules that did not match are left out of the results.
    """
    start = routed(packet, pod)
    result = walk(rules, start, all_tried=all_tried)
    first = Passage(_title(start), start, result)
    if start.hook is not Hook.OUTPUT or result.verdict in GONE or result.post is None:
        return (first,)
    after = result.post
    if result.verdict in (Verdict.REDIRECT, Verdict.DNAT):
        local = pod.is_local(after.dst)
    else:
        local = start.out_if == "lo" if start.out_if is not None else pod.is_local(after.dst)
    marked = pod.tproxy_mark is not None and after.mark == pod.tproxy_mark and pod.tproxy_routing is not False
    if not local and not marked:
        return (first,)
    back = returning(after)
    note = "conntrack set this connection up in OUTPUT, so nat PREROUTING is not asked"
    if marked and not local:
        note = f"mark {after.mark:#x} is routed to lo (ip rule fwmark {after.mark}, table 133)"
    return (first, Passage("back in over lo", back, walk(rules, back, all_tried=all_tried), note))


def returning(packet: Packet) -> Packet:
    """The packet after it left through lo: in by lo, without a socket."""
    return replace(
        packet,
        hook=Hook.PREROUTING,
        in_if="lo",
        out_if="",
        uid=None,
        gid=None,
        in_address=None,
        rewritten=False,
    )


def _title(packet: Packet) -> str:
    if packet.hook is Hook.OUTPUT:
        return "out"
    return f"in by {packet.in_if or 'an unknown interface'}"


def envoy_packet(packet: Packet, pod: PodNet) -> Packet:
    """The first packet of the connection Envoy opens to where this one was going."""
    return replace(
        packet,
        hook=Hook.OUTPUT,
        src=None,
        sport=None,
        in_if=None,
        out_if=None,
        uid=pod.envoy_uid,
        gid=pod.envoy_gid,
        sender=Sender.PROCESS,
        ct_state="NEW",
        mark=pod.envoy_mark,
        ct_mark=None,
        src_not_loopback=False,
        in_address=None,
    )


def inbound_to_application(packet: Packet, pod: PodNet, *, tproxy: bool) -> Packet:
    """Envoy's connection to the application behind it.

    REDIRECT: from 127.0.0.6 (::6), so that ISTIO_OUTPUT knows it. TPROXY: from the client's own
    address, with the mark that brings the answers back to Envoy; binding to a foreign address takes
    root, so the proxy runs as uid 0 there and only its gid is its own.
    """
    out = replace(envoy_packet(packet, pod), dst=packet.dst, out_if="lo")
    if tproxy:
        return replace(out, src=packet.src, mark=pod.tproxy_mark or 1337, uid=0)
    return replace(out, src="127.0.0.6" if packet.family is Family.V4 else "::6")


def journey(rules: RuleSet, packet: Packet, pod: PodNet) -> tuple[Passage, ...]:
    """The packet's passages, and those of the connection Envoy opens when it gets the packet."""
    own = passages(rules, packet, pod)
    last = own[-1].result
    taken = next((p for p in own if p.result.verdict in (Verdict.REDIRECT, Verdict.TPROXY)), None)
    if taken is None or last.verdict in GONE:
        return own
    start = own[0].packet
    if start.hook is Hook.PREROUTING:
        tproxy = taken.result.verdict is Verdict.TPROXY
        next_packet = inbound_to_application(start, pod, tproxy=tproxy)
        title = "Envoy to the application"
    elif start.uid == pod.envoy_uid or start.gid == pod.envoy_gid:
        return own
    else:
        next_packet = envoy_packet(start, pod)
        title = "Envoy to the same destination"
    later = passages(rules, next_packet, pod)
    return (*own, *(replace(p, title=f"{title}, {p.title}") for p in later))
