"""``authz POD[:PORT]``: who may call a pod, in words: its TLS and its policies port by port, in the order they are asked."""

from __future__ import annotations

from typing import Annotated

import typer

from meshctl.commands import outputs, terminal
from meshctl.commands.authz.pods import Files, opened, tell
from meshctl.commands.globals import Globals
from meshctl.commands.proxy_config import complete
from meshctl.envoy.notes import Notes
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError
from meshctl.plain import port_of
from meshctl.render.interface import Content, Document, Outputs

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT), "text", without=("jsonl",))

_HELP = """Say who may call a pod: the TLS and the policies of each port, in words, in the order they are asked.

\b
  meshctl -n test authz test-pod
  meshctl -n test authz test-pod:8080
  meshctl authz -f config_dump.json
"""


@app.command(name="show", help=_HELP)
def show(
    ctx: typer.Context,
    pod: Annotated[
        str | None,
        typer.Argument(
            metavar="[POD[:PORT]]", help="The pod, and one port of it.", autocompletion=complete.pods
        ),
    ] = None,
    files: Files = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
) -> int:
    from meshctl.access import calls, ports
    from meshctl.render import access_text

    form = OUTPUTS.parse(output)
    if pod is None and not files:
        raise UsageError("which pod?", "", "Run `meshctl authz POD`, or give -f FILE.")
    name, colon, number = (pod or "").partition(":")
    if colon and port_of(number) is None:
        raise UsageError(f"{number!r} is no port", "", "Write POD:PORT.")
    options, notes = ctx.obj or Globals(), Notes()
    with opened(options, (name,) if name else (), tuple(files or ()), False, notes) as (found, failures):
        documents, texts = [], []
        for one in found:
            listener = calls.inbound(one.proxy) if one.proxy is not None else None
            if one.proxy is None or listener is None:
                if len(found) == 1:
                    raise InputError(
                        f"{one.full_name} has no inbound listener of a sidecar",
                        "It is a gateway, a pod without a sidecar, or its listeners were not given.",
                    )
                continue
            shown = [ports.port(listener, int(number))] if number else ports.ports(one.proxy, listener)
            documents.append(access_text.guards_document(one.full_name, shown))
            texts.append(
                access_text.guards(
                    one.full_name, shown, colour=terminal.colour(options.colour), width=terminal.width()
                )
            )
        value = documents[0] if len(documents) == 1 else documents
        outputs.show_form(
            form,
            {
                Content.TEXT: lambda: "\n".join(texts),
                Content.DOCUMENT: lambda: Document(value, kind="guards"),
            },
        )
        tell(notes)
        return EXIT_FAILURE if failures else EXIT_OK
