"""What holds for every trace of every test: the probabilities of all its ways sum to 1.

Each connection at a proxy (``visit``) and each walk through the mesh (``Journey``) of a test passes through here. What
is found is told when the test ends, so that no handler of errors on the way can hide it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest

from meshctl.proxy import visit
from meshctl.trace.journey import Journey

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("meshctl", deadline=None)
hypothesis.settings.load_profile("meshctl")

_WALKS = ((visit, "_visit"), (Journey, "start"), (Journey, "arrive"), (Journey, "at_proxy"))


def _watched(walk: Callable[..., Any], sums: list[float]) -> Callable[..., Any]:
    @functools.wraps(walk)
    def watching(*args: Any, **named: Any) -> Any:
        ways = walk(*args, **named)
        sums.append(sum(way.probability for way in ways))
        return ways

    return watching


@pytest.fixture(autouse=True)
def every_trace_sums_to_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    sums: list[float] = []
    for owner, name in _WALKS:
        monkeypatch.setattr(owner, name, _watched(getattr(owner, name), sums))
    yield
    assert [total for total in sums if abs(total - 1.0) > 1e-6] == []


# Files that take minutes and share a set-up: begun first, one worker keeps all of each, and none is left for the end.
_LONGEST = ("test_fleet_spark.py", "test_lab_differential.py", "test_wheel.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONGEST)
