"""``proxy-config secret``: certificates and trust bundles."""

import typer

from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.clock import now
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.secrets import KIND, VIEW, SecretFilter

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the certificates and trust bundles of a proxy. Private keys are never shown.

\b
  # is the pod's certificate valid?
  meshctl -n test proxy-config secret test-pod
\b
  # from a saved dump: how long it is still valid, whose it is
  meshctl pc secret -f config_dump.json -o wide
"""


@app.command(help=_HELP)
@options.with_source
def secret(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
) -> int:
    return show(ctx, source, output, VIEW, SecretFilter(now()), Needs(frozenset({KIND})))
