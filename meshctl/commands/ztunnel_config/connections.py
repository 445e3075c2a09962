"""``ztunnel-config connections``: the connections that a ztunnel holds open, by workload."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config.options import text
from meshctl.commands.ztunnel_config import run
from meshctl.views import ztunnel

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show open connections: direction, both ends, and what was asked for.

\b
  meshctl zc connections -f ztunnel-config.json --direction outbound
"""


@app.command(help=_HELP)
@run.with_source
def connections(
    ctx: typer.Context,
    source: run.Source,
    output: run.OutputForm = "short",
    direction: Annotated[str, text("--direction", help="inbound or outbound.", metavar="WAY")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="Addresses, not names.", show_default=False)] = False,
    namespace: Annotated[
        str, text("--workload-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
) -> int:
    wanted = ztunnel.ConnectionFilter(namespace, direction, raw)
    dump = run.opened(ctx, source)
    return run.show(
        ctx,
        output,
        "workloadState",
        lambda: ztunnel.connection_table(dump, wanted),
        lambda: ztunnel.connections(dump, wanted),
    )
