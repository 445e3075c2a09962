"""``proxy-config bootstrap``: how the proxy was started."""

import typer

from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.run import show
from meshctl.sources import Needs
from meshctl.views.bootstrap import KIND, VIEW

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show how a proxy was started, and its versions.

\b
  # the whole bootstrap of a pod; only the versions
  meshctl -n test proxy-config bootstrap test-pod
  meshctl -n test pc bootstrap test-pod -o short
\b
  # from a saved dump
  meshctl pc bootstrap -f config_dump.json -o yaml
"""


@app.command(help=_HELP)
def bootstrap(
    ctx: typer.Context,
    pod: options.Pods = None,
    file: options.Files = None,
    output: options.OutputForm = "json",
    admin: options.Admin = None,
    admin_port: options.AdminPort = "15000",
    selector: options.Selector = None,
    all_namespaces: options.AllNamespaces = False,
    all_pods: options.AllPods = False,
) -> int:
    source = options.Source(
        tuple(pod or ()), tuple(file or ()), admin, admin_port, selector, all_namespaces, all_pods
    )
    return show(ctx, source, output, VIEW, None, Needs(frozenset({KIND})))
