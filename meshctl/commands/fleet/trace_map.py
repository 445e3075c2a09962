"""A request set asked of one mesh on one date: the function that ``fleet trace`` maps over groups, on either engine.

A line's ``from`` is a pod or a workload. Of a workload one replica is asked for each configuration that its replicas have,
so that drift shows. What is compared of two answers is what does not change when pods are made anew: verdicts, codes,
routes, clusters and shares, not addresses and names of pods.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from meshctl.commands.trace_batch import answer
from meshctl.envoy.notes import Notes
from meshctl.errors import InputError
from meshctl.fleet.duck import Duck
from meshctl.fleet.records import FleetRecords
from meshctl.fleet.store import Store
from meshctl.fleet.views import Chosen
from meshctl.plain import Json
from meshctl.sources.trace_pods import RecordPods
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod
from meshctl.trace.report import PLAIN


class Group(NamedTuple):
    """What one task answers: a mesh on a date, and lines of requests with their numbers."""

    place: str
    mesh: str
    date: str
    lines: tuple[tuple[int, bytes], ...]


class Answered(NamedTuple):
    """The answer to one request. ``replicas``: how many pods of its workload have the configuration that was asked."""

    request: str
    mesh: str
    date: str
    pod: str
    replicas: int
    verdict: str
    words: str
    open: str


class _Inputs:
    """The pods of a group, as ``trace --requests`` takes them."""

    def __init__(self, records: FleetRecords) -> None:
        self.source = RecordPods(records, Notes())

    @property
    def first(self) -> Pod:
        raise InputError("the line has no `from`", "It says in which pod or workload the request begins.")

    def pod(self, name: str) -> Pod:
        return self.source.by_name(name)


def answers(group: Group) -> list[Answered]:
    """The answers of a group."""
    duck = Duck(Store(group.place), Chosen(group.date, group.mesh))
    records = FleetRecords(duck, f"mesh {group.mesh} on {group.date}")
    inputs: Any = _Inputs(records)
    journey = Journey(inputs.source, silent=True)
    return [
        one for number, line in group.lines for one in _answers(inputs, records, journey, group, number, line)
    ]


def _answers(
    inputs: Any, records: FleetRecords, journey: Journey, group: Group, number: int, line: bytes
) -> Iterator[Answered]:
    for pod, replicas, asked in _each(records, line):
        found = answer(inputs, journey, asked, number, PLAIN, False)
        verdict = str(found.answer.get("verdict") or "ERROR")
        words = _words(found.answer) if "error" not in found.answer else str(found.answer["error"])
        open_ = "; ".join(found.answer.get("undetermined") or ())
        yield Answered(found.name, group.mesh, group.date, pod, replicas, verdict, words, open_)


def _each(records: FleetRecords, line: bytes) -> Iterator[tuple[str, int, bytes]]:
    """The line for each configuration that the replicas of its workload have: (pod, replicas, line)."""
    try:
        decoded = msgspec.json.decode(line)
    except msgspec.DecodeError:
        decoded = None
    start = decoded.get("from") if isinstance(decoded, dict) else None
    rows = records.named(start) if isinstance(start, str) else []
    if not rows:
        yield str(start or ""), 0, line
        return
    alike: dict[tuple[str, str], list[Json]] = {}
    for row in rows:
        alike.setdefault((row["config_hash"], row["endpoints_hash"]), []).append(row)
    for found in sorted(alike.values(), key=len, reverse=True):
        proxy = found[0]["proxy"]
        yield proxy, len(found), msgspec.json.encode({**decoded, "from": proxy})


def _words(found: Json) -> str:
    """What is compared of an answer, as one line."""
    return "; ".join(sorted(_way(outcome) for outcome in found["outcomes"]))


def _way(outcome: Json) -> str:
    share = outcome.get("probability")
    parts = ["?" if share is None else f"{100 * share:g} %", str(outcome["verdict"])]
    code = outcome.get("code")
    parts += [str(code)] if code is not None else []
    hops = [hop for hop in outcome.get("hops") or () if hop.get("cluster")] or [outcome]
    via = dict.fromkeys(str(hop["cluster"]) for hop in hops if hop.get("cluster"))
    if via:
        parts.append(f"by {' > '.join(via)}")
    return " ".join(parts)


def lines_of(data: bytes) -> list[tuple[int, bytes]]:
    """The lines of a file of requests, with their numbers."""
    return [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]


def groups(
    place: str, meshes: Sequence[tuple[str, str]], lines: Sequence[tuple[int, bytes]], size: int
) -> list[Group]:
    """The work cut into groups: each mesh and date, so many lines at once."""
    return [
        Group(place, mesh, date, tuple(lines[first : first + size]))
        for mesh, date in meshes
        for first in range(0, len(lines), size)
    ]
