"""``meshctl version``: ours, the Envoy API that is known, and with a proxy its Istio and Envoy versions."""

from __future__ import annotations

from typing import Annotated

import typer

import meshctl
from meshctl.commands import outputs
from meshctl.commands.globals import Globals
from meshctl.envoy.schema.pool import API_VERSION
from meshctl.render.interface import Content, Document, Outputs

_OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("csv", "yaml", "jsonl"))

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    help="""Show the versions of meshctl, and of a proxy when one is named.

\b
  # meshctl itself
  meshctl version
\b
  # the proxy of a pod; the same from a file
  meshctl -n test version test-pod
  meshctl version -f config_dump.json -o json
"""
)
def version(
    ctx: typer.Context,
    pod: Annotated[str | None, typer.Argument(metavar="[POD]", help="[type/]name[.namespace]")] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", "-f", help="A saved dump instead of a pod.")
    ] = None,
    admin: Annotated[
        str | None, typer.Option("--admin", metavar="URL", help="An Envoy admin address.")
    ] = None,
    admin_port: Annotated[
        int, typer.Option("--proxy-admin-port", help="Envoy's admin port in the pod.")
    ] = 15000,
    output: Annotated[str, outputs.option(_OUTPUTS)] = "short",
) -> None:
    _OUTPUTS.parse(output)
    facts = {"meshctl": meshctl.__version__, "envoyApi": API_VERSION}
    if pod or file or admin:
        facts.update(_proxy_facts(ctx.obj or Globals(), pod, file, admin, admin_port))
    offers = {Content.SHORT: lambda: _text(facts), Content.DOCUMENT: lambda: Document(facts, indent=4)}
    outputs.show(_OUTPUTS, output, offers)


def _text(facts: dict[str, str]) -> str:
    titles = {"meshctl": "meshctl", "envoyApi": "Envoy API known", "proxy": "Proxy", "istio": "Istio", "istioProxy": "Istio proxy", "envoy": "Envoy"}  # fmt: skip
    width = max(len(titles[key]) for key in facts) + 1
    return "".join(f"{titles[key] + ':':<{width}} {value}\n" for key, value in facts.items())


def _proxy_facts(
    options: Globals, pod: str | None, file: list[str] | None, admin: str | None, admin_port: int
) -> dict[str, str]:
    from meshctl.commands.progress import TerminalProgress
    from meshctl.envoy.snapshot import SectionKind
    from meshctl.errors import MissingDataError
    from meshctl.sources import Needs, Origin, open_snapshots

    origin = Origin(
        pods=(pod,) if pod else (),
        files=tuple(file or ()),
        admin=admin,
        admin_port=admin_port,
        globals=options,
    )
    needs = Needs(frozenset({SectionKind.BOOTSTRAP}))
    with TerminalProgress() as progress:
        proxy = next(iter(open_snapshots(origin, needs, progress)))
    bootstrap = proxy.snapshot.bootstrap
    if bootstrap is None:
        raise MissingDataError(
            f"{proxy.snapshot.origin} has no bootstrap section",
            "The versions of a proxy stand there.",
            "Save the whole dump: curl localhost:15000/config_dump",
        )
    node = bootstrap.get("node") or {}
    metadata = node.get("metadata") or {}
    agent = (node.get("user_agent_build_version") or {}).get("version") or {}
    number = (
        ".".join(str(agent.get(part, 0)) for part in ("major_number", "minor_number", "patch"))
        if agent
        else "unknown"
    )
    return {
        "proxy": proxy.name or str(node.get("id") or ""),
        "istio": str(metadata.get("ISTIO_VERSION") or "unknown"),
        "istioProxy": str(metadata.get("ISTIO_PROXY_SHA") or "unknown"),
        "envoy": number,
    }
