"""``proxy-config cluster``: upstreams."""

from typing import Annotated

import typer

from meshctl.commands.proxy_config import complete, options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.clusters import KIND, VIEW, ClusterFilter

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show the clusters (upstreams) of a proxy.

\b
  # all clusters of a pod; one in full
  meshctl -n test proxy-config cluster test-pod
  meshctl -n test pc c test-pod \\
      --fqdn "outbound|80||nginx.test.svc.cluster.local" -o yaml
\b
  # from a saved dump: circuit breakers, TLS and load balancing of one service
  meshctl pc cluster -f config_dump.json \\
      --fqdn reviews.default.svc.cluster.local -o wide
"""


@app.command(help=_HELP)
@options.with_source
def cluster(
    ctx: typer.Context,
    source: options.Source,
    output: options.OutputForm = "short",
    fqdn: Annotated[
        str, options.text("--fqdn", help="Clusters whose name holds this.", completion=complete.hosts)
    ] = "",
    direction: Annotated[
        str,
        options.text("--direction", help="Clusters whose name holds this.", completion=complete.directions),
    ] = "",
    subset: Annotated[
        str, options.text("--subset", help="Clusters whose name holds this.", completion=complete.subsets)
    ] = "",
    port: options.Port = "0",
) -> int:
    wanted = ClusterFilter(fqdn, direction, subset, options.go_integer(port))
    return show(ctx, source, output, VIEW, wanted, Needs(frozenset({KIND})))
