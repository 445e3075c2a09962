"""What each generator does with its run: requests as records, what the trace says of them, and a command of its own."""

from __future__ import annotations

import argparse
import collections
import pathlib
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from tests.differential.beyond import Comparison, Kind, ask, differences, shown
from tests.differential.generated.draw import Json

Answer = tuple[int, dict[str, str]]  # the code (0: none) and the headers


class Sent(Protocol):
    """A request that was sent; ``line``: in the field names of docs/trace-json.md."""

    @property
    def rid(self) -> str: ...
    @property
    def line(self) -> Json: ...


@dataclass(frozen=True)
class Report:
    """All comparisons of one run."""

    seed: int
    compared: list[Comparison]

    def of(self, *kinds: Kind) -> list[Comparison]:
        return [c for c in self.compared if c.kind in kinds]

    @property
    def wrong(self) -> list[Comparison]:
        """Answered otherwise, with nothing undetermined."""
        return self.of(Kind.WRONG)

    @property
    def undetermined(self) -> list[Comparison]:
        return self.of(Kind.UNDETERMINED, Kind.WRONG_HEDGED)

    def __str__(self) -> str:
        counts = collections.Counter(c.kind.value for c in self.compared)
        return f"seed {self.seed}: {len(self.compared)} requests, {dict(counts)}"


def record_of(topic: str, item: Sent, answer: Answer, entry: Json | None, seen: Json | None) -> Json:
    """A request in the form of the recordings."""
    code, fields = answer
    observed: Json = (
        {"code": code or None, "no_access_log": True} if entry is None else {**entry, "code": code}
    )
    observed["location"], observed["client_error"] = fields.get("location"), fields.get("timeout")
    if entry is not None:
        observed["listener"] = item.rid.split("-")[0]
        if seen is not None:
            observed |= {"upstream_path": seen["path"], "upstream_req_host": seen["host"]}
    return {"topic": topic, "case": item.rid, "request": item.line, "observed": observed}


def compared(seed: int, shot: bytes, records: Iterable[Json]) -> Report:
    """The records beside what the trace says of them on the dump of their Envoy."""
    notes = Notes()
    proxy = Proxy(snapshot.load(documents.read(shot, "dump", notes), "dump", notes), "dump", time.time())
    answers = [(record, ask(proxy, record)) for record in records]
    return Report(seed, [Comparison(r, a, list(differences(r, a))) for r, a in answers])


def command(run: Callable[[int, pathlib.Path, list[int] | None], Report], module: str, about: str) -> None:
    """The command line of a generator."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.differential.generated.{module}", description=about
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="tell the undetermined ones too")
    options = parser.parse_args()
    numbers = None if options.only is None else [options.only]
    for seed in range(options.seed, options.seed + options.runs):
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            found = run(seed, options.keep or pathlib.Path(folder), numbers)
        for comparison in found.wrong + (found.undetermined if options.all else []):
            print(shown(comparison))
        print(f"{found}, {time.monotonic() - began:.0f} s", flush=True)
