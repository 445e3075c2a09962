"""An xDS matcher tree as lines: the conditions on the way to each leaf, in the order they are tried."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match.matcher_tree import Action, OnMatch, Tree, parse
from meshctl.plain import Json

OTHERWISE = "otherwise"
UNREAD = Action("", {})  # where the matcher goes on with what cannot be read: it may lead anywhere


def leaves(message: Json) -> list[tuple[str, Action]]:
    """Each way to an action: its conditions joined by ``and``, and the action; a way that ends at what cannot be read says why."""
    return [(" and ".join(way) or "always", action) for way, action in _leaves(parse(message), ())]


def _leaves(tree: Tree, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Action]]:
    if tree.unknown:
        yield (*way, tree.unknown), UNREAD
        return
    for text, on_match in _branches(tree):
        yield from _follow(on_match, (*way, text))
    if tree.on_no_match is not None:
        yield from _follow(tree.on_no_match, (*way, OTHERWISE) if tree.entries or tree.asked else way)


def _follow(on_match: OnMatch, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Action]]:
    if on_match.keep_matching:
        way = (*way[:-1], f"{way[-1]} (and goes on)") if way else way
    if on_match.unknown:
        yield (*way, on_match.unknown), UNREAD
    elif on_match.tree is not None:
        yield from _leaves(on_match.tree, way)
    elif on_match.action is not None:
        yield way, on_match.action


def _branches(tree: Tree) -> Iterator[tuple[str, OnMatch]]:
    for predicate, on_match in tree.entries:
        yield predicate.text, on_match
    if tree.asked is None:
        return
    asked = tree.asked.text.replace("Input", "")
    for name, on_match in tree.branches:
        yield f"{asked} {name}", on_match
