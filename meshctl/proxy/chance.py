"""Branches of a chance, and of what is not known."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from meshctl.match.fraction import Fraction
from meshctl.match.supposing import Open, Supposed, TooMany
from meshctl.proxy.entry import MOST_ALTERNATIVES, Alternatives, Entry
from meshctl.proxy.model import Stage, Step

T = TypeVar("T")


def split(entry: Entry, fraction: Fraction) -> Iterator[tuple[Entry, bool]]:
    """The branches of a chance: not taken, taken; one of them where it is certain."""
    if fraction.chance >= 1.0:
        yield entry, True
    elif fraction.chance <= 0.0:
        yield entry, False
    else:
        yield entry.branch(1.0 - fraction.chance), False
        yield entry.branch(fraction.chance), True


def open_ways(entry: Entry, count: int, reason: str) -> list[Entry]:
    """Branches between which only something outside of the configuration decides; nothing says how often."""
    found = []
    for _ in range(count):
        branch = entry.branch(1.0 / count)
        branch.decided = False
        branch.unknown(reason)
        found.append(branch)
    return found


# Questions that were answered on the way to a result, the first asked first.
Asked = tuple[tuple[Open, bool], ...]


Ask = Callable[[Supposed, Asked], Iterable[T]]


def worlds(ask: Ask[T], supposed: Supposed, alternatives: Alternatives, asked: Asked = ()) -> Iterable[T]:
    """What is asked, under both answers to each question that stands open on it.

    Raises TooMany where more alternatives stand open than are followed.
    """
    try:
        return list(ask(supposed, asked))
    except Open as question:
        if not alternatives.left:
            raise _cut(question) from question
        alternatives.left -= 1
        return _under_both(ask, supposed, alternatives, asked, question)


def _under_both(
    ask: Ask[T], supposed: Supposed, alternatives: Alternatives, asked: Asked, question: Open
) -> Iterator[T]:
    for answer in (True, False):
        more = {**supposed, question.key: answer}
        yield from worlds(ask, more, alternatives, (*asked, (question, answer)))


def forked(
    entry: Entry, supposed: Supposed, stage: Stage, ways: Callable[[Entry, Supposed], Iterable[T]]
) -> Iterable[T]:
    """The ways on from an entry, under both answers to each question that stands open on them.

    Raises TooMany where more alternatives stand open than are followed.
    """
    log = entry.log

    def ask(supposed: Supposed, asked: Asked) -> Iterable[T]:
        entry.log = log
        return ways(_under(entry, stage, asked), supposed)

    return worlds(ask, supposed, entry.alternatives)


def _under(entry: Entry, stage: Stage, asked: Asked) -> Entry:
    """The branch of an entry on which these answers are supposed."""
    for question, answer in asked:
        entry = open_ways(entry, 2, question.reason)[0]
        entry.step(functools.partial(_supposing, stage, question, answer))
    return entry


def _supposing(stage: Stage, question: Open, answer: bool) -> Step:
    return Step(
        stage, f"supposed: {question.question if answer else f'not ({question.question})'}", question.reason
    )


def _cut(question: Open) -> TooMany:
    more = f"more than {MOST_ALTERNATIVES} alternatives are open, and the others are not followed"
    return TooMany(f"{question.reason}; {more}")
