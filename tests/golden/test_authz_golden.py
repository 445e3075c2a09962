"""``authz check``: every recorded invocation of the real istioctl that reads a file.

The rows are istioctl's but for istiod's artefacts, without which the columns are narrower.
"""

from __future__ import annotations

import pytest

from tests.cli import run
from tests.golden.width import NEEDED, ROOT, cases, stdout

pytestmark = [pytest.mark.corpus, NEEDED]

CASES = [case for case in cases("authz") if "-f" in case["argv"]]
ARTEFACT = "_anonymous_match_nothing_"


def test_recorded_invocations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failures, without_artefact = [], 0
    for case in CASES:
        dump = ROOT / case["argv"][-1]
        if case["rc"] == 0 and not dump.exists():
            continue  # of a dump that is not among the recordings
        found = run(*case["argv"])
        expected = stdout("authz", case).decode()
        if found.rc == case["rc"] and found.out == expected:
            continue
        if (
            expected == ""
            and found.rc == 0
            and found.out.split() == ["ACTION", "AuthorizationPolicy", "RULES"]
        ):
            continue  # a proxy without listeners of istiod: istioctl prints nothing, not even the header
        if found.rc != 0 and case["rc"] != 0 and found.out == "":
            continue  # refused by both, each in its own words
        rows = [line.split() for line in expected.splitlines() if ARTEFACT not in line]
        if (
            found.rc == case["rc"] == 0
            and ARTEFACT in expected
            and rows == [line.split() for line in found.out.splitlines()]
        ):
            without_artefact += 1
            continue
        failures.append(
            f"{case['id']} {' '.join(case['argv'])}: exit {found.rc}\n{expected}\n{found.out}{found.err}"
        )
    assert not failures, f"{len(failures)} differ:\n" + "\n".join(failures[:4])
    assert without_artefact == 2
