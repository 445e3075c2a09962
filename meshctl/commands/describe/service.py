"""``describe service``: a service and what acts on its ports, by the proxy of one of its pods."""

from typing import Annotated

import typer

from meshctl.commands.describe import run
from meshctl.views.describe import page

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show a service's ports, the DestinationRules and VirtualServices that act on them, the RBAC policies, and
the ingress gateways that lead there; by the proxy of its first pod that is ready.

\b
  meshctl describe service reviews -n bookinfo
"""


@app.command(help=_HELP)
@run.with_source
def service(
    ctx: typer.Context,
    source: run.Source,
    name: Annotated[str, typer.Argument(metavar="SERVICE", help="name[.namespace].", show_default=False)],
    ignore_unmeshed: run.IgnoreUnmeshed = False,
) -> int:
    return run.described(
        ctx, source, name, lambda mesh, own, namespace: page.service(mesh, mesh.service(own, namespace))
    )
