"""``meshctl fleet shell``: one statement after the other, each ended by a semicolon."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.fleet import options
from meshctl.commands.fleet.sql import OUTPUTS
from meshctl.errors import EXIT_FAILURE, EXIT_OK, MeshctlError
from meshctl.render.interface import Content

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
_WELCOME = (
    "SQL, ended by ; — .tables, .columns TABLE, .ask QUESTION, .quit. docs/fleet-schema.md has the tables.\n"
)


@app.command(
    help="""Ask in SQL, one statement after the other; standard input may be a script.

\b
  meshctl fleet shell --from fleet --date latest
"""
)
def shell(
    where: options.From = "",
    date: options.Date = None,
    mesh: options.Mesh = "",
    engine: options.Engine = "local",
    master: options.Master = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "table",
) -> int:
    from meshctl.fleet.views import ALL, Chosen

    form = OUTPUTS.parse(output)
    with options.asked(engine, where, Chosen(date or ALL, mesh), master) as asked:
        return _statements(asked, lambda table: outputs.show_form(form, {Content.ROWS: lambda: table}))


def _statements(asked: options.Asked, show: Callable[[object], None]) -> int:
    """Answer statements until there are no more; the exit code."""
    interactive = sys.stdin.isatty()
    if interactive:
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - makes lines editable

        sys.stderr.write(_WELCOME)
    failures = 0
    pending = ""
    while True:
        try:
            line = input("fleet> " if not pending else "   ... ") if interactive else _line()
        except EOFError:
            break
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            pending = ""
            continue
        pending = f"{pending}\n{line}" if pending else line
        if not pending.strip():
            pending = ""
            continue
        if not pending.lstrip().startswith(".") and not pending.rstrip().endswith(";"):
            continue
        statement, pending = pending.strip().rstrip(";"), ""
        if statement in (".quit", ".exit"):
            break
        failures += not _answered(statement, asked, show)
    if pending.strip():
        failures += not _answered(pending, asked, show)
    return EXIT_FAILURE if failures and not interactive else EXIT_OK


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _answered(statement: str, asked: options.Asked, show: Callable[[object], None]) -> bool:
    """Answer one statement or command; whether that went well."""
    try:
        if statement.startswith("."):
            show(asked.ask(_command(statement)))
        else:
            show(asked.ask(statement))
    except MeshctlError as error:
        sys.stderr.write("\n".join(error.lines()) + "\n")
        return False
    return True


def _command(text: str) -> str:
    """The SQL that a command with a dot stands for."""
    from meshctl.errors import UsageError
    from meshctl.fleet.questions import named, questions
    from meshctl.fleet.schema import BY_NAME

    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word == ".tables":
        return "SHOW TABLES"
    if word == ".columns" and rest in BY_NAME:
        return f"DESCRIBE {rest}"
    if word == ".ask":
        known = questions()
        if rest in known and not named(known[rest].sql):
            return known[rest].sql
        raise UsageError(f"{rest!r} is no question without values", "", "`meshctl fleet ask` has them all.")
    raise UsageError(f"{text!r} is no command", "", ".tables, .columns TABLE, .ask QUESTION or .quit")
