"""What becomes of each action of a matcher tree: values of its inputs that lead there, or that none do.

Theory of operation. A tree asks for a few inputs, and of each it tells a few values apart: the keys of its maps, the edges
of its ranges, the texts of its conditions. So a finite number of cases shows everything: of each input those values, one
that nothing names, and none. The real tree is asked for each of them. On the way to an action every map leaves only the
values that lead further, so the cases of one action are few. Cases that no connection or request can have are tried like
others: an action may be called alive that is not, never dead. What a regex, CEL or a filter's own matcher tells apart is
not known here: then what no case reaches stays open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from meshctl.check.prove.routes import Fate
from meshctl.envoy.message import Undecidable
from meshctl.match.matcher_predicates import Input
from meshctl.match.matcher_tree import Action, Decision, OnMatch, Tree
from meshctl.values import Struct

_MOST = 20000
_UNNAMED = ("~unnamed", "")  # texts that nothing names
_Key = tuple[str, str]
_Case = Mapping[_Key, str | None]


class Leaf(Struct, frozen=True):
    """An action with its fate; case: inputs and values that lead to it, in words."""

    action: Action
    fate: Fate
    case: str = ""


class _Step(Struct, frozen=True):
    """One map on the way to an action: what it asks, and the branch that has to be taken."""

    node: Tree
    branch: OnMatch

    def leads_on(self, value: str | None) -> bool:
        if value is None or self.node.candidates is None:
            return False
        return any(on_match is self.branch for _, on_match in self.node.candidates(value))


def _key(asked: Input) -> _Key:
    return asked.type_name, repr(sorted(asked.fields.items()))


def leaves(tree: Tree) -> list[Leaf]:
    """The fate of every action of a tree, in the order of the configuration."""
    space = _Space()
    space.add(tree)
    return [_fate(tree, action, way, space) for action, way in _actions(tree, ())]


class _Space:
    """Of every input the values that are told apart; whole: whether that is all."""

    def __init__(self) -> None:
        self.values: dict[_Key, dict[str | None, None]] = {}
        self.words: dict[_Key, str] = {}
        self.whole = True

    def add(self, tree: Tree) -> None:
        self.whole = self.whole and not tree.unknown
        if tree.asked is not None:
            self._ask(tree.asked, tree.samples)
        for predicate, _ in tree.entries:
            self.whole = self.whole and predicate.samples is not None
            for asked, samples in predicate.samples or ():
                self._ask(asked, samples)
        for on_match in tree.followers():
            self.whole = self.whole and not on_match.unknown
            if on_match.tree is not None:
                self.add(on_match.tree)

    def _ask(self, asked: Input, samples: tuple[str, ...]) -> None:
        known = self.values.setdefault(_key(asked), dict.fromkeys((*_UNNAMED, None)))
        known.update(dict.fromkeys(samples))
        self.words[_key(asked)] = asked.text


def _actions(tree: Tree, way: tuple[_Step, ...]) -> Iterator[tuple[Action, tuple[_Step, ...]]]:
    """Every action, with the maps on the way to it; those behind ``keep_matching`` end nothing."""
    mapped = {id(one) for _, one in tree.branches}
    for on_match in tree.followers():
        further = (*way, _Step(tree, on_match)) if id(on_match) in mapped else way
        if on_match.keep_matching:
            continue
        if on_match.tree is not None:
            yield from _actions(on_match.tree, further)
        elif on_match.action is not None:
            yield on_match.action, further


def _fate(tree: Tree, action: Action, way: tuple[_Step, ...], space: _Space) -> Leaf:
    options: dict[_Key, list[str | None]] = {key: list(values) for key, values in space.values.items()}
    for step in way:
        if step.node.asked is not None:
            key = _key(step.node.asked)
            options[key] = [value for value in options[key] if step.leads_on(value)]
    doubt = not space.whole
    for count, values in enumerate(itertools.product(*options.values())):
        if count >= _MOST:
            return Leaf(action, Fate.OPEN)
        case = dict(zip(options, values, strict=True))
        try:
            found = _evaluated(tree, case)
        except Undecidable:
            doubt = True
            continue
        if found is action:
            return Leaf(action, Fate.ALIVE, _told(case, space))
    return Leaf(action, Fate.OPEN if doubt else Fate.SHADOWED)


def _evaluated(tree: Tree, case: _Case) -> Action | None:
    def inputs(type_name: str, fields: dict[str, object]) -> str | None:
        return case.get(_key(Input(type_name, fields)))

    return tree.evaluate(inputs, Decision())


def _told(case: _Case, space: _Space) -> str:
    return ", ".join(f"{space.words[key]} {value!r}" for key, value in case.items() if value is not None)
