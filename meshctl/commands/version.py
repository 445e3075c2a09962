"""``meshctl version``: ours, the mesh's control plane and proxies, and with a proxy its Istio and Envoy versions.

The mesh is asked where a kubeconfig is there, as istioctl does; one that does not answer costs a line on stderr.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

import meshctl
from meshctl.commands import istiods, outputs
from meshctl.commands.globals import Globals
from meshctl.commands.proxy_config import complete
from meshctl.envoy.schema.pool import API_VERSION
from meshctl.plain import LAST_PORT, visible
from meshctl.render.interface import Content, Document, Outputs
from meshctl.render.table import render
from meshctl.views.sync import versions
from meshctl.views.sync.syncz import ProxyState, read

if TYPE_CHECKING:
    from meshctl.sources.istiod import Answer, Istiods

_OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT), "short", without=("csv", "jsonl"))

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    help="""Show the versions of meshctl, of the mesh, and of a proxy when one is named.

\b
  # meshctl, the control plane, how many proxies have which version
  meshctl version
  meshctl version -o wide
\b
  # the istiod at an address, over gRPC
  meshctl version --xds-address istiod.example.com:15012 --cert-dir /etc/certs
\b
  # meshctl itself
  meshctl version --remote=false
\b
  # the proxy of a pod; the same from a file
  meshctl -n test version test-pod
  meshctl version -f config_dump.json -o json
"""
)
def version(
    ctx: typer.Context,
    pod: Annotated[
        str | None,
        typer.Argument(metavar="[POD]", help="[type/]name[.namespace]", autocompletion=complete.pods),
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", "-f", help="A saved dump instead of a pod.")
    ] = None,
    admin: Annotated[
        str | None, typer.Option("--admin", metavar="URL", help="An Envoy admin address.")
    ] = None,
    admin_port: Annotated[
        int, typer.Option("--proxy-admin-port", min=1, max=LAST_PORT, help="Envoy's admin port in the pod.")
    ] = 15000,
    revision: Annotated[
        str, typer.Option("--revision", "-r", metavar="NAME", help="Only istiods of this revision.")
    ] = "",
    xds_address: istiods.Address = "",
    cert_dir: istiods.CertDir = "",
    authority: istiods.Authority = "",
    plaintext: istiods.Plaintext = False,
    insecure: istiods.Insecure = False,
    remote: Annotated[
        bool, typer.Option("--remote/--no-remote", help="Ask the mesh for its versions.", show_default=False)
    ] = True,
    short: Annotated[
        bool, typer.Option("--short/--no-short", "-s", help="Not each istiod and proxy.", show_default=False)
    ] = True,
    output: Annotated[str, outputs.option(_OUTPUTS)] = "short",
) -> None:
    form = _OUTPUTS.parse(output if short or output != "short" else "wide")
    others = {
        "--revision": revision,
        "--file": " ".join(file or ()),
        "POD": pod or "",
        "--admin": admin or "",
    }
    asked = istiods.xds(
        xds_address, cert_dir, authority, plaintext=plaintext, insecure=insecure, others=others
    )
    facts = {"meshctl": meshctl.__version__, "envoyApi": API_VERSION}
    mesh = _saved(ctx.obj or Globals(), file, revision) if file and not pod else None
    if asked is not None:
        from meshctl.sources.xds import over_xds

        with over_xds(asked, ctx.obj or Globals()) as istiod:
            mesh = _of(istiod)
    elif mesh is not None:
        pass
    elif pod or file or admin:
        facts.update(_proxy_facts(ctx.obj or Globals(), pod, file, admin, admin_port))
    elif remote:
        mesh = _mesh(ctx.obj or Globals(), revision)
    offers = {
        Content.SHORT: lambda: _text(facts) + (_lines(mesh) if mesh else ""),
        Content.WIDE: lambda: _text(facts) + (_tables(mesh) if mesh else ""),
        Content.DOCUMENT: lambda: Document(
            {**facts, **(versions.document(*mesh) if mesh else {})}, indent=4 if mesh is None else 2
        ),
    }
    outputs.show_form(form, offers)


_Mesh = tuple[list[versions.ControlPlane], list[ProxyState]]


def _mesh(options: Globals, revision: str) -> _Mesh | None:
    """What the istiods say; None where there is no cluster to ask, or none answers."""
    from meshctl.commands.progress import TerminalProgress
    from meshctl.errors import MeshctlError
    from meshctl.sources.kubeconfig import is_there

    if not is_there(options):
        return None
    from meshctl.sources.istiod import live

    try:
        with TerminalProgress() as progress, live(options, progress, revision) as found:
            return _of(found)
    except MeshctlError as error:
        sys.stderr.write(visible(f"the versions of the mesh are not known: {error.what}") + "\n")
        return None


def _saved(options: Globals, files: list[str], revision: str) -> _Mesh | None:
    """What the istiods of a snapshot said; None for another file."""
    from meshctl.sources.file import open_given
    from meshctl.sources.istiod_saved import SavedIstiods, has_istiods

    given = open_given(files, options.namespace)
    return _of(SavedIstiods(given, revision)) if given.index is not None and has_istiods(given) else None


def _of(asked: Istiods) -> _Mesh:
    from meshctl.sources.istiod import SYNCZ, VERSION

    planes = [versions.control_plane(one.istiod, one.revision, _said(one)) for one in asked.ask(VERSION)]
    answers = asked.ask(SYNCZ)
    return planes, [p for one in answers if one.status == 200 for p in read(one.body, one.istiod)]


def _said(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace") if answer.status == 200 else ""


def _lines(mesh: _Mesh) -> str:
    return "".join(f"{line}\n" for line in versions.lines(*mesh))


def _tables(mesh: _Mesh) -> str:
    return _lines(mesh) + "".join(f"\n{render(table)}" for table in versions.tables(*mesh))


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
