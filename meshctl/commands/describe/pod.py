"""``describe pod``: a pod, its services, and what acts on their ports."""

from typing import Annotated

import typer

from meshctl.commands.describe import run
from meshctl.commands.proxy_config import complete
from meshctl.sources.interface import Globals
from meshctl.views.describe import page

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show a pod's services, the DestinationRules and VirtualServices that act on them, the RBAC policies of
their ports, the effective PeerAuthentication, and the ingress gateways that lead there.

\b
  meshctl describe pod productpage-v1-675fc69cf-ab12c.bookinfo
\b
  # the same from a snapshot
  meshctl describe pod productpage-v1-675fc69cf-ab12c.bookinfo -f mesh.tar.gz
"""


@app.command(help=_HELP)
@run.with_source
def pod(
    ctx: typer.Context,
    source: run.Source,
    name: Annotated[
        str,
        typer.Argument(
            metavar="POD", help="name[.namespace].", autocompletion=complete.pods, show_default=False
        ),
    ],
    ignore_unmeshed: run.IgnoreUnmeshed = False,
) -> int:
    istio_namespace = (ctx.obj or Globals()).istio_namespace
    return run.described(
        ctx,
        source,
        name,
        lambda mesh, own, namespace: page.pod(
            mesh, mesh.pod(own, namespace), istio_namespace, ignore_unmeshed
        ),
    )
