"""``authz check``: the AuthorizationPolicies that a pod's proxy enforces, live or from a saved dump."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.run import opened, tell
from meshctl.errors import EXIT_FAILURE, EXIT_OK, UsageError
from meshctl.render.interface import Content, Document, Outputs
from meshctl.render.table import render
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views import policies

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT), "text", without=("jsonl",))

_HELP = """Show the AuthorizationPolicies that a proxy enforces, with how many of their rules it has.

\b
  meshctl -n test authz check test-pod
  meshctl authz check -f config_dump.json
"""


@app.command(name="check", help=_HELP)
def check(
    ctx: typer.Context,
    pod: options.Pods = None,
    file: options.Files = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
    admin: options.Admin = None,
    admin_port: options.AdminPort = "15000",
) -> int:
    form = OUTPUTS.parse(output)
    if not (pod or file or admin):
        raise UsageError("expecting pod name or config dump, found: 0")
    source = options.Source(tuple(pod or ()), tuple(file or ()), admin, admin_port, None, False, False)
    needs = Needs(frozenset({policies.KIND}))
    with opened(ctx, source, needs) as (proxies, progress):
        found = sorted(proxies, key=lambda proxy: proxy.rank)
    for proxy in found:
        policies.check(proxy.snapshot)
        text = render(policies.table(proxy.snapshot))
        document = Document([msgspec.to_builtins(policy) for policy in policies.policies(proxy.snapshot)])
        shown = form.render(text if form.content is Content.TEXT else document)
        outputs.present(shown, form, (ctx.obj or Globals()).colour)
        tell([*proxy.snapshot.notes.lines(), *policies.notes(proxy.snapshot)])
    return EXIT_FAILURE if progress.failures else EXIT_OK
