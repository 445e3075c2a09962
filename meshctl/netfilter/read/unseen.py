"""What a source did not show of a rule set, put where a walk meets it.

A listing of one chain, of one table, a log's tail: what is not in them may be there all the same. Where that could
decide, a hidden rule (``model.hidden``) stands: at the top of a base chain that was not shown, at the end of a chain
that was cut off, in a table of which nothing was shown. What a whole save does not have does not exist.

Which tables matter: a connection is captured by nat (REDIRECT) in both directions, or by mangle (TPROXY) on its way
in. A table that was not shown is taken to be empty where what was shown captures at that hook anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.coverage import Gap
from meshctl.netfilter.hooks import BUILTIN_HOOKS, TABLE_CHAINS, builtin_priority, builtin_type
from meshctl.netfilter.model import (
    OBSERVE,
    Action,
    Backend,
    Chain,
    Dispatch,
    Rule,
    RuleSet,
    Shown,
    Table,
    Unseen,
    Verb,
    hidden,
    merge,
)
from meshctl.netfilter.packet import Family, Hook
from meshctl.values import replace

_CAPTURING = ((Hook.PREROUTING, ("nat", "mangle")), (Hook.OUTPUT, ("nat",)))
_HOOK_NAMES = {Hook.PREROUTING: "PREROUTING", Hook.OUTPUT: "OUTPUT"}
_PARTS = (Shown.LISTING, Shown.TAIL)
CUT = "cut off"  # the fact that says so of a text


def with_hidden_rules(rules: RuleSet) -> RuleSet:
    """One source's rule set with a hidden rule wherever its own tables were not shown whole."""
    if rules.failure:
        return _failed(rules)
    unseen: list[Unseen] = []
    tables = tuple(_table(table, unseen) for table in rules.tables)
    return _with(rules, tables, unseen)


def _with(rules: RuleSet, tables: tuple[Table, ...], unseen: list[Unseen]) -> RuleSet:
    """With hidden rules; one of them may be what makes the kernel track connections, so nat is asked."""
    tracking = rules.tracking | rules.covers if unseen else rules.tracking
    return replace(rules, tables=tables, unseen=(*rules.unseen, *unseen), tracking=tracking)


def observed(*sets: RuleSet) -> RuleSet:
    """All that was given of one pod as one rule set, with what could be in tables that none of it shows."""
    rules = merge(*sets)
    if rules.failure or not (rules.tables or rules.facts.get(CUT)):
        return rules
    unseen: list[Unseen] = []
    tables = [*rules.tables]
    for family in sorted(rules.covers or {Family.V4}):
        tables += _missing(rules, family, unseen)
    rules = replace(rules, covers=rules.covers or frozenset({Family.V4}))
    return _with(rules, tuple(tables), unseen)


def _failed(rules: RuleSet) -> RuleSet:
    """Rules that somebody tried to set: whether any is in force is not known."""
    gap = Gap("whether these rules are in force", f"the run failed: {rules.failure}", OBSERVE)
    tables = tuple(
        replace(table, chains=tuple(_headed(chain, gap) if chain.hook else chain for chain in table.chains))
        for table in rules.tables
    )
    return _with(rules, tables, [Unseen(gap)])


def _headed(chain: Chain, gap: Gap) -> Chain:
    return replace(chain, rules=(hidden(gap), *chain.rules))


def _table(table: Table, unseen: list[Unseen]) -> Table:
    """A table with what was not shown of its own chains."""
    shown = table.shown
    if shown is Shown.HEAD:
        table = _cut_off(table, unseen)
    family = Family(table.family) if table.family in ("ip", "ip6") else None
    if shown is Shown.RULESET:
        return _without_base_chains(table, unseen)
    if shown not in (*_PARTS, Shown.HEAD):
        return table
    if shown is Shown.TAIL and table.chains:
        first = table.chains[0]  # its own first rules may be cut off too
        gap = Gap(f"the beginning of chain {first.name} of {table.name}", "the text is cut off", OBSERVE)
        unseen.append(Unseen(gap, table.name, first.name, family))
        table = replace(table, chains=(_headed(first, gap), *table.chains[1:]))
    for name in TABLE_CHAINS.get(table.name, ()):
        if BUILTIN_HOOKS[name] not in _HOOK_NAMES or table.chain(name) is not None:
            continue
        gap = Gap(f"chain {name} of {table.name}", f"{shown.value} without it was given", OBSERVE)
        unseen.append(Unseen(gap, table.name, name, family))
        table = replace(table, chains=(*table.chains, _base_chain(table.name, name, gap)))
    return table


