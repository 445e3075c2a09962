"""``injector list``, ``envoy-stats`` and ``internal-debug``: every recorded invocation of the real istioctl.

Log lines that istioctl's libraries write to stdout are left out. What differs is meant, each kind with a check of its own
(docs/istioctl-compat.md).
"""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from tests.cli import Outcome, run
from tests.golden.served import ISTIOD, world
from tests.golden.width import NEEDED, ROOT, cases, compared, expected, worlds

pytestmark = [pytest.mark.corpus, NEEDED, pytest.mark.timeout(300)]

# ---- injector list ----

_ROW = re.compile(
    r"(\S+) +(\S*) +((\S+): (\d+)( \(injection disabled: \d+\))?( NEEDS RESTART: \d+)?|<no pods>)$"
)


def _rows(text: str) -> dict[tuple[str, ...], tuple[str, str]]:
    """The first table: (namespace, pods' revision, pods, disabled) -> (namespace's revision, restarts)."""
    found = {}
    for line in text.split("\n\n")[0].splitlines()[1:]:
        match = _ROW.match(line)
        assert match is not None, line
        key = (match[1], match[4] or "", match[5] or "", match[6] or "")
        found[key] = (match[2], match[7] or "")
    return found


def _injector(topic: str, case: dict, found: Outcome) -> str:
    if case["argv"][-1] == "injector":
        return "help" if found.rc == 0 else ""
    if "x" in case["argv"][3:]:
        return "usage" if found.rc == 2 else ""
    if case["argv"][-2:] == ["-n", "nope"]:
        return (
            "unknown namespace" if found.rc == 1 and "does not exist" in found.err and not found.raw else ""
        )
    printed = expected(topic, case).decode()
    if sorted(printed.splitlines()) == sorted(found.out.splitlines()):
        return "order"
    theirs, ours = _rows(printed), _rows(found.out)
    told = [_widths(text.split("\n\n")[1]) for text in (printed, found.out)]
    if told[0] != told[1]:
        return ""
    for key, (revision, restart) in theirs.items():
        if key not in ours:  # no pods, and no label that asks for a sidecar
            if key[1] or key[0] != "default":
                return ""
            continue
        same_revision = revision == ours[key][0] or not ours[key][0]
        same_restart = restart == ours[key][1] or revision.startswith("MISSING/") or not ours[key][0]
        if not (same_revision and same_restart):
            return ""
    return "restarts" if ours.keys() <= theirs.keys() else ""


def _widths(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.mark.parametrize("name", worlds("injector"))
def test_injector_list(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [case for case in cases("injector") if case["world"] == name]
    with world(name, tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        compared("injector", name, chosen, _injector)


def test_injector_list_of_manifests(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = str(ROOT / "worlds" / "inject" / "manifests" / "all.yaml")
    with world("inject", tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        live = run("injector", "list")
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    found = run("injector", "list", "-f", manifests)
    assert found.rc == 0
    default = [line for line in live.out.splitlines() if not line.startswith("default ")]
    told = found.out.replace("<no pods given>", "<no pods>")
    assert [line for line in told.splitlines() if not line.startswith("default ")] == default


# ---- envoy-stats ----


def _stats(topic: str, case: dict, found: Outcome) -> str:
    if "prom-merged" in case["argv"]:
        return (
            "the agent's port"
            if found.rc == 1 and ("15020" in found.err or "not in the mesh" in found.err)
            else ""
        )
    if case["rc"] == found.rc == 1:
        return "words" if not found.raw and found.err else ""
    return ""


@pytest.mark.parametrize("name", worlds("envoy-stats"))
def test_envoy_stats(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [case for case in cases("envoy-stats") if case["world"] == name]
    with world(name, tmp_path) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        compared("envoy-stats", name, chosen, _stats)


# ---- internal-debug ----

# What changes from one moment to the next, or is only there over XDS.
MOMENT = ("adsz", "cachez", "cachez?sizes=true", "connections", "instancesz", "krtz", "syncz")


def _debug(topic: str, case: dict, found: Outcome) -> str:
    page = case["argv"][2]
    printed = expected(topic, case)
    if "--all" in case["argv"]:
        theirs, ours = json.loads(printed), json.loads(found.raw)
        return "named by istiod" if list(theirs) == ["MISSING"] and list(ours) == [ISTIOD[1]] else ""
    if len(case["argv"]) > 3 and not case["argv"][3].startswith("-"):
        names = [one["proxy"] for one in json.loads(found.raw)]
        return "of one proxy" if names == ["productpage-v1-675fc69cf-ab12c.bookinfo"] else ""
    if page in ("nope", "krtz", "config_dump?proxyID=nope"):
        return "an error" if found.rc == 2 and found.err and not found.raw else ""
    if page.startswith("config_dump?"):  # the order of matchers changes with every answer
        return "order" if len(found.raw) == case["stdout_bytes"] else ""
    if sorted(found.raw.splitlines()) == sorted(printed.splitlines()):
        return "order"
    return "moment" if page.partition("?")[0] in MOMENT and _kind(found.raw) == _kind(printed) else ""


def _kind(raw: bytes) -> object:
    """What a page is: the fields of an object, or of the last object in a list; istioctl's own connection comes first."""
    value = json.loads(raw)
    return sorted(value[-1]) if isinstance(value, list) else type(value)


def test_internal_debug(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world("bookinfo", tmp_path, "bookinfo-steady") as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        compared("internal-debug", "bookinfo-steady", cases("internal-debug"), _debug)
