"""``ztunnel-config service``: the services of the mesh as a ztunnel knows them."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config.options import text
from meshctl.commands.ztunnel_config import run
from meshctl.views.ztunnel import service_table, services

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show services: address, waypoint, and how many of their endpoints are healthy.

\b
  meshctl zc service -f ztunnel-config.json --service-namespace bookinfo
"""


@app.command(help=_HELP)
@run.with_source
def service(
    ctx: typer.Context,
    source: run.Source,
    output: run.OutputForm = "short",
    namespace: Annotated[
        str, text("--service-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
) -> int:
    dump = run.opened(ctx, source)
    return run.show(
        ctx, output, "services", lambda: service_table(dump, namespace), lambda: services(dump, namespace)
    )
