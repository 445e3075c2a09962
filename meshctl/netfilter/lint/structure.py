"""Checks of how the rules are laid out: doubles, two backends, foreign rules before Istio's, loose ends."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.netfilter.lint.finding import Finding, Place, Severity, is_istio, place_of
from meshctl.netfilter.lint.traffic import Subject
from meshctl.netfilter.model import (
    Action,
    Backend,
    Chain,
    Criterion,
    Field,
    Rule,
    Table,
    Unknown,
    Verb,
    is_hidden,
)
from meshctl.netfilter.packet import Hook

DIVERTING = frozenset(
    {
        Verb.ACCEPT,
        Verb.RETURN,
        Verb.REDIRECT,
        Verb.DNAT,
        Verb.DROP,
        Verb.REJECT,
        Verb.TPROXY,
        Verb.JUMP,
        Verb.GOTO,
    }
)


def two_backends(subject: Subject) -> Iterator[Finding]:
    """Istio's chains in legacy and nft tables: the kernel asks both."""
    places: dict[tuple[str, str], set[Backend]] = {}
    for table in subject.rules.tables:
        if any(is_istio(chain.name) and chain.rules for chain in table.chains):
            name = table.name.rpartition("-")[2] if table.backend is Backend.NFT else table.name
            families = ("ip", "ip6") if table.family == "inet" else (table.family,)
            for family in families:
                places.setdefault((family, name), set()).add(table.backend)
    for (family, name), backends in places.items():
        if len(backends) > 1:
            listed = " and ".join(sorted(backends))
            yield Finding(
                "two-backends",
                Severity.ERROR,
                f"Istio's {name} rules ({family}) are in {listed} tables at once",
                "The kernel asks both; the first that translates a connection decides, and cleaning one leaves the other.",
                "Remove the older set (iptables-legacy -t nat -F, or nft delete table) or recreate the pod.",
            )


def repeated(subject: Subject) -> Iterator[Finding]:
    """The same rule twice in a chain, or the same table given twice: istio-init ran again."""
    for table in subject.rules.tables:
        for chain in table.chains:
            seen: dict[tuple[object, ...], int] = {}
            for number, rule in enumerate(chain.rules, 1):
                key = tuple(rule.steps)
                if key in seen and rule.steps:
                    place = place_of(table, chain, number, rule)
                    yield Finding(
                        "repeated",
                        Severity.WARNING,
                        f"{place} repeats rule {seen[key]}: {rule.text}",
                        "istio-init may have run twice in the same pod, or two things manage these rules.",
                        "Find out who adds it; Istio's own rules stand once.",
                        place,
                    )
                seen.setdefault(key, number)


def foreign_first(subject: Subject) -> Iterator[Finding]:
    """Rules that are not Istio's and stand before Istio's in the same chain."""
    for table in subject.rules.tables:
        for chain in table.chains:
            if chain.hook not in (Hook.PREROUTING, Hook.OUTPUT):
                continue
            entries = [n for n, rule in enumerate(chain.rules, 1) if _enters_istio(rule)]
            for number, rule in enumerate(chain.rules[: max(entries, default=1) - 1], 1):
                if _diverts(rule) and not is_hidden(rule):
                    yield _foreign(table, chain, number, rule)


def _enters_istio(rule: Rule) -> bool:
    action = rule.action
    return isinstance(action, Action) and is_istio(action.chain)


def _diverts(rule: Rule) -> bool:
    action = rule.action
    if isinstance(action, Unknown):
        return True
    return isinstance(action, Action) and action.verb in DIVERTING and not is_istio(action.chain)


def _foreign(table: Table, chain: Chain, number: int, rule: Rule) -> Finding:
    place = place_of(table, chain, number, rule)
    fields = {criterion.field for criterion in rule.criteria if isinstance(criterion, Criterion)}
    action = rule.action
    only_interface = fields <= {Field.IN_IF, Field.OUT_IF} and fields
    if only_interface and isinstance(action, Action) and action.verb is Verb.RETURN:
        return Finding(
            "excluded-interface",
            Severity.INFO,
            f"{place} leaves an interface out of the mesh: {rule.text}",
            "That is what excludeInterfaces and reroute-virtual-interfaces make.",
            "Nothing to do if it was meant.",
            place,
        )
    everything = not rule.criteria
    return Finding(
        "foreign-rule-first",
        Severity.ERROR if everything else Severity.WARNING,
        f"{place} stands before Istio's and diverts {'all' if everything else 'some'} traffic: {rule.text}",
        "What it matches never reaches Istio's chains.",
        "Find out who adds it (a CNI plugin, kube-proxy, another init container) and let it come after Istio's.",
        place,
    )


def early_hooks(subject: Subject) -> Iterator[Finding]:
    """Base chains that are not Istio's and translate before Istio's nat chains are asked."""
    istio = {
        (family, chain.hook)
        for table in subject.rules.tables
        for chain in table.chains
        if chain.type == "nat"
        and chain.hook
        and (is_istio(table.name) or any(map(_enters_istio, chain.rules)))
        for family in (("ip", "ip6") if table.family == "inet" else (table.family,))
    }
    for table in subject.rules.tables:
        if is_istio(table.name):
            continue
        for chain in table.chains:
            families = ("ip", "ip6") if table.family == "inet" else (table.family,)
            if chain.type != "nat" or any(map(_enters_istio, chain.rules)) or not chain.rules:
                continue
            if not any((family, chain.hook) in istio for family in families) or chain.priority > -100:
                continue
            yield Finding(
                "other-nat-chain",
                Severity.WARNING,
                f"{table.name} {chain.name} also translates connections at {chain.hook}",
                "A connection that it translates is not seen by Istio's nat chains.",
                "Check what it is for; give it a later priority than -100 if Istio is to come first.",
            )


