"""Branches of a chance, and of what is not known."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from meshctl.match.fraction import Fraction
from meshctl.match.supposing import Open, Supposed, TooMany
from meshctl.proxy.entry import MOST_ALTERNATIVES, Entry
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


def forked(
    entry: Entry, supposed: Supposed, stage: Stage, ways: Callable[[Entry, Supposed], Iterable[T]]
) -> Iterable[T]:
    """The ways on from an entry, under both answers to each question that stands open on them.

    Raises TooMany where more alternatives stand open than are followed.
    """
    log = entry.log
    try:
        return list(ways(entry, supposed))
    except Open as question:
        if not entry.alternatives.left:
            raise _cut(question) from question
        entry.alternatives.left -= 1
        entry.log = log
        return _under_both(entry, supposed, stage, ways, question)


def _under_both(
    entry: Entry,
    supposed: Supposed,
    stage: Stage,
    ways: Callable[[Entry, Supposed], Iterable[T]],
    question: Open,
) -> Iterator[T]:
    for branch, answer in zip(open_ways(entry, 2, question.reason), (True, False), strict=True):
        branch.step(functools.partial(_supposing, stage, question, answer))
        yield from forked(branch, {**supposed, question.key: answer}, stage, ways)


def _supposing(stage: Stage, question: Open, answer: bool) -> Step:
    return Step(
        stage, f"supposed: {question.question if answer else f'not ({question.question})'}", question.reason
    )


def _cut(question: Open) -> TooMany:
    more = f"more than {MOST_ALTERNATIVES} alternatives are open, and the others are not followed"
    return TooMany(f"{question.reason}; {more}")
