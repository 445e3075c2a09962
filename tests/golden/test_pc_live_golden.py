"""``proxy-config`` live, ``log`` and ``rootca-compare``: every recorded invocation, against the worlds that it was run in."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from tests.cli import Outcome
from tests.golden.served import world
from tests.golden.width import NEEDED, cases, compared, expected, worlds

pytestmark = [pytest.mark.corpus, NEEDED, pytest.mark.timeout(600)]


def _live(topic: str, case: dict, found: Outcome) -> str:
    """Order of routes, blanks of protojson, a dump's time: as from a file (docs/istioctl-compat.md)."""
    view = case["argv"][1]
    theirs = expected(topic, case)
    if found.rc != case["rc"]:
        return ""
    if view in ("route", "all") and (
        not theirs or sorted(found.raw.splitlines()) == sorted(theirs.splitlines())
    ):
        return "order of routes" if theirs or len(found.raw) == case["stdout_bytes"] else ""
    if view == "route" and theirs[:1] in b"[-":
        return "order of routes" if sorted(found.raw) == sorted(theirs) else ""
    if view == "ecds":
        return "blanks of protojson" if json.loads(found.raw) == json.loads(theirs) else ""
    if view == "bootstrap":  # istioctl's mask leaves out the time
        without = re.sub(rb',\n    "lastUpdated": "[^"]*"|lastUpdated: "[^"]*"\n', b"", found.raw)
        return "time of the bootstrap" if without == theirs or case["stdout"] is None else ""
    return ""


@pytest.mark.parametrize("name", worlds("pc-live"))
def test_live(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESHCTL_NOW", "2026-11-23T14:50:00Z")
    with world(name, tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        chosen = [case for case in cases("pc-live") if case["world"] == name]
        compared("pc-live", name, chosen, _live)


def _log(topic: str, case: dict, found: Outcome) -> str:
    words = case["argv"]
    if "all:warning,http:debug" in words:  # istioctl's first request is refused, its second is not
        return "no such logger" if found.rc == 2 and "unrecognized logger name: all" in found.err else ""
    if words[-2:] == ["--level", ""]:  # what that one left behind
        return (
            "no such logger"
            if found.rc == 0 and found.out.count("\n") == expected(topic, case).count(b"\n")
            else ""
        )
    if "x" in words:
        return "a second pod" if found.rc == 1 and 'pod "x" not found' in found.err else ""
    if words[-2:] == ["-n", "istio-system"] and "-l" in words:
        return (
            "pods without an Envoy" if found.rc == 0 and found.out.startswith("istio-ingressgateway") else ""
        )
    return "words" if found.rc == case["rc"] == 1 and not found.raw and found.err else ""


@pytest.mark.parametrize("name", worlds("pc-log"))
def test_log(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(name, tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        chosen = [case for case in cases("pc-log") if case["world"] == name]
        compared("pc-log", name, chosen, _log)


def _roots(topic: str, case: dict, found: Outcome) -> str:
    sentence = "have the identical ROOTCA" in found.out
    if case["rc"] == 1:  # istioctl decodes twice what is encoded once
        return "answered" if found.rc == 0 and sentence else "words" if found.rc == 1 and found.err else ""
    return "verdict on stdout" if found.rc == 0 and sentence else ""


@pytest.mark.parametrize("name", worlds("rootca-compare"))
def test_rootca_compare(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(name, tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        chosen = [case for case in cases("rootca-compare") if case["world"] == name]
        compared("rootca-compare", name, chosen, _roots)
