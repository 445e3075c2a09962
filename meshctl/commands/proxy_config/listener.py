"""``proxy-config listener``: where the proxy listens."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config import complete, options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.listeners import KIND, VIEW, ListenerFilter

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the listeners of a proxy, and where each filter chain leads.

\b
  # who gets the traffic to 10.102.168.134:80?
  meshctl -n test proxy-config listener test-pod --address 10.102.168.134 \\
      --port 80
\b
  # from a saved dump: every criterion in evaluation order, warming and
  # rejected listeners too
  meshctl pc listener -f config_dump.json --port 15006 -o wide
"""


@app.command(help=_HELP)
@options.with_source
def listener(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
    address: Annotated[
        str,
        options.text("--address", help="Only this address.", completion=complete.listener_addresses),
    ] = "",
    port: Annotated[
        str,
        options.text("--port", help="Only this port.", metavar="NUMBER", completion=complete.listener_ports),
    ] = "0",
    type_: Annotated[
        str,
        options.text("--type", help="Only HTTP, TCP or HTTP+TCP.", completion=complete.listener_types),
    ] = "",
    verbose: options.Verbose = True,
    waypoint: Annotated[
        bool, typer.Option("--waypoint", help="The matcher tree's way to each chain.", hidden=True)
    ] = False,
) -> int:
    wanted = ListenerFilter(address, options.go_integer(port), type_, verbose)
    needs = Needs(frozenset({KIND}))
    if waypoint:
        from meshctl.views.waypoint import VIEW as WAYPOINT_VIEW

        return show(ctx, source, "short", WAYPOINT_VIEW, wanted, needs)
    return show(ctx, source, output, VIEW, wanted, needs)
