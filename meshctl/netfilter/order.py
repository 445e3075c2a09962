"""Which base chains a hook calls, in the kernel's order, and what each can see of connection tracking.

Order: by priority (``nf_hook_entries_grow``); of equal ones the one registered last comes first, and
listings show tables in the order they were made. All nat chains of a hook are called by one hook of
nf_nat_core, which was registered with the first of them, and among themselves keep their own priorities.

Connection tracking runs at -200: chains before it see a packet without a connection, unless it came back
over lo and brought its own. And it runs only where some rule asks for it (``nf_ct_netns_get``).
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.netfilter.hooks import NAT_DST_PRIORITY, NAT_SRC_PRIORITY
from meshctl.netfilter.model import (
    Action,
    AnyOf,
    Chain,
    Criterion,
    Dispatch,
    Drawn,
    Field,
    Never,
    RuleSet,
    Step,
    Table,
    Unknown,
    Verb,
)
from meshctl.netfilter.packet import Family, Hook, Packet
from meshctl.values import Struct, replace


class Stop(Struct, frozen=True):
    """A base chain at its place."""

    priority: int
    table: Table
    chain: Chain
    key: tuple[int, int, int, int]


def base_chains(rules: RuleSet, packet: Packet) -> list[Stop]:
    """Base chains of the packet's hook in the kernel's order."""
    bases = [
        (table, chain) for table in rules.for_family(packet.family) for chain in table.chains if chain.hook
    ]
    first_nat = next((number for number, (_, chain) in enumerate(bases) if chain.type == "nat"), 0)
    stops = [
        _stop(table, chain, number, first_nat)
        for number, (table, chain) in enumerate(bases)
        if chain.hook is packet.hook
    ]
    return sorted(stops, key=lambda stop: stop.key)


def _stop(table: Table, chain: Chain, number: int, first_nat: int) -> Stop:
    if chain.type != "nat":
        return Stop(chain.priority, table, chain, (chain.priority, -number, 0, 0))
    place = NAT_DST_PRIORITY if chain.hook in (Hook.PREROUTING, Hook.OUTPUT) else NAT_SRC_PRIORITY
    return Stop(place, table, chain, (place, -first_nat, chain.priority, -number))


CONNTRACK_USERS = frozenset(
    {
        Verb.REDIRECT,
        Verb.DNAT,
        Verb.SNAT,
        Verb.MASQUERADE,
        Verb.ZONE,
        Verb.SET_CT_MARK,
        Verb.SAVE_MARK,
        Verb.RESTORE_MARK,
    }
)
CONNTRACK_FIELDS = frozenset({Field.CT_STATE, Field.CT_MARK, Field.CT_DIRECTION})


def tracked_families(tables: Iterable[Table]) -> frozenset[Family]:
    """Families whose packets are tracked: a namespace tracks when a rule asks for it (nf_ct_netns_get).

    A nat table whose rules neither translate nor look at connections is never consulted.
    """
    found: set[Family] = set()
    for table in tables:
        families = {family for family in Family if table.covers(family)} - found
        if families and any(
            _uses_conntrack(step) for chain in table.chains for rule in chain.rules for step in rule.steps
        ):
            found |= families
    return frozenset(found)


def _uses_conntrack(step: Step) -> bool:
    match step:
        case Action():
            return step.verb in CONNTRACK_USERS
        case Criterion():
            return step.field in CONNTRACK_FIELDS
        case Unknown():
            return True  # who knows
        case AnyOf():
            return any(_uses_conntrack(part) for group in step.groups for part in group)
        case Dispatch():
            asked = any(_uses_conntrack(part) for case, _ in step.cases for part in case)
            return asked or any(_uses_conntrack(action) for _, action in step.cases)
        case Drawn():
            return "ct " in step.number
        case Never():
            return False


def before_conntrack(packet: Packet) -> Packet | None:
    """The packet as raw chains see it: without a connection, which a state criterion calls INVALID.

    None when there is nothing to hide: other hooks come later, and what returns over lo brings its
    connection along.
    """
    if packet.hook not in (Hook.PREROUTING, Hook.OUTPUT) or packet.in_if == "lo":
        return None
    hidden = "UNTRACKED" if packet.ct_state == "UNTRACKED" else "INVALID"
    return replace(packet, tracked=False, ct_state=hidden)


def after_conntrack(packet: Packet, known: Packet) -> Packet:
    """Connection tracking has looked at it, unless a raw rule told it not to."""
    if packet.ct_state == "UNTRACKED":
        return packet
    return replace(packet, tracked=known.tracked, ct_state=known.ct_state, ct_mark=known.ct_mark)
