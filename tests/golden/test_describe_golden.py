"""``describe``: every recorded invocation of the real istioctl, against the worlds that it was run in.

Log lines that istioctl's libraries write to stdout are left out of the comparison. Where the rest differs it is on purpose:
what istioctl gets wrong is right here (docs/istioctl-compat.md), each kind with a check of its own below.
"""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.cli import Outcome, run
from tests.golden.served import world
from tests.golden.width import NEEDED, Settled, cases, stdout, worlds

pytestmark = [pytest.mark.corpus, NEEDED, pytest.mark.timeout(300)]

TOPIC = "describe"
CASES = cases(TOPIC)
WORLDS = worlds(TOPIC)
LOG_LINE = re.compile(rb"(?m)^\d{4}-\d\d-\d\dT[0-9:.]+Z\t.*\n")


def _expected(case: dict) -> str:
    return LOG_LINE.sub(b"", stdout(TOPIC, case)).decode()


def _excuse(case: dict, found: Outcome) -> str:
    expected = _expected(case)
    if found.rc == 2:
        return "usage" if case["rc"] == 1 and not found.raw else ""
    if case["argv"][-1] == "describe":
        return "help" if found.rc == 0 else ""
    if case["rc"] == 1 and "pod/" in " ".join(case["argv"]):
        return "typed" if found.rc == 0 and not expected else ""
    if case["rc"] == 2:
        return (
            "panic"
            if found.rc == 0 and _goes_on(expected, found.out) and "RBAC policies" in found.out
            else ""
        )
    if case["rc"] == 1 and found.rc == 0:
        if expected == found.out:
            return "gateway down" if "warning: the ingress gateway" in found.err else ""
        return "no sidecar" if "is not part of mesh" in expected and _goes_on(expected, found.out) else ""
    if case["rc"] == found.rc == 1:
        return "without the proxy" if _goes_on(expected, found.out) and found.err else ""
    return "better" if case["rc"] == found.rc == 0 and _better(expected, found.out) else ""


def _goes_on(expected: str, found: str) -> bool:
    return found.startswith(expected.replace("UnsupportedProtocol", "auto-detect"))


_EXPOSED = re.compile(r"(?m)^(Exposed on Ingress Gateway ).*\n(\1.*\n)*")


def _better(expected: str, found: str) -> bool:
    """The same but for protocols that are found out, the weight of a destination that is alone, addresses of gateways,
    and RBAC policies that istioctl does not see."""
    theirs, ours = (_EXPOSED.sub("Exposed\n", text).splitlines() for text in (expected, found))
    if len(theirs) != len(ours):
        return False
    return all(a == b or _same_line(a, b) for a, b in zip(theirs, ours, strict=True))


def _same_line(theirs: str, ours: str) -> bool:
    for wrong, right in (("UnsupportedProtocol", "auto-detect"), ("with weight 0%", "with weight 100%")):
        if theirs.replace(wrong, right) == ours:
            return True
    return "RBAC policies: " in theirs and ours.startswith(theirs)


@pytest.mark.parametrize("name", WORLDS)
def test_recorded_invocations(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled = Settled(TOPIC, name)
    with world(name, tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        for case in CASES:
            if case["world"] != name:
                continue
            found = run(*case["argv"])
            if found.rc == case["rc"] and found.out == _expected(case):
                continue
            settled.differs(case, _excuse(case, found), found)
    settled.check()


@pytest.mark.parametrize("name", ["bookinfo", "security", "gateway"])
def test_a_snapshot_answers_as_the_cluster_did(
    name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "mesh.tar.gz"
    live: dict[tuple[str, ...], str] = {}
    with world(name, tmp_path / "kube", whole=True) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        assert run("snapshot", "-A", "-o", str(saved)).rc == 0
        for case in CASES:
            words = tuple(case["argv"])
            if case["world"] == name and case["rc"] == 0 and "-n" in words:
                live[words] = run(*words).out
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    for words, expected in live.items():
        assert run(*words, "-f", str(saved)).out == expected, words
    assert len(live) > 8
