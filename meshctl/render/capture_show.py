"""``capture show``: what is captured, in sentences; then the chains as a tree, each rule explained in place."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.coverage import Basis
from meshctl.netfilter.model import Action, Chain, Dispatch, Rule, RuleSet, Table, Verb
from meshctl.netfilter.packet import Family, Hook
from meshctl.netfilter.walk.explain import explain
from meshctl.netfilter.walk.summary import Direction, Outcome, Summary, known_port
from meshctl.plain import visible_lines
from meshctl.render.markup import mermaid_label

HOOKS = (Hook.PREROUTING, Hook.INPUT, Hook.FORWARD, Hook.OUTPUT, Hook.POSTROUTING)
FAMILY_NAMES = {"ip": "IPv4", "ip6": "IPv6", "inet": "IPv4 and IPv6"}
_KINDS = {
    "port": ("port", "ports"),
    "network": ("network", "networks"),
    "interface": ("interface", "interfaces"),
    "uid": ("uid", "uids"),
    "gid": ("gid", "gids"),
    "source": ("source", "sources"),
    "server": ("server", "servers"),
}


def text(rules: RuleSet, summaries: list[Summary], name: str, *, wide: bool) -> str:
    """The whole answer for a person."""
    lines = [headline(rules, summaries, name)]
    for summary in summaries:
        lines += ["", *sentences(summary, title=len(summaries) > 1)]
    lines += ["", *tree(rules, wide=wide)]
    return visible_lines(lines).rstrip() + "\n"


def headline(rules: RuleSet, summaries: list[Summary], name: str) -> str:
    """Whose rules, how they are known, what kind they are."""
    how = rules.facts.get("log") and f"from the log of {rules.facts['log']}"
    made_by = f" (from {rules.facts['made by']})" if rules.facts.get("made by") else ""
    match rules.origin:
        case Basis.OBSERVED if rules.unseen or rules.facts.get("assumed"):
            assumed = rules.facts.get("assumed")
            how = f"{how or 'observed'} {f'(assumed: {assumed})' if assumed else 'IN PART'}"
        case Basis.COMPUTED:
            how = f"COMPUTED, not observed{made_by}"
        case Basis.ASSUMED:
            how = f"ASSUMED, not observed{made_by}"
        case Basis.FAILED_RUN:
            how = f"{how or 'a run'} that FAILED: whether any is in force is not known"
    backends = ", ".join(backend.value for backend in rules.backends) or "none"
    modes = ", ".join(dict.fromkeys(summary.mode for summary in summaries)) or "none"
    return f"Capture rules of {name}: {how or 'observed'}; backend {backends}; mode {modes}"


def _where(outcome: Outcome) -> str:
    """``go to 15006 (Envoy inbound)`` or ``are not captured``."""
    if outcome.captured:
        how = " by TPROXY" if outcome.verdict.value == "TPROXY" else ""
        return f"go to {known_port(outcome.port)}{how}"
    return f"are {outcome}"


def _values(kinds: dict[str, tuple[str, ...]]) -> str:
    parts = []
    for kind, values in kinds.items():
        one, many = _KINDS[kind]
        parts.append(f"{one if len(values) == 1 else many} {', '.join(values)}")
    return "; ".join(parts)


def _outcome_words(what: str) -> str:
    if what.startswith("to "):
        return f"go to {known_port(int(what[3:]))}"
    return {"not captured": "not captured", "undetermined": "undetermined"}.get(what, what)


def _direction(label: str, who: str, direction: Direction) -> Iterator[tuple[str, str]]:
    only = not direction.default.captured
    captured = [what for what in direction.exceptions if what.startswith("to ")]
    if only and captured:
        rest = "" if str(direction.default) == "not captured" else f" (the rest: {direction.default})"
        yield label, f"only some of {who} are captured{rest}:"
    else:
        yield label, f"{who} {_where(direction.default)}" + (", except:" if direction.exceptions else "")
    for what, kinds in direction.exceptions.items():
        yield "", f"  {_values(kinds)}: {_outcome_words(what)}"


def sentences(summary: Summary, *, title: bool) -> list[str]:
    """What is captured, line by line."""
    rows: list[tuple[str, str]] = []
    rows += _direction("Inbound", "TCP connections from other pods", summary.inbound)
    rows += _direction("Outbound", "the application's TCP connections", summary.outbound)
    envoy = f"{_single(summary.envoy)}; to its own pod: {_single(summary.envoy_to_own_pod)}"
    if summary.envoy_owner:
        rows.append(("Envoy", f"its own connections ({summary.envoy_owner}): {envoy}"))
    rows.append(("Own pod", f"the application to its own pod: {_single(summary.own_pod)}"))
    rows.append(("Localhost", _single(summary.localhost)))
    udp, tcp = summary.dns
    rows.append(("UDP", _single(summary.udp)))
    rows.append(("DNS", f"port 53 over UDP: {_single(udp)}; over TCP: {_single(tcp)}"))
    for what, kinds in summary.dns_servers.exceptions.items():
        rows.append(("", f"  UDP to {_values(kinds)}: {_outcome_words(what)}"))
    if summary.untried:
        rows.append(("", f"({summary.untried} more values that these rules name were not tried)"))
    lines = [f"{FAMILY_NAMES[summary.family.value]}:"] if title else []
    return lines + [f"{label:<10}{words}" for label, words in rows]


def _single(outcome: Outcome) -> str:
    if outcome.captured:
        return f"captured, to {known_port(outcome.port)}"
    return str(outcome)


# ---- the tree ----


def tree(rules: RuleSet, *, wide: bool) -> list[str]:
    """Hook by hook, in the order the kernel asks; chains nested where they are jumped to."""
    lines: list[str] = []
    for hook in HOOKS:
        bases = [
            (t, c)
            for t in rules.tables
            for c in t.chains
            if c.hook is hook and (c.rules or c.policy == "DROP")
        ]
        bases.sort(key=lambda pair: pair[1].priority)
        if bases:
            lines.append(f"{hook.value.upper()}")
        for table, chain in bases:
            lines += _base(table, chain, wide)
    unreached = [f"{table.name} {chain.name}" for table, chain in _unreached(rules)]
    if unreached:
        lines += ["", f"Never reached: {', '.join(unreached)}"]
    return lines or ["No rules."]


# How often below one hook a chain's rules are written out: chains that jump twice each would double with every one.
_SHOWN_AT_MOST = 3


def _base(table: Table, chain: Chain, wide: bool) -> Iterator[str]:
    family = FAMILY_NAMES.get(table.family, table.family)
    policy = f", policy {chain.policy}" if chain.policy else ""
    yield f"  {table.name} {chain.name}  [{family}, {table.backend.value}, priority {chain.priority}{policy}]"
    yield from _rules(table, chain, "    ", (chain.name,), wide, {})


def _rules(
    table: Table, chain: Chain, indent: str, path: tuple[str, ...], wide: bool, seen: dict[str, int]
) -> Iterator[str]:
    """A chain's rules, those of the chains it jumps to below each; what stood there already is referred to."""
    if not chain.rules:
        yield f"{indent}(no rules)"
    for number, rule in enumerate(chain.rules, 1):
        yield f"{indent}{number:>2} {explain(rule)}{_extra(rule, wide)}"
        if wide:
            yield f"{indent}   {rule.text}"
        for target in targets(rule):
            below = table.chain(target)
            if below is None:
                continue
            if target in path:
                yield f"{indent}   (back into {target}: a circle)"
            elif seen.get(target, 0) >= _SHOWN_AT_MOST:
                yield f"{indent}   {target}: as above"
            else:
                seen[target] = seen.get(target, 0) + 1
                yield f"{indent}   {target}:"
                yield from _rules(table, below, indent + "     ", (*path, target), wide, seen)


