"""The model all rule sources are read into: tables, chains, rules, criteria and actions.

iptables and nftables differ in how they are written, not in what a rule is: a list of steps, each
either a criterion (the packet must pass it to go on) or an action (something done to the packet
or its way). iptables puts all criteria first and has one action; nftables may mix them. Whatever
was not understood is kept as an ``Unknown`` step with its text, so that the walk can say
"undetermined" instead of guessing, and as a ``Note`` with its line.

Sets, maps and verdict maps need no place of their own: ``@name`` is replaced by the elements when
the text is read, and a verdict map is a ``Dispatch`` step (a value chooses the action).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from enum import Enum, StrEnum

from meshctl.coverage import Basis, Gap
from meshctl.netfilter.packet import Family, Hook
from meshctl.values import Struct, field

# The command whose output is a whole rule set.
OBSERVE = "iptables-save; ip6tables-save (or nft list ruleset) in the pod's network namespace"


class Backend(StrEnum):
    """What made the kernel hold these rules."""

    LEGACY = "iptables-legacy"
    IPTABLES_NFT = "iptables-nft"
    NFT = "nft"
    UNKNOWN = "iptables"


class Field(StrEnum):
    """What a criterion can look at."""

    FAMILY = "family"
    PROTOCOL = "protocol"
    SRC = "source address"
    DST = "destination address"
    SPORT = "source port"
    DPORT = "destination port"
    IN_IF = "input interface"
    OUT_IF = "output interface"
    UID = "uid"
    GID = "gid"
    CT_STATE = "conntrack state"
    CT_DIRECTION = "conntrack direction"
    MARK = "mark"
    CT_MARK = "connection mark"
    TCP_FLAGS = "TCP flags"
    ICMP_TYPE = "ICMP type"
    SRC_TYPE = "source address type"
    DST_TYPE = "destination address type"
    SOCKET = "socket"
    HOOK = "hook"


class Test(Enum):
    """How a value is compared."""

    IN = "in"  # (value & mask) lies in one of the ranges
    NAME = "name"  # an interface name, with a trailing wildcard
    ANY_BIT = "any bit"  # value & bits is not zero


class Criterion(Struct, frozen=True):
    """One question about one field. ``text`` is the source's own wording."""

    field: Field
    text: str
    test: Test = Test.IN
    ranges: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = ()
    mask: int | None = None
    negate: bool = False
    family: Family | None = None  # an address criterion of the other family never matches


class AnyOf(Struct, frozen=True):
    """Passes when one of several groups passes whole (multiport --ports, nft concatenations)."""

    groups: tuple[tuple[Criterion, ...], ...]
    text: str
    negate: bool = False


class Never(Struct, frozen=True):
    """A criterion that no packet passes, such as an interval of an empty set."""

    text: str
    negate: bool = False


class Drawn(Struct, frozen=True):
    """A question about a number that no packet has: drawn (numgen), or hashed from what the packet has (jhash, symhash).

    span: from where to where it may be; anew: each rule that asks draws its own, all equally often. place: the rule that asks
    is put in by the walk.
    """

    number: str
    span: tuple[int, int]
    ranges: tuple[tuple[int, int], ...]
    text: str
    negate: bool = False
    anew: bool = False
    place: str = ""

    @property
    def key(self) -> str:
        """One name for the number, however often it is asked for."""
        return f"{self.number} in {self.place}" if self.anew else self.number


class Unknown(Struct, frozen=True):
    """A criterion or action not understood: its effect is undetermined."""

    text: str
    action: bool = False


class Verb(StrEnum):
    """Everything a rule can do to a packet."""

    NONE = ""
    ACCEPT = "ACCEPT"
    DROP = "DROP"
    REJECT = "REJECT"
    QUEUE = "QUEUE"
    RETURN = "RETURN"
    JUMP = "JUMP"
    GOTO = "GOTO"
    REDIRECT = "REDIRECT"
    DNAT = "DNAT"
    SNAT = "SNAT"
    MASQUERADE = "MASQUERADE"
    TPROXY = "TPROXY"
    SET_MARK = "MARK"
    SET_CT_MARK = "CONNMARK"
    SAVE_MARK = "SAVE_MARK"
    RESTORE_MARK = "RESTORE_MARK"
    NOTRACK = "NOTRACK"
    ZONE = "CT"  # a conntrack zone, given before the packet is tracked
    PASS = "PASS"  # does something, but not to this packet's way: LOG, TCPMSS, DSCP


