"""Sets of texts as automata: whether some text is in all of these and in none of those, and one that is.

Theory of operation. A ``Language`` is a nondeterministic automaton without empty steps (Glushkov's construction: a state
for each character of the tree), made deterministic step by step as it is walked. A question is a walk through the product
of several, breadth first, over one character of each class that none of them tells apart; the first state that all
accept gives a shortest text. The characters that people type are tried first, so that the text reads like one. A walk
that grows over its limit raises ``TooLarge``: then nothing is concluded.
"""

from __future__ import annotations

import bisect
import functools
from collections import deque
from collections.abc import Iterable, Sequence

from meshctl.check.prove import regex
from meshctl.check.prove.regex import Alt, Chars, Node, Repeat, Seq, Span

_MOST_POSITIONS = 1500
_MOST_STATES = 4000
_NICE = "x0-/.aA_ "
_LIKED = "123456789zyvutsrqponmlkjihgfedcbw" + _NICE[::-1]  # the best last


class TooLarge(Exception):
    """Raised where a question is not answered within the limit."""


class Language:
    """A set of texts. ``of`` the tree of a regular expression."""

    __slots__ = ("_follow", "_steps", "example", "final", "initial", "spans")

    def __init__(self, tree: Node, example: str | None = None) -> None:
        """example: a text that is in it, where one is known."""
        self.example = example
        built = _Positions()
        first, last, empty = built.of(tree)
        self.spans = built.spans  # of each position
        self._follow = built.follow
        self._steps: dict[tuple[frozenset[int], int], frozenset[int]] = {}
        self.initial = frozenset({-1})  # before the first character
        self._follow[-1] = set(first)
        self.final = frozenset(last) | ({-1} if empty else frozenset())

    def step(self, state: frozenset[int], char: int) -> frozenset[int]:
        key = (state, char)
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = frozenset(
                following
                for position in state
                for following in self._follow.get(position, ())
                if any(low <= char <= high for low, high in self.spans[following])
            )
        return found

    def accepts(self, state: frozenset[int]) -> bool:
        return not self.final.isdisjoint(state)

    def holds(self, text: str) -> bool:
        """Whether a text is in it."""
        state = self.initial
        for char in text:
            state = self.step(state, ord(char))
            if not state:
                return False
        return self.accepts(state)


class _Positions:
    """Glushkov's sets: the positions a text may begin and end with, and which may follow which."""

    def __init__(self) -> None:
        self.spans: list[tuple[Span, ...]] = []
        self.follow: dict[int, set[int]] = {}

    def of(self, node: Node) -> tuple[set[int], set[int], bool]:
        match node:
            case Chars(spans):
                if len(self.spans) >= _MOST_POSITIONS:
                    raise TooLarge
                self.spans.append(spans)
                own = {len(self.spans) - 1}
                return own, own, False
            case Alt(options):
                found = [self.of(option) for option in options]
                return (
                    set().union(*(first for first, _, _ in found)),
                    set().union(*(last for _, last, _ in found)),
                    any(empty for _, _, empty in found),
                )
            case Seq(parts):
                return self.sequence(self.of(part) for part in parts)
            case Repeat():
                return self.repeated(node)

    def sequence(self, parts: Iterable[tuple[set[int], set[int], bool]]) -> tuple[set[int], set[int], bool]:
        first, last, empty = set[int](), set[int](), True
        for more_first, more_last, more_empty in parts:
            for position in last:
                self.follow.setdefault(position, set()).update(more_first)
            first = first | more_first if empty else first
            last = last | more_last if more_empty else more_last
            empty = empty and more_empty
        return first, last, empty

    def repeated(self, node: Repeat) -> tuple[set[int], set[int], bool]:
        """The part as often as it must stand, then as often as it may."""
        copies = [self.of(node.inner) for _ in range(node.least)]
        if node.most is None:
            first, last, empty = copies.pop() if copies else self.of(node.inner)
            for position in last:
                self.follow.setdefault(position, set()).update(first)
            copies.append((first, last, empty or node.least == 0))
        else:
            copies += [(*self.of(node.inner)[:2], True) for _ in range(node.most - node.least)]
        return self.sequence(copies)


@functools.lru_cache(maxsize=4096)
def of_regex(pattern: str) -> Language:
    """The texts that a pattern matches as a whole."""
    try:
        return Language(regex.parse(pattern))
    except (IndexError, ValueError) as error:
        raise regex.NotRegular(str(error)) from error


_REST = Repeat(regex.ANYTHING, 0, None)


@functools.lru_cache(maxsize=4096)
def of_text(kind: str, text: str, fold: bool = False) -> Language:
    """The texts that are, begin with, end with or contain one."""
    own = regex.literal(text, fold)
    match kind:
        case "exact":
            return Language(own, text)
        case "prefix":
            return Language(Seq((own, _REST)), text)
        case "suffix":
            return Language(Seq((_REST, own)), text)
        case "contains":
            return Language(Seq((_REST, own, _REST)), text)
        case _:
            raise regex.NotRegular(f"a match of kind {kind}")


@functools.lru_cache(maxsize=4096)
def of_tree(tree: Node, example: str | None = None) -> Language:
    """The texts of a tree that was put together."""
    return Language(tree, example)


def classes(languages: Sequence[Language]) -> list[int]:
    """One character of each class that none of the languages tells apart, those that people type first."""
    cuts = {0}
    for language in languages:
        for spans in language.spans:
            for low, high in spans:
                cuts.add(low)
                cuts.add(high + 1)
    ends = sorted(cut for cut in cuts if cut <= regex.LAST)
    found = {low: low for low in ends}
    for char in _LIKED:
        found[ends[bisect.bisect_right(ends, ord(char)) - 1]] = ord(char)
    order = {ord(char): index for index, char in enumerate(_NICE)}
    return sorted(
        set(found.values()), key=lambda char: (order.get(char, 9 if 97 <= char <= 122 else 99), char)
    )


def common(inside: Sequence[Language], outside: Sequence[Language] = ()) -> str | None:
    """A shortest text that is in all of ``inside`` and in none of ``outside``; None when there is none."""
    every = [*inside, *outside]
    count = len(inside)
    start = tuple(language.initial for language in every)
    alphabet = classes(every)
    before: dict[tuple[frozenset[int], ...], tuple[tuple[frozenset[int], ...], int] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if _accepted(every, count, state):
            return _text(before, state)
        for char in alphabet:
            following = tuple(
                language.step(own, char) if own else own for language, own in zip(every, state, strict=True)
            )
            if following in before or not all(following[:count]):
                continue
            before[following] = (state, char)
            queue.append(following)
            if len(before) > _MOST_STATES:
                raise TooLarge
    return None


def _accepted(every: Sequence[Language], count: int, state: tuple[frozenset[int], ...]) -> bool:
    accepts = [language.accepts(own) for language, own in zip(every, state, strict=True)]
    return all(accepts[:count]) and not any(accepts[count:])


def _text(
    before: dict[tuple[frozenset[int], ...], tuple[tuple[frozenset[int], ...], int] | None],
    state: tuple[frozenset[int], ...],
) -> str:
    chars: list[str] = []
    while (step := before[state]) is not None:
        state, char = step
        chars.append(chr(char))
    return "".join(reversed(chars))
