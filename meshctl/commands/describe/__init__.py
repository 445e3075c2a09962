"""``meshctl describe``: what acts on a pod or a service, in istioctl's words, live or from a snapshot."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

_HERE = "meshctl.commands.describe"
KINDS: dict[str, Entry] = {
    "pod": Entry(f"{_HERE}.pod", "A pod: its services, and what acts on their ports.", ("po", "pods")),
    "service": Entry(f"{_HERE}.service", "A service, by the proxy of one of its pods.", ("svc", "services")),
}

app = typer.Typer(
    cls=group(KINDS), rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)


@app.callback(
    invoke_without_command=True,
    help="""Show the objects of Kubernetes and Istio that act on a pod or a service.

\b
  meshctl describe pod productpage-v1-675fc69cf-ab12c.bookinfo
  meshctl describe service reviews -n bookinfo
""",
)
def describe(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
