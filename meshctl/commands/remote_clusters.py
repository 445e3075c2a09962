"""``meshctl remote-clusters``: the clusters that each istiod is connected to."""

from __future__ import annotations

from typing import Annotated

import typer

from meshctl.commands import istiods, outputs
from meshctl.commands.progress import TerminalProgress
from meshctl.errors import EXIT_FAILURE, EXIT_OK, MeshctlError
from meshctl.render.interface import Content, Document, Outputs
from meshctl.sources.interface import Globals
from meshctl.sources.istiod import live_or_saved
from meshctl.views.sync import remotes

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("jsonl",))
_PAGE = "/debug/clusterz"


@app.command(
    name="remote-clusters",
    help="""Show the clusters that each istiod reads, and whether it has them all.

\b
  meshctl remote-clusters
""",
)
def remote_clusters(
    ctx: typer.Context,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A snapshot instead of a cluster."),
    ] = None,
    revision: istiods.Revision = "",
    output: Annotated[str, outputs.option(OUTPUTS)] = "short",
) -> int:
    form = OUTPUTS.parse(output)
    options = ctx.obj or Globals()
    found: list[tuple[str, ...]] = []
    with TerminalProgress() as progress:
        with live_or_saved(file or (), options, progress, revision) as istiods:
            answers = istiods.ask(_PAGE)
        for answer in answers:
            if answer.status != 200:
                raise MeshctlError(f'istiod "{answer.istiod}" answered {answer.status} to {_PAGE}')
            found += remotes.rows(answer.body, answer.istiod, answer.revision)
        if form.content is Content.SHORT:
            outputs.present(form.render(remotes.table(found)), form, options.colour)
        else:
            outputs.write(form.render(Document(remotes.document(found))))
        return EXIT_FAILURE if progress.failures else EXIT_OK
