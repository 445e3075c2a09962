"""``ztunnel-config log``: the log level of a ztunnel, or of all, shown and set. Live only: a dump has none."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

import typer

from meshctl.commands.outputs import write
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config.options import text
from meshctl.commands.proxy_config.source import admin_port as port_number
from meshctl.commands.ztunnel_config import run
from meshctl.errors import EXIT_FAILURE, EXIT_OK, UsageError
from meshctl.sources.interface import Globals
from meshctl.sources.ztunnel import logging

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

LEVELS = ("trace", "debug", "info", "warn", "error", "off")
# istioctl's words for Envoy's levels, which ztunnel has other ones for.
_ALIASES = {"warning": "warn", "critical": "error", "none": "off"}

_HELP = """Show the log level of ztunnels, or set it.

\b
  # of all ztunnels; of one node's
  meshctl zc log
  meshctl zc log --node ambient-worker
\b
  # one module talks, the others as before; back to what it was started with
  meshctl zc log --level access:debug,info
  meshctl zc log -r
"""


@app.command(help=_HELP)
def log(
    ctx: typer.Context,
    pod: run.Pod = None,
    node: run.Node = "",
    level: Annotated[
        str, text("--level", help="[MODULE:]LEVEL,…; a bare level sets all modules.", metavar="LEVELS")
    ] = "",
    reset: Annotated[
        bool,
        typer.Option("--reset", "-r", help="Back to the level that it was started with.", show_default=False),
    ] = False,
    admin_port: run.AdminPort = "15000",
    file: Annotated[str, typer.Option("--file", "-f", hidden=True)] = "",
    output: Annotated[str, typer.Option("--output", "-o", hidden=True)] = "short",
) -> int:
    if file:
        raise UsageError("a saved dump has no log levels", "", "Leave -f out: a ztunnel that runs is asked.")
    if output != "short":
        raise UsageError("--output is not applicable for this command")
    if reset and level:
        raise UsageError("--level cannot be combined with --reset")
    words = "reset=true" if reset else _words(level)
    with TerminalProgress() as progress:
        port = port_number(admin_port)
        for name, answer in logging(ctx.obj or Globals(), pod or "", node, port, words, progress):
            write(f"{name}:\n{answer.rstrip()}\n\n")
        return EXIT_FAILURE if progress.failures else EXIT_OK


def _words(level: str) -> str:
    """The request's query. Raises UsageError for a level that ztunnel does not have."""
    parts = []
    for item in filter(None, level.split(",")):
        module, _, named = item.rpartition(":") if "::" not in item else _of_module(item)
        found = _ALIASES.get(named, named)
        if found not in LEVELS:
            raise UsageError(f"unrecognized logging level: {named}", "", f"Use one of {', '.join(LEVELS)}.")
        parts.append(f"{module}:{found}" if module else found)
    return f"level={quote(','.join(parts), safe=':,')}" if parts else ""


def _of_module(item: str) -> tuple[str, str, str]:
    """``ztunnel::state:debug``: the level stands behind the last single colon."""
    match = re.fullmatch(r"(.*[^:]):([^:]+)", item)
    return (match[1], ":", match[2]) if match else ("", "", item)