def _base_chain(table: str, name: str, gap: Gap) -> Chain:
    return Chain(
        name,
        (hidden(gap),),
        "ACCEPT",
        BUILTIN_HOOKS[name],
        builtin_priority(table, name),
        builtin_type(table, name),
    )


def _cut_off(table: Table, unseen: list[Unseen]) -> Table:
    """A save that ends in the middle: the last chain with a rule, and those declared after it, may go on."""
    last = max((index for index, chain in enumerate(table.chains) if chain.rules), default=0)
    chains = []
    for index, chain in enumerate(table.chains):
        if index >= last:
            gap = Gap(f"the rest of chain {chain.name} of {table.name}", "the text is cut off", OBSERVE)
            unseen.append(Unseen(gap, table.name, chain.name))
            chain = replace(chain, rules=(*chain.rules, hidden(gap)))
        chains.append(chain)
    return replace(table, chains=tuple(chains))


def _without_base_chains(table: Table, unseen: list[Unseen]) -> Table:
    """A chain that nft listed alone: what jumps to it was not shown."""
    if not table.chains or any(chain.hook is not None for chain in table.chains):
        return table
    gap = Gap(f"the base chains of {table.name}", "only chains that others jump to were given", OBSERVE)
    unseen.append(Unseen(gap, table.name))
    names = [_HOOK_NAMES[hook] for hook, _ in _CAPTURING]
    return replace(table, chains=(*table.chains, *(_base_chain("nat", name, gap) for name in names)))


def _missing(rules: RuleSet, family: Family, unseen: list[Unseen]) -> Iterable[Table]:
    """Tables that were not shown and could capture what those that were do not."""
    own = list(rules.for_family(family))
    if rules.tables and not own:
        return []
    found: dict[str, list[Chain]] = {}
    for hook, names in _CAPTURING:
        if any(_captures(table, hook) for table in own):
            continue
        for name in names:
            if any(_is_table(table, name, hook) for table in own) or _is_whole(rules, own):
                continue
            named = " and ".join(dict.fromkeys(table.name for table in own))
            why = f"only {named} was given" if named else "the text is cut off"
            gap = Gap(f"the {name} table", why, OBSERVE)
            unseen.append(Unseen(gap, name, _HOOK_NAMES[hook], family))
            found.setdefault(name, []).append(_base_chain(name, _HOOK_NAMES[hook], gap))
    if not found:
        return []
    backends = [table.backend for table in own if table.backend is not Backend.NFT]
    iptables = next(iter(backends), Backend.UNKNOWN)
    return [
        Table(name, family.value, iptables, tuple(chains), rules.source) for name, chains in found.items()
    ]


def _is_table(table: Table, name: str, hook: Hook) -> bool:
    """Whether a table is the one asked for: by name, of nft's by the type of its chain at the hook."""
    if table.backend is not Backend.NFT:
        return table.name == name
    if name == "nat":
        return table.name == name or any(chain.hook is hook and chain.type == "nat" for chain in table.chains)
    return any(chain.hook is hook and chain.priority <= -150 for chain in table.chains)


def _is_whole(rules: RuleSet, own: list[Table]) -> bool:
    """Whether a table that is not among them is known to be empty.

    A save, a script or nft's rules that have the nat table have all, unless they are cut off. Without nat none is
    whole: it may be the one table that was asked for. With Istio's chains for one direction only, the other
    direction's table (TPROXY's mangle) may have been left out; a log of who set them up leaves nothing out.
    """
    if rules.facts.get(CUT) or any(table.shown in (*_PARTS, Shown.HEAD) for table in own):
        return False
    if not any(_is_table(table, "nat", hook) for table in own for hook in _HOOK_NAMES):
        return False
    saved = [table for table in own if table.shown is Shown.SAVE]
    one_sided = any(chain.name == "ISTIO_OUTPUT" for table in saved for chain in table.chains)
    return not one_sided or "log" in rules.facts


def _captures(table: Table, hook: Hook) -> bool:
    """Whether any rule that a base chain at the hook leads to redirects."""
    open_chains = [chain.name for chain in table.chains if chain.hook is hook]
    seen: set[str] = set()
    while open_chains:
        name = open_chains.pop()
        chain = table.chain(name)
        if chain is None or name in seen:
            continue
        seen.add(name)
        for action in (action for rule in chain.rules for action in _actions(rule)):
            if action.verb in (Verb.REDIRECT, Verb.TPROXY, Verb.DNAT):
                return True
            if action.chain:
                open_chains.append(action.chain)
    return False


def _actions(rule: Rule) -> Iterable[Action]:
    for step in rule.steps:
        if isinstance(step, Action):
            yield step
        elif isinstance(step, Dispatch):
            yield from (action for _, action in step.cases)
