"""A connection's first packet through a pod's rules: what the trace asks netfilter.

Theory of operation. A packet sent in the pod meets OUTPUT; sent to an address of the pod itself it goes over lo
and meets PREROUTING too. A packet from outside meets PREROUTING on eth0. Envoy's own packets carry its uid
and gid. One ``Connections`` a connection remembers what OUTPUT decided, for the loop over lo.
The verdict words are those of the recordings: REDIRECT, TPROXY, RETURN (the last matching rule was one), ACCEPT
(rules matched without effect), NO_RULE_MATCHED, DROP. Where a rule cannot be decided the walk has several ends, and the
connection goes on from each.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from meshctl.envoy.addresses import bracketed
from meshctl.netfilter import Connections, Hook, Packet, PathStep, RuleSet, Verdict, WalkResult
from meshctl.netfilter.packet import family_of
from meshctl.trace.pods import Pod
from meshctl.values import Struct, replace


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


def _unfollowed(result: WalkResult) -> tuple[str, ...]:
    """What a trace does not follow a packet into: another destination, a program."""
    if result.verdict is Verdict.DNAT:
        return (f"a rule sends the connection to {result.nat_to} (DNAT), which is not followed",)
    if result.verdict is Verdict.QUEUE:
        return ("a rule hands the packet to a program (QUEUE), which decides",)
    return ()


def _verdict(result: WalkResult) -> str:
    if result.verdict in (Verdict.REDIRECT, Verdict.TPROXY, Verdict.DROP, Verdict.UNDETERMINED):
        return result.verdict.value
    if result.verdict is Verdict.REJECT:
        return "DROP"
    if _unfollowed(result):
        return Verdict.UNDETERMINED.value
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
        result.undetermined + _unfollowed(result),
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
    share: float | None = 1.0  # of the connections, where that is known

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


def send(pod: Pod, src: str, dst: str, port: int, uid: int, gid: int, mark: int = 0) -> list[Sent]:
    """A new connection from a process of the pod: where it goes, and where else it may go by what is not known."""
    local = _is_local(pod, dst)
    if pod.rules is None:
        return [Sent((), local, port, False)]
    interface = "lo" if local else "eth0"
    packet = Packet(
        Hook.OUTPUT, family_of(dst), src=src or None, dst=dst, dport=port, out_if=interface,
        uid=uid, gid=gid, mark=mark,
    )  # fmt: skip
    whole = Connections(pod.rules).walk(packet)
    found = [one for end in _ends(whole) for one in _sent(pod.rules, packet, end)]
    alike: dict[tuple[object, ...], Sent] = {}
    for one in found:
        key = (one.local, one.port, one.redirected, one.dropped, one.undecided)
        alike[key] = replace(one, share=_added(alike[key].share, one.share)) if key in alike else one
    return list(alike.values())


class _End(Struct, frozen=True):
    """An end that a walk may come to; share: how often, None where nothing tells, and then what it hangs on."""

    result: WalkResult
    share: float | None = 1.0
    unknown: tuple[str, ...] = ()


def _added(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _ends(whole: WalkResult) -> list[_End]:
    """The ends that a walk may come to: its own, or those of its branches where they differ."""
    shares = _shares(whole)
    known = all(share is not None for _, share in shares)
    if len(shares) == 1:
        return [
            _End(
                whole if whole.verdict is not Verdict.UNDETERMINED else shares[0][0], 1.0, whole.undetermined
            )
        ]
    return [_End(end, share if known else None, () if known else whole.undetermined) for end, share in shares]


def _shares(result: WalkResult) -> list[tuple[WalkResult, float | None]]:
    if result.verdict is not Verdict.UNDETERMINED or not result.branches:
        return [(result, 1.0)]
    found: dict[tuple[object, ...], tuple[WalkResult, float | None]] = {}
    for branch in result.branches:
        for end, share in _shares(branch.result):
            part = None if share is None or branch.share is None else share * branch.share
            key = (end.verdict, end.redirect_port, end.nat_to)
            found[key] = (end, _added(found[key][1], part) if key in found else part)
    return list(found.values())


def _sent(rules: RuleSet, packet: Packet, end: _End) -> Iterator[Sent]:
    """Where a packet goes from one end of its walk through OUTPUT."""
    result, unknown = end.result, end.unknown
    interface, port, local = str(packet.out_if), int(packet.dport or 0), packet.out_if == "lo"
    first = _captured("output", packet, interface, result)
    unknown += _unfollowed(result)
    if first.verdict in ("DROP", "UNDETERMINED"):
        dropped = first.verdict == "DROP"
        yield Sent(
            (first,),
            local,
            port,
            False,
            dropped,
            unknown or ((first.verdict,) if not dropped else ()),
            end.share,
        )
        return
    redirected = first.verdict == "REDIRECT" and result.redirect_port is not None
    if redirected:
        port, local = int(result.redirect_port or 0), True
    if not local:
        yield Sent((first,), False, port, False, undetermined=unknown, share=end.share)
        return
    after = result.post or packet
    looped = replace(after, hook=Hook.PREROUTING, in_if="lo", out_if=None, uid=None, gid=None)
    connections = Connections(rules)
    connections.remember(packet, result)
    whole = connections.walk(looped)
    for behind in [_End(whole, 1.0, whole.undetermined)] if redirected else _ends(whole):
        back = behind.result
        last = _captured("prerouting", looped, "lo", back)
        taken = last.verdict in ("TPROXY", "REDIRECT") and back.redirect_port is not None
        yield Sent(
            (first, last),
            True,
            int(back.redirect_port or 0) if taken else port,
            redirected or taken,
            last.verdict == "DROP",
            unknown + behind.unknown + _unfollowed(back),
            None if end.share is None or behind.share is None else end.share * behind.share,
        )


class Arrived(Struct, frozen=True):
    """A packet that came to the pod from outside."""

    hooks: tuple[Captured, ...]
    port: int
    redirected: bool
    transparent: bool = False
    dropped: bool = False
    undetermined: tuple[str, ...] = ()
    share: float | None = 1.0


def arrive(pod: Pod, src: str, dst: str, port: int) -> list[Arrived]:
    """A new connection from outside to an address of the pod: where it goes, and where else it may go."""
    if pod.rules is None:
        return [Arrived((), port, False)]
    packet = Packet(
        Hook.PREROUTING, family_of(dst), src=src or None, dst=dst, dport=port, in_if="eth0",
        in_address=dst,
    )  # fmt: skip
    whole = Connections(pod.rules).walk(packet)
    return [_arrived(packet, end, port) for end in _ends(whole)]


def _arrived(packet: Packet, end: _End, port: int) -> Arrived:
    result = end.result
    hook = _captured("prerouting", packet, "eth0", result)
    taken = hook.verdict in ("REDIRECT", "TPROXY") and result.redirect_port is not None
    return Arrived(
        (hook,),
        int(result.redirect_port or port) if taken else port,
        taken,
        hook.verdict == "TPROXY",
        hook.verdict == "DROP",
        end.unknown + _unfollowed(result),
        end.share,
    )
