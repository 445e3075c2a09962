"""``ztunnel-config workload``: the workloads of the mesh as a ztunnel knows them."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config.options import text
from meshctl.commands.ztunnel_config import run
from meshctl.views.ztunnel import WorkloadFilter, workload_table, workloads

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show workloads: address, node, waypoint, protocol.

\b
  meshctl zc workload -f ztunnel-config.json --workload-namespace bookinfo
"""


@app.command(help=_HELP)
@run.with_source
def workload(
    ctx: typer.Context,
    source: run.Source,
    output: run.OutputForm = "short",
    address: Annotated[
        str, text("--address", help="Only the workload with this address.", metavar="IP")
    ] = "",
    namespace: Annotated[
        str, text("--workload-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
    workload_node: Annotated[str, text("--workload-node", help="Only on this node.", metavar="NAME")] = "",
) -> int:
    wanted = WorkloadFilter(namespace, workload_node, address)
    dump = run.opened(ctx, source)
    return run.show(
        ctx, output, "workloads", lambda: workload_table(dump, wanted), lambda: workloads(dump, wanted)
    )
