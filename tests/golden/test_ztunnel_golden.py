"""``ztunnel-config``: every recorded invocation of the real istioctl that reads a file, byte for byte.

Where the bytes differ it is on purpose, and of one of the kinds in ``EXCUSES``; each says what we print instead.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import sys

import pytest

from meshctl import cli
from tests.corpus import available, corpus_root

pytestmark = pytest.mark.corpus

ROOT = corpus_root() / "width" if available() else pathlib.Path()
LINES = (ROOT / "ztunnel-config" / "cases.jsonl").read_text().splitlines() if available() else []
CASES = [json.loads(line) for line in LINES]
CASES = [case for case in CASES if case["argv"][1:2] != ["log"] and "-f" in case["argv"]]
NO_DUMPS = ("worlds/ports.json", "../dumps/bookinfo/productpage/live/config_dump.json")


def _answer(case: dict, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes, bytes]:
    out, err = io.BytesIO(), io.BytesIO()
    given = (ROOT / case["stdin"]).read_bytes() if case["stdin"] else b""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8", newline="", write_through=True))
        patch.setattr(sys, "stderr", io.TextIOWrapper(err, "utf-8", newline="", write_through=True))
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8"))
        patch.setenv("MESHCTL_NOW", "2026-11-23T14:54:29Z")
        patch.setenv("KUBECONFIG", "/nonexistent")
        code = cli.main(list(case["argv"]))
        sys.stdout.flush()
        sys.stderr.flush()
        return code, out.getvalue(), err.getvalue()


def _excuse(case: dict, code: int, out: bytes, err: bytes) -> str:
    """The kind of a difference that is meant; "" for none."""
    words = case["argv"]
    if any(name in words for name in NO_DUMPS):
        return "no dump" if (code, out) == (1, b"") and b"ztunnel" in err else ""
    if case["rc"] != 0 and code == 2 and out == b"":
        return "usage"
    sorted_by_us = words[1] in ("all", "workload") and "-o" in words  # istioctl's order is that of a Go map
    expected = _expected(case)
    if sorted_by_us and code == 0 and expected and sorted(expected.splitlines()) == sorted(out.splitlines()):
        return "order"
    return ""


def _expected(case: dict) -> bytes:
    return (ROOT / "ztunnel-config" / case["stdout"]).read_bytes() if case["stdout"] else b""


@pytest.mark.skipif(not CASES, reason="the recordings of istioctl are absent: set MESHCTL_CORPUS")
def test_recorded_invocations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    excused: dict[str, int] = {}
    failures = []
    for case in CASES:
        code, out, err = _answer(case, monkeypatch)
        same = hashlib.sha256(out).hexdigest() == case["stdout_sha256"]
        if same and code == case["rc"]:
            continue
        kind = _excuse(case, code, out, err)
        if kind:
            excused[kind] = excused.get(kind, 0) + 1
        else:
            failures.append(f"{case['id']} {' '.join(case['argv'])}: exit {code}, {err.decode()[:200]}")
    assert not failures, "\n".join(failures)
    assert excused == {"usage": 26, "no dump": 12, "order": 10}


def test_the_order_of_workloads_is_by_name_and_the_same_every_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    first = {"name": "a", "namespace": "n", "uid": "1", "workloadIps": ["10.0.0.1"]}
    second = {"name": "b", "namespace": "n", "uid": "2", "workloadIps": ["10.0.0.2"]}
    answers = []
    for order in ([first, second], [second, first]):
        dump = tmp_path / "dump.json"
        dump.write_text(json.dumps({"workloads": order}))
        assert cli.main(["zc", "workload", "-f", os.fspath(dump), "-o", "json"]) == 0
        answers.append(capsysbinary.readouterr().out)
    assert answers[0] == answers[1]
    assert [one["name"] for one in json.loads(answers[0])] == ["a", "b"]
