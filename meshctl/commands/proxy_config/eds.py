"""``proxy-config eds``: endpoints as the control plane gave them."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config import complete, options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.eds import KIND, VIEW
from meshctl.views.endpoint_filter import EndpointFilter

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the endpoints that the control plane gave to a proxy.

\b
  # the endpoints of one cluster of a pod
  meshctl -n test proxy-config eds test-pod \\
      --cluster "outbound|80||nginx.test.svc.cluster.local"
\b
  # from a dump saved with /config_dump?include_eds
  meshctl pc eds -f config_dump.json --address 10.244.0.73:80 -o json
"""


@app.command(help=_HELP)
@options.with_source
def eds(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
    address: Annotated[str, options.text("--address", help="Only this ip:port.")] = "",
    port: options.Port = "0",
    cluster: Annotated[
        str,
        options.text("--cluster", help="Only this cluster's.", completion=complete.endpoint_clusters),
    ] = "",
    status: Annotated[
        str, options.text("--status", help="Only with this health.", completion=complete.statuses)
    ] = "",
) -> int:
    wanted = EndpointFilter(address, options.go_integer(port), cluster, status)
    return show(ctx, source, output, VIEW, wanted, Needs(frozenset({KIND})))
