"""Groups of commands that know their commands' names and help lines without importing them."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup


class Entry(NamedTuple):
    """A command of a table: the module whose ``app`` it is, its help line, its other names."""

    module: str
    help: str
    aliases: tuple[str, ...] = ()
    hidden: bool = False


class LazyGroup(TyperGroup):
    """A group over a table of commands, each imported when it is called. See ``group``."""

    table: ClassVar[Mapping[str, Entry]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, entry in self.table.items() if not entry.hidden]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = ((n, e.module) for n, e in self.table.items() if cmd_name == n or cmd_name in e.aliases)
        name, module = next(found, ("", ""))
        return command(name, module) if module else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [
            (", ".join((name, *entry.aliases)), entry.help)
            for name, entry in self.table.items()
            if not entry.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def group(entries: Mapping[str, Entry], default: str | None = None) -> type[LazyGroup]:
    """The class of a group over a table. default: the command that is meant where none is named."""

    class Group(LazyGroup):
        table = entries
        default_command = default

    return Group


@functools.cache  # the command line is read twice: to put it in order, and to run it
def command(name: str, module: str) -> Any:
    """A command of a table, imported."""
    found: Any = typer.main.get_command(importlib.import_module(module).app)
    found.name = name
    return found