def _extra(rule: Rule, wide: bool) -> str:
    parts = []
    if rule.comment:
        parts.append(f'"{rule.comment}"')
    if wide and rule.packets is not None:
        parts.append(f"{rule.packets} packets")
    if wide and rule.line:
        parts.append(f"line {rule.line}")
    return f"  ({'; '.join(parts)})" if parts else ""


def targets(rule: Rule) -> list[str]:
    """Chains a rule can jump to."""
    found: list[str] = []
    for step in rule.steps:
        actions = [action for _, action in step.cases] if isinstance(step, Dispatch) else [step]
        for action in actions:
            if isinstance(action, Action) and action.verb in (Verb.JUMP, Verb.GOTO):
                found.append(action.chain)
    return list(dict.fromkeys(found))


def _unreached(rules: RuleSet) -> Iterator[tuple[Table, Chain]]:
    """Chains with rules that no base chain leads to."""
    for table in rules.tables:
        reached = {chain.name for chain in table.chains if chain.hook}
        waiting = list(reached)
        while waiting:
            chain = table.chain(waiting.pop())
            for rule in chain.rules if chain else ():
                for target in targets(rule):
                    if target not in reached:
                        reached.add(target)
                        waiting.append(target)
        yield from ((table, chain) for chain in table.chains if chain.name not in reached and chain.rules)


# ---- other forms ----


def document(rules: RuleSet, summaries: list[Summary], name: str) -> dict[str, object]:
    """The answer as data, for json and yaml."""
    return {
        "pod": name,
        "origin": rules.origin,
        "source": rules.source,
        "madeBy": rules.facts.get("log") or rules.facts.get("made by"),
        "backends": [backend.value for backend in rules.backends],
        "settings": {key: value for key, value in rules.facts.items() if key.isupper()},
        "sentences": [headline(rules, summaries, name)]
        + [
            line.strip()
            for summary in summaries
            for line in sentences(summary, title=len(summaries) > 1)
            if line.strip()
        ],
        "families": [_summary_document(summary) for summary in summaries],
        "tables": [_table_document(table) for table in rules.tables],
        "notes": [{"line": note.line, "source": note.source, "text": note.text} for note in rules.notes],
    }