def not_understood(subject: Subject) -> Iterator[Finding]:
    """Extensions nobody here knows, once each: walks through their rules are undetermined."""
    places: dict[str, list[Place]] = {}
    for table, chain, number, rule in subject.rules.rules():
        for step in rule.steps if not is_hidden(rule) else ():
            if isinstance(step, Unknown):
                name = " ".join(step.text.removeprefix("! ").split()[:2])
                places.setdefault(name, []).append(place_of(table, chain, number, rule))
                break
    for name, where in places.items():
        others = f", and {len(where) - 1} more rules" if len(where) > 1 else ""
        yield Finding(
            "not-understood",
            Severity.INFO,
            f"{name} was not understood, in {where[0]}{others}",
            "Packets that depend on it are reported as undetermined.",
            "Judge it by hand.",
            where[0],
            tuple(where[1:10]),
        )


def not_in_force(subject: Subject) -> Iterator[Finding]:
    """The rules are of a run that failed."""
    if subject.rules.failure:
        yield Finding(
            "failed-run",
            Severity.ERROR,
            f"the rules are not known to be in force: {subject.rules.failure}",
            "Whoever was to set them up failed; iptables-restore applies a table whole or not at all.",
            "Look at the pod's own rules (iptables-save in its network namespace), and at what failed.",
        )


def not_shown(subject: Subject) -> Iterator[Finding]:
    """What was given is a part of the rules."""
    for part in () if subject.rules.failure else subject.rules.unseen:
        yield Finding(
            "not-shown",
            Severity.INFO,
            f"{part.gap.what} was not shown: {part.gap.why}",
            "Packets that depend on it are reported as undetermined.",
            f"Give all of it: {part.gap.remedy}.",
        )


def circles(subject: Subject) -> Iterator[Finding]:
    """Chains that jump in a circle; the kernel refuses them, so the paste is wrong."""
    for table in subject.rules.tables:
        ways = _in_circles(_ways(table))
        for chain in table.chains:
            if chain.name in ways and _leads_to(ways, chain.name):
                yield Finding(
                    "circle",
                    Severity.ERROR,
                    f"chain {chain.name} of {table.name} leads back to itself",
                    "The kernel refuses such rules (ELOOP), so these cannot be loaded.",
                    "Remove one of the jumps.",
                )


def _ways(table: Table) -> dict[str, set[str]]:
    """Chain to the chains it jumps to."""
    return {
        chain.name: {
            action.chain
            for rule in chain.rules
            for action in jumps(rule)
            if action.verb in (Verb.JUMP, Verb.GOTO)
        }
        for chain in table.chains
    }


def _in_circles(ways: dict[str, set[str]]) -> dict[str, set[str]]:
    """Without the chains that end somewhere, again and again: what is left goes on for ever."""
    while True:
        left = {name: {to for to in tos if ways.get(to)} for name, tos in ways.items() if tos}
        if left == ways:
            return ways
        ways = left


def _leads_to(ways: dict[str, set[str]], start: str) -> bool:
    seen: set[str] = set()
    open_ends = [start]
    while open_ends:
        for name in ways.get(open_ends.pop(), ()):
            if name == start:
                return True
            if name not in seen:
                seen.add(name)
                open_ends.append(name)
    return False


ENTRIES = {"inbound": ("ISTIO_INBOUND", "istio-inbound"), "outbound": ("ISTIO_OUTPUT", "istio-output")}


def loose_ends(subject: Subject) -> Iterator[Finding]:
    """Istio's chains that nothing jumps to: the direction is not captured at all."""
    for table in subject.rules.tables:
        if any(_may_jump(rule) for chain in table.chains for rule in chain.rules):
            continue  # a rule that was not shown or not understood may be the jump
        jumped = {action.chain for chain in table.chains for rule in chain.rules for action in jumps(rule)}
        for direction, names in ENTRIES.items():
            for chain in table.chains:
                if chain.name in names and chain.name not in jumped and chain.rules:
                    yield _not_entered(direction, table, chain)


def _may_jump(rule: Rule) -> bool:
    return any(isinstance(step, Unknown) and step.action for step in rule.steps)


def jumps(rule: Rule) -> list[Action]:
    """The jumps of a rule."""
    return [step for step in rule.steps if isinstance(step, Action) and step.chain]


def _not_entered(direction: str, table: Table, chain: Chain) -> Finding:
    captures = any(is_istio(action.chain) for rule in chain.rules for action in jumps(rule))
    if direction == "inbound" and not captures:
        return Finding(
            "inbound-not-captured",
            Severity.INFO,
            f"{direction} traffic is not captured by {table.name}: nothing jumps to {chain.name}",
            "includeInboundPorts is empty, or inbound traffic is captured by TPROXY in the mangle table.",
            "Nothing to do if it was meant.",
        )
    return Finding(
        "not-entered",
        Severity.ERROR,
        f"nothing jumps to {chain.name} of {table.name}: {direction} traffic is not captured",
        "The chain is there, but the jump to it is missing.",
        "Look for who flushed PREROUTING or OUTPUT; recreate the pod to get the rules back.",
    )


CHECKS = (
    not_in_force,
    not_shown,
    two_backends,
    repeated,
    foreign_first,
    early_hooks,
    not_understood,
    circles,
    loose_ends,
)
