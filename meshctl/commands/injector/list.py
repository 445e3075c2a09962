"""``injector list``: which revision injects each namespace, what its pods run with, which of them need a restart."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config.run import tell
from meshctl.errors import EXIT_OK, MeshctlError
from meshctl.reader.manifests import name_of
from meshctl.render.interface import Content, Document, Outputs
from meshctl.render.table import render
from meshctl.sources import injectors as source
from meshctl.sources.interface import Globals
from meshctl.views import injectors

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

# Two tables are no table: they have no rows in common.
OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("jsonl", "csv"))

_HELP = """Show each namespace's injector, the revisions that its pods run with, and how many need a restart; then each
injector with the namespaces that it injects and its sidecar's image.

\b
  meshctl injector list
  meshctl injector list -n bookinfo
\b
  # without a cluster
  meshctl injector list -f mesh.tar.gz
"""


@app.command(name="list", help=_HELP)
def list_(
    ctx: typer.Context,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="Manifests or a snapshot instead of a cluster."),
    ] = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "short",
) -> int:
    form = OUTPUTS.parse(output)
    options = ctx.obj or Globals()
    found = source.from_files(file, options) if file else source.from_cluster(options)
    namespaces = injectors.shown_namespaces(found.namespaces, options.istio_namespace)
    if options.namespace:
        namespaces = [one for one in namespaces if name_of(one) == options.namespace]
        if not namespaces and all(name_of(one) != options.namespace for one in found.namespaces):
            raise MeshctlError(f'namespace "{options.namespace}" does not exist', "", "Check -n.")
    hooks = injectors.injectors(found.webhooks)
    rows = injectors.rows(namespaces, found.pods, hooks)
    injected = injectors.injected(namespaces, hooks, injectors.images(found.config_maps))
    if form.content is Content.SHORT:
        tables = (injectors.namespace_table(rows, _nothing(bool(file))), injectors.hook_table(injected))
        outputs.present("\n".join(map(render, tables)), form, options.colour)
    else:
        values = {"namespaces": [_plain(row) for row in rows], "injectors": list(map(_plain, injected))}
        outputs.write(form.render(Document(values)))
    tell(found.notes)
    return EXIT_OK


def _nothing(from_files: bool) -> str:
    """Pods that were not given may be there."""
    return "<no pods given>" if from_files else "<no pods>"


def _plain(value: msgspec.Struct) -> object:
    return msgspec.to_builtins(value)
