"""``meshctl proxy-status`` (``ps``): who is in sync with istiod; with a POD, what it has against what istiod would send."""

from __future__ import annotations

import contextlib
import datetime
import sys
from typing import Annotated

import msgspec
import typer

from meshctl.commands import istiods, outputs
from meshctl.commands.globals import seconds
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config import complete
from meshctl.commands.proxy_config.clock import now
from meshctl.commands.proxy_config.options import text
from meshctl.commands.proxy_config.run import tell
from meshctl.commands.proxy_config.source import admin_port as port_number
from meshctl.errors import EXIT_FAILURE, EXIT_OK, MeshctlError, UsageError
from meshctl.plain import visible
from meshctl.render.interface import Content, Document, Form, Outputs
from meshctl.sources.interface import Globals
from meshctl.sources.istiod import SYNCZ, Compared, Istiods
from meshctl.views.sync import tables
from meshctl.views.sync.syncz import ProxyState, read
from meshctl.views.view import Layout

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT), "short", without=("jsonl",))

_HELP = """Show whether each proxy has what istiod sent it.

\b
  # all proxies of the mesh; one namespace; the proxies of one revision
  meshctl proxy-status
  meshctl ps -n bookinfo
  meshctl ps -r canary
\b
  # state, age, nonce and the text of a rejection
  meshctl ps -o wide
\b
  # from a snapshot; over gRPC
  meshctl ps -f mesh.tar.gz
  meshctl ps --xds-address istiod.example.com:15012 --cert-dir /etc/certs
\b
  # what one proxy has against what istiod would send it now
  meshctl ps productpage-v1-675fc69cf-ab12c.bookinfo
  meshctl ps deploy/productpage-v1 -n bookinfo --exit-code
  meshctl ps web-1.shop -f config_dump.json --xds-address istiod.test:15012
"""

EXIT_DIFFERENT = 1


@app.command(name="proxy-status", help=_HELP)
def proxy_status(
    ctx: typer.Context,
    pod: Annotated[
        str | None,
        typer.Argument(
            metavar="[POD]",
            help="[type/]name[.namespace]: compare it with istiod.",
            show_default=False,
            autocompletion=complete.pods,
        ),
    ] = None,
    file: Annotated[
        str,
        text("--file", "-f", help="A snapshot with istiod's answers, or a dump of POD.", metavar="FILE"),
    ] = "",
    revision: istiods.Revision = "",
    label: istiods.Label = "",
    xds_address: istiods.Address = "",
    cert_dir: istiods.CertDir = "",
    authority: istiods.Authority = "",
    plaintext: istiods.Plaintext = False,
    insecure: istiods.Insecure = False,
    verbosity: Annotated[
        int, typer.Option("--verbosity", "-v", metavar="N", help="1: a column for each type.")
    ] = 0,
    timeout: Annotated[
        str, text("--timeout", help="Longest wait for istiod, as --kubeclient-timeout.", metavar="DURATION")
    ] = "",
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="With POD: exit with 1 if it differs.", show_default=False)
    ] = False,
    admin_port: Annotated[
        str, typer.Option("--proxy-admin-port", metavar="PORT", help="Envoy's admin port in the pod.")
    ] = "15000",
    output: Annotated[str, outputs.option(OUTPUTS)] = "short",
) -> int:
    form = OUTPUTS.parse("short" if output == "table" else output)
    options = ctx.obj or Globals()
    if timeout:
        options = msgspec.structs.replace(options, timeout=seconds(timeout))
    from meshctl.sources.istiod import live

    others = {"--xds-label": label, "--revision": revision, "--file": "" if pod else file}
    asked = istiods.xds(
        xds_address, cert_dir, authority, plaintext=plaintext, insecure=insecure, others=others
    )
    if exit_code and not pod:
        raise UsageError("--exit-code is of a comparison", "", "Name a POD.")
    with TerminalProgress() as progress, contextlib.ExitStack() as stack:
        istiod: Istiods | None = None
        if asked is not None:
            from meshctl.sources.xds import over_xds

            istiod = stack.enter_context(over_xds(asked, options))
        if pod:
            wanted = Compared(pod, file, port_number(admin_port), revision, label)
            return _compare(options, wanted, form, exit_code, progress, istiod)
        if istiod is not None:
            _show(tables.of_namespace(_read(istiod), options.namespace), form, verbosity, options)
            return EXIT_OK
        saved = _saved(file, options, revision) if file else None
        if saved is not None:
            proxies = _read(saved)
        else:
            if file:
                tell(["--file is compared with a POD; none is named, so it is left out"])
            with live(options, progress, revision, label) as running:
                proxies = _read(running)
        _show(tables.of_namespace(proxies, options.namespace), form, verbosity, options)
        return EXIT_FAILURE if progress.failures else EXIT_OK


