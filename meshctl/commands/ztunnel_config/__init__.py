"""``meshctl ztunnel-config`` (``zc``): what the ztunnel of an ambient node knows, as istioctl shows it."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

_HERE = "meshctl.commands.ztunnel_config"
VIEWS: dict[str, Entry] = {
    "all": Entry(f"{_HERE}.everything", "All of the below, or the whole dump."),
    "certificate": Entry(
        f"{_HERE}.certificate", "Certificates of the workloads.", ("certificates", "certs", "cert")
    ),
    "connections": Entry(f"{_HERE}.connections", "Open connections by workload.", ("cons",)),
    "log": Entry(f"{_HERE}.log", "Log levels, shown and set.", ("o",)),
    "policy": Entry(f"{_HERE}.policy", "Authorization policies.", ("policies", "p", "pol")),
    "service": Entry(
        f"{_HERE}.service", "Services, their waypoints and endpoints.", ("services", "s", "svc")
    ),
    "workload": Entry(f"{_HERE}.workload", "Workloads, their nodes and waypoints.", ("workloads", "w")),
}

app = typer.Typer(
    cls=group(VIEWS), rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)

_HELP = """Show what a ztunnel knows: from a node's ztunnel, or from a saved dump.

\b
  # the workloads that the ztunnel of a node knows
  meshctl ztunnel-config workload --node ambient-worker
\b
  # the same from a saved dump
  meshctl zc workload -f ztunnel-config.json
"""


@app.callback(invoke_without_command=True, help=_HELP)
def ztunnel_config(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
