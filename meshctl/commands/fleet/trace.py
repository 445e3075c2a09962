"""``meshctl fleet trace --requests FILE``: which meshes answer otherwise than before, or than the others."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshctl.commands import outputs
from meshctl.commands.fleet import options
from meshctl.commands.fleet.sql import OUTPUTS
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError
from meshctl.render.interface import Content

if TYPE_CHECKING:
    from meshctl.commands.fleet.trace_map import Answered, Group

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
_GROUP = 50  # requests of a group


@app.command(
    help="""Ask a set of requests of every mesh, and show where the answers differ: from those of the date before, and from
those of the other meshes. The lines are those of `meshctl trace --requests`; `from` may be a workload.

\b
  # would anything answer differently since yesterday?
  meshctl fleet trace --requests requests.jsonl --from fleet

Exit code 1 where an answer differs.
"""
)
def trace(
    requests: Annotated[
        str, typer.Option("--requests", metavar="FILE", help="JSON lines (docs/trace-json.md), or -.")
    ] = "",
    where: options.From = "",
    since: Annotated[
        str, typer.Option("--since", metavar="DATE", help="The date to compare with; the one before.")
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The date to ask; the newest.")] = "",
    mesh: options.Mesh = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Show every answer, not only those that differ.")
    ] = False,
    engine: options.Engine = "local",
    master: options.Master = None,
    output: Annotated[str, outputs.option(OUTPUTS)] = "table",
) -> int:
    from meshctl.commands.fleet.trace_map import groups, lines_of
    from meshctl.fleet.store import Store
    from meshctl.sources.file import read_bytes

    options.require("local")
    options.require(engine)
    form = OUTPUTS.parse(output)
    if not requests:
        raise UsageError("which requests?", "", "Name their file with --requests.")
    lines = lines_of(read_bytes(requests))
    if not lines:
        raise InputError(f"{requests} holds no requests", "It is empty.")
    place = options.place(where)
    store = Store(place)
    store.require()
    asked = _asked(store, mesh, since, until)
    found = _mapped(
        groups(place, [pair for pairs in asked.values() for pair in pairs], lines, _GROUP), engine, master
    )
    rows = list(_compared(found, {name: pairs[-1][1] for name, pairs in asked.items()}))
    differing = [row for row in rows if row["differs"]]
    shown = rows if everything else differing
    import pyarrow as pa

    if shown or form.name != "table":
        outputs.show_form(form, {Content.ROWS: lambda: pa.Table.from_pylist(shown, schema=_schema())})
    sys.stderr.write(f"{len(rows)} answers of {len(asked)} meshes, {len(differing)} differ\n")
    return EXIT_FAILURE if differing else EXIT_OK


def _asked(store: Any, mesh: str, since: str, until: str) -> dict[str, list[tuple[str, str]]]:
    """Of each mesh the dates that are asked: the one before, where there is one, and the newest."""
    from meshctl.fleet.views import Chosen, dates

    for date in filter(None, (since, until)):
        Chosen(date, mesh).check(store)
    Chosen(mesh=mesh).check(store)
    found: dict[str, list[tuple[str, str]]] = {}
    for name in sorted({file.mesh for file in store.files("units") if mesh in ("", file.mesh)}):
        known = dates(store, name)
        last = until if until in known else known[0] if not until else ""
        before = since if since in known else next((d for d in known if d < last), "") if not since else ""
        if last:
            found[name] = [(name, date) for date in dict.fromkeys((before, last)) if date]
    return found


def _mapped(work: Sequence[Group], engine: str, master: str | None) -> list[Answered]:
    """The answers to all groups: one after the other here, or as tasks of Spark."""
    from meshctl.commands.fleet.trace_map import Answered, answers

    if engine != "spark":
        return [one for group in work for one in answers(group)]
    from meshctl.fleet.spark_session import session, told

    with session(master) as spark, told(master):
        rows = spark.sparkContext.parallelize(work, len(work)).flatMap(answers)
        return [Answered(*row) for row in rows.collect()]  # one line a request: what the answer is made of


def _compared(found: Iterable[Answered], newest: dict[str, str]) -> Iterable[dict[str, Any]]:
    """The newest answers with what they differ from. A workload's replicas are compared as a whole."""
    by_request: dict[tuple[str, str, str], list[Answered]] = {}
    for one in found:
        by_request.setdefault((one.request, one.mesh, one.date), []).append(one)
    words = {key: tuple(sorted({one.words for one in some})) for key, some in by_request.items()}
    usual: dict[str, tuple[str, ...]] = {}
    for request in {key[0] for key in words}:
        counts = Counter(w for (r, mesh, date), w in words.items() if r == request and newest[mesh] == date)
        usual[request] = max(counts, key=lambda w: (counts[w], w))
    for (request, mesh, date), some in sorted(by_request.items()):
        if date != newest[mesh]:
            continue
        now = words[request, mesh, date]
        before = next(
            (
                w
                for (r, m, d), w in sorted(words.items(), reverse=True)
                if (r, m) == (request, mesh) and d < date
            ),
            None,
        )
        differs = ["from before"] if before is not None and before != now else []
        differs += ["from other meshes"] if len(newest) > 1 and usual[request] != now else []
        differs += ["among replicas"] if len(now) > 1 else []
        for one in some:
            yield {
                "request": request, "mesh": mesh, "pod": one.pod, "replicas": one.replicas, "verdict": one.verdict,
                "answer": one.words, "before": None if before is None else " | ".join(before),
                "differs": ", ".join(differs) or None, "open": one.open or None,
            }  # fmt: skip


def _schema() -> Any:
    import pyarrow as pa

    names = ("request", "mesh", "pod", "replicas", "verdict", "answer", "before", "differs", "open")
    return pa.schema([(name, pa.int64() if name == "replicas" else pa.string()) for name in names])
