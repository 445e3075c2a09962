"""``meshctl fleet ask QUESTION …``: the questions that have names; they are SQL files, of meshctl's and of one's own."""

from __future__ import annotations

import datetime
import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.fleet import options
from meshctl.commands.fleet.sql import OUTPUTS
from meshctl.errors import EXIT_OK, UsageError
from meshctl.plain import visible
from meshctl.render.interface import Content

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@app.command(
    help="""Ask a named question about the newest date of each mesh. Without a name, the questions are listed.

\b
  # which certificates end this week?
  meshctl fleet ask certificates --within 7d --from fleet
\b
  # who still sends to v1 of reviews?
  meshctl fleet ask routes-to reviews --subset v1 --from fleet
\b
  # what changed since yesterday?
  meshctl fleet ask changed --since 2026-11-26 --until 2026-11-27 \\
      --from fleet
""",
    context_settings={"ignore_unknown_options": True},
)
def ask(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUESTION] [VALUE]...", help="The question and what it asks for, options of its own too."
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PLACE", help="The data set (MESHCTL_FLEET); or a date, for --since."),
    ] = None,
    date: options.Date = None,
    mesh: options.Mesh = "",
    folder: Annotated[
        str | None,
        typer.Option(
            "--questions",
            metavar="FOLDER",
            envvar="MESHCTL_QUESTIONS",
            help="A folder of questions of your own.",
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--sql", help="Print the question's SQL instead of asking it.")
    ] = False,
    engine: options.Engine = "local",
    master: options.Master = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "table",
) -> int:
    from meshctl.fleet.questions import questions, values
    from meshctl.fleet.store import Store
    from meshctl.fleet.views import ALL, LATEST, Chosen, dates

    form = OUTPUTS.parse(output)
    known = questions(folder)
    if not words:
        _list(known.values())
        return EXIT_OK
    name, *rest = words
    if name not in known:
        raise UsageError(
            f"there is no question {name!r}", _near(name, known), "`meshctl fleet ask` lists them."
        )
    question = known[name]
    if show:
        outputs.write(f"-- {question.words}\n{question.sql}\n")
        return EXIT_OK
    own, given = parted(rest)
    place = options.place(_places(where or [], given))
    options.require(engine)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    there = dates(Store(place), mesh) if question.compares else []
    asked = values(question, own, given, there, now)
    chosen = Chosen(ALL if question.compares else date or LATEST, mesh)
    with options.asked(engine, place, chosen, master) as data:
        answer = data.ask(question.sql, asked)
        lacking = _lacking(data) if name not in _TELL else ""
    if answer.num_rows or form.name != "table":
        outputs.show_form(form, {Content.ROWS: lambda: answer})
    else:
        sys.stderr.write("Nothing: no row answers this question.\n")
    sys.stderr.write(lacking)
    return EXIT_OK


# What answers leave out that was not given, these questions tell themselves.
_TELL = ("unknown", "errors")
_LACKING = """
SELECT (SELECT count(*) FROM proxies WHERE unknown IS NOT NULL) AS proxies, (SELECT count(*) FROM errors) AS errors
"""


def _lacking(data: options.Asked) -> str:
    """What the answer may lack, because it was not given or could not be read; "" where nothing is known to be missing."""
    (row,) = data.ask(_LACKING).to_pylist()
    parts = (
        [f"of {row['proxies']} proxies something was not given (fleet ask unknown)"] if row["proxies"] else []
    )
    parts += [f"{row['errors']} things could not be read (fleet ask errors)"] if row["errors"] else []
    return f"This answer may lack something: {', and '.join(parts)}.\n" if parts else ""


def _places(where: Sequence[str], given: dict[str, str]) -> str:
    """Where the data set is; a date after --from, and --to, are those of `changed`."""
    moments = [text for text in where if _DATE.fullmatch(text) and not os.path.isdir(text)]
    if moments:
        given.setdefault("since", moments[-1])
    if "to" in given:
        given.setdefault("until", given.pop("to"))
    places = [text for text in where if text not in moments]
    return places[-1] if places else os.environ.get("MESHCTL_FLEET", "")


def parted(rest: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """A question's own words and options: ``--within 7d`` and ``--within=7d``."""
    words: list[str] = []
    given: dict[str, str] = {}
    left = list(rest)
    while left:
        token = left.pop(0)
        if not token.startswith("--") or token == "--":
            words.append(token)
            continue
        name, equals, value = token[2:].partition("=")
        if not equals:
            if not left:
                raise UsageError(f"--{name} needs a value")
            value = left.pop(0)
        given[name.replace("-", "_")] = value
    return words, given


def _near(name: str, known: object) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)  # type: ignore[call-overload]
    return f"Did you mean {near[0]}?" if near else ""


def _list(known: object) -> None:
    from meshctl.render.table import align

    rows = [(question.usage, visible(question.words)) for question in known]  # type: ignore[attr-defined]
    outputs.write(align(rows, 3))
