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
@run.with_source
def certificate(
    ctx: typer.Context,
    source: run.Source,
    output: run.OutputForm = "short",
) -> int:
    dump = run.opened(ctx, source)
    return run.show(
        ctx, output, "certificates", lambda: certificate_table(dump, now()), lambda: certificates(dump)
    )
