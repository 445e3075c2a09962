"""One nftables rule: the statements of ``nft -j`` become criteria and actions.

How it works: a table of left-hand sides says which field each looks at and what it needs (``tcp
dport`` needs TCP), the right-hand side becomes ranges, and sets are replaced by their elements; a
table of statements says what each does. Structure and names are those of libnftables-json(5),
meaning that of nft(8) and the kernel's nft_*.c. A statement without an entry becomes ``Unknown``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from meshctl.netfilter.model import (
    Action,
    AnyOf,
    Criterion,
    Dispatch,
    Drawn,
    Field,
    Never,
    Step,
    Test,
    Unknown,
    Verb,
)
from meshctl.netfilter.packet import CtState, Family, Hook, TcpFlag, protocol_number
from meshctl.netfilter.read.nft_words import words
from meshctl.netfilter.read.values import ICMP_TYPES, integer, port_number
from meshctl.values import Struct, replace

Json = Any
FULL = 0xFFFFFFFF


class NotUnderstood(ValueError):
    """Raised inside a statement that cannot be turned into the model; it becomes Unknown."""


class NamedSet(Struct, frozen=True):
    """A named set or map of the table; elements None = not to be known (filled by traffic)."""

    elements: list[Json] | None
    kind: str = "set"

    def declaration(self, name: str) -> str:
        """It in nft's words, as far as rules depend on it."""
        held = "flags dynamic" if self.elements is None else f"elements = {words({'set': self.elements})}"
        return (
            f"{self.kind} {name} {{ {held}; }}" if held != "elements = {  }" else f"{self.kind} {name} {{ }}"
        )


Sets = dict[str, NamedSet]


class Left(Struct, frozen=True):
    """A left-hand side: the field, what must hold for it to exist, how its values are read."""

    field: Field
    number: Callable[[str], int]
    needs: tuple[Criterion, ...] = ()
    family: Family | None = None
    mask: int | None = None
    kind: str = "number"  # number, address, name, bits


# ---- left-hand sides ----


def _user(text: str) -> int:
    if text == "root":
        return 0
    return integer(text)


def _protocol(text: str) -> int:
    number = protocol_number(text)
    if number is None:
        raise NotUnderstood(f"protocol {text}")
    return number


def needs_protocol(name: str) -> tuple[Criterion, ...]:
    """What a field of a protocol's header asks of the packet first."""
    number = _protocol(name)
    return (Criterion(Field.PROTOCOL, f"meta l4proto {name}", ranges=((number, number),)),)


def needs_family(family: Family) -> Criterion:
    """What a field of an IP header asks of the packet first."""
    number = 2 if family is Family.V4 else 10
    return Criterion(Field.FAMILY, f"meta nfproto {family}", ranges=((number, number),))


def _nfproto(text: str) -> int:
    return {"ipv4": 2, "ipv6": 10}.get(text) or integer(text)


def _ethertype(text: str) -> int:
    """``meta protocol ip``, ``meta protocol 0x800``: the same question as the family."""
    return {"ip": 2, "ip6": 10, str(0x0800): 2, str(0x86DD): 10}.get(text, 0)


def _icmp_type(text: str) -> int:
    return ICMP_TYPES[text] if text in ICMP_TYPES else integer(text)


