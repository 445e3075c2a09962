"""A pytest plugin for the measuring run: each test is a context of coverage, by its whole name, and its time is kept.

coverage's own ``dynamic_context = test_function`` knows no parameters: a comparison of 300 recorded cases would be one
test, and choosing the quick ones among them impossible.
"""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterator

import coverage
import pytest

SECONDS_FILE = "MESHCTL_MUTATION_SECONDS"
_seconds: dict[str, float] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    run = coverage.Coverage.current()
    if run is not None:
        run.switch_context(item.nodeid)
    yield
    if run is not None:
        run.switch_context("")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Only what passes can notice something."""
    if report.when == "call" and report.passed:
        _seconds[report.nodeid] = round(report.duration, 3)


def pytest_sessionfinish() -> None:
    pathlib.Path(os.environ[SECONDS_FILE]).write_text(json.dumps(_seconds), "utf-8")
