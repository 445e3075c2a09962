"""The quick door: a plain line of ``proxy-config`` goes to its view without typer.

Theory of operation. Importing typer and making its commands costs a third of a small table. A line of a declared command
(``commands/declared.py``) is put in order by the same ``argv.normalise`` that puts it in order for typer; after that, each option
stands alone, its value behind it, and reading is taking them one by one. The door opens only where every word is known. Where one is
not, where help or a completion is asked for, where a value is missing, it says nothing, and typer reads the line from the start: so
every complaint is typer's.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from meshctl.commands.argv import find_command, normalise
from meshctl.commands.declared import Command, Entry, Kind, Option, named
from meshctl.commands.globals import GLOBALS, Globals, globals_of
from meshctl.commands.proxy_config import BEFORE_VIEW, VIEWS
from meshctl.commands.table import COMMANDS
from meshctl.values import Struct


class Plain(Struct, frozen=True):
    """A line that was understood: what ``Command.call`` is given."""

    command: Command
    globals: Globals
    given: dict[str, Any]


class _Group(Struct, frozen=True):
    """A group of commands, as far as ``argv`` asks for it."""

    name: str
    params: tuple[Option, ...]
    table: Mapping[str, Entry]

    def get_command(self, ctx: Any, word: str) -> _Group | Command | _Other | None:
        found = named(self.table, word)
        if found is None:
            return None
        name, entry = found
        if entry.declared:
            command: Command = importlib.import_module(entry.module).COMMAND
            return command
        return _GROUPS.get(name, _Other(name)) if self is _ROOT else _Other(name)


class _Other(Struct, frozen=True):
    """A command that has no quick door."""

    name: str
    params: tuple[Option, ...] = ()


_ROOT = _Group("meshctl", GLOBALS, COMMANDS)
_GROUPS = {"proxy-config": _Group("proxy-config", BEFORE_VIEW, VIEWS)}


def read(argv: Sequence[str]) -> Plain | None:
    """A line that is plainly understood; None for every other. Raises UsageError for a global option's value, as typer's way does."""
    words = list(argv)
    if os.environ.get("_MESHCTL_COMPLETE"):
        return None
    positions, command, _ = find_command(words, _ROOT)
    if not isinstance(command, Command):
        return None
    given = _values((*GLOBALS, *command.options), normalise(words, _ROOT), [words[p] for p in positions])
    if given is None:
        return None
    globals_ = globals_of(**{option.name: given.pop(option.name) for option in GLOBALS})
    return Plain(command, globals_, given)


def _values(options: tuple[Option, ...], words: list[str], names: list[str]) -> dict[str, Any] | None:
    """The value of each option; None where a word is not known. names: the words that name the command."""
    given = {option.name: _unsaid(option) for option in options}
    known = {spelling: option for option in options for spelling in (*option.opts, *option.secondary_opts)}
    rest = iter(words)
    alone: list[str] = []
    for word in rest:
        if not word.startswith("-") or word == "-":
            alone.append(word)
            continue
        option = known.get(word)
        if option is None:
            return None
        if option.kind is Kind.SWITCH:
            given[option.name] = word in option.opts
            continue
        value = next(rest, None)
        if value is None:
            return None
        given[option.name] = [*(given[option.name] or ()), value] if option.kind is Kind.LIST else value
    if alone[: len(names)] != names:  # an option in front of them lacks its value
        return None
    arguments = alone[len(names) :]
    place = next((option.name for option in options if option.kind is Kind.ARGUMENTS), None)
    if arguments and place is None:
        return None
    return given if place is None else {**given, place: arguments}


def _unsaid(option: Option) -> Any:
    """An option's value where the line does not name it."""
    said = os.environ.get(option.envvar) if option.envvar else None
    return said or option.default
