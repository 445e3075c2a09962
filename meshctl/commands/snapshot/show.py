"""``meshctl snapshot show FILE``: what is in a snapshot, what is missing, what was removed; ``--verify`` its sums."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError

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
    path: Annotated[str, typer.Argument(metavar="FILE", help="A snapshot: tar.gz or folder.")],
    output: Annotated[str, typer.Option("--output", "-o", help="short, wide or json.")] = "short",
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its checksum.")] = False,
) -> int:
    from meshctl.sources.saved import open_records

    if output not in ("short", "wide", "json"):
        raise UsageError(f"unknown output {output!r}", "", "Use short, wide or json.")
    records = open_records(path)
    index = records.index
    if index is None:
        raise InputError(
            f"{path} has no index.json: it is a bundle, but no snapshot",
            "It was not made by `meshctl snapshot`.",
            "proxy-config and trace read it all the same, with -f or --dir.",
        )
    wrong = records.verify() if verify else []
    for line in wrong:
        sys.stderr.write(f"Warning: {line}\n")
    if output == "json":
        import msgspec

        typer.echo(msgspec.json.format(msgspec.json.encode(index), indent=2))
    else:
        from meshctl.render.snapshot_text import lines

        typer.echo("\n".join(lines(index, wide=output == "wide")))
    return EXIT_FAILURE if wrong else EXIT_OK
