"""``ztunnel-config all``: every section one after another, or the dump as it came."""

from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config.clock import now
from meshctl.commands.ztunnel_config import run
from meshctl.errors import EXIT_OK
from meshctl.render.interface import Content, Document, Outputs
from meshctl.render.table import render
from meshctl.views.ztunnel import PARTS

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

# Several tables are no table: they have no rows in common.
OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("jsonl", "csv"))

_HELP = """Show all that a ztunnel knows; as JSON or YAML the dump as it came.

\b
  meshctl zc all -f ztunnel-config.json
"""


@app.command(name="all", help=_HELP)
@run.with_source
def everything(
    ctx: typer.Context,
    source: run.Source,
    output: Annotated[str, outputs.option(OUTPUTS)] = "short",
    with_headers: Annotated[
        bool, typer.Option("--with-headers", help="A title before each section.", show_default=False)
    ] = False,
) -> int:
    form = OUTPUTS.parse(output)
    dump = run.opened(ctx, source)
    if form.content is Content.SHORT:
        title = "------ {} INFO ------\n\n" if with_headers else ""
        parts = [title.format(part.title) + render(part.table(dump, now())) for part in PARTS]
        run.write(ctx, form, "".join(f"\n{part}" for part in parts))
    elif form.name == "json":
        run.write(ctx, form, form.render(Document(dump.whole)))
    else:
        run.write(ctx, form, form.render(run.document(dump.whole)))
    return EXIT_OK
