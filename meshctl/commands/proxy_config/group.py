"""``meshctl proxy-config`` as typer knows it: the group of views."""

from __future__ import annotations

from typing import Any

import typer

from meshctl.commands import as_typer
from meshctl.commands.lazy import group
from meshctl.commands.proxy_config import BEFORE_VIEW, VIEWS

app = typer.Typer(
    cls=group(VIEWS),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    add_completion=False,
)

_HELP = """Show a proxy's configuration: from a pod, from saved files, or from an Envoy admin address.

\b
  # Where does each listener of the pod lead?
  meshctl -n test proxy-config listener test-pod
\b
  # One cluster in full, from a saved dump
  meshctl pc cluster -f config_dump.json \\
      --fqdn nginx.test.svc.cluster.local -o yaml
"""


def _proxy_config(ctx: typer.Context, **given: Any) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


app.callback(invoke_without_command=True, help=_HELP)(as_typer.with_options(_proxy_config, BEFORE_VIEW))
