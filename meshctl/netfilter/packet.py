"""The packet as netfilter sees it at a hook: what a rule can ask about, as plain values.

``None`` means "not known" and makes a criterion that needs the field undetermined. "There is
none" is a value of its own: no interface is ``""``, no socket is ``Sender.KERNEL``.
Semantics follow the kernel: xt_owner.c, nft_meta.c (owner of a packet without a socket),
nf_conntrack (the state a rule can see).
"""

from __future__ import annotations

import functools
import ipaddress
from enum import Enum, IntFlag, StrEnum

from meshctl.values import Struct, replace


class Hook(StrEnum):
    """The five places of a network stack where rules are consulted."""

    PREROUTING = "prerouting"
    INPUT = "input"
    FORWARD = "forward"
    OUTPUT = "output"
    POSTROUTING = "postrouting"


class Family(StrEnum):
    """Address family of a packet."""

    V4 = "ip"
    V6 = "ip6"


class CtState(IntFlag):
    """Connection tracking states, as bits, because a rule may ask for several at once."""

    INVALID = 1
    ESTABLISHED = 2
    RELATED = 4
    NEW = 8
    UNTRACKED = 64
    SNAT = 128
    DNAT = 256


class TcpFlag(IntFlag):
    """The TCP flag byte."""

    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16
    URG = 32
    ECE = 64
    CWR = 128


class Sender(Enum):
    """Who made a locally sent packet; decides what an owner criterion sees."""

    PROCESS = "process"  # a socket of a process: uid and gid tell which
    KERNEL = "kernel"  # no socket, such as a RST for a closed port
    SERVER = "server"  # not an application's: a listener run by root, or the kernel for it


PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "tcp": 6,
    "udp": 17,
    "dccp": 33,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "ospf": 89,
    "sctp": 132,
    "udplite": 136,
}
PROTOCOL_NAMES = {number: name for name, number in reversed(PROTOCOLS.items())}

PORT_PROTOCOLS = frozenset({"tcp", "udp", "sctp", "dccp", "udplite"})


def protocol_name(value: str) -> str:
    """``6`` and ``TCP`` are ``tcp``; a number without a name stays a number."""
    text = value.strip().lower()
    if text.isdigit():
        return PROTOCOL_NAMES.get(int(text), text)
    return "icmpv6" if text == "ipv6-icmp" else text


def protocol_number(value: str) -> int | None:
    """The protocol number of a name or a number, None when neither is known."""
    text = value.strip().lower()
    return int(text) if text.isdigit() else PROTOCOLS.get(text)


class Packet(Struct, frozen=True):
    """One packet at one hook. ``None`` is unknown, see the module's head."""

    hook: Hook = Hook.OUTPUT
    family: Family = Family.V4
    protocol: str | None = "tcp"
    src: str | None = None
    dst: str | None = None
    sport: int | None = None
    dport: int | None = None
    in_if: str | None = None
    out_if: str | None = None
    uid: int | None = None
    gid: int | None = None
    sender: Sender = Sender.PROCESS
    ct_state: str | None = "NEW"
    mark: int | None = 0
    ct_mark: int | None = None
    tcp_flags: int | None = None
    icmp_type: int | None = None
    tracked: bool = True  # a connection is attached: not yet in raw chains, never when INVALID or UNTRACKED
    reply: bool | None = None  # travels against the direction of its connection's first packet
    rewritten: bool = False  # the destination is not the one that routing chose the interface for
    src_not_loopback: bool = False  # of an unknown source: it left by another interface than lo
    dst_not_loopback: bool = False  # of an unknown destination: it is an address of the pod
    in_address: str | None = None  # address of the incoming interface, where REDIRECT sends to
    transparent_listener: bool | None = True  # is a TPROXY target's port listened on, transparently

    def normal(self) -> Packet:
        """What follows from the hook alone: interfaces that cannot exist, a new connection's mark."""
        changes: dict[str, object] = {}
        if self.ct_state in ("INVALID", "UNTRACKED"):
            changes["tracked"] = False
        if self.in_if is None and self.hook in (Hook.OUTPUT, Hook.POSTROUTING):
            changes["in_if"] = ""
        if self.out_if is None and self.hook in (Hook.PREROUTING, Hook.INPUT):
            changes["out_if"] = ""
        if self.ct_mark is None and self.ct_state in ("NEW", "INVALID", "UNTRACKED") and self.in_if != "lo":
            changes["ct_mark"] = 0
        if self.tcp_flags is None and self.protocol == "tcp" and self.ct_state == "NEW":
            changes["tcp_flags"] = int(TcpFlag.SYN)
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def reversed(self) -> Packet:
        """The same addresses the other way round."""
        return replace(self, src=self.dst, dst=self.src, sport=self.dport, dport=self.sport)


def family_of(address: str) -> Family:
    """Family of a textual address or network."""
    return Family.V6 if ":" in address else Family.V4


@functools.lru_cache(maxsize=4096)
def address_number(address: str) -> int:
    """An address as the number that intervals compare; ValueError when it is none."""
    return int(ipaddress.ip_address(address))
