"""The comparison itself: probabilities told wrongly are noticed, told rightly they are not."""

from __future__ import annotations

import pytest

from tests.differential.likely import Surprise

HOSTS = {"a": 0.5, "b": 0.5}


def told(*shares: float | None) -> list[dict[str, object]]:
    return [{"name": i, "probability": share, "upstream_hosts": {}} for i, share in enumerate(shares)]


def watched(outcomes: list[dict[str, object]], *seen: int) -> Surprise:
    surprise = Surprise()
    for one in seen:
        surprise.see(outcomes, lambda outcome, one=one: [] if outcome["name"] == one else ["name"], None)
    return surprise


CASES = [
    ("half and half, seen so", told(0.5, 0.5), [0, 1] * 20, 40, False),
    ("one in a hundred, seen once in a hundred", told(0.99, 0.01), [0] * 99 + [1], 100, False),
    ("one in a hundred, seen every time", told(0.99, 0.01), [1] * 5, 5, True),
    ("one in a hundred, seen every second time", told(0.99, 0.01), [0, 1] * 10, 20, True),
    ("told as impossible, and seen", told(0.5, 0.5, 0.0), [2], 1, True),
    ("certain", told(1.0), [0] * 9, 0, False),
    ("told as open", told(None, None), [0] * 9, 0, False),
    ("nothing fits", told(0.5, 0.5), [7] * 9, 0, False),
]


@pytest.mark.parametrize(
    ("outcomes", "seen", "records", "noticed"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_surprise(outcomes: list[dict[str, object]], seen: list[int], records: int, noticed: bool) -> None:
    found = watched(outcomes, *seen)
    assert (found.records, found.too_large) == (records, noticed)


def test_the_upstream_host_counts_with_its_share() -> None:
    outcomes = [{"probability": 1.0, "upstream_hosts": {"a": 0.99, "b": 0.01}}]
    often, rarely = Surprise(), Surprise()
    for _ in range(5):
        often.see(outcomes, lambda _: [], "a")
        rarely.see(outcomes, lambda _: [], "b")
    assert (often.too_large, rarely.too_large) == (False, True)


def test_probabilities_that_do_not_sum_to_one_are_no_answer() -> None:
    with pytest.raises(AssertionError):
        watched(told(0.5, 0.4), 0)
