"""What the views of a ztunnel share: their options, where the dump comes from, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import typer

from meshctl.commands import outputs
from meshctl.commands.outputs import present
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config.options import Shared, with_options
from meshctl.commands.proxy_config.run import tell
from meshctl.commands.proxy_config.source import admin_port as port_number
from meshctl.errors import EXIT_OK
from meshctl.plain import Json
from meshctl.render.interface import Content, Document, Form, Outputs
from meshctl.sources.interface import Globals
from meshctl.sources.ztunnel import fetch, saved
from meshctl.views import ztunnel
from meshctl.views.table import Table
from meshctl.views.view import Layout

OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("jsonl",))

Pod = Annotated[
    str | None,
    typer.Argument(
        metavar="[POD]", help="A ztunnel's pod, or a workload's: its node's ztunnel.", show_default=False
    ),
]
File = Annotated[
    str, typer.Option("--file", "-f", metavar="FILE", help="Saved config_dump of a ztunnel, or - .")
]
Node = Annotated[str, typer.Option("--node", metavar="NAME", help="Ask the ztunnel of this node.")]
AdminPort = Annotated[str, typer.Option("--proxy-admin-port", metavar="PORT", help="ztunnel's admin port.")]
OutputForm = Annotated[str, outputs.option(OUTPUTS)]


class Source(NamedTuple):
    """The options that say which ztunnel is meant."""

    pod: str | None
    file: str
    node: str
    admin_port: str


_SOURCE: Shared = (
    ("pod", Pod, None),
    ("file", File, ""),
    ("node", Node, ""),
    ("admin_port", AdminPort, "15000"),
)


def with_source(command: Callable[..., int]) -> Callable[..., int]:
    """A command whose parameter ``source`` is made of the options that every view of a ztunnel has."""
    return with_options(command, _SOURCE, Source)


def opened(ctx: typer.Context, source: Source) -> ztunnel.Dump:
    """The dump that the options name."""
    if source.file:
        name, data = saved(ctx.obj or Globals(), source.file, source.pod or "", source.node)
        return ztunnel.read(data, name)
    with TerminalProgress() as progress:
        name, data = fetch(
            ctx.obj or Globals(), source.pod or "", source.node, port_number(source.admin_port), progress
        )
    return ztunnel.read(data, name)


def show(
    ctx: typer.Context,
    output: str,
    section: str,
    table: Callable[[], Table],
    resources: Callable[[], list[Json]],
) -> int:
    """A section as a table, or as istioctl's JSON with a warning about what that leaves out."""
    form = OUTPUTS.parse(output)
    if form.content is Content.SHORT:
        write(ctx, form, form.render(table()))
        return EXIT_OK
    found = resources()
    write(ctx, form, form.render(document(ztunnel.shaped(section, found))))
    tell(ztunnel.hidden(section, found))
    return EXIT_OK


def document(value: Any) -> Document:
    """A value as istioctl writes it."""
    return Document(value, Layout.ENCODING_JSON)


def write(ctx: typer.Context, form: Form, text: str | bytes) -> None:
    present(text, form, (ctx.obj or Globals()).colour)
