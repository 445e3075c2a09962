"""``proxy-config ecds``: filters fetched apart from their listeners."""

import typer

from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.ecds import KIND, VIEW

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the filters that a proxy fetches apart from their listeners (WasmPlugins, mostly).

\b
  # of a pod
  meshctl -n test proxy-config ecds test-pod
\b
  # from a saved dump, in full
  meshctl pc ecds -f config_dump.json -o yaml
"""


@app.command(help=_HELP)
@options.with_source
def ecds(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
) -> int:
    return show(ctx, source, output, VIEW, None, Needs(frozenset({KIND})))
