"""Every recorded invocation of the real istioctl, run through our command line in one process.

A recording is a list of command lines with the bytes that istioctl printed. Compared are stdout and the exit
code. Bytes must be equal; where they are not, the difference must be one of ``tests/golden/exceptions.py``,
whose entries are counted: an exception that no recording needs any more fails the test as well.
"""

from __future__ import annotations

import collections

import pytest

from tests.corpus import available, corpus_root
from tests.golden import compare
from tests.golden.cases import Case, scenarios

pytestmark = [pytest.mark.corpus, pytest.mark.timeout(900)]

SCENARIOS = scenarios(corpus_root() / "golden") if available() else []
USED: collections.Counter[str] = collections.Counter()


@pytest.mark.skipif(not SCENARIOS, reason="the recordings of istioctl are absent: set MESHCTL_CORPUS")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_recorded_invocations(scenario, monkeypatch):
    monkeypatch.chdir(corpus_root())
    failures = []
    for case in scenario.cases():
        problem = _problem(case, monkeypatch)
        if problem:
            failures.append(f"{case.id} {' '.join(case.argv)}\n{problem}")
    assert not failures, f"{len(failures)} of {len(scenario.cases())} differ:\n\n" + "\n".join(failures[:12])


def _problem(case: Case, monkeypatch) -> str:
    result = compare.run(case, monkeypatch)
    difference = compare.difference(case, result)
    if not difference:
        return ""
    exception = compare.exception_for(case, result)
    if exception is None:
        return difference
    USED[exception] += 1
    return ""
