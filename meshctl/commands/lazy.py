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
    if not isinstance(found, LazyGroup):
        found.format_options = functools.partial(_options, found)
        found.epilog = found.epilog or _EPILOG
    return found


_EPILOG = "Flags of every command (see `meshctl --help`): -n, --context, -c, --color and more."


def _options(command: Any, ctx: Any, formatter: Any) -> None:
    """The options in their groups (``rich_help_panel``), in the order in which the groups first appear."""
    groups: dict[str, list[tuple[str, str]]] = {}
    arguments: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        row = parameter.get_help_record(ctx)
        if row is None:
            continue
        if parameter.param_type_name == "argument":
            arguments.append(row)
        else:
            groups.setdefault(getattr(parameter, "rich_help_panel", None) or "Options", []).append(row)
    if arguments:
        with formatter.section("Arguments"):
            formatter.write_dl(arguments)
    rest = groups.pop("Options", [])
    for title, rows in (*groups.items(), ("Options", rest)):
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)
