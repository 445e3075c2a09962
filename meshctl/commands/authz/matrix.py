"""``authz matrix``: every pod as a caller, every port as a target; and what a STRICT PeerAuthentication would break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from meshctl.commands import outputs, terminal
from meshctl.commands.authz.pods import Everywhere, Files, opened, tell
from meshctl.commands.globals import Globals
from meshctl.commands.proxy_config import complete
from meshctl.envoy.notes import Notes
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError
from meshctl.plain import LAST_PORT
from meshctl.render.interface import Content, Document, Outputs

if TYPE_CHECKING:
    from meshctl.access.matrix import Cell

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.TEXT, Content.SHORT, Content.DOCUMENT), "text")

_HELP = """Show who may call whom: every pod that is given as a caller, every port of every pod with a sidecar.

\b
  meshctl authz matrix -f mesh.tar.gz
  meshctl -n test authz matrix
  # Whose calls would break, were mutual TLS required everywhere?
  meshctl authz matrix -f mesh.tar.gz --what-if strict
"""


@app.command(name="matrix", help=_HELP)
def matrix(
    ctx: typer.Context,
    pod: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[POD]...", help="Only these pods, as callers and targets.", autocompletion=complete.pods
        ),
    ] = None,
    files: Files = None,
    everywhere: Everywhere = False,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", min=1, max=LAST_PORT, help="This port only.")
    ] = None,
    what_if: Annotated[
        str | None,
        typer.Option(
            "--what-if", metavar="strict", help="Whose calls a PeerAuthentication STRICT would break."
        ),
    ] = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
) -> int:
    from meshctl.access import matrix as access
    from meshctl.render import access_text
    from meshctl.render.table import render

    form = OUTPUTS.parse(output)
    if what_if not in (None, "strict"):
        raise UsageError(f"--what-if {what_if!r} is not known", "", "The only one is strict.")
    options, notes = ctx.obj or Globals(), Notes()
    # of what was saved every pod is a caller; the namespace says whose ports are asked
    with opened(options, tuple(pod or ()), tuple(files or ()), everywhere or bool(files), notes) as (
        pods,
        failures,
    ):
        wanted = [one for one in pods if everywhere or options.namespace in (None, one.namespace)]
        if not list(access.targets(wanted)):
            raise InputError(
                "no pod with a sidecar was given", "Only their ports have policies.", "Give a snapshot or -A."
            )
        width = terminal.width()
        if what_if is not None:
            broken = list(access.breaks(pods))
            value = [access_text.break_document(one) for one in broken]
            text = access_text.broken(broken, width=width)
            offers = {
                Content.TEXT: lambda: text,
                Content.SHORT: lambda: text,
                Content.DOCUMENT: lambda: Document({"breaks": value}, items=value, kind="breaks"),
            }
        else:
            cells = list(access.cells(wanted, access.callers(pods), wanted=port))
            colour = terminal.colour(options.colour)
            offers = {
                Content.TEXT: lambda: access_text.matrix(cells, colour=colour, width=width),
                Content.SHORT: lambda: (
                    render(access_text.table(cells)) if form.name == "short" else access_text.table(cells)
                ),
                Content.DOCUMENT: lambda: _matrix_document(cells),
            }
        outputs.show_form(form, offers)
        tell(notes)
        return EXIT_FAILURE if failures else EXIT_OK


def _matrix_document(cells: list[Cell]) -> Document:
    from meshctl.render import access_text

    found = [access_text.cell_document(cell) for cell in cells]
    return Document({"cells": found}, items=found, kind="matrix")
