"""The recordings of istioctl's other commands: a folder a command, each line of ``cases.jsonl`` an invocation."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

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
