"""``meshctl snapshot show FILE``: what is in a snapshot, what is missing, what was removed; ``--verify`` its sums."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError

if TYPE_CHECKING:
    from meshctl.reader.given import Given

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
    output: Annotated[str, typer.Option("--output", "-o", help="short, wide or json.")] = "short",
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its checksum.")] = False,
) -> int:
    from meshctl.sources.file import open_given

    if output not in ("short", "wide", "json"):
        raise UsageError(f"unknown output {output!r}", "", "Use short, wide or json.")
    given = open_given((path,))
    if given.index is None:
        if verify:
            raise InputError(f"{path} has no index.json: only a snapshot of meshctl has checksums")
        return _show_contents(given, output)
    wrong = []
    if verify:
        from meshctl.reader.contents import differences

        wrong = differences(given)
    for line in wrong:
        sys.stderr.write(f"Warning: {line}\n")
    if output == "json":
        _print_json(given.index)
    else:
        from meshctl.render.snapshot_text import lines

        typer.echo("\n".join(lines(given.index, wide=output == "wide")))
    return EXIT_FAILURE if wrong else EXIT_OK


def _print_json(value: Any) -> None:
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _show_contents(given: Given, output: str) -> int:
    """The pods of any folder, archive or file."""
    from meshctl.reader.contents import contents
    from meshctl.reader.given import refusal

    found = contents(given)
    if not found["pods"] and not found["objects"] and given.passed:
        raise refusal(given.passed, "saved answers of pods")
    if output == "json":
        _print_json(found)
    else:
        from meshctl.render.snapshot_text import content_lines

        typer.echo("\n".join(content_lines(found, wide=output == "wide")))
    return EXIT_OK
