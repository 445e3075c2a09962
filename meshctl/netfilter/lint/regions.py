"""Sets of packets as boxes: for each field, which of its relevant values.

Of every field only finitely many values differ in the eyes of the rules: those the rules name, and "any
other". They are the field's atoms, a set of them is a bit mask, and a box is one mask per field. Boxes
can be intersected and subtracted, which is all it takes to know which packets reach a rule.

Fields are taken as independent (a mark under two masks, a uid and a gid), so a set may come out too
large and never too small: a rule is only called unreachable when it is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from meshctl.netfilter.model import AnyOf, Backend, Criterion, Drawn, Field, Never, Rule, Test, Unknown
from meshctl.netfilter.packet import Family, Hook, Packet, Sender
from meshctl.netfilter.walk.evaluate import Assumptions, Unsettled, passes
from meshctl.values import Struct, replace

Axis = tuple[Field, int | None]  # a mark is another question under another mask
Box = tuple[int, ...]

MOST_BOXES = 3000
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")


class TooMany(Exception):
    """Raised when the rules cut the packets into more pieces than can be looked at in a second or two."""


class Budget:
    """How many boxes may be looked at in all."""

    def __init__(self, boxes: int = 150_000) -> None:
        self.left = boxes

    def spend(self, boxes: int) -> None:
        """Count boxes; raises TooMany when there were too many."""
        self.left -= boxes
        if self.left < 0:
            raise TooMany


def axis_of(criterion: Criterion) -> Axis:
    """The axis a criterion is on."""
    masked = criterion.field in (Field.MARK, Field.CT_MARK, Field.TCP_FLAGS) or criterion.mask is not None
    return (criterion.field, criterion.mask if masked else None)


class Space(Struct, frozen=True, dict=True):
    """The axes of some rules, the atoms on each, for one family and one hook."""

    axes: tuple[Axis, ...]
    atoms: tuple[tuple[Packet, ...], ...]
    backend: Backend

    @property
    def everything(self) -> Box:
        """The box of all packets."""
        return tuple((1 << len(atoms)) - 1 for atoms in self.atoms)

    def box(self, rule: Rule) -> tuple[Box | None, bool]:
        """The packets a rule matches at most; and whether it matches all of those."""
        masks = list(self.everything)
        exact = True
        for criterion in rule.criteria:
            if isinstance(criterion, Never):
                if criterion.negate:
                    continue
                return None, True
            if isinstance(criterion, Unknown | AnyOf | Drawn):
                exact = False
                continue
            place = self.axes.index(axis_of(criterion))
            masks[place] &= self._mask(criterion, place)
            if masks[place] == 0:
                return None, True
        return tuple(masks), exact

    def _mask(self, criterion: Criterion, place: int) -> int:
        bits = 0
        for index, packet in enumerate(self.atoms[place]):
            truth = passes(criterion, packet, self.backend, Assumptions())
            if isinstance(truth, Unsettled) or truth:
                bits |= 1 << index
        return bits


def intersect(left: Box, right: Box) -> Box | None:
    """The packets in both, None when there are none."""
    result = tuple(a & b for a, b in zip(left, right, strict=True))
    return result if all(result) else None


def subtract(boxes: Iterable[Box], taken: Box) -> list[Box]:
    """The packets of ``boxes`` that are not in ``taken``."""
    found: list[Box] = []
    for box in boxes:
        common = intersect(box, taken)
        if common is None:
            found.append(box)
            continue
        rest = list(box)
        for place, mask in enumerate(taken):
            outside = rest[place] & ~mask
            if outside:
                found.append((*rest[:place], outside, *rest[place + 1 :]))
            rest[place] &= mask
        if len(found) > MOST_BOXES:
            raise TooMany
    return found


def meet(boxes: Iterable[Box], with_box: Box) -> list[Box]:
    """The packets of ``boxes`` that are in ``with_box``."""
    return [common for box in boxes if (common := intersect(box, with_box)) is not None]


# ---- atoms ----


def space(rules: Iterable[Rule], family: Family, hook: Hook, chain_type: str, backend: Backend) -> Space:
    """The space these rules cut up."""
    by_axis: dict[Axis, list[Criterion]] = {}
    for rule in rules:
        for criterion in rule.criteria:
            if isinstance(criterion, Criterion):
                by_axis.setdefault(axis_of(criterion), []).append(criterion)
    base = Packet(hook=hook, family=family, protocol="tcp", ct_state="NEW", in_if=None, out_if=None)
    if hook is Hook.OUTPUT:
        base = replace(base, in_if="")
    if hook in (Hook.PREROUTING, Hook.INPUT):
        base = replace(base, out_if="")
    axes = tuple(by_axis)
    atoms = tuple(tuple(_atoms(axis, criteria, base, chain_type)) for axis, criteria in by_axis.items())
    return Space(axes, atoms, backend)


def _atoms(axis: Axis, criteria: list[Criterion], base: Packet, chain_type: str) -> list[Packet]:
    field = axis[0]
    if field is Field.FAMILY or field is Field.HOOK:
        return [base]
    if field is Field.CT_STATE:
        # nat chains see first packets only
        return [replace(base, ct_state=state) for state in (("NEW",) if chain_type == "nat" else STATES)]
    if field in (Field.IN_IF, Field.OUT_IF):
        return _interfaces(field, criteria, base, chain_type)
    if field in (Field.UID, Field.GID):
        return _owners(field, criteria, base)
    if field in (Field.SRC_TYPE, Field.DST_TYPE, Field.SOCKET, Field.CT_DIRECTION):
        return [base]  # not told apart: criteria on these are taken as perhaps passing
    return [_with(field, value, base) for value in _values(criteria, _limit(field, base.family))]


def _limit(field: Field, family: Family) -> int:
    if field in (Field.SRC, Field.DST):
        return (1 << (32 if family is Family.V4 else 128)) - 1
    return {
        Field.SPORT: 0xFFFF,
        Field.DPORT: 0xFFFF,
        Field.PROTOCOL: 0xFF,
        Field.TCP_FLAGS: 0xFF,
        Field.ICMP_TYPE: 0xFF,
    }.get(field, 0xFFFFFFFF)


def _values(criteria: list[Criterion], limit: int) -> list[int]:
    """One value of each piece that the ranges cut the numbers into."""
    cuts = {0}
    for criterion in criteria:
        for low, high in criterion.ranges:
            cuts |= {low, high + 1}
        if criterion.test is Test.ANY_BIT:
            cuts |= {1 << bit for bit in range(9)}
    return sorted(cut for cut in cuts if 0 <= cut <= limit)


def _with(field: Field, value: int, base: Packet) -> Packet:
    address = ipaddress.IPv4Address if base.family is Family.V4 else ipaddress.IPv6Address
    match field:
        case Field.SRC:
            return replace(base, src=str(address(value)))
        case Field.DST:
            return replace(base, dst=str(address(value)))
        case Field.SPORT:
            return replace(base, sport=value)
        case Field.DPORT:
            return replace(base, dport=value)
        case Field.PROTOCOL:
            return replace(base, protocol=str(value) if value not in _NAMED else _NAMED[value])
        case Field.MARK:
            return replace(base, mark=value)
        case Field.CT_MARK:
            return replace(base, ct_mark=value)
        case Field.TCP_FLAGS:
            return replace(base, tcp_flags=value)
        case Field.ICMP_TYPE:
            return replace(base, protocol="icmp", icmp_type=value)
    return base


_NAMED = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}


def _interfaces(field: Field, criteria: list[Criterion], base: Packet, chain_type: str) -> list[Packet]:
    name = "in_if" if field is Field.IN_IF else "out_if"
    if getattr(base, name) == "":
        return [base]
    names = dict.fromkeys(part.replace("*", "") for criterion in criteria for part in criterion.names)
    names |= dict.fromkeys(
        f"{part.replace('*', '')}0" for c in criteria for part in c.names if part.endswith("*")
    )
    names["any-other"] = None
    if chain_type == "nat" and field is Field.IN_IF:
        names.pop("lo", None)  # what comes back over lo was decided on its way out
    return [replace(base, **{name: each}) for each in names]  # type: ignore[arg-type]


def _owners(field: Field, criteria: list[Criterion], base: Packet) -> list[Packet]:
    nobody = replace(base, sender=Sender.KERNEL)
    if base.hook not in (Hook.OUTPUT, Hook.POSTROUTING):
        return [nobody]
    name = "uid" if field is Field.UID else "gid"
    values = _values(criteria, 0xFFFFFFFF)
    return [nobody, *(replace(base, **{name: value}) for value in values)]  # type: ignore[arg-type]
