"""``meshctl authz``: who may call."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

COMMANDS: dict[str, Entry] = {
    "show": Entry("meshctl.commands.authz.show", "Who may call a pod, port by port, in words."),
    "check": Entry(
        "meshctl.commands.authz.check", "The policies that a pod's proxy enforces; or one call, evaluated."
    ),
    "matrix": Entry("meshctl.commands.authz.matrix", "Every pod as a caller, every port as a target."),
}

app = typer.Typer(
    cls=group(COMMANDS, default="show"),  # words that are no sub-command are a pod
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True, help="Show what decides who may call a pod.")
def authz(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
