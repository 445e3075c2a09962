"""Random meshes until stopped; a difference is shrunk and printed with everything needed to replay it."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.fuzz.shrink import shrink
from tests.lab.differential import Difference, Tally, check
from tests.lab.generate import Case, case
from tests.lab.mesh import Mesh
from tests.lab.observe import Observer
from tests.lab.traffic import Request

Json = dict[str, Any]

_TIMES = 6


def run(seeds: Iterable[int], requests: int, go_on: Callable[[], bool], tell: Callable[[str], None]) -> Tally:
    """One mesh after another while ``go_on`` says so; each seed's first difference is shrunk."""
    tally = Tally()
    with (
        Mesh(f"f{os.getpid()}", case(0, 0).model, fresh=True) as lab,
        Observer(lab) as observer,
    ):
        for seed in seeds:
            if not go_on():
                break
            found = check(lab, observer, case(seed, requests), tally)
            if found:
                tell(f"seed {seed}: {len(found)} of {requests} requests differ; the first is shrunk")
                tell(describe(_shrunk(lab, observer, found[0])))
    return tally


def _shrunk(lab: Mesh, observer: Observer, difference: Difference) -> Difference:
    """The smallest mesh and request that still differ, as they last did."""
    last = difference

    def fails(smaller: Case, request: Request) -> bool:
        nonlocal last
        found = check(lab, observer, smaller, Tally(), [request] * _TIMES)
        if found:
            last = found[0]
        return bool(found)

    shrink(difference.case, difference.request, fails)
    return last


def describe(difference: Difference) -> str:
    """Everything needed to see a difference again."""
    import yaml

    manifests = yaml.safe_dump_all(difference.case.documents, sort_keys=False)
    request = json.dumps(dataclasses.asdict(difference.request))
    return "\n".join(
        [
            "--- what differs",
            *difference.found,
            "--- what happened",
            json.dumps(difference.seen),
            "--- what meshctl trace says",
            json.dumps(difference.traced),
            "--- replay: python -m tests.fuzz --replay FILE, with everything below in FILE",
            f"# request: {request}",
            manifests,
        ]
    )


def replay(path: pathlib.Path) -> Iterator[str]:
    """The request of a file, sent and traced again."""
    import yaml

    text = path.read_text()
    mark = "# request: "
    line = next(line for line in text.splitlines() if line.startswith(mark))
    value = json.loads(line.removeprefix(mark))
    value["headers"] = tuple(tuple(header) for header in value["headers"])
    request = Request(**value)
    manifests = text[text.index(line) + len(line) :]
    known = Case(0, tuple(d for d in yaml.safe_load_all(manifests) if d), (request,))
    tally = Tally()
    with Mesh(f"f{os.getpid()}", known.model, fresh=True) as lab, Observer(lab) as observer:
        found = check(lab, observer, known, tally, [request] * _TIMES)
    yield str(tally)
    for difference in found[:1]:
        yield describe(difference)
