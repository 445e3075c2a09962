"""``proxy-config route``: route tables."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config import complete, options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.routes import KIND, VIEW, RouteFilter

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the route tables of a proxy: virtual hosts, matches, virtual services.

\b
  # the routes for port 80 of a pod
  meshctl -n test proxy-config route test-pod --name 80
\b
  # from a saved dump: headers, weights, redirects, rewrites, timeouts
  meshctl pc route -f config_dump.json --name 9080 -o wide
"""


@app.command(help=_HELP)
@options.with_source
def route(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
    name: Annotated[
        str, options.text("--name", help="Only the route table of this name.", completion=complete.routes)
    ] = "",
    verbose: options.Verbose = True,
) -> int:
    return show(ctx, source, output, VIEW, RouteFilter(name, verbose), Needs(frozenset({KIND})))
