"""Requests sent for real and traced offline, for one mesh after another in the same lab."""

from __future__ import annotations

import pathlib
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from meshctl.envoy.notes import Notes
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from meshctl.trace import report, requests
from meshctl.trace.journey import Journey
from tests.lab.compare import closest
from tests.lab.generate import Case
from tests.lab.mesh import Mesh
from tests.lab.observe import Observer
from tests.lab.traffic import Request

Json = dict[str, Any]

# On a busy machine the kernel's trace loses events, and a connection may time out: a difference counts only when
# the same one shows so many times. Where chance chooses between a right and a wrong outcome it shows now and then,
# so it gets more sendings than that. What was sent again is counted, and must stay rare.
_SHOWN, _SENDINGS = 3, 12


@dataclass(frozen=True, slots=True)
class Difference:
    """A request whose trace is not what happened."""

    case: Case
    request: Request
    found: tuple[str, ...]
    seen: Json
    traced: Json


@dataclass
class Tally:
    """What a run has seen: that it tests something is part of the result."""

    requests: int = 0
    undetermined: int = 0
    hops: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    again: int = 0  # requests sent again, because what was observed differed
    differences: list[Difference] = field(default_factory=list)

    def add(self, seen: Json, traced: Json) -> None:
        self.requests += 1
        self.undetermined += traced["verdict"] == "UNDETERMINED"
        self.hops += len(seen["hops"])
        self.verdicts[traced["verdict"]] = self.verdicts.get(traced["verdict"], 0) + 1
        for hop in seen["hops"]:
            self.flags[hop["flags"] or "-"] = self.flags.get(hop["flags"] or "-", 0) + 1

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, {self.hops} hops, {len(self.differences)} differences, "
            f"{self.undetermined} undetermined, {self.again} sent again; verdicts {self.verdicts}; flags {self.flags}"
        )


class Tracer:
    """meshctl's trace of a recording."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._pods = RecordPods(open_given((str(folder),)), Notes(), complete=True)
        self._journey = Journey(self._pods, silent=True)

    def trace(self, request: Request) -> Json:
        """The answer of ``meshctl trace --dir FOLDER --requests``."""
        stream = requests.stream(request.as_trace()["request"])
        pod = self._pods.by_name(request.pod)
        assert pod is not None
        ways = self._journey.start(pod, request.ip, request.port, stream, request.uid)
        return report.mesh(ways, http=stream.request is not None)


def check(
    lab: Mesh, observer: Observer, case: Case, tally: Tally, wanted: Iterable[Request] | None = None
) -> list[Difference]:
    """Make the lab this mesh, send its requests (or only those wanted), compare each with its trace."""
    lab.update(case.model)
    observer.rules_changed()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        lab.record(pathlib.Path(folder))
        tracer = Tracer(pathlib.Path(folder))
        for request in case.requests if wanted is None else wanted:
            traced = tracer.trace(request)
            hops = {len(outcome["hops"]) for outcome in traced["outcomes"]}
            shown: Counter[tuple[str, ...]] = Counter()
            for _ in range(_SENDINGS):
                seen = observer.request(request, hops)
                differing = tuple(closest(traced["outcomes"], seen))
                shown[differing] += bool(differing)
                if shown.total() == 0 or shown[differing] == _SHOWN:
                    break
            tally.again += shown.total() > 0
            tally.add(seen, traced)
            if shown[differing] == _SHOWN:
                found.append(Difference(case, request, differing, seen, traced))
    tally.differences += found
    return found
