"""The recordings of istioctl's other commands: a folder a command, each line of ``cases.jsonl`` an invocation."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.cli import Outcome, run
from tests.corpus import available, corpus_root

ROOT = corpus_root() / "width" if available() else pathlib.Path()
NEEDED = pytest.mark.skipif(
    not available(), reason="the recordings of istioctl are absent: set MESHCTL_CORPUS"
)


def cases(command: str) -> list[dict[str, Any]]:
    """The invocations of a command; none where the recordings are absent."""
    if not available():
        return []
    return [json.loads(line) for line in (ROOT / command / "cases.jsonl").read_text().splitlines()]


def stdout(command: str, case: dict[str, Any]) -> bytes:
    """What istioctl printed, nothing where only its digest was kept."""
    return (ROOT / command / case["stdout"]).read_bytes() if case["stdout"] else b""


_LOG_LINE = re.compile(rb"(?m)^\d{4}-\d\d-\d\dT[0-9:.]+Z\t.*\n")


def expected(command: str, case: dict[str, Any]) -> bytes:
    """What istioctl printed, without the log lines that its libraries write to stdout."""
    return _LOG_LINE.sub(b"", stdout(command, case))


def same(command: str, case: dict[str, Any], found: Outcome) -> bool:
    if found.rc != case["rc"]:
        return False
    if case["stdout"] is None and case["stdout_bytes"]:
        return hashlib.sha256(found.raw).hexdigest() == case["stdout_sha256"]
    return found.raw == expected(command, case)


_HERE = pathlib.Path(__file__).resolve().parent
ANSWERS = _HERE / "width_answers.json"
# Set to write the answers again: MESHCTL_RECORD=1 pytest -n 0 tests/golden; then read the difference.
_RECORD = "MESHCTL_RECORD"


class Settled:
    """The cases of one scenario that are not istioctl's bytes: each is of a kind that is meant (``excuse`` names it), and
    our answer there is the one that is stored. So no case is let through without being compared with something."""

    def __init__(self, topic: str, part: str) -> None:
        self._topic, self._part = topic, part
        self._answers: dict[str, str] = {}
        self._failures: list[str] = []

    def differs(self, case: dict[str, Any], kind: str, found: Outcome) -> None:
        """A case that differs; kind: why that is meant, "" where it is not."""
        if not kind:
            self._failures.append(
                f"{case['id']} {' '.join(case['argv'])}: exit {found.rc}, {found.err[:200]}"
            )
            return
        self._answers[case["id"]] = f"{kind}, {found.rc}, {hashlib.sha256(found.raw).hexdigest()[:16]}"

    def check(self) -> None:
        """Every difference is meant, and is the stored one; a scenario that is not listed has none."""
        assert not self._failures, f"{len(self._failures)} differ:\n" + "\n".join(self._failures)
        stored = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
        if os.environ.get(_RECORD):
            stored.setdefault(self._topic, {})[self._part] = self._answers
            ANSWERS.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
        assert self._part in stored.get(self._topic, {}), (
            f"{self._topic} {self._part} is not in {ANSWERS.name}"
        )
        assert self._answers == stored[self._topic][self._part]


def compared(
    topic: str,
    part: str,
    chosen: Iterable[dict[str, Any]],
    excuse: Callable[[str, dict[str, Any], Outcome], str],
) -> None:
    """Run the invocations of a scenario: istioctl's bytes, or a difference that is meant (``excuse`` names its kind) and the
    answer that is stored."""
    settled = Settled(topic, part)
    for case in chosen:
        found = run(*case["argv"])
        if not same(topic, case, found):
            usage = found.rc == 2 and case["rc"] in (1, 64) and not found.raw
            settled.differs(case, "usage" if usage else excuse(topic, case, found), found)
    settled.check()


def worlds(topic: str) -> list[str]:
    """The worlds in which a command was recorded: none is left out for want of being listed."""
    return sorted({case["world"] for case in cases(topic) if case["world"]})
