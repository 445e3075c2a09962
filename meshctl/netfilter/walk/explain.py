"""A rule in a person's words: what it asks, what it does.

One table of phrases for criteria, one for actions. The wording says what Istio's well-known numbers are
(15001 is Envoy's outbound port), because that is what a reader of the rules wants to know.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from meshctl.netfilter.model import (
    Action,
    AnyOf,
    Criterion,
    Dispatch,
    Drawn,
    Field,
    Never,
    Rule,
    Unknown,
    Verb,
)
from meshctl.netfilter.packet import PROTOCOL_NAMES, CtState, Family, TcpFlag
from meshctl.netfilter.walk.effects import FULL

KNOWN_PORTS = {
    15000: "Envoy's admin",
    15001: "Envoy outbound",
    15004: "debug",
    15006: "Envoy inbound",
    15008: "HBONE tunnel",
    15020: "the agent's metrics",
    15021: "health checks",
    15053: "the agent's DNS proxy",
    15090: "Envoy's metrics",
}
KNOWN_ADDRESSES = {"127.0.0.6": "Envoy's inbound connections", "::6": "Envoy's inbound connections"}
KNOWN_MARKS = {
    1337: "of the proxy (0x539 = 1337)",
    1338: "of Envoy's own calls to its pod (1338)",
    0x111: "of the proxy's connections (0x111)",
}


def explain(rule: Rule) -> str:
    """The whole rule: ``TCP to port 15008 → back to the caller``."""
    asked = [phrase for phrase in map(_criterion, rule.criteria) if phrase]
    done = [phrase for phrase in map(_action, _actions(rule)) if phrase]
    what = ", ".join(asked) or "everything"
    return f"{what} → {', then '.join(done) or 'counted only'}"


def _actions(rule: Rule) -> list[Action | Dispatch | Unknown]:
    return [
        step
        for step in rule.steps
        if isinstance(step, Action | Dispatch) or (isinstance(step, Unknown) and step.action)
    ]


def port(number: int) -> str:
    """A port with what it is known for."""
    return f"{number} ({KNOWN_PORTS[number]})" if number in KNOWN_PORTS else str(number)


def span(low: int, high: int) -> str:
    """A number or a range of them; "at least" ends at the end of what there is."""
    if high > 0xFFFFFFFF:
        return f"{low} or more"
    return str(low) if low == high else f"{low}-{high}"


def addresses(low: int, high: int, v6: bool) -> str:
    """A range of addresses as a network where it is one."""
    kind = ipaddress.IPv6Address if v6 else ipaddress.IPv4Address
    most = (1 << (128 if v6 else 32)) - 1  # "at least" ends at the end of what there is
    first, last = kind(min(low, most)), kind(min(high, most))
    if first == last:
        text = str(first)
        return f"{text} ({KNOWN_ADDRESSES[text]})" if text in KNOWN_ADDRESSES else text
    networks = list(ipaddress.summarize_address_range(first, last))
    return str(networks[0]) if len(networks) == 1 else f"{first}-{last}"


def _not(criterion: Criterion) -> str:
    return "not " if criterion.negate else ""


def _numbers(criterion: Criterion) -> str:
    return ", ".join(span(low, high) for low, high in criterion.ranges)


def _ports(criterion: Criterion) -> str:
    return ", ".join(port(low) if low == high else span(low, high) for low, high in criterion.ranges)


def _addresses(criterion: Criterion) -> str:
    v6 = criterion.family is Family.V6
    return ", ".join(addresses(low, high, v6) for low, high in criterion.ranges)


def _protocols(criterion: Criterion) -> str:
    return ", ".join(PROTOCOL_NAMES.get(low, str(low)).upper() for low, _ in criterion.ranges)


def _mark(criterion: Criterion) -> str:
    value = criterion.ranges[0][0] if criterion.ranges else 0
    return KNOWN_MARKS.get(value, f"{value:#x}")


_Names = type[CtState] | type[TcpFlag]
_NAMED_BITS: dict[Field, _Names] = {Field.CT_STATE: CtState, Field.TCP_FLAGS: TcpFlag}


def _bits(names: _Names) -> Callable[[Criterion], str]:
    def text(criterion: Criterion) -> str:
        asked = [str(member.name) for bits, _ in criterion.ranges for member in names if member & bits]
        return ", ".join(dict.fromkeys(asked)) or "none"

    return text


def _of_bits(criterion: Criterion) -> str:
    """`` of SYN, ACK``, `` in bits 0xfff``: of which bits the value is asked; "" where all of them count."""
    if criterion.mask is None or (criterion.field in _MARKS and criterion.mask == FULL):
        return ""
    if criterion.field in _NAMED_BITS:
        names = [str(member.name) for member in _NAMED_BITS[criterion.field] if member & criterion.mask]
        return f" of {', '.join(names)}"
    if criterion.field in (Field.SRC, Field.DST):
        v6 = criterion.family is Family.V6
        return f" in bits {ipaddress.IPv6Address(criterion.mask) if v6 else ipaddress.IPv4Address(criterion.mask)}"
    return f" in bits {criterion.mask:#x}"


_MARKS = (Field.MARK, Field.CT_MARK)


def _owner(criterion: Criterion) -> str:
    kind = criterion.field.value
    whose = " (Envoy)" if criterion.ranges == ((1337, 1337),) else ""
    return f"{_not(criterion)}sent by {kind} {_numbers(criterion)}{whose}"


_PHRASES: dict[Field, Callable[[Criterion], str]] = {
    Field.FAMILY: lambda c: f"{_not(c)}IPv4" if c.ranges == ((2, 2),) else f"{_not(c)}IPv6",
    Field.PROTOCOL: lambda c: f"{_not(c)}{_protocols(c)}",
    Field.SRC: lambda c: f"{_not(c)}from {_addresses(c)}",
    Field.DST: lambda c: f"{_not(c)}to {_addresses(c)}",
    Field.SPORT: lambda c: f"{_not(c)}from port {_ports(c)}",
    Field.DPORT: lambda c: f"{_not(c)}to port {_ports(c)}",
    Field.IN_IF: lambda c: f"{_not(c)}in by {', '.join(c.names)}",
    Field.OUT_IF: lambda c: f"{_not(c)}out by {', '.join(c.names)}",
    Field.UID: _owner,
    Field.GID: _owner,
    Field.SOCKET: lambda c: f"{_not(c)}of a local socket",
    Field.CT_STATE: lambda c: f"connection {_not(c)}{_bits(CtState)(c)}",
    Field.CT_DIRECTION: lambda c: (
        f"{_not(c)}{'an answer' if c.ranges == ((1, 1),) else 'in the first direction'}"
    ),
    Field.MARK: lambda c: f"mark {_not(c)}{_mark(c)}",
    Field.CT_MARK: lambda c: f"connection mark {_not(c)}{_mark(c)}",
    Field.TCP_FLAGS: lambda c: f"TCP flags {_not(c)}{_bits(TcpFlag)(c)}",
    Field.ICMP_TYPE: lambda c: f"{_not(c)}ICMP type {_numbers(c)}",
    Field.SRC_TYPE: lambda c: f"source {_not(c)}of type {', '.join(c.names)}",
    Field.DST_TYPE: lambda c: f"destination {_not(c)}of type {', '.join(c.names)}",
    Field.HOOK: lambda c: c.text,
}


def _criterion(criterion: Criterion | AnyOf | Never | Drawn | Unknown) -> str:
    match criterion:
        case Criterion():
            return _PHRASES[criterion.field](criterion) + _of_bits(criterion)
        case AnyOf():
            groups = [" and ".join(_criterion(part) for part in group) for group in criterion.groups]
            return f"{'none' if criterion.negate else 'one'} of ({' | '.join(groups)})"
        case Never():
            return f"{criterion.text} (nothing is in it)"
        case Drawn():
            return f"{criterion.text} ({'drawn' if criterion.anew else 'hashed'})"
        case Unknown():
            return f"[{criterion.text}: not understood]"


def _to_ports(action: Action) -> str:
    if action.ports is None:
        return ""
    low, high = action.ports
    return port(low) if low == high else span(low, high)


def _action(action: Action | Dispatch | Unknown) -> str:
    match action:
        case Unknown():
            return f"[{action.text}: not understood]"
        case Dispatch():
            return f"by value: {action.text}"
        case Action(verb=Verb.JUMP | Verb.GOTO):
            return f"{'goto' if action.verb is Verb.GOTO else 'chain'} {action.chain}"
        case Action(verb=Verb.REDIRECT):
            return f"REDIRECT to port {_to_ports(action) or '(same)'}"
        case Action(verb=Verb.TPROXY):
            return f"TPROXY to port {_to_ports(action) or '(same)'}"
        case Action(verb=Verb.DNAT | Verb.SNAT):
            place = ":".join(part for part in (action.address or "", _to_ports(action)) if part)
            return f"{action.verb} to {place}"
    phrase = _ACTIONS.get(action.verb)
    return phrase(action) if phrase else action.text or action.verb.value


_ACTIONS: dict[Verb, Callable[[Action], str]] = {
    Verb.ACCEPT: lambda a: "accepted, as it is",
    Verb.DROP: lambda a: "dropped",
    Verb.REJECT: lambda a: "rejected",
    Verb.RETURN: lambda a: "back to the caller (not captured here)",
    Verb.SET_MARK: lambda a: f"mark {KNOWN_MARKS.get(a.value, hex(a.value))}",
    Verb.SET_CT_MARK: lambda a: f"connection mark {KNOWN_MARKS.get(a.value, hex(a.value))}",
    Verb.SAVE_MARK: lambda a: "the packet's mark is kept for the connection",
    Verb.RESTORE_MARK: lambda a: "the connection's mark is put on the packet",
    Verb.NOTRACK: lambda a: "not tracked as a connection",
    Verb.MASQUERADE: lambda a: "source address of the outgoing interface",
    Verb.QUEUE: lambda a: "handed to a program (queue)",
}
