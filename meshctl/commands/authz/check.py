"""``authz check``: the AuthorizationPolicies that a pod's proxy enforces, live or from a saved dump; or one call, evaluated.

Without a word about a call it prints istioctl's table. With one (--from, --method, --path ...) the pod's own proxy is asked, with
everything unknown that is not told, and the deciding rule is named.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.run import opened, tell
from meshctl.commands.proxy_config.source import Source
from meshctl.errors import EXIT_FAILURE, EXIT_OK, UsageError
from meshctl.plain import LAST_PORT
from meshctl.render.interface import Content, Document, Outputs
from meshctl.render.table import render
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views import policies

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT), "text", without=("jsonl",))

_HELP = """Show the AuthorizationPolicies that a proxy enforces, with how many of their rules it has; or evaluate one call.

\b
  meshctl -n test authz check test-pod
  meshctl authz check -f config_dump.json
\b
  # May this caller do this? What is not told is unknown.
  meshctl -n test authz check test-pod --from test/default --method GET \\
      --path /api --port 8080
  meshctl authz check -f config_dump.json --from plain --port 8080
"""

_CALL = "One call"
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="NS/SA|spiffe://…|plain",
        help="Who calls: a service account, an identity, or plain text.",
        rich_help_panel=_CALL,
    ),
]
Address = Annotated[
    str, typer.Option("--from-ip", metavar="IP", help="The caller's address.", rich_help_panel=_CALL)
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="PORT",
        min=1,
        max=LAST_PORT,
        help="One port; else all of them.",
        rich_help_panel=_CALL,
    ),
]
Method = Annotated[
    str | None,
    typer.Option("--method", "-X", metavar="METHOD", help="Request method.", rich_help_panel=_CALL),
]
Path = Annotated[
    str | None, typer.Option("--path", metavar="PATH", help="Request path.", rich_help_panel=_CALL)
]
Host = Annotated[
    str | None, typer.Option("--host", metavar="HOST", help="Host header.", rich_help_panel=_CALL)
]
Header = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="LINE", help="Header, 'name: value'.", rich_help_panel=_CALL),
]
Jwt = Annotated[
    str | None,
    typer.Option(
        "--jwt", metavar="TOKEN", help="A token in the Authorization header.", rich_help_panel=_CALL
    ),
]
NoMore = Annotated[
    bool,
    typer.Option(
        "--no-other-headers", help="The headers that are told are all there are.", rich_help_panel=_CALL
    ),
]


@app.command(name="check", help=_HELP)
def check(
    ctx: typer.Context,
    pod: options.Pods = None,
    file: options.Files = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
    admin: options.Admin = None,
    admin_port: options.AdminPort = "15000",
    sender: From = None,
    address: Address = "",
    port: Port = None,
    method: Method = None,
    path: Path = None,
    host: Host = None,
    header: Header = None,
    jwt: Jwt = None,
    no_more: NoMore = False,
) -> int:
    form = OUTPUTS.parse(output)
    if sender is not None or method or path or host or header or jwt or port is not None:
        from meshctl.commands.authz import call

        if sender is None:
            raise UsageError("who calls?", "", "Give --from NS/SA, --from spiffe://… or --from plain.")
        asked = call.asked(method, path, host, tuple(header or ()), jwt, whole=no_more)
        return call.run(ctx, tuple(pod or ()), tuple(file or ()), sender, address, port, asked, form)
    if not (pod or file or admin):
        raise UsageError("expecting pod name or config dump, found: 0")
    source = Source(tuple(pod or ()), tuple(file or ()), admin, admin_port, None, False, False)
    needs = Needs(frozenset({policies.KIND}))
    with opened(ctx.obj or Globals(), source, needs) as (proxies, progress):
        found = sorted(proxies, key=lambda proxy: proxy.rank)
    for proxy in found:
        policies.check(proxy.snapshot)
        text = render(policies.table(proxy.snapshot))
        document = Document([msgspec.to_builtins(policy) for policy in policies.policies(proxy.snapshot)])
        shown = form.render(text if form.content is Content.TEXT else document)
        outputs.present(shown, form, (ctx.obj or Globals()).colour)
        tell([*proxy.snapshot.notes.lines(), *policies.notes(proxy.snapshot)])
    return EXIT_FAILURE if progress.failures else EXIT_OK
