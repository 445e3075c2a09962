"""Which packets reach each rule, hook by hook; rules that none reaches, and by which rules they are shadowed.

An abstract walk: instead of one packet, all packets (as boxes, see ``regions``) are taken through a base
chain. What a rule matches for certain and ends is taken away from what the next rule sees; a jump gives
its packets to the chain and takes back those that come out at its end. A rule that sees none it could
match is unreachable.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.netfilter.lint.finding import Finding, Place, Severity, is_istio, place_of
from meshctl.netfilter.lint.regions import Box, Budget, Space, TooMany, meet, space, subtract
from meshctl.netfilter.model import Action, Chain, Criterion, Field, Rule, RuleSet, Table, Unknown, Verb
from meshctl.netfilter.packet import Family
from meshctl.values import Struct, field

ENDING = frozenset(
    {
        Verb.ACCEPT,
        Verb.DROP,
        Verb.REJECT,
        Verb.QUEUE,
        Verb.RETURN,
        Verb.REDIRECT,
        Verb.DNAT,
        Verb.SNAT,
        Verb.MASQUERADE,
    }
)


class _Seen(Struct):
    """What is known of a rule after all walks: whether it asks for packets that can be at a hook, reached at all,
    and by whom its packets were taken."""

    asks: bool = False
    reached: bool = False
    takers: dict[Place, None] = field(default_factory=dict)


class _Walk(Struct):
    """One base chain's walk."""

    table: Table
    space: Space
    seen: dict[tuple[str, int], _Seen]
    budget: Budget

    def chain(self, chain: Chain, boxes: list[Box], above: tuple[str, ...]) -> list[Box]:
        """Take packets through a chain; what comes back to the caller."""
        back: list[Box] = []
        before: list[tuple[Place, Box]] = []
        entering = boxes
        for number, rule in enumerate(chain.rules, 1):
            seen = self.seen.setdefault((chain.name, number), _Seen())
            self.budget.spend(1 + len(boxes))
            box, exact = self.space.box(rule)
            if box is None:
                continue  # it contradicts the hook or the family; if it does so in all, it is another check's business
            seen.asks = True
            matched = meet(boxes, box)
            if matched:
                seen.reached = True
            else:
                self.budget.spend(len(entering) * len(before))
                _note_takers(seen, entering, box, before)
                continue
            boxes, returned = self._after(chain, rule, boxes, matched, box, exact, above)
            back += returned
            if len(boxes) + len(back) > 3000:
                raise TooMany
            before.append((place_of(self.table, chain, number, rule), box))
        return boxes + back

    def _after(
        self,
        chain: Chain,
        rule: Rule,
        boxes: list[Box],
        matched: list[Box],
        box: Box,
        exact: bool,
        above: tuple[str, ...],
    ) -> tuple[list[Box], list[Box]]:
        """(what the next rule sees, what goes back to the caller)."""
        action = rule.action
        if isinstance(action, Action) and action.verb is Verb.RETURN:
            return (subtract(boxes, box) if exact else boxes), matched
        if isinstance(action, Action) and action.verb in (Verb.JUMP, Verb.GOTO):
            below = self.table.chain(action.chain)
            if below is None or below.name in above:
                return boxes, []
            out = self.chain(below, matched, (*above, below.name))
            left = subtract(boxes, box) if exact else boxes
            return (left, out) if action.verb is Verb.GOTO else (left + (out if exact else []), [])
        ends = isinstance(action, Action) and action.verb in ENDING
        return (subtract(boxes, box) if ends and exact else boxes), []


def _note_takers(seen: _Seen, entering: list[Box], box: Box, before: list[tuple[Place, Box]]) -> None:
    """Earlier rules of this chain that together took the packets this rule asks for, as few as possible."""
    wanted = meet(entering, box)
    takers = [(place, taken) for place, taken in before if meet(wanted, taken)]
    for candidate in list(takers):
        fewer = [taker for taker in takers if taker != candidate]
        if not _left(wanted, fewer):
            takers = fewer
    seen.takers |= dict.fromkeys(place for place, _ in takers)


def _left(wanted: list[Box], takers: list[tuple[Place, Box]]) -> list[Box]:
    """What of the wanted packets the takers leave."""
    for _, taken in takers:
        wanted = subtract(wanted, taken)
    return wanted


def unreachable(rules: RuleSet) -> Iterator[Finding]:
    """Rules that no packet reaches, in any family."""
    for table in rules.tables:
        seen: dict[tuple[str, int], _Seen] = {}
        complete = _walk_table(table, seen)
        if not complete:
            yield Finding(
                "not-analysed",
                Severity.INFO,
                f"table {table.name} is too complex to look for unreachable rules",
                "Its rules cut the packets into too many cases.",
                "Use `meshctl capture walk` for single packets.",
            )
            continue
        for chain in table.chains:
            for number, rule in enumerate(chain.rules, 1):
                found = seen.get((chain.name, number))
                if found is not None and found.asks and not found.reached:
                    taking = [chain.rules[taker.number - 1] for taker in found.takers]
                    yield _finding(place_of(table, chain, number, rule), rule, tuple(found.takers), taking)


def _walk_table(table: Table, seen: dict[tuple[str, int], _Seen]) -> bool:
    every = [rule for chain in table.chains for rule in chain.rules]
    budget = Budget()
    for family in Family:
        if not table.covers(family):
            continue
        for chain in table.chains:
            if chain.hook is None:
                continue
            try:
                cut = space(every, family, chain.hook, chain.type, table.backend)
                budget.spend(len(every) * max(map(len, cut.atoms), default=0) // 20)
                _Walk(table, cut, seen, budget).chain(chain, [cut.everything], (chain.name,))
            except TooMany:
                return False
    return True


def _finding(place: Place, rule: Rule, takers: tuple[Place, ...], taking: list[Rule]) -> Finding:
    owner = any(isinstance(c, Criterion) and c.field in (Field.UID, Field.GID) for c in rule.criteria)
    made_so = owner or any(taker.criteria == rule.criteria for taker in taking)
    own = is_istio(place.chain) and made_so and all(is_istio(taker.chain) for taker in takers)
    unknown = any(isinstance(step, Unknown) for step in rule.steps)
    by = ", ".join(str(taker) for taker in takers)
    why = (
        f"Every packet it asks for was already decided by {by}."
        if takers
        else f"No packet it asks for enters chain {place.chain}."
    )
    if own:
        # The gid rules after the uid rules, those of a second uid, the RETURN after a REDIRECT of the same.
        advice = "Istio makes it so. It does no harm, but a second proxy uid or gid has no effect."
    else:
        advice = "Move it before the rules that shadow it, or remove it."
    severity = Severity.INFO if own or unknown else Severity.WARNING
    return Finding(
        "unreachable", severity, f"{place} can never match: {place.text}", why, advice, place, takers
    )
