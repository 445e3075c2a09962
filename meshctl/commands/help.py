"""``meshctl help [COMMAND…]``: the same as ``meshctl COMMAND --help``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from meshctl.errors import UsageError

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def _words(ctx: typer.Context, args: list[str], incomplete: str) -> list[str]:
    """The commands that go on from the words so far."""
    found: Any = ctx.find_root().command
    for word in args or []:
        found = found.get_command(ctx, word) if hasattr(found, "get_command") else None
    names = found.list_commands(ctx) if hasattr(found, "list_commands") else []
    return [name for name in names if name.startswith(incomplete)]


@app.command(
    help="""Show the help of a command.

\b
  # What can be asked of a listener table?
  meshctl help proxy-config listener
"""
)
def help(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND]...", help="The command's words.", autocompletion=_words),
    ] = None,
) -> None:
    here: Any = ctx.find_root()
    for word in words or []:
        command = here.command.get_command(here, word) if hasattr(here.command, "get_command") else None
        if command is None:
            raise UsageError(
                f"there is no command {' '.join(words or [])!r}",
                "",
                "Run `meshctl --help` for those there are.",
            )
        here = type(here)(command, info_name=word, parent=here)
    typer.echo(here.get_help())
