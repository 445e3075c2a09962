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
@run.with_source
def policy(
    ctx: typer.Context,
    source: run.Source,
    output: run.OutputForm = "short",
    namespace: Annotated[
        str, text("--policy-namespace", help="Only of this namespace.", metavar="NAME")
    ] = "",
) -> int:
    dump = run.opened(ctx, source)
    return run.show(
        ctx, output, "policies", lambda: policy_table(dump, namespace), lambda: policies(dump, namespace)
    )
