"""Tables being assembled by a reader, in the order the source gives them.

Chains can be named, filled, reordered (``-I CHAIN 2``), flushed and deleted before they become the
frozen model. Jumps to chains that do not exist are turned into ``Unknown`` here, once the whole
table has been read: they are extensions we do not know, or the paste is cut.
"""

from __future__ import annotations

from meshctl.coverage import Basis
from meshctl.netfilter.hooks import BUILTIN_HOOKS, TABLE_CHAINS, builtin_priority, builtin_type
from meshctl.netfilter.model import (
    Action,
    Backend,
    Chain,
    Note,
    Rule,
    RuleSet,
    Shown,
    Step,
    Table,
    Unknown,
    Verb,
)
from meshctl.netfilter.order import tracked_families
from meshctl.netfilter.packet import Family, Hook
from meshctl.netfilter.read.listed_istio import is_hidden_interface
from meshctl.netfilter.read.unseen import with_hidden_rules
from meshctl.values import Struct, field, replace


class ChainDraft(Struct):
    """A chain being filled."""

    name: str
    rules: list[Rule] = field(default_factory=list)
    policy: str | None = None
    hook: Hook | None = None
    priority: int = 0
    type: str = ""
    line: int = 0


class TableDraft(Struct):
    """A table being filled."""

    name: str
    family: str
    backend: Backend
    chains: dict[str, ChainDraft] = field(default_factory=dict)
    addresses: set[Family] = field(default_factory=set)  # families its rules name
    sets: dict[str, str] = field(default_factory=dict)  # its named sets and maps: what declares them
    shown: Shown = Shown.SCRIPT
    dormant: bool = False

    def chain(self, name: str, line: int = 0) -> ChainDraft:
        """The chain of that name, made when it is new; a built-in one gets its hook."""
        found = self.chains.get(name)
        if found is None:
            found = self.chains[name] = ChainDraft(name, line=line)
            if self.backend is not Backend.NFT and name in TABLE_CHAINS.get(self.name, ()):
                found.hook, found.policy = BUILTIN_HOOKS[name], "ACCEPT"
                found.priority = builtin_priority(self.name, name)
                found.type = builtin_type(self.name, name)
        return found


class RuleSetDraft:
    """A rule set being read, with what was not understood."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tables: list[TableDraft] = []
        self.notes: list[Note] = []
        self.covers: set[Family] = set()
        self.facts: dict[str, str] = {}
        self.failure = ""

    def note(self, line: int, text: str) -> None:
        """Remember something to tell the user."""
        self.notes.append(Note(line, text, self.source))

    def table(self, name: str, family: str, backend: Backend) -> TableDraft:
        """A new table."""
        found = TableDraft(name, family, backend)
        self.tables.append(found)
        return found

    def find(self, name: str, family: str, backend: Backend) -> TableDraft | None:
        """The table of that identity, if it was begun."""
        for table in self.tables:
            if (table.name, table.family, table.backend) == (name, family, backend):
                return table
        return None

    def finish(self, origin: Basis = Basis.OBSERVED) -> RuleSet:
        """The frozen rule set."""
        tables = tuple(self._frozen(table) for table in self.tables)
        for table in tables:
            self.covers |= {family for family in Family if table.covers(family)}
        if self.failure:
            origin = Basis.FAILED_RUN
            self.note(0, f"these rules are of a run that failed: {self.failure}")
        rules = RuleSet(
            tables=tables,
            notes=tuple(sorted(self.notes, key=lambda note: note.line)),
            covers=frozenset(self.covers),
            tracking=tracked_families(tables),
            origin=origin,
            source=self.source,
            facts=dict(self.facts),
            failure=self.failure,
        )
        return with_hidden_rules(rules)

    def _frozen(self, draft: TableDraft) -> Table:
        chains = tuple(
            Chain(
                name=chain.name,
                rules=tuple(self._resolved(rule, draft, chain.name) for rule in chain.rules),
                policy=chain.policy,
                hook=chain.hook,
                priority=chain.priority,
                type=chain.type,
                line=chain.line,
            )
            for chain in draft.chains.values()
        )
        return Table(
            draft.name,
            draft.family,
            draft.backend,
            chains,
            self.source,
            draft.shown,
            tuple(draft.sets.items()),
        )

    def _resolved(self, rule: Rule, table: TableDraft, chain: str) -> Rule:
        """The rule, its jump checked against the chains of its table."""
        steps: list[Step] = []
        for step in rule.steps:
            if (
                isinstance(step, Action)
                and step.verb in (Verb.JUMP, Verb.GOTO)
                and step.chain not in table.chains
            ):
                self.note(
                    rule.line,
                    f"target {step.chain} of a rule in {chain} is neither a known target nor a chain",
                )
                step = Unknown(step.text, action=True)
            elif isinstance(step, Unknown) and step.text != rule.text and not is_hidden_interface(step):
                kind = "target" if step.action else "match"
                self.note(rule.line, f"{kind} not understood: {step.text}")
            steps.append(step)
        return replace(rule, steps=tuple(steps))
