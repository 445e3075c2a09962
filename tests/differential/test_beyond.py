"""What a real Envoy did where the other recordings are thin (99 topics): the trace agrees, topic by topic.

``OPEN`` tells of each topic how many requests are answered wrongly and how many are left undetermined, at most; a
topic that is not in it is answered without either. The numbers only go down.
"""

from __future__ import annotations

import collections
import functools

import pytest

from tests.differential.beyond import Comparison, Kind, compare, unequal
from tests.differential.likely import Surprise

# topic: (wrong, undetermined)
OPEN = {
    "cluster": (0, 2),
    "dfp": (1, 2),
    "extauthz-grpc": (0, 1),
    "extauthz-http": (0, 6),
    "headers": (2, 0),
    "http3": (1, 0),
    "lua": (0, 1),
    "misc-filter": (0, 2),
    "pipe": (1, 0),
    "retry": (3, 0),
    "transcoder": (0, 4),
    "upgrade": (2, 0),
    "upstream": (2, 0),
    "xfcc": (0, 1),
}
_WRONG = (Kind.WRONG, Kind.WRONG_HEDGED)


@pytest.mark.corpus
def test_a_real_envoy_agrees() -> None:
    compared = list(compare())
    assert len(compared) >= 4000
    wrong = _topics(compared, _WRONG)
    unknown = _topics(compared, (Kind.UNDETERMINED,))
    worse = [
        f"{topic}: {wrong[topic]} wrong, {unknown[topic]} undetermined; at most {OPEN.get(topic, (0, 0))}"
        for topic in sorted({c.record["topic"] for c in compared})
        if wrong[topic] > OPEN.get(topic, (0, 0))[0] or unknown[topic] > sum(OPEN.get(topic, (0, 0)))
    ]
    assert not worse, worse


@pytest.mark.corpus
def test_what_was_observed_is_as_likely_as_was_told() -> None:
    surprise = Surprise()
    for found in compare():
        observed = found.record["observed"]
        if not observed.get("no_log") and not observed.get("no_access_log"):
            differences = functools.partial(unequal, found.record)
            surprise.see(found.answer["outcomes"], differences, observed.get("upstream_host"))
    assert surprise.records >= 80
    assert not surprise.too_large, surprise


def _topics(compared: list[Comparison], kinds: tuple[Kind, ...]) -> collections.Counter[str]:
    return collections.Counter(c.record["topic"] for c in compared if c.kind in kinds)
