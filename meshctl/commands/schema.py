"""``meshctl schema``: the JSON Schema of a document that another command prints with ``-o json``."""

from __future__ import annotations

from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.errors import EXIT_OK, UsageError
from meshctl.schemas import KINDS, read

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Print the JSON Schema of a document; without a name, which there are.

\b
  meshctl schema
  meshctl schema trace > trace.schema.json
\b
A document names its schema in schemaVersion. Within a version fields are
added, never removed or given another type.
"""


def _complete(incomplete: str) -> list[str]:
    return [kind for kind in KINDS if kind.startswith(incomplete)]


@app.command(name="schema", help=_HELP)
def schema(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="The kind of document.", autocompletion=_complete)
    ] = None,
) -> int:
    if kind is None:
        width = max(map(len, KINDS))
        outputs.write("".join(f"{name:<{width}}  {words}\n" for name, words in KINDS.items()))
        return EXIT_OK
    if kind not in KINDS:
        raise UsageError(f"there is no schema {kind!r}", f"There are {', '.join(KINDS)}.")
    outputs.write(read(kind))
    return EXIT_OK