class Action(Struct, frozen=True):
    """One thing done. Which fields count follows from the verb.

    chain: JUMP, GOTO. ports/address: REDIRECT, DNAT, SNAT, TPROXY. A mark is set as
    ``(old & ~mask) ^ value``; SAVE and RESTORE use ``mask`` for the source and ``value`` for the
    target mask.
    """

    verb: Verb
    text: str = ""
    target: str = ""
    chain: str = ""
    address: str | None = None
    ports: tuple[int, int] | None = None
    value: int = 0
    mask: int = 0xFFFFFFFF


class Dispatch(Struct, frozen=True):
    """A map: the first case whose criteria pass gives the action (nft vmap, map); target: the statement's word."""

    cases: tuple[tuple[tuple[Criterion | Drawn, ...], Action], ...]
    text: str
    target: str = "vmap"


Step = Criterion | AnyOf | Never | Drawn | Unknown | Action | Dispatch


class Rule(Struct, frozen=True):
    """A rule: its steps in order, and where it was written."""

    text: str
    steps: tuple[Step, ...]
    line: int = 0
    handle: int | None = None
    packets: int | None = None
    comment: str = ""

    @property
    def action(self) -> Action | Dispatch | Unknown | None:
        """What names the rule: its first action that bears on the packet, None when it only counts."""
        unknown = [step for step in self.steps if isinstance(step, Unknown) and step.action]
        doing = [step for step in self.steps if isinstance(step, Action | Dispatch)]
        telling = [s for s in doing if isinstance(s, Dispatch) or s.verb not in (Verb.PASS, Verb.NONE)]
        return next(iter([*unknown, *telling, *doing]), None)

    @property
    def target(self) -> str:
        """The word that names what is done: the iptables target, or the nft statement."""
        action = self.action
        match action:
            case Action():
                return action.target or action.verb.value
            case Dispatch():
                return action.target
            case Unknown():
                return action.text.split()[0] if action.text.split() else ""
            case None:
                return ""

    @property
    def criteria(self) -> tuple[Criterion | AnyOf | Never | Drawn | Unknown, ...]:
        """The questions asked, in order."""
        return tuple(
            step
            for step in self.steps
            if isinstance(step, Criterion | AnyOf | Never | Drawn)
            or (isinstance(step, Unknown) and not step.action)
        )


class Chain(Struct, frozen=True):
    """A chain; a base chain also says where the kernel calls it."""

    name: str
    rules: tuple[Rule, ...] = ()
    policy: str | None = None
    hook: Hook | None = None
    priority: int = 0
    type: str = ""  # filter, nat or route, of base chains
    line: int = 0


class Shown(Enum):
    """In what form a table came, which says what its silence means."""

    SAVE = "a save"  # with every chain declared: nothing else is in the table
    SCRIPT = "commands"  # what they do not make, they do not make
    LISTING = "a listing"  # of the table, or of some of its chains
    TAIL = "the end of a save"  # what came before is cut off
    HEAD = "the beginning of a save"  # what comes after is cut off
    RULESET = "nft's rules"  # of all tables, or of some


class Table(Struct, frozen=True, dict=True):
    """A table of one family ("ip", "ip6" or "inet") and one backend."""

    name: str
    family: str
    backend: Backend
    chains: tuple[Chain, ...] = ()
    source: str = "rules"
    shown: Shown = Shown.SCRIPT
    sets: tuple[tuple[str, str], ...] = ()  # name and declaration of nft's sets and maps, to be shown

    @functools.cached_property
    def _by_name(self) -> dict[str, Chain]:
        # a node's table has thousands of chains; of two with one name the first counts
        return {chain.name: chain for chain in reversed(self.chains)}

    def chain(self, name: str) -> Chain | None:
        """The chain of that name."""
        return self._by_name.get(name)

    def covers(self, family: Family) -> bool:
        """Whether packets of that family meet this table."""
        return self.family in ("inet", family.value)


class Note(Struct, frozen=True):
    """Something in the source that was not understood or is worth saying, with its line (0 = none)."""

    line: int
    text: str
    source: str = "rules"

    def __str__(self) -> str:
        where = f"{self.source} line {self.line}" if self.line else self.source
        return f"{where}: {self.text}"


