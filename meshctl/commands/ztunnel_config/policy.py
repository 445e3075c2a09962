"""``ztunnel-config policy``: the authorization policies that a ztunnel enforces."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config.options import text
from meshctl.commands.ztunnel_config import run
from meshctl.views.ztunnel import policies, policy_table

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show authorization policies: action and scope.

\b
  meshctl zc policy -f ztunnel-config.json --policy-namespace bookinfo
"""


@app.command(help=_HELP)
def policy(
    ctx: typer.Context,
    pod: run.Pod = None,
    file: run.File = "",
    output: run.OutputForm = "short",
    node: run.Node = "",
    admin_port: run.AdminPort = "15000",
    namespace: Annotated[
        str, text("--policy-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
) -> int:
    dump = run.opened(ctx, pod, file, node, admin_port)
    return run.show(
        ctx, output, "policies", lambda: policy_table(dump, namespace), lambda: policies(dump, namespace)
    )
