"""``waypoint list``: the waypoints of a namespace or of the cluster, and whether they are programmed."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config.options import AllNamespaces
from meshctl.commands.proxy_config.run import tell
from meshctl.errors import EXIT_OK
from meshctl.plain import Json
from meshctl.render.interface import Content, Document, Outputs
from meshctl.sources.interface import Globals
from meshctl.views import waypoints

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("jsonl",))
_GROUP = "/apis/gateway.networking.k8s.io/v1"


@app.command(
    name="list",
    help="""Show waypoints: revision, for which traffic, and whether they are programmed.

\b
  meshctl waypoint list -n bookinfo
  meshctl waypoint list -A
""",
)
def list_(
    ctx: typer.Context,
    all_namespaces: AllNamespaces = False,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="Manifests or a snapshot instead of a cluster."),
    ] = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "short",
) -> int:
    form = OUTPUTS.parse(output)
    options = ctx.obj or Globals()
    gateways = _saved(file, options, all_namespaces) if file else _live(options, all_namespaces)
    found = waypoints.waypoints(gateways)
    if form.content is Content.SHORT:
        table = waypoints.table(found, all_namespaces, given=bool(gateways))
        outputs.present(form.render(table), form, options.colour)
        tell(
            f"{one.name}.{one.namespace} is not programmed: {one.reason}"
            for one in found
            if one.programmed != "True" and one.reason
        )
    else:
        outputs.write(form.render(Document([msgspec.to_builtins(one) for one in found])))
    return EXIT_OK


def _live(options: Globals, all_namespaces: bool) -> list[Json]:
    from meshctl.sources.live import cluster_of

    with closing(cluster_of(options)) as cluster:
        path = f"{_GROUP}/gateways" if all_namespaces else f"{_GROUP}/namespaces/{cluster.namespace}/gateways"
        return cluster.items(path, what="gateways of the Gateway API")


def _saved(files: list[str], options: Globals, all_namespaces: bool) -> list[Json]:
    from meshctl.plain import namespace_of
    from meshctl.sources.file import open_given

    given = open_given(files, options.namespace)
    found = [*(given.objects("k8s-gateways") or []), *(given.objects("gateways") or [])]
    namespace = None if all_namespaces else options.namespace or "default"
    return [one for one in found if namespace in (None, namespace_of(one))]
