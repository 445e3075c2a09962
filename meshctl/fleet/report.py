"""What ``fleet report`` says: the answers of a few questions, made into bars and lists.

The same SQL on either engine. A chart is here, with its words and its limits; how it is drawn is ``meshctl.render.fleet_html``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from meshctl.fleet.questions import questions, values
from meshctl.plain import Json
from meshctl.render.fleet_html import Bar, Chart, FleetPage, Listing, Tile

_MOST = 12  # bars of a chart, and rows of a list
_SOON = 7  # days


class Asked(Protocol):
    """An engine with a data set."""

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any: ...


def page(latest: Asked, over_dates: Sequence[Chart], place: str, now: datetime.datetime) -> FleetPage:
    """The page of a data set. latest: it shows the newest date of each mesh; over_dates: what ``history`` made."""
    newest = _rows(
        latest, "SELECT mesh, max(date) AS date, count(*) AS n FROM proxies GROUP BY mesh ORDER BY mesh"
    )
    meshes = ", ".join(f"{row['mesh']} ({row['date']})" for row in newest)
    return FleetPage(
        f"Fleet {place}",
        f"The newest date of each mesh: {meshes}. Made {now:%Y-%m-%d %H:%M} UTC by meshctl fleet report.",
        _tiles(latest, now),
        (
            *over_dates,
            _certificates(latest, now),
            _sizes(latest),
            _versions(latest),
            _findings(latest),
            _biggest(latest),
        ),
        _listings(latest, now),
    )


def _rows(data: Asked, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Json]:
    found: list[Json] = data.ask(sql, parameters).to_pylist()
    return found


def _one(data: Asked, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
    (row,) = _rows(data, sql, parameters)
    return int(next(iter(row.values())) or 0)


_DRIFTING = """
SELECT count(*) AS n FROM (
  SELECT mesh, namespace, workload FROM proxies GROUP BY mesh, namespace, workload HAVING count(DISTINCT config_hash) > 1
) d
"""


def _tiles(data: Asked, now: datetime.datetime) -> tuple[Tile, ...]:
    soon = {"until": now + datetime.timedelta(days=_SOON)}
    ending = _one(
        data, "SELECT count(*) AS n FROM secrets WHERE kind = 'certificate' AND not_after < :until", soon
    )
    counted = (
        ("proxies", "SELECT count(*) AS n FROM proxies", ""),
        ("workloads", "SELECT count(*) AS n FROM (SELECT DISTINCT mesh, namespace, workload FROM proxies) w", ""),
        ("workloads whose replicas differ", _DRIFTING, "warn"),
        ("refused updates", "SELECT count(*) AS n FROM configuration WHERE rejected_because IS NOT NULL", "bad"),
        ("findings of level error", "SELECT count(*) AS n FROM findings WHERE severity = 'error'", "bad"),
        ("proxies of which something was not given", "SELECT count(*) AS n FROM proxies WHERE unknown IS NOT NULL", "warn"),
        ("things that could not be read", "SELECT count(*) AS n FROM errors", "warn"),
    )  # fmt: skip
    tiles = [Tile(n := _one(data, sql), words, mood if n else "") for words, sql, mood in counted]
    tiles.insert(2, Tile(ending, f"certificates that end within {_SOON} days", "bad" if ending else ""))
    return tuple(tiles)


def history(data: Asked) -> list[Chart]:
    """How many proxies there were, where there are dates to compare."""
    rows = _rows(data, "SELECT date, count(*) AS n FROM proxies GROUP BY date ORDER BY date")
    if len(rows) < 2:
        return []
    bars = tuple(
        Bar(row["date"][5:] if len(row["date"]) == 10 else row["date"], row["n"]) for row in rows[-31:]
    )
    return [Chart("Proxies by date", "All meshes together; the newest dates.", bars, upright=True)]


def _versions(data: Asked) -> Chart:
    sql = "SELECT coalesce(istio_version, 'not told') AS label, count(*) AS n FROM proxies GROUP BY 1 ORDER BY n DESC, label"
    return Chart("Versions of Istio", "As the proxies were injected.", _bars(_rows(data, sql)))


def _bars(rows: list[Json]) -> tuple[Bar, ...]:
    """The largest, and all others as one."""
    shown = [Bar(str(row["label"]), row["n"], row.get("mood") or "plain") for row in rows[:_MOST]]
    rest = sum(row["n"] for row in rows[_MOST:])
    return (*shown, Bar(f"{len(rows) - _MOST} others", rest)) if rest else tuple(shown)


# (label, until which day from now, mood)
_SPANS = (
    ("ended", 0, "bad"), ("1 day", 1, "bad"), ("7 days", 7, "bad"), ("30 days", 30, "warn"), ("60 days", 60, "plain"),
    ("90 days", 90, "plain"), ("1 year", 365, "plain"), ("later", 400_000, "plain"),
)  # fmt: skip


def _certificates(data: Asked, now: datetime.datetime) -> Chart:
    sql = "SELECT not_after, count(*) AS n FROM secrets WHERE kind = 'certificate' AND not_after IS NOT NULL GROUP BY not_after"
    counts = dict.fromkeys((label for label, _, _ in _SPANS), 0)
    for row in _rows(data, sql):
        days = (row["not_after"] - now).total_seconds() / 86400
        counts[next(label for label, until, _ in _SPANS if days < until or label == "later")] += row["n"]
    bars = tuple(Bar(label, counts[label], mood) for label, _, mood in _SPANS)
    return Chart("Certificates by what is left of them", "Until when the workloads' own certificates are valid.", bars, "certificates", upright=True)  # fmt: skip


# Megabytes up to which a dump counts for a bar.
_STEPS = (0.5, 1, 2, 5, 10, 20, 50)


def _sizes(data: Asked) -> Chart:
    rows = _rows(data, "SELECT dump_bytes AS b, count(*) AS n FROM proxies GROUP BY dump_bytes")
    labels = [*(f"< {step:g} MB" for step in _STEPS), f"≥ {_STEPS[-1]} MB"]
    counts = [0] * len(labels)
    for row in rows:
        counts[sum(row["b"] >= step * 1e6 for step in _STEPS)] += row["n"]
    return Chart(
        "Sizes of configurations", "The dump of each proxy.", tuple(map(Bar, labels, counts)), upright=True
    )


_MOODS = {"error": "bad", "warning": "warn"}


def _findings(data: Asked) -> Chart:
    sql = """
        SELECT severity, code, count(DISTINCT proxy) AS n FROM findings GROUP BY severity, code
        ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, n DESC, code
    """
    rows = [
        {"label": f"{row['severity']}: {row['code']}", "n": row["n"], "mood": _MOODS.get(row["severity"])}
        for row in _rows(data, sql)
    ]
    words = "In how many proxies each check found something, errors first."
    return Chart(
        "Findings", words if rows else "Nothing was found, or it was not indexed with --check.", _bars(rows)
    )


def _biggest(data: Asked) -> Chart:
    sql = """
        SELECT workload AS label, max(dump_bytes) / 1e6 AS n FROM proxies GROUP BY mesh, namespace, workload
        ORDER BY n DESC, label
    """
    rows = [{**row, "n": round(row["n"], 1)} for row in _rows(data, sql)[:_MOST]]
    return Chart("Largest configurations", "The largest dump of each workload.", _bars(rows), "MB")


# Questions whose first rows stand on the page, with a title.
_ASKED = (
    ("Drift", "drift"),
    ("Certificates that end soon", "certificates"),
    ("Refused updates", "rejected"),
    ("Open ports", "open-ports"),
    ("Traffic that passes Envoy by", "not-captured"),
    ("Not everything was given", "unknown"),
    ("Could not be read", "errors"),
)


def _listings(data: Asked, now: datetime.datetime) -> tuple[Listing, ...]:
    known = questions()
    made = []
    for title, name in _ASKED:
        question = known[name]
        answer = data.ask(question.sql, values(question, (), {}, (), now))
        rows = tuple(tuple(row.values()) for row in answer.slice(0, _MOST).to_pylist())
        words = f"{question.words} (meshctl fleet ask {name})"
        made.append(Listing(title, words, tuple(answer.column_names), rows, max(0, answer.num_rows - _MOST)))
    return tuple(made)
