"""``meshctl internal-debug``: a debug page of istiod, of one of them or of all."""

from __future__ import annotations

import contextlib
from typing import Annotated

import msgspec
import typer

from meshctl.commands import istiods, outputs
from meshctl.commands.globals import seconds
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config import complete
from meshctl.commands.proxy_config.options import text
from meshctl.commands.proxy_config.run import tell
from meshctl.errors import EXIT_FAILURE, EXIT_OK, MeshctlError, UsageError
from meshctl.sources.interface import Globals
from meshctl.sources.istiod import Answer, Istiods, live_or_saved
from meshctl.views.sync.pages import LIST, of_proxy, page_for

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Show a debug page of istiod, as istiod prints it.

\b
  meshctl internal-debug --list
  meshctl internal-debug syncz
  meshctl internal-debug configz --all
\b
  # of one proxy
  meshctl internal-debug syncz productpage-v1-675fc69cf-ab12c.bookinfo
  meshctl internal-debug edsz productpage-v1-675fc69cf-ab12c.bookinfo
"""


@app.command(name="internal-debug", help=_HELP)
def internal_debug(
    ctx: typer.Context,
    page: Annotated[
        str | None, typer.Argument(metavar="[PAGE]", help="syncz, configz ...", show_default=False)
    ] = None,
    pod: Annotated[
        str | None,
        typer.Argument(
            metavar="[POD]",
            help="name[.namespace]: only what the page says of this proxy.",
            show_default=False,
            autocompletion=complete.pods,
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", "-L", help="The pages that there are.", show_default=False)
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Ask every istiod; an answer of each.", show_default=False)
    ] = False,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A snapshot instead of a cluster."),
    ] = None,
    revision: istiods.Revision = "",
    label: istiods.Label = "",
    xds_address: istiods.Address = "",
    cert_dir: istiods.CertDir = "",
    authority: istiods.Authority = "",
    plaintext: istiods.Plaintext = False,
    insecure: istiods.Insecure = False,
    timeout: Annotated[
        str, text("--timeout", help="Longest wait for istiod, as --kubeclient-timeout.", metavar="DURATION")
    ] = "",
) -> int:
    if not page and not list_:
        raise UsageError("debug type is required, you can specify --list flag to list supported debug types")
    options = ctx.obj or Globals()
    if timeout:
        options = msgspec.structs.replace(options, timeout=seconds(timeout))
    proxy = _proxy(pod, options) if pod else ""
    path = LIST if list_ else page_for(page or "", proxy)
    others = {"--xds-label": label, "--revision": revision, "--file": " ".join(file or ())}
    asked = istiods.xds(
        xds_address, cert_dir, authority, plaintext=plaintext, insecure=insecure, others=others
    )
    with TerminalProgress() as progress, contextlib.ExitStack() as stack:
        known_istiods: Istiods
        if asked is None:
            known_istiods = stack.enter_context(live_or_saved(file or (), options, progress, revision, label))
        else:
            from meshctl.sources.xds import over_xds

            known_istiods = stack.enter_context(over_xds(asked, options))
        found = known_istiods.ask(path) if all_ else [_first(known_istiods, path)]
        known = [answer for answer in found if answer.status == 200]
        if not known:
            raise _refused(found[0], known_istiods)
        if proxy:
            narrowed = [of_proxy(answer.body, path, proxy) for answer in known]
            if not any(one.about for one in narrowed):
                tell([f"{path.partition('?')[0]} does not tell proxies apart: the whole page is shown"])
            known = [
                msgspec.structs.replace(answer, body=one.body)
                for answer, one in zip(known, narrowed, strict=True)
            ]
        outputs.write(_together(known) if all_ else _indented(known[0].body))
        return EXIT_FAILURE if progress.failures else EXIT_OK


def _proxy(pod: str, options: Globals) -> str:
    """A proxy's name for istiod, from ``name[.namespace]``."""
    name = pod.rpartition("/")[2]
    return name if "." in name else f"{name}.{options.namespace or 'default'}"


def _first(istiods: Istiods, path: str) -> Answer:
    """The answer of the first istiod that knows what is asked for; else why the first does not."""
    return istiods.ask_until_known(path) or istiods.ask(path)[0]


def _refused(answer: Answer, istiods: Istiods) -> MeshctlError:
    said = " ".join(answer.body[:300].decode("utf-8", "replace").split())
    if "proxyID" in said:
        return UsageError(said, "", "Name a POD behind the page, or write PAGE?proxyID=NAME.NAMESPACE.")
    if answer.status == 404 and "page not found" in said:
        pages = istiods.ask_until_known(LIST)
        names = ", ".join(msgspec.json.decode(pages.body, type=list[str])) if pages else ""
        return UsageError("istiod has no such debug page", "", f"There are: {names}" if names else "")
    return MeshctlError(f"istiod {answer.istiod} answered {answer.status}: {said}")


def _indented(body: bytes) -> bytes:
    """JSON as it came, indented by two; what is none as it came."""
    try:
        return msgspec.json.format(body, indent=2) + b"\n"
    except msgspec.DecodeError:
        return body.rstrip(b"\n") + b"\n"


def _together(answers: list[Answer]) -> bytes:
    """One object, a page for each istiod by its name."""
    pages = {}
    for answer in answers:
        try:
            msgspec.json.decode(answer.body)
            pages[answer.istiod] = msgspec.Raw(answer.body)
        except msgspec.DecodeError:
            pages[answer.istiod] = msgspec.Raw(msgspec.json.encode(answer.body.decode("utf-8", "replace")))
    return msgspec.json.format(msgspec.json.encode(pages), indent=2) + b"\n"
