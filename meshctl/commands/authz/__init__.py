"""``meshctl authz``: who may call."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

COMMANDS: dict[str, Entry] = {
    "check": Entry("meshctl.commands.authz.check", "The AuthorizationPolicies that a pod's proxy enforces."),
}

app = typer.Typer(
    cls=group(COMMANDS), rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)


@app.callback(invoke_without_command=True, help="Show what decides who may call a pod.")
def authz(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
