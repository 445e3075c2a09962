"""The root command as typer knows it: the global options, and the table of commands, each imported only when it is called."""

from __future__ import annotations

import os
from typing import Any

import typer

from meshctl.commands import as_typer
from meshctl.commands.argv import normalise
from meshctl.commands.declared import Kind, Option
from meshctl.commands.globals import GLOBALS, globals_of
from meshctl.commands.lazy import group
from meshctl.commands.table import COMMANDS
from meshctl.errors import EXIT_OK, EXIT_USAGE, UsageError

_EXAMPLES = """\
Why does my request go there, and not where I meant?

\b
  # What does the pod's Envoy listen on, and where does each listener lead?
  meshctl -n test proxy-config listener test-pod --port 15001
\b
  # The same from a dump that a colleague sent; no cluster is touched
  meshctl proxy-config route -f config_dump.json --name 80
\b
  # One cluster in full, and its endpoints
  meshctl -n test pc cluster test-pod --fqdn nginx.test.svc.cluster.local \\
      -o yaml
  meshctl pc endpoint test-pod \\
      --cluster "outbound|80||nginx.test.svc.cluster.local"
\b
  # Follow a request: iptables, listener, route, cluster, endpoint, the peer
  # pod
  meshctl -n test trace test-pod http://nginx.test/
\b
  # What do the pod's iptables rules capture?
  meshctl -n test capture show test-pod
"""


app = typer.Typer(
    cls=group(COMMANDS),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_VERSION = Option("version", ("--version",), "Print meshctl's version.", Kind.SWITCH, False)


def _root(ctx: typer.Context, version: bool, **given: Any) -> None:
    ctx.obj = globals_of(**given)
    if version:
        from meshctl import __version__

        typer.echo(f"meshctl {__version__}")
        raise typer.Exit(EXIT_OK)
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


app.callback(invoke_without_command=True, help=_EXAMPLES)(as_typer.with_options(_root, (*GLOBALS, _VERSION)))


def dispatch(argv: list[str]) -> int:
    """Run a command line; the exit code."""
    command: Any = typer.main.get_command(app)
    asked = os.environ.get("_MESHCTL_COMPLETE")
    if asked:  # the shell asks for completions of the words typed so far
        from meshctl.commands import completing

        completing.run(command, asked)
        return EXIT_OK
    try:
        result = command.main(normalise(argv, command), prog_name="meshctl", standalone_mode=False)
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # typer's own answer to it is exit code 1
            raise leaving.__context__ from None
        raise
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.ctx.get_help())  # type: ignore[attr-defined]
            return EXIT_OK
        usage = _usage_error(error)
        if usage is None:
            raise
        raise usage from error
    return result if isinstance(result, int) else EXIT_OK


def _usage_error(error: Exception) -> UsageError | None:
    """typer's own complaint about the command line, in our form; None for any other error."""
    if type(error).__name__ == "Abort":
        raise KeyboardInterrupt from error
    format_message = getattr(error, "format_message", None)
    if format_message is None or getattr(error, "exit_code", None) != EXIT_USAGE:
        return None
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "meshctl")
    text = str(format_message()).rstrip(".")
    return UsageError(text, _did_you_mean(text, context), f"Run `{path} --help` for usage.")


def _did_you_mean(text: str, context: Any) -> str:
    """The command whose name is nearest to one that does not exist, as a question; else nothing."""
    import difflib

    word = text.removeprefix("No such command '").removesuffix("'")
    group = getattr(context, "command", None)
    if word == text or group is None or not hasattr(group, "list_commands"):
        return ""
    near = difflib.get_close_matches(word, group.list_commands(context), n=1)
    return f"Did you mean {near[0]}?" if near else ""
