"""``meshctl envoy-stats`` (``es``): what an Envoy counts, as it prints it; live, or from what was saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from meshctl.commands import outputs
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.source import admin_port as port_number
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError
from meshctl.render.yaml_out import render as yaml
from meshctl.sources import counters as source
from meshctl.sources.interface import Globals, Origin

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_FORMS = {
    "server": {"short": "/stats", "json": "/stats?format=json", "yaml": "/stats?format=json",
               "prom": "/stats/prometheus", "prom-merged": source.AGENT_PATH},
    "clusters": {"short": "/clusters", "json": "/clusters?format=json", "yaml": "/clusters?format=json"},
}  # fmt: skip
_KINDS = {"server": "server", "clusters": "clusters", "cluster": "clusters"}

_HELP = """Show what an Envoy counts, or the state of its clusters.

\b
  meshctl envoy-stats productpage-v1-675fc69cf-ab12c.bookinfo
  meshctl es deploy/productpage-v1 -n bookinfo --type clusters
\b
  # for Prometheus: Envoy's own; the application's beside them, from the agent
  meshctl es productpage-v1-675fc69cf-ab12c.bookinfo -o prom
  meshctl es productpage-v1-675fc69cf-ab12c.bookinfo -o prom-merged
\b
  # from a snapshot, or a saved answer
  meshctl es productpage-v1-675fc69cf-ab12c.bookinfo -f mesh.tar.gz
  meshctl es -f stats.json
"""


@app.command(name="envoy-stats", help=_HELP)
def envoy_stats(
    ctx: typer.Context,
    pod: options.Pods = None,
    file: options.Files = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FORM", help="short, json, yaml, prom or prom-merged.")
    ] = "short",
    kind: Annotated[
        str, options.text("--type", "-t", help="What is shown: server or clusters.", metavar="KIND")
    ] = "server",
    selector: options.Selector = None,
    admin: options.Admin = None,
    admin_port: options.AdminPort = "15000",
) -> int:
    path = _path(kind, output)
    if not (pod or file or admin or selector):
        raise UsageError("stats requires pod name or label selector", "", "Name a POD, or -l, -f, --admin.")
    origin = Origin(
        pods=tuple(pod or ()),
        files=tuple(file or ()),
        admin=admin,
        selector=selector,
        admin_port=port_number(admin_port),
        globals=ctx.obj or Globals(),
    )
    origin.check()
    with TerminalProgress() as progress:
        for answer in _answers(origin, path, output == "prom-merged", progress):
            outputs.write(f"\nThe result of pod {answer.pod}:\n\n")
            outputs.write(_printed(answer, output))
        return EXIT_FAILURE if progress.failures else EXIT_OK


def _path(kind: str, output: str) -> str:
    """The page that answers, as istioctl's words name it."""
    named = _KINDS.get(kind)
    if named is None:
        raise UsageError(f"unknown stats type {kind}", "", "Use server or clusters.")
    forms = _FORMS[named]
    if output not in forms:
        raise UsageError(
            f"unable to match a printer suitable for the output format {output}",
            "",
            f"Use {', '.join(forms)}.",
        )
    return forms[output]


def _answers(origin: Origin, path: str, merged: bool, progress: TerminalProgress) -> Iterable[source.Answer]:
    if origin.files:
        return source.from_files(origin.files, origin.pods, origin.globals or Globals(), path)
    if origin.admin:
        if merged:
            raise UsageError("prom-merged is the agent's page", "", "Name a POD, or ask the agent with curl.")
        return [source.from_admin(origin, path, progress)]
    return source.from_cluster(origin, path, merged, progress)


def _printed(answer: source.Answer, output: str) -> str | bytes:
    if output not in ("json", "yaml"):
        return answer.body
    try:
        if output == "json":  # Go's json.Indent keeps the blanks behind the value
            blanks = answer.body[len(answer.body.rstrip()) :]
            return msgspec.json.format(answer.body, indent=4) + blanks + b"\n"
        return yaml(msgspec.json.decode(answer.body)).rstrip(b"\n") + b"\n"
    except msgspec.DecodeError as error:
        raise InputError(f"the answer of {answer.pod} is not JSON: {error}") from None
