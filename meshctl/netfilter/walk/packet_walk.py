"""One packet through one hook, as the kernel takes it.

Theory of operation. At a hook the kernel calls base chains in order of priority; connection
tracking sits at -200, so the raw table is before it. All nat chains of a hook run at the place of
the first (nf_nat_core.c), for the first packet of a connection only, and the first that sets up a
translation ends the search: later packets of the connection are translated without asking. A packet
that comes back over lo was set up in OUTPUT already, even when OUTPUT decided against translating,
so nat PREROUTING is not asked for it. Inside a chain rules are tried in order; ACCEPT ends this base
chain only (the next priority still sees the packet), DROP ends the packet, RETURN in a base chain and
the end of a base chain mean the policy (ip_tables.c, nf_tables_core.c).

What is not known splits the walk: both answers are followed and, when they disagree, the verdict is
UNDETERMINED with the branches.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from meshctl.netfilter.hooks import CONNTRACK_PRIORITY
from meshctl.netfilter.model import (
    Action,
    AnyOf,
    Backend,
    Chain,
    Criterion,
    Dispatch,
    Drawn,
    Never,
    Rule,
    RuleSet,
    Step,
    Table,
    Unknown,
    Verb,
)
from meshctl.netfilter.order import after_conntrack, base_chains, before_conntrack
from meshctl.netfilter.packet import Hook, Packet, address_number
from meshctl.netfilter.walk import effects
from meshctl.netfilter.walk.evaluate import Assumptions, Unsettled, describe, passes, refined
from meshctl.netfilter.walk.long_chains import LONG_CHAIN, by_destination
from meshctl.values import Struct, field, replace

MAX_BRANCHES = 32
GONE = frozenset({"DROP", "REJECT", "QUEUE"})
MAX_DEPTH = 64  # nft refuses deeper jumps at load; a loop in a paste must not hang us


class Verdict(StrEnum):
    """How a packet leaves a hook."""

    ACCEPT = "ACCEPT"
    REDIRECT = "REDIRECT"
    TPROXY = "TPROXY"
    DNAT = "DNAT"
    SNAT = "SNAT"
    DROP = "DROP"
    REJECT = "REJECT"
    QUEUE = "QUEUE"
    NAT_BY_CONNTRACK = "NAT_BY_CONNTRACK"
    UNDETERMINED = "UNDETERMINED"


class PathStep(Struct, frozen=True):
    """A rule that matched."""

    table: str
    chain: str
    rule_number: int
    target: str
    text: str
    family: str = "ip"
    line: int = 0
    detail: str = ""


class Tried(Struct, frozen=True):
    """A rule that was tried: ``failed`` is the first criterion the packet did not pass, None = it matched."""

    table: str
    chain: str
    rule_number: int
    text: str
    failed: str | None
    step: Step | None = None
    packet: Packet | None = None

    @property
    def because(self) -> str:
        """What the packet has instead, found out only where somebody reads it."""
        if not isinstance(self.step, Criterion) or self.packet is None:
            return ""
        if self.step.family is not None and self.step.family is not self.packet.family:
            return "the packet is of the other address family"
        return describe(self.packet, self.step)


class Branch(Struct, frozen=True):
    """One way on, under a supposition about what is not known."""

    supposition: str
    result: WalkResult
    share: float | None = None  # how often, where that is known


class WalkResult(Struct, frozen=True):
    """What happened to the packet at the hook."""

    verdict: Verdict
    path: tuple[PathStep, ...] = ()
    tried: tuple[Tried, ...] = ()
    redirect_port: int | None = None
    tproxy_mark: int | None = None
    nat_to: str | None = None
    undetermined: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    policy: str | None = None  # "nat OUTPUT ACCEPT" when a policy decided last
    post: Packet | None = None


class _Split(Exception):
    """The walk needs an answer that the packet does not give."""

    def __init__(self, unsettled: Unsettled, state: _State) -> None:
        super().__init__(unsettled.missing)
        self.unsettled = unsettled
        self.state = state


class _State(Struct):
    """What changes on the way."""

    packet: Packet
    assumed: Assumptions
    path: list[PathStep]
    tried: list[Tried]
    notes: list[str]
    all_tried: bool
    verdict: Verdict = Verdict.ACCEPT
    port: int | None = None
    tproxy_mark: int | None = None
    nat_to: str | None = None
    policy: str | None = None
    nat_done: bool = False
    drawing: str = ""  # the rule that is tried
    draws: dict[str, int] = field(default_factory=dict)  # how often each rule has drawn
    undetermined: str | None = None


class _End(StrEnum):
    """How a chain was left."""

    FELL_OFF = "end of chain"
    RETURN = "return"
    ACCEPT = "accept"
    STOP = "stop"  # dropped, rejected, queued


def walk(rules: RuleSet, packet: Packet, *, all_tried: bool = True) -> WalkResult:
    """Take the packet through its hook. Without ``all_tried`` rules that cannot match may be left out of ``tried``."""
    start = packet.normal()
    if rules.tables and start.family not in rules.covers:
        missing = f"the {'IPv6' if start.family.value == 'ip6' else 'IPv4'} rules (not in what was given)"
        return WalkResult(Verdict.UNDETERMINED, undetermined=(missing,))
    return _explore(rules, start, Assumptions(), MAX_BRANCHES, all_tried)


def _explore(
    rules: RuleSet, packet: Packet, assumed: Assumptions, budget: int, all_tried: bool
) -> WalkResult:
    state = _State(packet, assumed, [], [], [], all_tried)
    try:
        _hook(rules, state)
    except _Split as split:
        if budget < 2:
            return _result(split.state, Verdict.UNDETERMINED, (split.unsettled.missing,))
        return _both(rules, packet, assumed, split, budget, all_tried)
    if state.undetermined:
        return _result(state, Verdict.UNDETERMINED, (state.undetermined,))
    return _result(state, state.verdict, ())


def _both(
    rules: RuleSet, packet: Packet, assumed: Assumptions, split: _Split, budget: int, all_tried: bool
) -> WalkResult:
    """Follow both answers; agree or say what is missing."""
    criterion = split.unsettled.criterion
    branches = []
    # A map by a number asks for one value after the other: most of the budget is for those that are left.
    first_part = max(budget // 8, 1) if isinstance(criterion, Drawn) else budget // 2
    for answer, part in ((True, first_part), (False, budget - first_part)):
        supposed = refined(packet, criterion, answer) if isinstance(criterion, Criterion) else packet
        further = assumed.supposing(criterion, answer)
        text = criterion.text.removeprefix("! ")
        label = text if answer else f"not ({text})"
        share = split.unsettled.share
        share = share if share is None or answer else 1.0 - share
        branches.append(Branch(label, _explore(rules, supposed, further, part, all_tried), share))
    first, second = (branch.result for branch in branches)
    missing = tuple(dict.fromkeys((split.unsettled.missing, *first.undetermined, *second.undetermined)))
    same = (first.verdict, first.redirect_port, first.nat_to) == (
        second.verdict,
        second.redirect_port,
        second.nat_to,
    )
    if same and first.verdict is not Verdict.UNDETERMINED:
        # Whatever the answer, the packet fares the same; the path of "no" is shown, both are kept.
        return replace(second, undetermined=missing, branches=tuple(branches))
    undecided = _result(split.state, Verdict.UNDETERMINED, missing)
    return replace(undecided, branches=tuple(branches))


def _result(state: _State, verdict: Verdict, undetermined: tuple[str, ...]) -> WalkResult:
    gone = verdict in (Verdict.DROP, Verdict.REJECT, Verdict.QUEUE, Verdict.UNDETERMINED)
    return WalkResult(
        verdict=verdict,
        path=tuple(state.path),
        tried=tuple(state.tried),
        redirect_port=state.port if not gone else None,
        tproxy_mark=state.tproxy_mark if not gone else None,
        nat_to=state.nat_to if not gone else None,
        undetermined=undetermined,
        notes=tuple(state.notes),
        policy=state.policy,
        post=None if gone else state.packet,
    )


# ---- the hook ----


def _hook(rules: RuleSet, state: _State) -> None:
    before = before_conntrack(state.packet)
    known = state.packet
    if before is not None:
        state.packet = before
    tracking = known.family in rules.tracking
    for stop in base_chains(rules, state.packet):
        if before is not None and stop.priority > CONNTRACK_PRIORITY:
            state.packet, before = after_conntrack(state.packet, known), None
        if stop.chain.type == "nat" and not (tracking and _nat_asked(state)):
            continue
        _base_chain(stop.table, stop.chain, state)
        if state.verdict in GONE or state.undetermined:
            return
    if before is not None:
        state.packet = after_conntrack(state.packet, known)


def _nat_asked(state: _State) -> bool:
    packet = state.packet
    if state.nat_done:
        return False
    if packet.ct_state not in ("NEW", None):
        return False
    return not (packet.hook is Hook.PREROUTING and packet.in_if == "lo")


def _base_chain(table: Table, chain: Chain, state: _State) -> None:
    end = _chain(table, chain, state, 0)
    if end in (_End.ACCEPT, _End.STOP) or state.undetermined:
        return
    policy = (chain.policy or "ACCEPT").upper()
    state.policy = f"{table.name} {chain.name} {policy}"
    if policy == "DROP":
        state.verdict = Verdict.DROP


def _chain(table: Table, chain: Chain, state: _State, depth: int) -> _End:
    if depth > MAX_DEPTH:
        state.undetermined = f"chains jump in a circle at {chain.name}"
        return _End.STOP
    for number in _numbers(chain, state):
        end = _rule(table, chain, number, chain.rules[number - 1], state, depth)
        if end is not None:
            return end
    return _End.FELL_OFF


def _numbers(chain: Chain, state: _State) -> Iterable[int]:
    """Rules to try: all, or, where nobody reads what was tried, those that do not ask for another destination."""
    if state.all_tried or state.packet.dst is None or len(chain.rules) < LONG_CHAIN:
        return range(1, len(chain.rules) + 1)
    return by_destination(chain).numbers(address_number(state.packet.dst))


def _rule(table: Table, chain: Chain, number: int, rule: Rule, state: _State, depth: int) -> _End | None:
    """Try one rule. None: go on with the next rule of this chain."""
    decided: Action | None = None
    state.drawing = f"{table.name} {chain.name} rule {number}"
    for step in rule.steps:
        outcome = _step(step, table, state)
        if isinstance(outcome, str):
            state.tried.append(Tried(table.name, chain.name, number, rule.text, outcome, step, state.packet))
            return None
        if isinstance(outcome, Action):
            decided = outcome
            break
    state.tried.append(Tried(table.name, chain.name, number, rule.text, None))
    place = PathStep(table.name, chain.name, number, rule.target, rule.text, table.family, rule.line)
    state.path.append(place)
    return _decide(decided, table, state, depth) if decided else None


def _step(step: Step, table: Table, state: _State) -> str | Action | None:
    """A criterion: None passed, its text failed. An action: done (None), or to be decided by the caller."""
    match step:
        case Unknown(action=True):
            return _unknown_action(step, state)
        case Drawn():
            truth = passes(_placed(step, state), state.packet, table.backend, state.assumed)
            if isinstance(truth, Unsettled):
                raise _Split(truth, state)
            return None if truth else step.text
        case Criterion() | AnyOf() | Never() | Unknown():
            truth = passes(step, state.packet, table.backend, state.assumed)
            if isinstance(truth, Unsettled):
                raise _Split(truth, state)
            return None if truth else step.text
        case Dispatch():
            return _dispatch(step, table, state)
        case Action():
            return _act(step, table, state)


def _unknown_action(step: Unknown, state: _State) -> str | Action | None:
    """An extension nobody here knows: it may let the packet go on, or decide about it."""
    key = f"target {step.text}"
    answer = state.assumed.about(key)
    if answer is None:
        raise _Split(Unsettled(Unknown(key), f"what the target {step.text!r} does"), state)
    if answer:
        state.undetermined = f"what the target {step.text!r} does"
        return Action(Verb.NONE, step.text)
    return None


def _placed(step: Drawn, state: _State) -> Drawn:
    """The question in its rule, which draws anew each time that it is tried."""
    times = state.draws[state.drawing] = state.draws.get(state.drawing, 0) + 1
    return replace(step, place=state.drawing if times == 1 else f"{state.drawing}, time {times}")


def _dispatch(step: Dispatch, table: Table, state: _State) -> str | Action | None:
    place: Drawn | None = None
    for criteria, action in step.cases:
        truths = []
        for criterion in criteria:
            if isinstance(criterion, Drawn):
                place = _placed(criterion, state) if place is None else replace(criterion, place=place.place)
                criterion = place
            truths.append(passes(criterion, state.packet, table.backend, state.assumed))
        if any(truth is False for truth in truths):
            continue
        for truth in truths:
            if isinstance(truth, Unsettled):
                raise _Split(truth, state)
        return _act(action, table, state)
    return step.text


def _act(action: Action, table: Table, state: _State) -> str | Action | None:
    """Do what changes the packet; hand what changes its way to the caller."""
    if action.verb in (Verb.NONE, Verb.PASS):
        return None
    if action.verb in effects.MARKS:
        if table.backend is Backend.NFT and not state.packet.tracked and _loads_ct_mark(action):
            return action.text  # nft stops the rule where it cannot load the connection's mark
        state.packet = effects.MARKS[action.verb](state.packet, action)
        return None
    if action.verb is Verb.TPROXY:
        return _tproxy(action, table, state)
    return action


def _loads_ct_mark(action: Action) -> bool:
    """``meta mark set ct mark``, ``ct mark set ct mark and …``."""
    return action.verb is Verb.RESTORE_MARK or (
        action.verb is Verb.SET_CT_MARK and action.mask != effects.FULL
    )


def _tproxy(action: Action, table: Table, state: _State) -> str | Action | None:
    """xt_TPROXY drops when nobody listens transparently; nft's tproxy just does not match."""
    packet = state.packet
    if packet.transparent_listener is None:
        key = "somebody listens transparently on the TPROXY port"
        answer = state.assumed.about(key)
        if answer is None:
            raise _Split(Unsettled(Unknown(key), "whether " + key), state)
    else:
        answer = packet.transparent_listener
    nft = table.backend is Backend.NFT
    if not answer:
        return f"{action.text} (no transparent listener)" if nft else Action(Verb.DROP, action.text)
    state.port = action.ports[0] if action.ports else packet.dport
    state.verdict = Verdict.TPROXY
    if nft:
        return None
    state.packet = effects.set_mark(packet, action)
    state.tproxy_mark = action.value
    return Action(Verb.ACCEPT, action.text)


