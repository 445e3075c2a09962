"""The pods that ``check`` and ``authz`` look at, opened one after the other from files or from the cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from meshctl.check import Subject, World
from meshctl.commands.globals import Globals
from meshctl.commands.progress import TerminalProgress
from meshctl.envoy.notes import Notes


@contextlib.contextmanager
def opened(
    options: Globals, pods: tuple[str, ...], files: tuple[str, ...], everywhere: bool, notes: Notes
) -> Iterator[tuple[World, Iterator[Subject], TerminalProgress]]:
    """What surrounds the pods, the pods, and the progress that counts those that could not be asked."""
    from meshctl.sources import check_pods

    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(TerminalProgress())
        if files:
            namespace = None if everywhere else options.namespace
            world, subjects = check_pods.saved_subjects(files, pods, namespace, notes, progress)
        else:
            from meshctl.sources.live import cluster_of

            cluster = stack.enter_context(contextlib.closing(cluster_of(options)))
            world, subjects = check_pods.live_subjects(cluster, pods, options, everywhere, notes, progress)
        yield world, subjects, progress
