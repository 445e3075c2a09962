"""Groups of commands that know their commands' names and help lines without importing them."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from meshctl.commands.declared import Entry, named

__all__ = ["Entry", "LazyGroup", "command", "group"]


class LazyGroup(TyperGroup):
    """A group over a table of commands, each imported when it is called. See ``group``."""

    table: ClassVar[Mapping[str, Entry]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, entry in self.table.items() if not entry.hidden]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = named(self.table, cmd_name)
        return command(*found) if found else None

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
def command(name: str, entry: Entry) -> Any:
    """A command of a table, imported."""
    module = importlib.import_module(entry.module)
    if entry.declared:
        from meshctl.commands import as_typer

        app = as_typer.app(module.COMMAND)
    else:
        app = module.app
    found: Any = typer.main.get_command(app)
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