def _decide(action: Action, table: Table, state: _State, depth: int) -> _End | None:
    match action.verb:
        case Verb.NONE:
            return _End.STOP
        case Verb.ACCEPT:
            return _End.ACCEPT
        case Verb.RETURN:
            return _End.RETURN
        case Verb.DROP | Verb.REJECT | Verb.QUEUE:
            state.verdict = Verdict(action.verb.value)
            return _End.STOP
        case Verb.JUMP | Verb.GOTO:
            return _jump(action, table, state, depth)
        case _:
            _translate(action, state)
            return _End.ACCEPT


def _jump(action: Action, table: Table, state: _State, depth: int) -> _End | None:
    chain = table.chain(action.chain)
    if chain is None:
        state.undetermined = f"what chain {action.chain} holds (it is not in the source)"
        return _End.STOP
    end = _chain(table, chain, state, depth + 1)
    if end in (_End.ACCEPT, _End.STOP):
        return end
    # A goto does not come back: the end of its chain is the end of the caller's chain.
    return _End.RETURN if action.verb is Verb.GOTO else None


def _translate(action: Action, state: _State) -> None:
    """REDIRECT, DNAT, SNAT, MASQUERADE: the connection is set up, the packet rewritten."""
    state.nat_done = True
    packet = effects.translated(state.packet, action)
    state.packet = packet
    match action.verb:
        case Verb.REDIRECT:
            state.verdict, state.port = Verdict.REDIRECT, packet.dport
        case Verb.DNAT:
            state.verdict = Verdict.DNAT
            state.nat_to = effects.endpoint(packet.dst, packet.dport)
        case _:
            state.verdict = Verdict.SNAT
            state.nat_to = effects.endpoint(packet.src, packet.sport)
