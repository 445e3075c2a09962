"""``check-inject``: every recorded invocation of the real istioctl, answered from the manifests that its cluster served.

stdout is compared without istioctl's colour codes, which it prints into pipes, too.
"""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.cli import run
from tests.golden.width import NEEDED, ROOT, Settled, cases, stdout

pytestmark = [pytest.mark.corpus, NEEDED]

CASES = cases("check-inject")
# "inject-none" has no webhook: what is in no file may be in the cluster, so it is asked live (tests/live/test_check_inject.py)
WORLDS = sorted({case["world"] for case in CASES if case["rc"] == 0} - {"inject-none"})
KINDS = ("MutatingWebhookConfiguration", "Namespace", "Pod", "Deployment", "ReplicaSet", "StatefulSet")
# istioctl names a label that is merely not forbidden, where another is the one that the webhook asks for.
NAMED_BETTER = re.compile(r"(label|Pod label) (sidecar\.istio\.io/inject=true|istio\.io/rev=\S+) matches")


def _words(text: str) -> str:
    """The output without the label that is named for a match."""
    return NAMED_BETTER.sub("label … matches", text)


@pytest.mark.parametrize("world", WORLDS)
def test_recorded_invocations(world: str, tmp_path: pathlib.Path) -> None:
    manifests = ROOT / "worlds" / world / "manifests" / "all.yaml"
    documents = re.split(r"^---\s*$", manifests.read_text(), flags=re.MULTILINE)
    wanted = re.compile(rf"^kind: ({'|'.join(KINDS)})\s*$", re.MULTILINE)
    given = tmp_path / "world.yaml"
    given.write_text("\n---\n".join(text for text in documents if wanted.search(text)))
    settled = Settled("check-inject", world)
    for case in CASES:
        if case["world"] != world or case["rc"] != 0 or any("/" in word for word in case["argv"][2:3]):
            continue
        result = run(*case["argv"], "-f", str(given))
        expected = re.sub(r"\x1b\[[0-9;]*m", "", stdout("check-inject", case).decode())
        found = result.out
        if found.rstrip("\n") == expected.rstrip("\n"):
            continue
        better = _words(found).rstrip("\n") == _words(expected).rstrip("\n")
        settled.differs(case, "better label" if better else "", result)
    settled.check()
