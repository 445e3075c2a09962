"""The named questions with their answers, asked of the synthetic fleet of bench/ on a fixed day: docs/fleet-questions.md."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import tempfile
from collections.abc import Iterator

from bench import fleet

NOW = datetime.datetime(2026, 11, 27, 6)
DAYS = ("2026-11-26", "2026-11-27")
PROXIES = 75
_SHOWN = 5  # rows of an answer
_WIDE = 150  # characters of a line
# What is asked for where a question needs it.
_WORDS = {
    "drift-of": ("app10-v1",),
    "excluded-port": ("5432",),
    "listens-on": ("5005",),
    "routes-to": ("reviews", "--subset", "v1"),
    "subsets": ("reviews",),
    "who-may-call": ("app1-v1",),
}


def page() -> str:
    """Every question: how it is asked, and what comes back."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # answers name relative paths
        return "\n".join(_page())


def _page() -> Iterator[str]:
    from meshctl.commands.fleet.ask import parted
    from meshctl.fleet.duck import Duck
    from meshctl.fleet.questions import questions, values
    from meshctl.fleet.store import Store
    from meshctl.fleet.views import ALL, LATEST, Chosen, dates

    store = Store(_indexed())
    for name, question in questions().items():
        words = _WORDS.get(name, ())
        own, given = parted(words)
        duck = Duck(store, Chosen(ALL if question.compares else LATEST))
        answer = duck.ask(question.sql, values(question, own, given, dates(store), NOW))
        yield f"### {name}\n"
        yield f"{question.words}\n"
        for parameter in question.parameters:
            if parameter.type == "two":
                yield "`--since DATE --until DATE`: the dates; the last two where they are not named.\n"
            elif parameter.default is None:
                yield f"`{parameter.name.upper()}`: {parameter.words}.\n"
            else:
                default = "" if parameter.default == "''" else f" ({parameter.default} where it is not given)"
                yield f"`--{parameter.name}`: {parameter.words}{default}.\n"
        yield "```"
        yield f"$ meshctl fleet ask {' '.join((name, *words))}"
        yield from _shown(answer)
        yield "```\n"


def _shown(answer: object) -> Iterator[str]:
    from meshctl.render.rows_out import table

    rows = answer.num_rows  # type: ignore[attr-defined]
    if not rows:
        yield "Nothing: no row answers this question."
        return
    for line in table(answer.slice(0, _SHOWN)).splitlines():  # type: ignore[attr-defined]
        yield line.rstrip() if len(line.rstrip()) <= _WIDE else line[: _WIDE - 1] + "…"
    if rows > _SHOWN:
        yield f"… and {rows - _SHOWN} more rows"


def _indexed() -> str:
    """The data set: the fleet as it is, and as it was a day before: fewer pods, an older Istio, other timeouts."""
    from meshctl.fleet import local
    from meshctl.fleet.units import units

    before, made = (pathlib.Path(day) for day in DAYS)
    fleet.Fleet(1, now=NOW).write(made, range(PROXIES))
    fleet.Fleet(1, version="1.30.4", now=NOW - datetime.timedelta(days=1)).write(before, range(PROXIES - 3))
    for dump in sorted(before.rglob("config_dump.json"))[:5]:
        dump.write_text(dump.read_text().replace('"connect_timeout": "10s"', '"connect_timeout": "1s"'))
    broken = made / "proxies" / "team0" / "cut-off" / "config_dump.json"
    broken.parent.mkdir()
    broken.write_text('{"configs": [')
    for day in DAYS:
        found = units([day], "prod", day)
        local.index(found, "fleet", "prod", day, 1, lambda outcome: None, check=day == DAYS[1])
    return "fleet"
