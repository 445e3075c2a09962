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
def workload(
    ctx: typer.Context,
    pod: run.Pod = None,
    file: run.File = "",
    output: run.OutputForm = "short",
    node: run.Node = "",
    admin_port: run.AdminPort = "15000",
    address: Annotated[
        str, text("--address", help="Only the workload with this address.", metavar="IP")
    ] = "",
    namespace: Annotated[
        str, text("--workload-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
    workload_node: Annotated[str, text("--workload-node", help="Only on this node.", metavar="NAME")] = "",
) -> int:
    wanted = WorkloadFilter(namespace, workload_node, address)
    dump = run.opened(ctx, pod, file, node, admin_port)
    return run.show(
        ctx, output, "workloads", lambda: workload_table(dump, wanted), lambda: workloads(dump, wanted)
    )
