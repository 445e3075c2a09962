"""Is there a request that meets these conditions and, of each of those routes, fails one?

Theory of operation. The conditions of the route in question hold; of each earlier route one condition must fail. Those
choices are tried depth first; what holds of a subject is kept together, and a choice that leaves a subject without any
state ends its branch. Subjects do not bear on each other, so each can be asked alone, and the answers are kept. No way
left: proved, no request is left for the route. A way: ``Found`` says a value of each subject, and the real matcher is
asked before anything is made of it. More than ``_MOST`` choices, or an automaton too large: ``TooLarge``.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.check.prove import languages
from meshctl.check.prove.atoms import PATH, Atom, Literal, Opaque, Presence, Some, Subject, Without, legal
from meshctl.check.prove.languages import Language, TooLarge
from meshctl.values import Struct, field

_MOST = 3000

Condition = tuple[Atom, ...]
State = tuple[str, ...] | None  # the values of a subject; None: it is absent


class Found(Struct, frozen=True):
    """A state of each subject; subjects that nobody asks for are free."""

    states: dict[Subject, State]
    opaque: dict[Subject, bool]


class Solver(Struct, dict=True):
    """Questions about routes; answers about single subjects are kept, also from one virtual host to the next."""

    plain_paths: bool = False  # whether path parameters are cut off before routes are matched
    _known: dict[tuple[Subject, frozenset[int]], tuple[bool, State]] = field(default_factory=dict)
    _ids: dict[Literal, int] = field(default_factory=dict)

    def find(self, wanted: Condition, others: Sequence[Condition]) -> Found | None:
        """A request that meets ``wanted`` and fails each of ``others``; None: proved, there is none."""
        held: dict[Subject, tuple[Literal, ...]] = {}
        for atom in wanted:
            added = self._with(held, atom)
            if added is None:
                return None
            held = added
        rest = [o for o in others if self.overlaps(held, o)]
        rest.sort(key=len)
        budget = [_MOST]
        solved = self._search(held, rest, budget)
        return None if solved is None else self._found(solved)

    def overlaps(self, held: dict[Subject, tuple[Literal, ...]], other: Condition) -> bool:
        """Whether any request may meet both, as far as each condition alone tells."""
        return all(self._with(held, atom) is not None for atom in other)

    def conflict(self, wanted: Condition) -> tuple[Atom, ...]:
        """Of conditions that no request meets: those on the subject that has no state left."""
        for subject in dict.fromkeys(atom.subject for atom in wanted):
            on_it = tuple(atom for atom in wanted if atom.subject == subject)
            if not self._state(subject, tuple(atom.literal for atom in on_it))[0]:
                for atom in on_it:
                    if not self._state(subject, (atom.literal,))[0]:
                        return (atom,)
                return on_it
        return wanted

    def _search(
        self, held: dict[Subject, tuple[Literal, ...]], rest: Sequence[Condition], budget: list[int]
    ) -> dict[Subject, tuple[Literal, ...]] | None:
        if not rest:
            return held
        first, *later = rest
        if not self.overlaps(held, first):
            return self._search(held, later, budget)
        for atom in first:
            budget[0] -= 1
            if budget[0] < 0:
                raise TooLarge
            added = self._with(held, atom.negated)
            if added is not None:
                solved = self._search(added, later, budget)
                if solved is not None:
                    return solved
        return None

    def _with(
        self, held: dict[Subject, tuple[Literal, ...]], atom: Atom
    ) -> dict[Subject, tuple[Literal, ...]] | None:
        """What holds, and one more; None where the subject has no state left."""
        before = held.get(atom.subject, ())
        if atom.literal in before:
            return held
        literals = (*before, atom.literal)
        return {**held, atom.subject: literals} if self._state(atom.subject, literals)[0] else None

    def _id(self, literal: Literal) -> int:
        return self._ids.setdefault(literal, len(self._ids))

    def _state(self, subject: Subject, literals: tuple[Literal, ...]) -> tuple[bool, State]:
        """Whether a subject has a state in which all of these hold, and one."""
        key = (subject, frozenset(map(self._id, literals)))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._decide(subject, literals)
        return known

    def _decide(self, subject: Subject, literals: tuple[Literal, ...]) -> tuple[bool, State]:
        kind, name = subject
        if kind == "opaque":
            return len({literal.holds for literal in literals if isinstance(literal, Opaque)}) < 2, None
        if not (kind == "header" and name.startswith(":")) and all(map(_holds_absent, literals)):
            return True, None
        if any(isinstance(literal, Presence) and not literal.there for literal in literals):
            return False, None
        some = [literal.language for literal in literals if isinstance(literal, Some)]
        without = [literal.language for literal in literals if isinstance(literal, Without)]
        values = self._values(subject, some, without)
        return values is not None, values

    def _values(self, subject: Subject, some: list[Language], without: list[Language]) -> State:
        """Values that put one into each of some and none into any of without."""
        kind, name = subject
        own = legal(("plain path" if self.plain_paths else "path") if subject == PATH else _legal_kind(kind))
        if kind != "header" or name.startswith(":") or len(some) < 2:
            value = _known_example([own, *some], without) or languages.common([own, *some], without)
            return None if value is None else (value,)
        together = languages.common([own, *some], without)
        if together is not None:
            return (together,)
        values = [languages.common([own, one], without) for one in some]
        return None if None in values else tuple(value for value in values if value is not None)

    def _found(self, held: dict[Subject, tuple[Literal, ...]]) -> Found:
        states, opaque = {}, {}
        for subject, literals in held.items():
            if subject[0] == "opaque":
                opaque[subject] = isinstance(literals[0], Opaque) and literals[0].holds
            else:
                states[subject] = self._state(subject, literals)[1]
        return Found(states, opaque)


def _known_example(inside: list[Language], outside: list[Language]) -> str | None:
    """A text of one of the languages that happens to be in all of them: cheaper than to look for one."""
    for text in dict.fromkeys(one.example for one in inside if one.example):
        assert text is not None
        if all(one.holds(text) for one in inside) and not any(one.holds(text) for one in outside):
            return text
    return None


def _legal_kind(kind: str) -> str:
    return "header" if kind == "grpc" else kind


def _holds_absent(literal: Literal) -> bool:
    match literal:
        case Some() | Without():
            return literal.absent_too
        case Presence(there):
            return not there
        case Opaque():
            return True
