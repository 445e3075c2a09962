"""The pods that the commands of ``authz`` look at, from files or from the cluster; one that cannot be read costs that one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

from meshctl.commands.globals import Globals
from meshctl.commands.progress import TerminalProgress
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
    from meshctl.sources import check_pods

    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(TerminalProgress())
        if files:
            namespace = None if everywhere else options.namespace
            _, subjects = check_pods.saved_subjects(files, pods, namespace, notes, progress)
        else:
            from meshctl.sources.live import cluster_of

            cluster = stack.enter_context(contextlib.closing(cluster_of(options)))
            _, subjects = check_pods.live_subjects(cluster, pods, options, everywhere, notes, progress)
        found = [subject.pod for subject in subjects]
        yield found, progress.failures


def tell(notes: Notes) -> None:
    """What was met and not understood, once each, on stderr."""
    import sys

    from meshctl.plain import visible

    for line in dict.fromkeys(notes.lines()):
        sys.stderr.write(f"Warning: {visible(line)}\n")
