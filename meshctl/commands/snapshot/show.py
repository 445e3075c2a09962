"""``meshctl snapshot show FILE``: what is in a snapshot, what is missing, what was removed; ``--verify`` its sums."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshctl.commands import outputs
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError
from meshctl.plain import visible, visible_lines
from meshctl.render.interface import Content, Document, Outputs

if TYPE_CHECKING:
    from meshctl.reader.given import Given

_OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT), "short", without=("csv", "yaml", "jsonl"))

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    help="""Say what is in a snapshot.

\b
  meshctl snapshot show mesh.tar.gz
\b
  # compare every file with its checksum
  meshctl snapshot show mesh.tar.gz --verify -o json
"""
)
def show(
    path: Annotated[str, typer.Argument(metavar="FILE", help="A snapshot, or any folder, archive or file.")],
    output: Annotated[str, outputs.option(_OUTPUTS)] = "short",
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its checksum.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="List what looks like a secret and was kept.")
    ] = False,
) -> int:
    from meshctl.sources.file import open_given

    _OUTPUTS.parse(output)
    given = open_given((path,))
    if check:
        from meshctl.reader.contents import doubtful

        for line in doubtful(given):
            sys.stderr.write(f"Warning: {visible(line)}\n")
    if given.index is None:
        if verify:
            raise InputError(f"{path} has no index.json: only a snapshot of meshctl has checksums")
        return _show_contents(given, output)
    wrong = []
    if verify:
        from meshctl.reader.contents import differences

        wrong = differences(given)
    for line in wrong:
        sys.stderr.write(f"Warning: {visible(line)}\n")
    from meshctl.render.snapshot_text import lines

    _print(output, given.index, "snapshot", lines)
    return EXIT_FAILURE if wrong else EXIT_OK


def _print(output: str, value: Any, kind: str, lines: Callable[..., Iterable[str]]) -> None:
    def text(wide: bool) -> str:
        return visible_lines(lines(value, wide=wide))

    offers = {
        Content.SHORT: lambda: text(False),
        Content.WIDE: lambda: text(True),
        Content.DOCUMENT: lambda: Document(value, kind=kind),
    }
    outputs.show(_OUTPUTS, output, offers)


def _show_contents(given: Given, output: str) -> int:
    """The pods of any folder, archive or file."""
    from meshctl.reader.contents import contents
    from meshctl.reader.given import refusal

    found = contents(given)
    if not found["pods"] and not found["objects"] and given.passed:
        raise refusal(given.passed, "saved answers of pods")
    from meshctl.render.snapshot_text import content_lines

    _print(output, found, "contents", content_lines)
    return EXIT_OK
