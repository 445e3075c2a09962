"""What both descriptions share: their options, the mesh that they are of, and how they are printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated, NamedTuple

import typer

from meshctl.commands.outputs import write
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config.options import Shared, with_options
from meshctl.commands.proxy_config.source import admin_port as port_number
from meshctl.errors import EXIT_FAILURE, EXIT_OK
from meshctl.plain import visible, visible_lines
from meshctl.reader.naming import parse
from meshctl.sources.describe import LiveMesh, SavedMesh
from meshctl.sources.interface import Globals
from meshctl.views.describe.mesh import Page

Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file", "-f", metavar="FILE", help="A snapshot, or dumps and manifests, instead of a cluster."
    ),
]
AdminPort = Annotated[
    str, typer.Option("--proxy-admin-port", metavar="PORT", help="Envoy's admin port in the pod.")
]
IgnoreUnmeshed = Annotated[
    bool,
    typer.Option("--ignoreUnmeshed", help="Do not warn of pods without a sidecar.", show_default=False),
]


class Source(NamedTuple):
    """The options that say which mesh is meant."""

    files: tuple[str, ...]
    admin_port: str


_SOURCE: Shared = (("files", Files, None), ("admin_port", AdminPort, "15000"))


def with_source(command: Callable[..., int]) -> Callable[..., int]:
    """A command whose parameter ``source`` is made of the options that both have."""
    return with_options(command, _SOURCE, _source)


def _source(files: list[str] | None, admin_port: str) -> Source:
    return Source(tuple(files or ()), admin_port)


def described(
    ctx: typer.Context,
    source: Source,
    text: str,
    describe: Callable[[LiveMesh | SavedMesh, str, str], Page],
) -> int:
    """Print the description of ``name[.namespace]``; what is said beside it goes to stderr."""
    options = ctx.obj or Globals()
    port = port_number(source.admin_port)
    with TerminalProgress() as progress, _mesh(options, source.files, port, progress) as mesh:
        reference = parse(text, mesh.namespace)
        page = describe(mesh, reference.name, reference.namespace)
        write(visible_lines(page.lines))
        for note in (*page.notes, *mesh.gaps):
            sys.stderr.write(visible(f"warning: {note}") + "\n")
        if page.error is not None:
            raise page.error
        return EXIT_FAILURE if progress.failures else EXIT_OK


@contextmanager
def _mesh(
    options: Globals, files: tuple[str, ...], port: int, progress: TerminalProgress
) -> Iterator[LiveMesh | SavedMesh]:
    if files:
        from meshctl.sources.file import open_given

        yield SavedMesh(open_given(files, options.namespace), options)
        return
    from meshctl.sources.live import cluster_of

    with closing(cluster_of(options)) as cluster:
        yield LiveMesh(cluster, options, port, progress)