def _icmpv6_type(text: str) -> int:
    known = {"echo-request": 128, "echo-reply": 129, "nd-router-solicit": 133, "nd-router-advert": 134}
    known |= {"nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137}
    return known[text] if text in known else integer(text)


def _direction(text: str) -> int:
    return {"original": 0, "reply": 1}.get(text, -1)


def _bits(names: type[CtState] | type[TcpFlag]) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            return int(names[text.upper()])
        except KeyError:
            return integer(text)

    return number


def _address(text: str) -> int:
    return int(ipaddress.ip_address(text))


META = {
    "l4proto": Left(Field.PROTOCOL, _protocol),
    "nfproto": Left(Field.FAMILY, _nfproto),
    "protocol": Left(Field.FAMILY, _ethertype),
    "iifname": Left(Field.IN_IF, integer, kind="name"),
    "oifname": Left(Field.OUT_IF, integer, kind="name"),
    "iif": Left(Field.IN_IF, integer, kind="name"),
    "oif": Left(Field.OUT_IF, integer, kind="name"),
    "skuid": Left(Field.UID, _user),
    "skgid": Left(Field.GID, _user),
    "mark": Left(Field.MARK, integer),
}
CT = {
    "state": Left(Field.CT_STATE, _bits(CtState), kind="bits"),
    "mark": Left(Field.CT_MARK, integer),
    "direction": Left(Field.CT_DIRECTION, _direction),
}
PAYLOAD: dict[tuple[str, str], Left] = {
    ("ip", "saddr"): Left(Field.SRC, _address, family=Family.V4, kind="address"),
    ("ip", "daddr"): Left(Field.DST, _address, family=Family.V4, kind="address"),
    ("ip6", "saddr"): Left(Field.SRC, _address, family=Family.V6, kind="address"),
    ("ip6", "daddr"): Left(Field.DST, _address, family=Family.V6, kind="address"),
    ("ip", "protocol"): Left(Field.PROTOCOL, _protocol, needs=(needs_family(Family.V4),)),
    ("ip6", "nexthdr"): Left(Field.PROTOCOL, _protocol, needs=(needs_family(Family.V6),)),
    ("th", "sport"): Left(Field.SPORT, port_number),
    ("th", "dport"): Left(Field.DPORT, port_number),
    ("tcp", "flags"): Left(Field.TCP_FLAGS, _bits(TcpFlag), needs=needs_protocol("tcp"), kind="bits"),
    ("icmp", "type"): Left(Field.ICMP_TYPE, _icmp_type, needs=needs_protocol("icmp")),
    ("icmpv6", "type"): Left(Field.ICMP_TYPE, _icmpv6_type, needs=needs_protocol("icmpv6")),
    **{
        (protocol, name): Left(field, port_number, needs=needs_protocol(protocol))
        for protocol in ("tcp", "udp", "sctp", "dccp", "udplite")
        for name, field in (("sport", Field.SPORT), ("dport", Field.DPORT))
    },
}


def left_side(expression: Json) -> Left:
    """What an expression on the left of a match looks at."""
    match expression:
        case {"meta": {"key": str(key)}} if key in META:
            return META[key]
        case {"ct": {"key": str(key)} as ct} if key in CT and "dir" not in ct:
            return CT[key]
        case {"payload": {"protocol": str(protocol), "field": str(name)}} if (protocol, name) in PAYLOAD:
            return PAYLOAD[(protocol, name)]
        case {"&": [inner, mask]}:
            left = left_side(inner)
            bits = _bit_value(left, mask)
            return replace(left, mask=bits if left.mask is None else left.mask & bits)
        case {"fib": {"result": "type", "flags": flags}}:
            source = "saddr" in (flags if isinstance(flags, list) else [flags])
            return Left(Field.SRC_TYPE if source else Field.DST_TYPE, integer, kind="name")
    raise NotUnderstood(words(expression))


def _bit_value(left: Left, value: Json) -> int:
    match value:
        case {"|": list(parts)} | list(parts):
            total = 0
            for part in parts:
                total |= _bit_value(left, part)
            return total
        case bool() | None:
            raise NotUnderstood(str(value))
        case int():
            return value
        case str():
            return left.number(value)
    raise NotUnderstood(words(value))


def number_of(expression: Json) -> Drawn | None:
    """A number that no packet has, as the question that every value passes; None for what a packet has."""
    match expression:
        case {"numgen": {"mode": str(), "mod": int(mod), **more}}:
            return _number(expression, mod, more, anew=True)
        case {"jhash": {"mod": int(mod), **more}} | {"symhash": {"mod": int(mod), **more}}:
            return _number(expression, mod, more, anew=False)
    return None


def _number(expression: Json, mod: int, more: dict[Any, Json], *, anew: bool) -> Drawn:
    offset = int(more.get("offset") or 0)
    if mod < 1 or offset < 0:
        raise NotUnderstood(words(expression))
    span = offset, offset + mod - 1
    return Drawn(words(expression), span, (span,), words(expression), anew=anew)


def _needs_of_hash(expression: Json) -> list[Step]:
    """What must be there to be hashed; the rule stops where it is not."""
    body = expression.get("jhash") if isinstance(expression, dict) else None
    hashed = body.get("expr") if isinstance(body, dict) else None
    parts = hashed["concat"] if isinstance(hashed, dict) and "concat" in hashed else [hashed]
    sides = [left_side(part) for part in parts if part is not None]
    needs: list[Step] = [need for side in sides for need in side.needs]
    return [*needs, *(needs_family(side.family) for side in sides if side.family)]


_PLAIN = Left(Field.MARK, integer)  # how the values of such a number are read


# ---- right-hand sides ----


def _scalar(left: Left, value: Json) -> int:
    given = isinstance(value, int) and not isinstance(value, bool) and left.number is not _ethertype
    return _bounded(left, int(value) if given else left.number(str(value)))


def _bounded(left: Left, number: int) -> int:
    """A number that the field can hold."""
    if not 0 <= number < 1 << (32 if left.family is Family.V4 else 128):
        raise NotUnderstood(str(number))
    return number


def _ranges(left: Left, value: Json, sets: Sets) -> list[tuple[int, int]]:
    """All values of a right-hand side as closed ranges."""
    match value:
        case {"set": elements}:
            listed = elements if isinstance(elements, list) else [elements]
            return [part for element in listed for part in _ranges(left, element, sets)]
        case {"elem": {"val": inner}}:
            return _ranges(left, inner, sets)
        case {"range": [low, high]}:
            return [(_scalar(left, low), _scalar(left, high))]
        case {"prefix": {"addr": str(address), "len": int(length)}}:
            network = ipaddress.ip_network(f"{address}/{length}", strict=False)
            return [(_bounded(left, int(network.network_address)), int(network.broadcast_address))]
        case str() if value.startswith("@"):
            return [part for element in elements_of(value, sets) for part in _ranges(left, element, sets)]
        case str() if value == "*":
            return [(0, (1 << 128) - 1)]
        case {"|": _} | list():
            return [(bits := _bit_value(left, value), bits)]
        case int() | str():
            return [(number := _scalar(left, value), number)]
    raise NotUnderstood(words(value))


def elements_of(reference: str, sets: Sets) -> list[Json]:
    """The elements of ``@name``."""
    named = sets.get(reference.removeprefix("@"))
    if named is None:
        raise NotUnderstood(f"set {reference} (not in the source)")
    if named.elements is None:
        raise NotUnderstood(f"set {reference} (its elements change with traffic)")
    return named.elements


def _names(value: Json, sets: Sets) -> list[str]:
    match value:
        case {"set": elements}:
            listed = elements if isinstance(elements, list) else [elements]
            return [name for element in listed for name in _names(element, sets)]
        case {"elem": {"val": inner}}:
            return _names(inner, sets)
        case str() if value.startswith("@"):
            return [name for element in elements_of(value, sets) for name in _names(element, sets)]
        case str():
            return [value]
    raise NotUnderstood(words(value))


# ---- matches ----

_LIMIT = (1 << 128) - 1
_COMPARISONS: dict[str, Callable[[int], tuple[int, int]]] = {
    "<": lambda number: (0, number - 1),
    "<=": lambda number: (0, number),
    ">": lambda number: (number + 1, _LIMIT),
    ">=": lambda number: (number, _LIMIT),
}


def match_steps(operator: str, left: Json, right: Json, sets: Sets) -> list[Step]:
    """The criteria of one match, those it depends on first."""
    text = f"{words(left)} {'' if operator in ('==', 'in') else operator + ' '}{words(right)}"
    number = number_of(left)
    if number is not None:
        ranges = _number_ranges(operator, right, sets)
        return [
            *_needs_of_hash(left),
            replace(number, ranges=ranges, text=text, negate=operator == "!="),
        ]
    if isinstance(left, dict) and "concat" in left:
        return _concatenation(left["concat"], operator, right, sets, text)
    side = left_side(left)
    return [*side.needs, _match(side, operator, right, sets, text)]


def _number_ranges(operator: str, right: Json, sets: Sets) -> tuple[tuple[int, int], ...]:
    if operator in _COMPARISONS:
        return (_COMPARISONS[operator](_scalar(_PLAIN, right)),)
    return tuple(_ranges(_PLAIN, right, sets))


def _match(side: Left, operator: str, right: Json, sets: Sets, text: str) -> Step:
    negate = operator == "!="
    if side.kind == "name":
        names = tuple(_names(right, sets))
        return (
            Criterion(side.field, text, Test.NAME, names=names, negate=negate)
            if names
            else Never(text, negate)
        )
    if operator in _COMPARISONS:
        ranges = [_COMPARISONS[operator](_scalar(side, right))]
    else:
        ranges = _ranges(side, right, sets)
    if not ranges:
        return Never(text, negate)
    # "ct state new,related" and "tcp flags syn" ask for any of the bits; with an operator or a mask
    # before it the whole value is compared (nft(8), "bitmask").
    any_bit = side.kind == "bits" and side.mask is None and operator == "in" and not _is_set(right)
    test = Test.ANY_BIT if any_bit else Test.IN
    return Criterion(side.field, text, test, tuple(ranges), mask=side.mask, negate=negate, family=side.family)


def _is_set(right: Json) -> bool:
    return (isinstance(right, dict) and "set" in right) or (isinstance(right, str) and right.startswith("@"))


def _concatenation(parts: list[Json], operator: str, right: Json, sets: Sets, text: str) -> list[Step]:
    sides = [left_side(part) for part in parts]
    needs: list[Step] = [need for side in sides for need in side.needs]
    needs += [needs_family(side.family) for side in sides if side.family]
    groups = tuple(_group(sides, element, sets, text) for element in _elements(right, sets))
    if not groups:
        return [*needs, Never(text, operator == "!=")]
    return [*needs, AnyOf(groups, text, operator == "!=")]


def _elements(right: Json, sets: Sets) -> list[Json]:
    match right:
        case str() if right.startswith("@"):
            return elements_of(right, sets)
        case {"set": elements}:
            return elements if isinstance(elements, list) else [elements]
    return [right]


def _group(sides: list[Left], element: Json, sets: Sets, text: str) -> tuple[Criterion, ...]:
    if isinstance(element, dict) and "elem" in element:
        element = element["elem"]["val"]
    if not isinstance(element, dict) or "concat" not in element:
        raise NotUnderstood(words(element))
    values = element["concat"]
    if len(values) != len(sides):
        raise NotUnderstood(f"{words(element)} does not fit {len(sides)} fields")
    found = [_match(side, "==", value, sets, text) for side, value in zip(sides, values, strict=True)]
    return tuple(part for part in found if isinstance(part, Criterion))


# ---- verdict maps ----


def vmap_steps(key: Json, data: Json, sets: Sets, verdict: Callable[[Json], Action]) -> list[Step]:
    """``KEY vmap { VALUE : VERDICT, … }``."""
    return map_steps(key, data, sets, verdict, Dispatch((), f"{words(key)} vmap {words(data)}"))


def map_steps(
    key: Json, data: Json, sets: Sets, action_of: Callable[[Json], Action], named: Dispatch
) -> list[Step]:
    """A map's cases, most specific first, in a step that is called as ``named``; a value without a case ends the rule."""
    text = named.text
    number = number_of(key)
    if number is not None:
        return [*_needs_of_hash(key), replace(named, cases=_number_cases(number, data, sets, action_of))]
    parts = key["concat"] if isinstance(key, dict) and "concat" in key else [key]
    sides = [left_side(part) for part in parts]
    needs: list[Step] = [need for side in sides for need in side.needs]
    cases: list[tuple[tuple[Criterion, ...], Action]] = []
    for element in _elements(data, sets):
        value, action = element
        if len(sides) > 1:
            cases.append((_group(sides, value, sets, text), action_of(action)))
        else:
            step = _match(sides[0], "==", value, sets, text)
            cases.append(((step,) if isinstance(step, Criterion) else (), action_of(action)))
    # A single element is more specific than a range or the catch-all "*": look at those last.
    cases.sort(key=lambda case: sum(high - low for part in case[0] for low, high in part.ranges))
    return [*needs, replace(named, cases=tuple(cases))]


def _number_cases(
    number: Drawn, data: Json, sets: Sets, action_of: Callable[[Json], Action]
) -> tuple[tuple[tuple[Criterion | Drawn, ...], Action], ...]:
    """The cases of a map by such a number."""
    cases = []
    for value, action in _elements(data, sets):
        ranges = tuple(_ranges(_PLAIN, value, sets))
        text = f"{number.number} is {words(value)}"
        cases.append((replace(number, ranges=ranges, text=text), action_of(action)))
    cases.sort(key=lambda case: sum(high - low for low, high in case[0].ranges))
    return tuple(((one,), action) for one, action in cases)


__all__ = [
    "FULL",
    "Hook",
    "NamedSet",
    "NotUnderstood",
    "Sets",
    "Unknown",
    "Verb",
    "map_steps",
    "match_steps",
    "needs_family",
    "needs_protocol",
    "vmap_steps",
]
