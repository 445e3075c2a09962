"""Options that the capture commands share, and the one way from them to rules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from meshctl.commands.proxy_config import complete
from meshctl.errors import UsageError
from meshctl.plain import visible
from meshctl.render.interface import Content, Outputs
from meshctl.sources.capture import Captured, from_cluster, from_files, from_manifest, with_addresses

PodArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="POD",
        help="Pod as [type/]name[.namespace]; with -f, a pod of the snapshot.",
        autocompletion=complete.pods,
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        "-f",
        "--rules",
        metavar="FILE",
        help="Rules in any notation, a log, a manifest, a snapshot, or - for standard input; may be repeated.",
    ),
]
Manifest = Annotated[
    str | None,
    typer.Option(
        "--pod", metavar="MANIFEST", help="Compute the rules for this pod's manifest (YAML or JSON)."
    ),
]
PodIp = Annotated[
    list[str] | None,
    typer.Option("--pod-ip", metavar="IP", help="An address of the pod, where the source does not tell it."),
]
DRAWN = Outputs(
    (Content.SHORT, Content.WIDE, Content.DOCUMENT, Content.DIAGRAM),
    "short",
    without=(
        "csv",
        "jsonl",
    ),
)
LISTED = Outputs(
    (Content.SHORT, Content.WIDE, Content.DOCUMENT),
    "short",
    without=(
        "csv",
        "jsonl",
    ),
)


def open_rules(
    ctx: typer.Context,
    pod: str | None,
    files: Sequence[str] | None,
    manifest: str | None,
    addresses: Sequence[str] | None,
    *,
    with_dump: bool = False,
) -> Captured:
    """The rules that the options mean; what was not understood of them is said on stderr."""
    if manifest is not None and (files or pod):
        raise UsageError("--pod computes the rules of a manifest", "", "Leave out POD and -f.")
    if manifest is not None:
        captured = from_manifest(manifest)
    elif files:
        captured = from_files(files, pod, getattr(ctx.obj, "namespace", None), with_dump)
    elif pod is not None:
        from meshctl.commands.progress import TerminalProgress

        with TerminalProgress() as progress:
            captured = from_cluster(pod, ctx.obj, progress, with_dump)
    else:
        raise UsageError(
            "no rules are given", "", "Name a pod, or give rules with -f FILE (- is standard input)."
        )
    warn(captured)
    return with_addresses(captured, addresses or ())


def warn(captured: Captured, most: int = 20) -> None:
    """What was not understood, line by line, on stderr."""
    notes = [str(note) for note in captured.rules.notes]
    for note in notes[:most]:
        sys.stderr.write(f"Warning: {visible(note)}\n")
    if len(notes) > most:
        sys.stderr.write(f"Warning: and {len(notes) - most} more lines like these\n")
