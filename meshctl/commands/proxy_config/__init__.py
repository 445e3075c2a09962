"""``meshctl proxy-config`` (``pc``): one view of a proxy's configuration a sub-command, as istioctl has them.

The table below names each view's module, which is imported only when that view is called.
"""

from __future__ import annotations

import functools
import importlib
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup


class Entry(NamedTuple):
    """A view of the table: the module whose ``app`` it is, its help line, its other names."""

    module: str
    help: str
    aliases: tuple[str, ...] = ()
    hidden: bool = False


VIEWS: dict[str, Entry] = {
    "all": Entry("everything", "All of the below, or the whole dump.", ("a",)),
    "bootstrap": Entry("bootstrap", "How the proxy was started, and its versions.", ("b",)),
    "cluster": Entry("cluster", "Upstreams: clusters.", ("clusters", "c")),
    "ecds": Entry("ecds", "Filters fetched apart from their listeners (Wasm).", ("ec",)),
    "eds": Entry("eds", "Endpoints as the control plane gave them.", (), hidden=True),
    "endpoint": Entry("endpoint", "Hosts of each cluster, and their health.", ("endpoints", "ep")),
    "listener": Entry("listener", "Where the proxy listens and where that leads.", ("listeners", "l")),
    "log": Entry("log", "Show and set the levels of the proxy's loggers.", ("o",)),
    "rootca-compare": Entry("rootca_compare", "Whether two proxies trust a common root.", ("rc",)),
    "route": Entry("route", "Route tables: virtual hosts and routes.", ("routes", "r")),
    "secret": Entry("secret", "Certificates and trust bundles.", ("secrets", "s")),
}


class ViewGroup(TyperGroup):
    """A group that knows its views' names and help lines without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, entry in VIEWS.items() if not entry.hidden]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        name = next((n for n, e in VIEWS.items() if cmd_name == n or cmd_name in e.aliases), None)
        return None if name is None else _command(name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [
            (", ".join((name, *entry.aliases)), entry.help)
            for name, entry in VIEWS.items()
            if not entry.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@functools.cache  # the command line is read twice: to put it in order, and to run it
def _command(name: str) -> Any:
    module = importlib.import_module(f"{__name__}.{VIEWS[name].module}")
    command: Any = typer.main.get_command(module.app)
    command.name = name
    return command


app = typer.Typer(
    cls=ViewGroup,
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
  meshctl pc cluster -f config_dump.json --fqdn nginx.test.svc.cluster.local -o yaml
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
