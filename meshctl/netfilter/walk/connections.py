"""What connection tracking remembers, for packets that are not the first of their connection.

nat chains are asked for a connection's first packet only; later packets are translated as decided
then (verdict NAT_BY_CONNTRACK), and see the connection's mark. ``Connections`` remembers the packets
walked so far, as the kernel's table does. For a later packet of a connection it never saw, the first
packet is reconstructed from it (same addresses, state NEW), and the answer says that this was assumed.

States a packet without a recorded state gets are those of nf_conntrack_proto_tcp.c: flag combinations
that cannot be are INVALID, a bare ACK begins a connection (nf_conntrack_tcp_loose).
"""

from __future__ import annotations

from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.packet import Hook, Packet, Sender, TcpFlag
from meshctl.netfilter.walk.packet_walk import Verdict, WalkResult, walk
from meshctl.values import Struct, replace

Tuple = tuple[str | None, int | None, str | None, int | None, str | None]

_SHAPE = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.ACK | TcpFlag.URG
_BEGINNINGS = frozenset(
    {int(TcpFlag.SYN), int(TcpFlag.SYN | TcpFlag.URG), int(TcpFlag.ACK), int(TcpFlag.ACK | TcpFlag.URG)}
)
_TRANSLATED = (Verdict.REDIRECT, Verdict.DNAT)


def state_of_first(flags: int | None) -> str:
    """The state of a TCP packet that belongs to no known connection."""
    if flags is None:
        return "NEW"
    return "NEW" if flags & int(_SHAPE) in _BEGINNINGS else "INVALID"


def _key(packet: Packet) -> Tuple:
    return (packet.src, packet.sport, packet.dst, packet.dport, packet.protocol)


class _Connection(Struct):
    """A connection: its first packet, where it was translated, its mark."""

    first: Packet
    after: Packet
    translated: WalkResult | None
    hook: Hook
    ct_mark: int | None


class Connections:
    """Walks packets in the order they happened, remembering their connections."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._forward: dict[Tuple, _Connection] = {}
        self._reply: dict[Tuple, _Connection] = {}

    def walk(self, packet: Packet) -> WalkResult:
        """Walk one packet as the kernel would, given the ones before."""
        known = self._forward.get(_key(packet))
        if packet.ct_state == "NEW":
            looped = packet.in_if == "lo" and known is not None
            return self._looped(packet, known) if looped and known else self._first(packet)
        if packet.ct_state not in ("ESTABLISHED", "RELATED"):
            return walk(self.rules, packet)
        if known is not None:
            return self._later(packet, known, reply=False)
        if (answered := self._reply.get(_key(packet))) is not None:
            return self._later(packet, answered, reply=True)
        return self._unseen(packet)

    def _first(self, packet: Packet) -> WalkResult:
        result = walk(self.rules, packet)
        self.remember(packet, result)
        return result

    def remember(self, packet: Packet, result: WalkResult) -> None:
        """Remember the connection of a first packet that was walked: as a whole, or in one branch of what is not known."""
        after = result.post
        if after is None:
            return
        translated = result if result.verdict in _TRANSLATED else None
        connection = _Connection(packet, after, translated, packet.hook, after.ct_mark)
        self._forward[_key(packet)] = connection
        self._forward.setdefault(_key(after), connection)
        for seen in (packet, after):
            self._reply[_key(seen.reversed())] = connection

    def _looped(self, packet: Packet, known: _Connection) -> WalkResult:
        """The first packet again, coming back over lo."""
        result = walk(self.rules, replace(packet, ct_mark=known.ct_mark))
        self._remember_mark(known, result)
        return result

    def _later(self, packet: Packet, known: _Connection, *, reply: bool) -> WalkResult:
        result = walk(self.rules, replace(packet, ct_mark=known.ct_mark, reply=reply))
        self._remember_mark(known, result)
        here = packet.hook is known.hook and _key(packet) == _key(known.first)
        if known.translated is None or reply or not here or _unchanged(known.first, known.translated):
            return result
        return by_conntrack(result, known.translated)

    @staticmethod
    def _remember_mark(known: _Connection, result: WalkResult) -> None:
        if result.post is not None:
            known.ct_mark = result.post.ct_mark

    def _unseen(self, packet: Packet) -> WalkResult:
        """Reconstruct the first packet of a connection that was not seen."""
        if is_reply(packet):
            return walk(self.rules, replace(packet, reply=True, ct_mark=self._mark_of_reversed(packet)))
        first = walk(self.rules, replace(packet, ct_state="NEW", tcp_flags=None, ct_mark=None))
        ct_mark = first.post.ct_mark if first.post is not None and packet.ct_mark is None else packet.ct_mark
        result = walk(self.rules, replace(packet, ct_mark=ct_mark))
        if first.verdict not in _TRANSLATED or _unchanged(packet, first):
            return result
        assumed = "the connection's first packet had the same addresses, owner and mark as this one"
        return replace(by_conntrack(result, first), assumed=(assumed,))

    def _mark_of_reversed(self, packet: Packet) -> int | None:
        """The connection's mark, from the packet that must have come in before this answer."""
        if packet.ct_mark is not None or packet.hook is not Hook.OUTPUT or packet.out_if in ("lo", None):
            return packet.ct_mark
        came = replace(
            packet.reversed(),
            hook=Hook.PREROUTING,
            ct_state="NEW",
            in_if=packet.out_if,
            out_if=None,
            mark=0,
            tcp_flags=None,
            uid=None,
            gid=None,
            sender=Sender.PROCESS,
        )
        first = walk(self.rules, came)
        return first.post.ct_mark if first.post is not None else None


def is_reply(packet: Packet) -> bool:
    """Whether the packet travels against its connection's first, as far as it shows by itself."""
    if packet.reply is not None:
        return packet.reply
    if packet.sender in (Sender.SERVER, Sender.KERNEL):
        return True
    both = int(TcpFlag.SYN | TcpFlag.ACK)
    return packet.tcp_flags is not None and packet.tcp_flags & both == both


def _unchanged(packet: Packet, translated: WalkResult) -> bool:
    """A redirect to where the packet went anyway leaves nothing to translate later."""
    post = translated.post
    return post is not None and post.dport == packet.dport and post.dst == packet.dst


def by_conntrack(result: WalkResult, first: WalkResult) -> WalkResult:
    """The result of a later packet whose connection was translated by ``first``."""
    if result.verdict is not Verdict.ACCEPT or result.post is None or first.post is None:
        return result
    post = replace(result.post, dst=first.post.dst, dport=first.post.dport)
    return replace(
        result,
        verdict=Verdict.NAT_BY_CONNTRACK,
        redirect_port=first.redirect_port,
        nat_to=first.nat_to,
        post=post,
    )