class Unseen(Struct, frozen=True):
    """Rules that were not shown: of a chain; of a whole table where ``chain`` is ""; of every table where
    ``table`` is "" too. A hidden rule (see ``hidden``) stands in each base chain this concerns, so that a walk
    that reaches it is undetermined and not free."""

    gap: Gap
    table: str = ""
    chain: str = ""
    family: Family | None = None  # None: both

    def concerns(self, family: Family, table: str, chain: str = "") -> bool:
        """Whether rules of that chain (or, without one, any of that table) may be among the unseen."""
        return (
            self.family in (None, family)
            and self.table in ("", table)
            and (not chain or self.chain in ("", chain))
        )


def hidden(gap: Gap) -> Rule:
    """The rule that stands for what was not shown: whether it matches and what it does are not known."""
    text = str(gap)
    return Rule(f"({text})", (Unknown(text), Unknown(text, action=True)))


def is_hidden(rule: Rule) -> bool:
    """Whether a rule stands for what was not shown."""
    text = rule.text[1:-1]
    return rule.steps == (Unknown(text), Unknown(text, action=True))


class RuleSet(Struct, frozen=True):
    """All tables of one network namespace.

    covers: the families the source speaks for; a packet of another family is undetermined, not
    free. tracking: the families whose packets are tracked as connections, because some rule asks for
    it. origin: how the rules are known. unseen: what was not shown of them; failure: of a failed run, what
    the log says of it.
    """

    tables: tuple[Table, ...] = ()
    notes: tuple[Note, ...] = ()
    covers: frozenset[Family] = frozenset()
    tracking: frozenset[Family] = frozenset()
    origin: Basis = Basis.OBSERVED
    source: str = "rules"
    facts: dict[str, str] = field(default_factory=dict)  # what the source says besides rules (istio-init's)
    unseen: tuple[Unseen, ...] = ()
    failure: str = ""

    def gap(self, family: Family, table: str, chain: str = "") -> Gap | None:
        """What would have to be seen before "no rule there does it" can be concluded; None: all was seen."""
        if self.failure:
            return Gap("the rules in force", self.failure, OBSERVE)
        if family not in self.covers:
            return Gap(f"the {family.value} rules", "none were given for this family", OBSERVE)
        return next((u.gap for u in self.unseen if u.concerns(family, table, chain)), None)

    def for_family(self, family: Family) -> Iterator[Table]:
        """Tables that a packet of this family meets."""
        return (table for table in self.tables if table.covers(family))

    def rules(self) -> Iterator[tuple[Table, Chain, int, Rule]]:
        """Every rule with its place; the number is 1-based within the chain."""
        for table in self.tables:
            for chain in table.chains:
                for number, rule in enumerate(chain.rules, 1):
                    yield table, chain, number, rule

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Backends in order of appearance."""
        return tuple(dict.fromkeys(table.backend for table in self.tables))


def merge(*sets: RuleSet) -> RuleSet:
    """Several sources of one pod (IPv4 and IPv6 saves, say) as one; nothing is dropped.

    The same table twice in the same backend would be evaluated twice: that is said in a note.
    """
    if len(sets) == 1:
        return sets[0]
    notes = [note for rules in sets for note in rules.notes]
    seen: dict[tuple[str, str, Backend], str] = {}
    tables: list[Table] = []
    for rules in sets:
        for table in rules.tables:
            key = (table.family, table.name, table.backend)
            if key in seen and seen[key] != rules.source:
                notes.append(
                    Note(0, f"table {table.name} ({table.family}) is also in {seen[key]}", rules.source)
                )
            seen.setdefault(key, rules.source)
            tables.append(table)
    facts: dict[str, str] = {}
    for rules in sets:
        facts.update(rules.facts)
    origin = next((rules.origin for rules in sets if rules.origin is not Basis.OBSERVED), Basis.OBSERVED)
    return RuleSet(
        tables=tuple(tables),
        notes=tuple(notes),
        covers=frozenset[Family]().union(*(rules.covers for rules in sets)),
        tracking=frozenset[Family]().union(*(rules.tracking for rules in sets)),
        origin=origin,
        source=" + ".join(dict.fromkeys(rules.source for rules in sets)),
        facts=facts,
        unseen=tuple(dict.fromkeys(part for rules in sets for part in rules.unseen)),
        failure=next((rules.failure for rules in sets if rules.failure), ""),
    )
