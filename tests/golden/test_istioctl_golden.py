"""Every recorded invocation of the real istioctl, run through our command line in one process.

A recording is a list of command lines with the bytes that istioctl printed. Compared are stdout and the exit
code. Bytes must be equal; where they are not, the difference must be one of ``exceptions.py``, and the number
of each in each scenario must be the one in ``exceptions.json`` (``python -m tests.golden.record`` rewrites it).
"""

from __future__ import annotations

import collections
import json
import pathlib

import pytest

from tests.corpus import available, corpus_root
from tests.golden import compare
from tests.golden.cases import scenarios

pytestmark = [pytest.mark.corpus, pytest.mark.timeout(900)]

SCENARIOS = scenarios(corpus_root() / "golden") if available() else []
COUNTS = json.loads((pathlib.Path(__file__).parent / "exceptions.json").read_text())


@pytest.mark.skipif(not SCENARIOS, reason="the recordings of istioctl are absent: set MESHCTL_CORPUS")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_recorded_invocations(scenario, monkeypatch):
    monkeypatch.chdir(corpus_root())
    failures, used = run(scenario, monkeypatch)
    total = len(scenario.cases())
    assert not failures, f"{len(failures)} of {total} differ:\n\n" + "\n".join(failures[:12])
    assert dict(used) == COUNTS.get(scenario.name, dict(used))


def run(scenario, monkeypatch) -> tuple[list[str], collections.Counter[str]]:
    """The unexplained differences of a scenario, and how often each deliberate one was met."""
    failures: list[str] = []
    used: collections.Counter[str] = collections.Counter()
    for case in scenario.cases():
        result = compare.run(case, monkeypatch)
        difference = compare.difference(case, result)
        if not difference:
            continue
        exception = compare.exception_for(case, result)
        if exception is None:
            failures.append(f"{case.id} {' '.join(case.argv)}\n{difference}")
        else:
            used[exception] += 1
    return failures, used
