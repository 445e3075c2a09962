"""``ztunnel-config``: every recorded invocation of the real istioctl that reads a file, byte for byte.

Where the bytes differ it is on purpose, and of one of the kinds that ``_excuse`` tells.
"""

from __future__ import annotations

import hashlib
import json
import pathlib

import pytest

from tests.cli import Outcome, run
from tests.golden.width import NEEDED, ROOT, Settled, cases, stdout

pytestmark = pytest.mark.corpus

CASES = [c for c in cases("ztunnel-config") if c["argv"][1:2] != ["log"] and "-f" in c["argv"]]
NO_DUMPS = ("worlds/ports.json", "../dumps/bookinfo/productpage/live/config_dump.json")


def _answer(case: dict, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    with monkeypatch.context() as patch:
        patch.setenv("MESHCTL_NOW", "2026-11-23T14:54:29Z")
        patch.setenv("KUBECONFIG", "/nonexistent")
        return run(*case["argv"], stdin=(ROOT / case["stdin"]).read_bytes() if case["stdin"] else b"")


def _excuse(case: dict, found: Outcome) -> str:
    """The kind of a difference that is meant; "" for none."""
    words = case["argv"]
    if any(name in words for name in NO_DUMPS):
        return "no dump" if (found.rc, found.raw) == (1, b"") and "ztunnel" in found.err else ""
    if case["rc"] != 0 and found.rc == 2 and found.raw == b"":
        return "usage"
    sorted_by_us = words[1] in ("all", "workload") and "-o" in words  # istioctl's order is that of a Go map
    expected = stdout("ztunnel-config", case)
    if (
        sorted_by_us
        and found.rc == 0
        and expected
        and sorted(expected.splitlines()) == sorted(found.raw.splitlines())
    ):
        return "order"
    return ""


@NEEDED
def test_recorded_invocations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    settled = Settled("ztunnel-config", "files")
    for case in CASES:
        found = _answer(case, monkeypatch)
        same = hashlib.sha256(found.raw).hexdigest() == case["stdout_sha256"]
        if same and found.rc == case["rc"]:
            continue
        settled.differs(case, _excuse(case, found), found)
    settled.check()


def test_the_order_of_workloads_is_by_name_and_the_same_every_time(tmp_path: pathlib.Path) -> None:
    first = {"name": "a", "namespace": "n", "uid": "1", "workloadIps": ["10.0.0.1"]}
    second = {"name": "b", "namespace": "n", "uid": "2", "workloadIps": ["10.0.0.2"]}
    answers = []
    for order in ([first, second], [second, first]):
        dump = tmp_path / "dump.json"
        dump.write_text(json.dumps({"workloads": order}))
        found = run("zc", "workload", "-f", str(dump), "-o", "json")
        assert found.rc == 0
        answers.append(found.raw)
    assert answers[0] == answers[1]
    assert [one["name"] for one in json.loads(answers[0])] == ["a", "b"]


def test_several_tables_are_no_csv(tmp_path: pathlib.Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text('{"workloads": []}')
    assert run("zc", "workload", "-f", str(dump), "-o", "csv").rc == 0
    assert (run("zc", "all", "-f", str(dump), "-o", "csv").rc) == 2
