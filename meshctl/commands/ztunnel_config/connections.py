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
def connections(
    ctx: typer.Context,
    pod: run.Pod = None,
    file: run.File = "",
    output: run.OutputForm = "short",
    node: run.Node = "",
    admin_port: run.AdminPort = "15000",
    direction: Annotated[str, text("--direction", help="inbound or outbound.", metavar="WAY")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="Addresses, not names.", show_default=False)] = False,
    namespace: Annotated[
        str, text("--workload-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
) -> int:
    wanted = ztunnel.ConnectionFilter(namespace, direction, raw)
    dump = run.opened(ctx, pod, file, node, admin_port)
    return run.show(
        ctx,
        output,
        "workloadState",
        lambda: ztunnel.connection_table(dump, wanted),
        lambda: ztunnel.connections(dump, wanted),
    )
