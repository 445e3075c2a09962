"""``meshctl fleet sql 'SELECT …'``: one statement, its answer in any form."""

from __future__ import annotations

from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.fleet import options
from meshctl.errors import EXIT_OK, UsageError
from meshctl.render.interface import Content, Outputs

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
OUTPUTS = Outputs((Content.ROWS,), "table")


@app.command(
    help="""Ask the tables of docs/fleet-schema.md in SQL. A statement in a file or on standard input is named with -f.

\b
  # how many proxies send to each subset of reviews?
  meshctl fleet sql "SELECT subset, count(DISTINCT proxy) FROM routes
      WHERE host LIKE 'reviews.%' GROUP BY 1" --from fleet --date latest
\b
  # what is there?
  meshctl fleet sql "SHOW TABLES" --from fleet
"""
)
def sql(
    statement: Annotated[str | None, typer.Argument(metavar="[SQL]", help="One statement.")] = None,
    where: options.From = "",
    file: Annotated[
        str | None, typer.Option("--file", "-f", metavar="FILE", help="Read it from a file, or -.")
    ] = None,
    date: options.Date = None,
    mesh: options.Mesh = "",
    engine: options.Engine = "local",
    master: options.Master = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "table",
) -> int:
    from meshctl.fleet.views import ALL, Chosen

    form = OUTPUTS.parse(output)
    if (statement is None) == (file is None):
        raise UsageError("one statement is needed", "", "Give it as an argument, or its file with -f.")
    if file is not None:
        from meshctl.sources.file import read_text

        statement = read_text(file)
    if not (statement or "").strip(" ;\n\t"):
        raise UsageError("the statement is empty")
    with options.asked(engine, where, Chosen(date or ALL, mesh), master) as data:
        answer = data.ask((statement or "").rstrip("; \n\t"))
    outputs.show_form(form, {Content.ROWS: lambda: answer})
    return EXIT_OK
