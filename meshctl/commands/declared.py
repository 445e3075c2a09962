"""A command as data: its options, its help, and the function that its values go to.

Theory of operation. What is said here once is read twice: ``commands/as_typer.py`` makes typer's command of it, with help, completion and
complaints; ``commands/door.py`` reads a plain line with it without typer, which costs more to import than a small table takes. Either
way the values reach the same ``Command.call``. Nothing here or in what a declared command imports may import typer.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

from meshctl.sources.interface import Globals
from meshctl.values import Struct


class Entry(Struct, frozen=True):
    """A command of a table: the module whose ``app`` it is, its help line, its other names.

    declared: the module has a ``COMMAND`` (data) instead of an ``app``.
    """

    module: str
    help: str
    aliases: tuple[str, ...] = ()
    hidden: bool = False
    declared: bool = False


def named(table: Mapping[str, Entry], word: str) -> tuple[str, Entry] | None:
    """The command of a table that a word names, by its name or another one."""
    return next(((n, e) for n, e in table.items() if word == n or word in e.aliases), None)


class Kind(enum.Enum):
    """What stands behind an option's name, and what becomes of it."""

    TEXT = "one value, the last that is given: str, or None where that is the default"
    LIST = "one value each time: list of str"
    SWITCH = "nothing: bool"
    ARGUMENTS = "no option: the words that stand for themselves: list of str"


class Option(Struct, frozen=True):
    """An option of a command. The properties are what ``commands/argv.py`` asks of typer's parameters too.

    spellings: as typer takes them, a switch's opposite behind a slash; completion: the name of a function of
    ``proxy_config/complete.py``; words: the values there are, where they can be counted.
    """

    name: str
    spellings: tuple[str, ...]
    help: str = ""
    kind: Kind = Kind.TEXT
    default: Any = None
    metavar: str | None = None
    shows_default: bool = True
    completion: str = ""
    words: tuple[str, ...] = ()
    envvar: str | None = None
    hidden: bool = False

    @property
    def opts(self) -> list[str]:
        return [spelling.partition("/")[0] for spelling in self.spellings]

    @property
    def secondary_opts(self) -> list[str]:
        return [opposite for spelling in self.spellings if (opposite := spelling.partition("/")[2])]

    @property
    def is_flag(self) -> bool:
        return self.kind is Kind.SWITCH

    @property
    def param_type_name(self) -> str:
        return "argument" if self.kind is Kind.ARGUMENTS else "option"


class Command(Struct, frozen=True):
    """A command: run is called with the global options, and the value of each of its options by name."""

    name: str
    help: str
    options: tuple[Option, ...]
    run: Callable[..., int]

    @property
    def params(self) -> tuple[Option, ...]:
        return self.options

    def call(self, globals_: Globals, given: dict[str, Any]) -> int:
        return self.run(globals_, **given)
