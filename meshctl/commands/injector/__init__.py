"""``meshctl injector``: the injectors of the mesh, and the sidecars that they made."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

COMMANDS: dict[str, Entry] = {
    "list": Entry("meshctl.commands.injector.list", "Namespaces, their injectors, their pods' sidecars."),
}

app = typer.Typer(
    cls=group(COMMANDS), rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)


@app.callback(
    invoke_without_command=True,
    help="""Show the injectors of the mesh, and the sidecars that they made.

\b
  meshctl injector list
""",
)
def injector(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
