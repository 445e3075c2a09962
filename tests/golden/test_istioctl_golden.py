"""Every recorded invocation of the real istioctl, run through our command line in one process.

A recording is a list of command lines with the bytes that istioctl printed. Compared are stdout and the exit
code. Bytes must be equal; where they are not, the difference must be one of ``exceptions.py``, the number of each in each
scenario must be the one in ``exceptions.json``, and our own answer the one whose digest stands in ``answers.json``: an
excused case compares as much as any (``python -m tests.golden.record`` rewrites both files).
"""

from __future__ import annotations

import collections
import hashlib
import json
import pathlib

import pytest

from tests.corpus import available, corpus_root
from tests.golden import compare
from tests.golden.cases import scenarios

pytestmark = [pytest.mark.corpus, pytest.mark.timeout(900)]

SCENARIOS = scenarios(corpus_root() / "golden") if available() else []
_HERE = pathlib.Path(__file__).parent
COUNTS = json.loads((_HERE / "exceptions.json").read_text())
ANSWERS = json.loads((_HERE / "answers.json").read_text()) if (_HERE / "answers.json").exists() else {}
# Our own pages of help change with every option, and our version with every release; tests/unit/commands is about them.
_OUR_WORDS = frozenset({"help", "own version"})


@pytest.mark.skipif(not SCENARIOS, reason="the recordings of istioctl are absent: set MESHCTL_CORPUS")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_recorded_invocations(scenario, monkeypatch):
    monkeypatch.chdir(corpus_root())
    failures, used, answers = run(scenario, monkeypatch)
    total = len(scenario.cases())
    assert not failures, f"{len(failures)} of {total} differ:\n\n" + "\n".join(failures[:12])
    assert dict(used) == COUNTS.get(scenario.name, {})
    assert answers == ANSWERS.get(scenario.name, {})


def run(scenario, monkeypatch) -> tuple[list[str], collections.Counter[str], dict[str, str]]:
    """The unexplained differences of a scenario, how often each deliberate one was met, and our answers there."""
    failures: list[str] = []
    used: collections.Counter[str] = collections.Counter()
    answers: dict[str, str] = {}
    for case in scenario.cases():
        result = compare.run(case, monkeypatch)
        difference = compare.difference(case, result)
        if not difference:
            continue
        exception = compare.exception_for(case, result)
        if exception is None:
            failures.append(f"{case.id} {' '.join(case.argv)}\n{difference}")
            continue
        used[exception] += 1
        if exception not in _OUR_WORDS:
            answers[case.id] = f"{result.rc} {hashlib.sha256(result.stdout).hexdigest()[:16]}"
    return failures, used, answers