def _outcome_document(outcome: Outcome) -> dict[str, object]:
    return {"verdict": outcome.verdict.value, "port": outcome.port}


def _direction_document(direction: Direction) -> dict[str, object]:
    return {
        "default": _outcome_document(direction.default),
        "exceptions": [
            {"outcome": what, **{kind: list(values) for kind, values in kinds.items()}}
            for what, kinds in direction.exceptions.items()
        ],
    }


def _summary_document(summary: Summary) -> dict[str, object]:
    return {
        "family": FAMILY_NAMES[summary.family.value],
        "mode": summary.mode,
        "untried": summary.untried,
        "inbound": _direction_document(summary.inbound),
        "outbound": _direction_document(summary.outbound),
        "envoy": {"owner": summary.envoy_owner, **_outcome_document(summary.envoy)},
        "envoyToOwnPod": _outcome_document(summary.envoy_to_own_pod),
        "ownPod": _outcome_document(summary.own_pod),
        "localhost": _outcome_document(summary.localhost),
        "udp": _outcome_document(summary.udp),
        "dns": {
            "udp": _outcome_document(summary.dns[0]),
            "tcp": _outcome_document(summary.dns[1]),
            "udpServers": _direction_document(summary.dns_servers),
        },
    }


def _table_document(table: Table) -> dict[str, object]:
    return {
        "name": table.name,
        "family": table.family,
        "backend": table.backend.value,
        "chains": [
            {
                "name": chain.name,
                "hook": chain.hook.value if chain.hook else None,
                "priority": chain.priority if chain.hook else None,
                "policy": chain.policy,
                "rules": [
                    {
                        "number": number,
                        "text": rule.text,
                        "meaning": explain(rule),
                        "target": rule.target,
                        "line": rule.line or None,
                        "packets": rule.packets,
                    }
                    for number, rule in enumerate(chain.rules, 1)
                ],
            }
            for chain in table.chains
        ],
    }


def mermaid(rules: RuleSet) -> str:
    """The chains as a flow chart: https://mermaid.js.org/syntax/flowchart.html."""
    lines = ["flowchart LR"]
    ids: dict[tuple[int, str], str] = {}
    for index, table in enumerate(rules.tables):
        for chain in table.chains:
            if chain.rules:
                ids[(index, chain.name)] = f"c{len(ids)}"
    for index, table in enumerate(rules.tables):
        family = FAMILY_NAMES.get(table.family, table.family)
        lines.append(f'  subgraph t{index}["{mermaid_label(table.name)} ({family})"]')
        for chain in table.chains:
            if (index, chain.name) in ids:
                shape = ('(["', '"])') if chain.hook else ('["', '"]')
                lines.append(f"    {ids[(index, chain.name)]}{shape[0]}{mermaid_label(chain.name)}{shape[1]}")
        lines.append("  end")
    for index, table in enumerate(rules.tables):
        for chain in table.chains:
            lines += _arrows(index, table, chain, ids)
    return visible_lines(lines)


def _arrows(index: int, table: Table, chain: Chain, ids: dict[tuple[int, str], str]) -> Iterator[str]:
    """A chain's arrows: one for each jump, one for all the rules that do the same and jump nowhere."""
    start = ids.get((index, chain.name), "")  # a chain without rules has no arrows
    alike: dict[str, dict[int, str]] = {}
    for number, rule in enumerate(chain.rules, 1):
        asked, _, done = explain(rule).partition(" → ")
        jumps = [target for target in targets(rule) if (index, target) in ids]
        for target in jumps:
            yield f'  {start} -- "{_label(f"{number}: {asked}")}" --> {ids[(index, target)]}'
        if not jumps:
            alike.setdefault(done, {})[number] = asked
    for done, rules in alike.items():
        first = next(iter(rules))
        if len(rules) == 1:
            yield f'  {start} -- "{_label(f"{first}: {rules[first]}")}" --> {start}r{first}("{_label(done)}")'
            continue
        lines = "<br/>".join(_label(f"{number}: {asked}") for number, asked in rules.items())
        yield f'  {start} -- "{_numbers(list(rules))}" --> {start}r{first}("<b>{_label(done)}</b><br/>{lines}")'


def _numbers(numbers: list[int]) -> str:
    """``1-5, 7, 10-13``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _label(words: str) -> str:
    """Text inside quotes: mermaid knows HTML entities by their number."""
    return words.replace("&", "#38;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def families(rules: RuleSet) -> list[Family]:
    """The families there is something to say about."""
    with_rules = [
        f for f in Family if any(chain.rules for table in rules.for_family(f) for chain in table.chains)
    ]
    return with_rules or [f for f in Family if f in rules.covers][:1] or [Family.V4]


__all__ = ["document", "families", "mermaid", "text"]
