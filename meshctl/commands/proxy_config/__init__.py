"""``meshctl proxy-config`` (``pc``): one view of a proxy's configuration a sub-command, as istioctl has them.

The table below names each view's module, which is imported only when that view is called.
"""

from __future__ import annotations

from typing import Annotated

import typer

from meshctl.commands.lazy import Entry, group

_HERE = "meshctl.commands.proxy_config"
VIEWS: dict[str, Entry] = {
    "all": Entry(f"{_HERE}.everything", "All of the below, or the whole dump.", ("a",)),
    "bootstrap": Entry(f"{_HERE}.bootstrap", "How the proxy was started, and its versions.", ("b",)),
    "cluster": Entry(f"{_HERE}.cluster", "Upstreams: clusters.", ("clusters", "c")),
    "ecds": Entry(f"{_HERE}.ecds", "Filters fetched apart from their listeners (Wasm).", ("ec",)),
    "eds": Entry(f"{_HERE}.eds", "Endpoints as the control plane gave them.", (), hidden=True),
    "endpoint": Entry(f"{_HERE}.endpoint", "Hosts of each cluster, and their health.", ("endpoints", "ep")),
    "listener": Entry(
        f"{_HERE}.listener", "Where the proxy listens and where that leads.", ("listeners", "l")
    ),
    "log": Entry(f"{_HERE}.log", "Show and set the levels of the proxy's loggers.", ("o",)),
    "rootca-compare": Entry(f"{_HERE}.rootca_compare", "Whether two proxies trust a common root.", ("rc",)),
    "route": Entry(f"{_HERE}.route", "Route tables: virtual hosts and routes.", ("routes", "r")),
    "secret": Entry(f"{_HERE}.secret", "Certificates and trust bundles.", ("secrets", "s")),
}


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


@app.callback(invoke_without_command=True, help=_HELP)
def proxy_config(
    ctx: typer.Context,
    output: Annotated[str, typer.Option("--output", "-o", hidden=True)] = "",
    admin_port: Annotated[str, typer.Option("--proxy-admin-port", hidden=True)] = "",
) -> None:
    # The options stand here only so that they may precede the view's name; the view itself reads them.
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
