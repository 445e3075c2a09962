"""``ztunnel-config certificate``: the certificates that a ztunnel holds for its workloads."""

import typer

from meshctl.commands.proxy_config.clock import now
from meshctl.commands.ztunnel_config import run
from meshctl.views.ztunnel import certificate_table, certificates

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show certificates: whose, in which state, valid from when until when.

\b
  meshctl zc certificate --node ambient-worker
"""


@app.command(help=_HELP)
def certificate(
    ctx: typer.Context,
    pod: run.Pod = None,
    file: run.File = "",
    output: run.OutputForm = "short",
    node: run.Node = "",
    admin_port: run.AdminPort = "15000",
) -> int:
    dump = run.opened(ctx, pod, file, node, admin_port)
    return run.show(
        ctx, output, "certificates", lambda: certificate_table(dump, now()), lambda: certificates(dump)
    )