def _saved(file: str, options: Globals, revision: str) -> Istiods | None:
    """The istiods of a snapshot; None for a file that is none."""
    from meshctl.errors import InputError
    from meshctl.sources.file import open_given
    from meshctl.sources.istiod_saved import SavedIstiods

    try:
        given = open_given((file,), options.namespace)
    except InputError:
        return None
    return SavedIstiods(given, revision) if given.index is not None else None


def _read(istiods: Istiods) -> list[ProxyState]:
    found: list[ProxyState] = []
    for answer in istiods.ask(SYNCZ):
        if answer.status != 200:
            said = answer.body[:200].decode("utf-8", "replace")
            raise MeshctlError(f'istiod "{answer.istiod}" answered {answer.status} to {SYNCZ}: {said}')
        found += read(answer.body, answer.istiod)
    return found


def _show(proxies: list[ProxyState], form: Form, verbosity: int, options: Globals) -> None:
    moment = now()
    if form.content is Content.DOCUMENT:
        outputs.write(_documents(proxies, form))
        return
    if form.content is Content.WIDE:
        table = tables.wide(proxies, moment)
    else:
        table = tables.by_type(proxies, moment) if verbosity else tables.short(proxies)
    outputs.present(form.render(table), form, options.colour)
    if form.content is Content.SHORT:
        _tell_hidden(proxies, moment)


def _tell_hidden(proxies: list[ProxyState], moment: datetime.datetime) -> None:
    sentence = tables.hidden(proxies, moment)
    if sentence:
        sys.stderr.write(visible(sentence) + "\n")


def _documents(proxies: list[ProxyState], form: Form) -> str:
    """As istioctl, an answer of each istiod; several stand one after another."""
    layout = Layout.JSONPB if form.name == "json" else Layout.ENCODING_JSON
    texts = []
    for istiod in sorted({proxy.istiod for proxy in proxies}) or [""]:
        of_this = [proxy for proxy in proxies if proxy.istiod == istiod]
        printed = form.render(Document(tables.response(istiod, of_this, form.name == "json"), layout))
        texts.append(printed if isinstance(printed, str) else printed.decode())
    return ("---\n" if form.name == "yaml" else "").join(texts)


def _compare(
    options: Globals,
    wanted: Compared,
    form: Form,
    exit_code: bool,
    progress: TerminalProgress,
    asked: Istiods | None,
) -> int:
    from meshctl.commands.proxy_config.run import converter
    from meshctl.render.sync_diff import document, summary
    from meshctl.render.sync_diff import text as printed
    from meshctl.sources.istiod_pod import sides
    from meshctl.views.sync.compare import compare, require_routes

    istiod, envoy = sides(options, wanted, progress, asked)
    found = compare(istiod, envoy, converter(envoy, mark_structs=True))
    if form.content is Content.DOCUMENT:
        outputs.write(form.render(Document(document(found))))
    else:
        outputs.write(printed(found))
        sys.stderr.write(visible(summary(found)) + "\n")
    tell([*istiod.notes.lines(), *envoy.notes.lines()])
    require_routes(envoy)
    return EXIT_DIFFERENT if exit_code and any(one.differs for one in found) else EXIT_OK
