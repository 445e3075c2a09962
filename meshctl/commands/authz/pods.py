"""The pods that ``authz`` looks at, as ``check`` opens them; one that cannot be read costs that one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

from meshctl.commands import subjects
from meshctl.commands.globals import Globals
from meshctl.envoy.notes import Notes
from meshctl.trace.pods import Pod

Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file", "-f", metavar="FILE", help="Saved dump, folder, archive or snapshot; may be repeated."
    ),
]
Everywhere = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Pods of all namespaces.", show_default=False)
]


@contextlib.contextmanager
def opened(
    options: Globals, pods: tuple[str, ...], files: tuple[str, ...], everywhere: bool, notes: Notes
) -> Iterator[tuple[list[Pod], int]]:
    """The pods, and how many could not be asked."""
    with subjects.opened(options, pods, files, everywhere, notes) as (_, found, progress):
        every = [subject.pod for subject in found]
        yield every, progress.failures


def tell(notes: Notes) -> None:
    """What was met and not understood, once each, on stderr."""
    import sys

    from meshctl.plain import visible

    for line in dict.fromkeys(notes.lines()):
        sys.stderr.write(f"Warning: {visible(line)}\n")
