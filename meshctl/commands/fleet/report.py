"""``meshctl fleet report``: a fleet on one page."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.fleet import options
from meshctl.errors import EXIT_OK, MeshctlError

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    help="""One self-contained HTML page: counts, versions, sizes, certificates, findings, drift; to mail or to print.

\b
  meshctl fleet report --from fleet > fleet.html
"""
)
def report(
    where: options.From = "",
    mesh: options.Mesh = "",
    engine: options.Engine = "local",
    master: options.Master = None,
    file: Annotated[
        str | None, typer.Option("--file", "-f", metavar="FILE", help="Write the page there.")
    ] = None,
) -> int:
    options.require(engine)
    from meshctl.fleet.report import history, page
    from meshctl.fleet.views import ALL, LATEST, Chosen
    from meshctl.render.fleet_html import render

    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    with options.asked(engine, where, Chosen(ALL, mesh), master) as everything:
        charts = history(everything)
    with options.asked(engine, where, Chosen(LATEST, mesh), master) as latest:
        text = render(page(latest, charts, where, now))
    if file is None:
        outputs.write(text)
        return EXIT_OK
    try:
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise MeshctlError(f"{file} cannot be written: {error.strerror or error}") from error
    return EXIT_OK
