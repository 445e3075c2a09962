"""``proxy-config endpoint``: the hosts of each cluster."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config import complete, options
from meshctl.commands.proxy_config.run import show
from meshctl.envoy.documents import DocumentKind
from meshctl.sources import Needs
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.endpoints import VIEW

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the hosts that each cluster of a proxy uses, and their health.

\b
  # the hosts of one cluster
  meshctl -n test proxy-config endpoint test-pod \\
      --cluster "outbound|80||nginx.test.svc.cluster.local"
\b
  # from a saved answer of Envoy: health from every source, locality,
  # priority, weight
  meshctl pc endpoint -f clusters.json --status unhealthy -o wide
"""


@app.command(help=_HELP)
@options.with_source
def endpoint(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
    address: Annotated[str, options.text("--address", help="Only this address, without its port.")] = "",
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
    needs = Needs(documents=frozenset({DocumentKind.CLUSTERS}))
    return show(ctx, source, output, VIEW, wanted, needs)
