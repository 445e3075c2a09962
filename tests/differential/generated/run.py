"""``python -m tests.differential.generated.run``: one Envoy, many drawn listeners, and what the trace says of them.

``--seed`` and ``--only NUMBER`` draw one listener again; ``--keep FOLDER`` keeps Envoy's configuration and dump.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import tempfile
import time
from dataclasses import dataclass

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from tests.differential.beyond import Comparison, Kind, ask, differences, shown
from tests.differential.generated import sketch
from tests.differential.generated.draw import Draw, Json
from tests.differential.generated.laboratory import (
    Asked,
    Upstreams,
    dump,
    free_ports,
    logged,
    running,
    send_all,
)

LISTENERS, REQUESTS = 60, 14


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


def run(
    seed: int, folder: pathlib.Path, numbers: list[int] | None = None, requests: int = REQUESTS
) -> Report:
    """Draw the listeners of these numbers, send, compare."""
    numbers = list(range(LISTENERS)) if numbers is None else numbers
    log, ports = folder / "access.log", free_ports(len(numbers))
    listeners, items = [], []
    for number, port in zip(numbers, ports, strict=True):
        draw, name = Draw(f"{seed}:{number}"), f"L{number}"
        listeners.append(sketch.listener(draw, name, port, log))
        items += [sketch.asked(draw, name, port, turn) for turn in range(requests)]
    with (
        Upstreams() as upstreams,
        running(listeners, sketch.clusters(Draw(f"{seed}"), upstreams.ports), folder) as admin,
    ):
        shot = dump(admin)
        (folder / "dump.json").write_bytes(shot)
        answers = send_all(items)
        entries = logged(log, {a.rid for a in items if answers[a.rid][0] not in (0, 400)})
        notes = Notes()
        proxy = Proxy(snapshot.load(documents.read(shot, "dump", notes), "dump", notes), "dump")
        records = [
            record_of(seed, a, answers[a.rid], entries.get(a.rid), upstreams.seen.get(a.rid)) for a in items
        ]
    return Report(seed, [_compared(proxy, record) for record in records])


def record_of(
    seed: int, item: Asked, answer: tuple[int, dict[str, str]], entry: Json | None, seen: Json | None
) -> Json:
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
    return {"topic": f"seed {seed}", "case": item.rid, "request": item.line, "observed": observed}


def _compared(proxy: Proxy, record: Json) -> Comparison:
    answer = ask(proxy, record)
    return Comparison(record, answer, list(differences(record, answer)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.differential.generated.run", description=__doc__)
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


if __name__ == "__main__":
    main()
