"""``proxy-config bootstrap``: how the proxy was started."""

import typer

from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.bootstrap import KIND, VIEW

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show how a proxy was started, and its versions.

\b
  # the whole bootstrap of a pod; only the versions
  meshctl -n test proxy-config bootstrap test-pod
  meshctl -n test pc bootstrap test-pod -o short
\b
  # from a saved dump
  meshctl pc bootstrap -f config_dump.json -o yaml
"""


@app.command(help=_HELP)
@options.with_source
def bootstrap(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "json",
) -> int:
    return show(ctx, source, output, VIEW, None, Needs(frozenset({KIND})))
