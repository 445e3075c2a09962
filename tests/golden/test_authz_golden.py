"""``authz check``: every recorded invocation of the real istioctl that reads a file.

The rows are istioctl's but for istiod's artefacts, without which the columns are narrower.
"""

from __future__ import annotations

import pytest

from tests.cli import Outcome, run
from tests.golden.width import NEEDED, ROOT, Settled, cases, stdout

pytestmark = [pytest.mark.corpus, NEEDED]

CASES = [case for case in cases("authz") if "-f" in case["argv"]]
ARTEFACT = "_anonymous_match_nothing_"


def test_recorded_invocations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    settled = Settled("authz", "files")
    for case in CASES:
        dump = ROOT / case["argv"][-1]
        if case["rc"] == 0 and not dump.exists():
            continue  # of a dump that is not among the recordings
        found = run(*case["argv"])
        if found.rc != case["rc"] or found.out != stdout("authz", case).decode():
            settled.differs(case, _excuse(case, found), found)
    settled.check()


def _excuse(case: dict, found: Outcome) -> str:
    """The kind of a difference that is meant; "" for none."""
    expected = stdout("authz", case).decode()
    if expected == "" and found.rc == 0 and found.out.split() == ["ACTION", "AuthorizationPolicy", "RULES"]:
        return "header"  # a proxy without listeners of istiod: istioctl prints nothing, not even the header
    if found.rc != 0 and case["rc"] != 0 and found.out == "":
        return "words"  # refused by both, each in its own words
    rows = [line.split() for line in expected.splitlines() if ARTEFACT not in line]
    ours = [line.split() for line in found.out.splitlines()]
    return "artefact" if found.rc == case["rc"] == 0 and ARTEFACT in expected and rows == ours else ""
