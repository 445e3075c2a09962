"""Does a packet pass a criterion? True, False, or not known (with what is missing).

Three-valued on purpose: a walk never guesses. The rules are the kernel's: x_tables matches
(net/netfilter/xt_*.c) and nft expressions (nft_meta.c, nft_payload.c, nft_ct.c). The two differ
only for packets without a socket: ``-m owner ! --uid-owner 1337`` matches them, ``skuid != 1337``
does not (nft stops the rule when it cannot load a value), so the backend is part of the question.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from meshctl.netfilter.model import AnyOf, Backend, Criterion, Drawn, Field, Never, Test, Unknown
from meshctl.netfilter.packet import (
    PORT_PROTOCOLS,
    CtState,
    Family,
    Hook,
    Packet,
    Sender,
    address_number,
    protocol_number,
)
from meshctl.netfilter.walk.drawn import Ranges, asked, size
from meshctl.netfilter.walk.effects import FULL
from meshctl.values import Struct, field


class Absent:
    """The packet has no such thing (no socket, no ports): not the same as not known."""


ABSENT = Absent()
Value = int | str | None | Absent


class Unsettled(Struct, frozen=True):
    """A criterion that the packet, as far as known, neither passes nor fails."""

    criterion: Criterion | AnyOf | Drawn | Unknown
    missing: str
    share: float | None = None  # how often it passes, where that is known


class Assumptions(Struct, frozen=True):
    """What a branch of the walk supposes about unsettled criteria."""

    answers: dict[str, bool] = field(default_factory=dict)
    left: dict[str, Ranges] = field(default_factory=dict)  # what a number may still be, by its key

    def about(self, key: str) -> bool | None:
        """The supposed answer."""
        return self.answers.get(key)

    def with_answer(self, key: str, answer: bool) -> Assumptions:
        """These, and one more."""
        return Assumptions({**self.answers, key: answer}, self.left)

    def of_number(self, drawn: Drawn) -> Ranges:
        """The values that a number may still have."""
        return self.left.get(drawn.key, (drawn.span,))

    def with_number(self, drawn: Drawn, answer: bool) -> Assumptions:
        """These, and what a question says of a number."""
        passing, other = asked(drawn, self.of_number(drawn))
        return Assumptions(self.answers, {**self.left, drawn.key: passing if answer else other})

    def supposing(self, criterion: Criterion | AnyOf | Drawn | Unknown, answer: bool) -> Assumptions:
        """These, and the answer to one more question."""
        if isinstance(criterion, Drawn):
            return self.with_number(criterion, answer)
        return self.with_answer(question(criterion), answer)


Truth = bool | Unsettled


def question(criterion: Criterion | AnyOf | Unknown) -> str:
    """One name for the same question asked in several rules, whichever way round."""
    if isinstance(criterion, Criterion):
        return f"{criterion.field}:{criterion.test}:{criterion.ranges}:{criterion.names}:{criterion.mask}"
    return criterion.text


# ---- values of a packet ----


def _address(text: str | None) -> Value:
    return None if text is None else address_number(text)


def _port(packet: Packet, port: int | None) -> Value:
    if packet.protocol is not None and packet.protocol not in PORT_PROTOCOLS:
        return ABSENT
    return port


def _tcp_flags(packet: Packet) -> Value:
    return packet.tcp_flags if packet.protocol in ("tcp", None) else ABSENT


def _icmp_type(packet: Packet) -> Value:
    return packet.icmp_type if packet.protocol in ("icmp", "icmpv6", None) else ABSENT


def _protocol(packet: Packet) -> Value:
    return None if packet.protocol is None else protocol_number(packet.protocol)


def _ct_state(packet: Packet) -> Value:
    if packet.ct_state is None:
        return None
    bits = 0
    for name in packet.ct_state.split(","):
        bits |= CtState[name.strip().upper()]
    return bits


def _direction(packet: Packet) -> Value:
    if not packet.tracked:
        return ABSENT
    if packet.reply is not None:
        return int(packet.reply)
    return 0 if packet.ct_state == "NEW" else None


def _destination_type(packet: Packet) -> str | None:
    """What the address tells, else what routing did: to lo goes what is local, and only that."""
    known = _address_types(packet.dst)
    if known is not None or packet.rewritten:
        return known
    if "lo" in (packet.out_if, packet.in_if):
        return "local"
    if packet.hook is Hook.OUTPUT and packet.out_if:
        return "unicast"
    return "local" if packet.in_address is not None and packet.in_address == packet.dst else None


_HOOK_NUMBERS = {hook: number for number, hook in enumerate(Hook)}


def _address_types(text: str | None) -> str | None:
    """Types that follow from the address alone; whether it is local is for the routing table."""
    if text is None:
        return None
    address = ipaddress.ip_address(text)
    if address.is_loopback:
        return "local"
    if address.is_multicast:
        return "multicast"
    return "broadcast" if text == "255.255.255.255" else None


GETTERS: dict[Field, Callable[[Packet], Value]] = {
    Field.FAMILY: lambda packet: 2 if packet.family is Family.V4 else 10,
    Field.PROTOCOL: _protocol,
    Field.SRC: lambda packet: _address(packet.src),
    Field.DST: lambda packet: _address(packet.dst),
    Field.SPORT: lambda packet: _port(packet, packet.sport),
    Field.DPORT: lambda packet: _port(packet, packet.dport),
    Field.IN_IF: lambda packet: packet.in_if,
    Field.OUT_IF: lambda packet: packet.out_if,
    Field.CT_STATE: _ct_state,
    Field.CT_DIRECTION: _direction,
    Field.MARK: lambda packet: packet.mark,
    Field.CT_MARK: lambda packet: packet.ct_mark if packet.tracked else ABSENT,
    Field.TCP_FLAGS: _tcp_flags,
    Field.ICMP_TYPE: _icmp_type,
    Field.SRC_TYPE: lambda packet: _address_types(packet.src),
    Field.DST_TYPE: _destination_type,
    Field.HOOK: lambda packet: _HOOK_NUMBERS[packet.hook],
}


def _owners(packet: Packet, kind: Field) -> list[Value]:
    """What an owner criterion may see; several when it is not known which."""
    if packet.hook not in (Hook.OUTPUT, Hook.POSTROUTING) or packet.sender is Sender.KERNEL:
        return [ABSENT]
    if packet.sender is Sender.SERVER:
        # A RST is made by the kernel for a port that nobody listens on, or when a socket closes.
        return [1 if kind is Field.SOCKET else 0, ABSENT]
    if kind is Field.SOCKET:
        return [1]
    return [packet.uid if kind is Field.UID else packet.gid]


# ---- comparing ----


def passes(
    criterion: Criterion | AnyOf | Never | Drawn | Unknown,
    packet: Packet,
    backend: Backend,
    assumed: Assumptions,
) -> Truth:
    """Whether the packet passes, in the eyes of this backend."""
    match criterion:
        case Never():
            return criterion.negate
        case Unknown():
            answer = assumed.about(question(criterion))
            return Unsettled(criterion, f"what {criterion.text!r} means here") if answer is None else answer
        case AnyOf():
            return _any_of(criterion, packet, backend, assumed)
        case Drawn():
            return _drawn(criterion, assumed)
        case Criterion():
            return _criterion(criterion, packet, backend, assumed)


def _drawn(criterion: Drawn, assumed: Assumptions) -> Truth:
    passing, other = map(size, asked(criterion, assumed.of_number(criterion)))
    if not passing or not other:
        return bool(passing)
    share = passing / (passing + other) if criterion.anew else None
    return Unsettled(criterion, f"which number {criterion.number} gives", share)


def _criterion(criterion: Criterion, packet: Packet, backend: Backend, assumed: Assumptions) -> Truth:
    if criterion.family is not None and criterion.family is not packet.family:
        return False
    if criterion.field in (Field.UID, Field.GID, Field.SOCKET):
        values = _owners(packet, criterion.field)
    elif _asks_loopback_of_what_is_not(criterion, packet):
        return criterion.negate
    else:
        values = [GETTERS[criterion.field](packet)]
        if _asks_v6_unicast(criterion, packet, backend):
            # ip6tables' UNICAST is about the address, so a local one is unicast too (xt_addrtype.c)
            values = ["multicast" if _is_multicast(criterion, packet) else "unicast"]
    answers = {_answer(criterion, value, backend) for value in values}
    if len(answers) == 1 and (only := answers.pop()) is not None:
        return only
    answer = assumed.about(question(criterion))
    if answer is not None:
        return answer != criterion.negate
    return Unsettled(criterion, _missing(criterion, packet))


_LOOPBACKS = {
    Family.V4: (address_number("127.0.0.0"), address_number("127.255.255.255")),
    Family.V6: (address_number("::1"), address_number("::1")),
}


def _asks_loopback_of_what_is_not(criterion: Criterion, packet: Packet) -> bool:
    """An address that is not known, only that it is none of those asked for.

    Nothing leaves by an interface other than lo with a loopback source (``__mkroute_output``, route.c).
    """
    unknown = {
        Field.SRC: packet.src is None and packet.src_not_loopback,
        Field.DST: packet.dst is None and packet.dst_not_loopback,
    }
    if not unknown.get(criterion.field, False) or criterion.mask is not None or criterion.test is not Test.IN:
        return False
    low, high = _LOOPBACKS[packet.family]
    return all(low <= first and last <= high for first, last in criterion.ranges)


def _asks_v6_unicast(criterion: Criterion, packet: Packet, backend: Backend) -> bool:
    types = criterion.field in (Field.SRC_TYPE, Field.DST_TYPE)
    return (
        types
        and packet.family is Family.V6
        and backend is not Backend.NFT
        and criterion.names == ("unicast",)
    )


def _is_multicast(criterion: Criterion, packet: Packet) -> bool:
    address = packet.src if criterion.field is Field.SRC_TYPE else packet.dst
    return address is not None and ipaddress.ip_address(address).is_multicast


def _answer(criterion: Criterion, value: Value, backend: Backend) -> bool | None:
    """True or False for one possible value, None when it is not known."""
    if value is None:
        return None
    if isinstance(value, Absent):
        # xt_owner: "no socket" is an owner that is not 1337; nft: no value, so the rule stops here.
        xt_owner = criterion.field in (Field.UID, Field.GID, Field.SOCKET) and backend is not Backend.NFT
        return criterion.negate if xt_owner else False
    return _compare(criterion, value) != criterion.negate


def _compare(criterion: Criterion, value: int | str) -> bool:
    if criterion.test is Test.NAME:
        return any(_name_matches(pattern, str(value)) for pattern in criterion.names)
    assert isinstance(value, int)
    if criterion.test is Test.ANY_BIT:
        return any(value & bits for bits, _ in criterion.ranges)
    masked = value if criterion.mask is None else value & criterion.mask
    return any(low <= masked <= high for low, high in criterion.ranges)


def _name_matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _missing(criterion: Criterion, packet: Packet) -> str:
    if criterion.field in (Field.UID, Field.GID) and packet.sender is Sender.SERVER:
        return "whether the kernel or a socket of uid 0 sent this packet"
    return f"the packet's {criterion.field.value} ({criterion.text})"


def _any_of(criterion: AnyOf, packet: Packet, backend: Backend, assumed: Assumptions) -> Truth:
    unsettled: Unsettled | None = None
    for group in criterion.groups:
        verdicts = [passes(part, packet, backend, assumed) for part in group]
        if all(verdict is True for verdict in verdicts):
            return not criterion.negate
        if any(verdict is False for verdict in verdicts):
            continue
        unsettled = unsettled or next(verdict for verdict in verdicts if isinstance(verdict, Unsettled))
    if unsettled is None:
        return criterion.negate and not _wrong_family(criterion, packet)
    return unsettled


def _wrong_family(criterion: AnyOf, packet: Packet) -> bool:
    """A negated list of addresses of the other family is not a match either."""
    families = {part.family for group in criterion.groups for part in group if part.family}
    return bool(families) and packet.family not in families


def refined(packet: Packet, criterion: Criterion, answer: bool) -> Packet:
    """The packet of a branch: a supposed "uid is 1337" is a known uid from there on."""
    from meshctl.values import replace

    if (
        not answer
        or criterion.mask not in (None, FULL)
        or criterion.test is not Test.IN
        or len(criterion.ranges) != 1
    ):
        return packet
    low, high = criterion.ranges[0]
    names = {
        Field.UID: "uid",
        Field.GID: "gid",
        Field.SPORT: "sport",
        Field.DPORT: "dport",
        Field.MARK: "mark",
    }
    name = names.get(criterion.field)
    if name is None or low != high or packet.sender is Sender.SERVER:
        return packet
    return replace(packet, **{name: low})  # type: ignore[arg-type]


def describe(packet: Packet, criterion: Criterion) -> str:
    """What the packet has where the criterion asked, for a person: ``uid is 1000``."""
    if criterion.field in (Field.UID, Field.GID, Field.SOCKET):
        value = _owners(packet, criterion.field)[0]
        return "has no socket" if isinstance(value, Absent) else f"{criterion.field.value} is {value}"
    shown = {
        Field.SRC: packet.src,
        Field.DST: packet.dst,
        Field.PROTOCOL: packet.protocol,
        Field.CT_STATE: packet.ct_state,
        Field.FAMILY: packet.family.value,
    }
    value = shown.get(criterion.field, GETTERS[criterion.field](packet))
    if isinstance(value, Absent):
        return f"has no {criterion.field.value}"
    if criterion.field in (Field.MARK, Field.CT_MARK) and isinstance(value, int):
        return f"{criterion.field.value} is {value:#x}"
    return f"{criterion.field.value} is {value or 'none'}"
