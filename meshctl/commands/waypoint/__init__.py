"""``meshctl waypoint``: the waypoints of an ambient mesh."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

COMMANDS: dict[str, Entry] = {
    "list": Entry("meshctl.commands.waypoint.list", "The waypoints that there are.")
}

app = typer.Typer(
    cls=group(COMMANDS), rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)


@app.callback(
    invoke_without_command=True,
    help="""Show the waypoints of an ambient mesh.

\b
  meshctl waypoint list -A
""",
)
def waypoint(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
