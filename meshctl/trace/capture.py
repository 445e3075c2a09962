"""A connection's first packet through a pod's rules: what the trace asks netfilter.

Theory of operation. A packet sent in the pod meets OUTPUT; sent to an address of the pod itself it goes over lo
and meets PREROUTING too. A packet from outside meets PREROUTING on eth0. Envoy's own packets carry its uid
and gid. One ``Connections`` a connection remembers what OUTPUT decided, for the loop over lo.
The verdict words are those of the recordings: REDIRECT, TPROXY, RETURN (the last matching rule was one), ACCEPT
(rules matched without effect), NO_RULE_MATCHED, DROP.
"""

from __future__ import annotations

import ipaddress

from meshctl.envoy.addresses import bracketed
from meshctl.netfilter import Connections, Hook, Packet, PathStep, Verdict, WalkResult
from meshctl.netfilter.packet import family_of
from meshctl.trace.pods import Pod
from meshctl.values import Struct, replace

CLIENT_PORT = 40000  # a client's port when none is known


class Captured(Struct, frozen=True):
    """What one hook did to the packet."""

    hook: str
    dst: str
    interface: str
    verdict: str
    redirect_port: int | None = None
    rules: tuple[PathStep, ...] = ()
    undetermined: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    tried: tuple[tuple[str, str], ...] = ()


def _is_local(pod: Pod, ip: str) -> bool:
    try:
        return ip in pod.ips or ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _verdict(result: WalkResult) -> str:
    if result.verdict in (Verdict.REDIRECT, Verdict.TPROXY, Verdict.DROP, Verdict.UNDETERMINED):
        return result.verdict.value
    if result.verdict is Verdict.REJECT:
        return "DROP"
    if not result.path:
        return "NO_RULE_MATCHED"
    return "RETURN" if result.path[-1].target == "RETURN" else "ACCEPT"


def _captured(hook: str, packet: Packet, interface: str, result: WalkResult) -> Captured:
    tried = tuple(
        (f"{t.table} {t.chain} rule {t.rule_number}: {t.text}", t.failed) for t in result.tried if t.failed
    )
    return Captured(
        hook,
        bracketed(str(packet.dst), int(packet.dport or 0)),
        interface,
        _verdict(result),
        result.redirect_port,
        result.path,
        result.undetermined,
        result.assumed,
        tried,
    )


class Sent(Struct, frozen=True):
    """A packet that leaves a process in the pod: the hooks it met, and where it goes on."""

    hooks: tuple[Captured, ...]
    local: bool  # stays in the pod
    port: int  # the local port it reaches, when it stays
    redirected: bool
    dropped: bool = False
    undetermined: tuple[str, ...] = ()

    @property
    def undecided(self) -> bool:
        """Whether it is open where the packet goes: at OUTPUT, or on its loop to the pod's own address.

        A packet that OUTPUT has redirected belongs to a connection whose way is settled: what mangle's PREROUTING may
        do to it on lo, where only the nat table was given, is nothing that any capture does.
        """
        if not self.undetermined or not self.hooks:
            return False
        first, last = self.hooks[0].verdict, self.hooks[-1].verdict
        return first == "UNDETERMINED" or (last == "UNDETERMINED" and first != "REDIRECT")


def send(pod: Pod, src: str, dst: str, port: int, uid: int, gid: int, mark: int = 0) -> Sent:
    """A new connection from a process of the pod."""
    local = _is_local(pod, dst)
    if pod.rules is None:
        return Sent((), local, port, False)
    interface = "lo" if local else "eth0"
    packet = Packet(
        Hook.OUTPUT, family_of(dst), src=src or None, dst=dst, sport=CLIENT_PORT, dport=port, out_if=interface,
        uid=uid, gid=gid, mark=mark,
    )  # fmt: skip
    connections = Connections(pod.rules)
    result = connections.walk(packet)
    hooks = [_captured("output", packet, interface, result)]
    unknown = result.undetermined
    if hooks[0].verdict in ("DROP", "UNDETERMINED"):
        dropped = hooks[0].verdict == "DROP"
        return Sent(
            tuple(hooks), local, port, False, dropped, unknown or ((hooks[0].verdict,) if not dropped else ())
        )
    redirected = hooks[0].verdict == "REDIRECT" and result.redirect_port is not None
    if redirected:
        port, local = int(result.redirect_port or 0), True
    if not local:
        return Sent(tuple(hooks), False, port, False, undetermined=unknown)
    after = result.post or packet
    looped = replace(after, hook=Hook.PREROUTING, in_if="lo", out_if=None, uid=None, gid=None)
    back = connections.walk(looped)
    hooks.append(_captured("prerouting", looped, "lo", back))
    verdict = hooks[-1].verdict
    if verdict in ("TPROXY", "REDIRECT") and back.redirect_port is not None:
        port, redirected = int(back.redirect_port), True
    return Sent(tuple(hooks), True, port, redirected, verdict == "DROP", unknown + back.undetermined)


class Arrived(Struct, frozen=True):
    """A packet that came to the pod from outside."""

    hooks: tuple[Captured, ...]
    port: int
    redirected: bool
    transparent: bool = False
    dropped: bool = False
    undetermined: tuple[str, ...] = ()


def arrive(pod: Pod, src: str, dst: str, port: int) -> Arrived:
    """A new connection from outside to an address of the pod."""
    if pod.rules is None:
        return Arrived((), port, False)
    packet = Packet(
        Hook.PREROUTING, family_of(dst), src=src or None, dst=dst, sport=CLIENT_PORT, dport=port, in_if="eth0",
        in_address=dst,
    )  # fmt: skip
    result = Connections(pod.rules).walk(packet)
    hook = _captured("prerouting", packet, "eth0", result)
    taken = hook.verdict in ("REDIRECT", "TPROXY") and result.redirect_port is not None
    return Arrived(
        (hook,),
        int(result.redirect_port or port) if taken else port,
        taken,
        hook.verdict == "TPROXY",
        hook.verdict == "DROP",
        result.undetermined,
    )
