"""The recordings of istioctl's other commands: a folder a command, each line of ``cases.jsonl`` an invocation."""

from __future__ import annotations

import collections
import hashlib
import json
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


def compared(
    command: str, chosen: Iterable[dict[str, Any]], excuse: Callable[[str, dict[str, Any], Outcome], str]
) -> tuple[dict[str, int], list[str]]:
    """How often each deliberate difference was met (``excuse`` names its kind), and what is left unexplained."""
    excused: collections.Counter[str] = collections.Counter()
    failures = []
    for case in chosen:
        found = run(*case["argv"])
        if same(command, case, found):
            continue
        usage = found.rc == 2 and case["rc"] in (1, 64) and not found.raw
        kind = "usage" if usage else excuse(command, case, found)
        if kind:
            excused[kind] += 1
        else:
            failures.append(f"{case['id']} {' '.join(case['argv'])}: exit {found.rc}, {found.err[:200]}")
    return dict(excused), failures
