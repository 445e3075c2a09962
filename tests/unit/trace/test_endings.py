"""The distinct endings of a trace: what a reader compares, and what of a request arrives otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.match.request_view import PartlyKnown
from meshctl.proxy.model import Disposition, Passage, Request, Upstream, Verdict
from meshctl.trace.answers import Answer, Failure
from meshctl.trace.endings import changes, code, decider, delays, endings, percent, subset
from meshctl.trace.pods import Pod
from meshctl.trace.ways import NOT_GIVEN, Hop, Target, Way

D, DENIED, REFUSED = Disposition.DELIVERED, Disposition.DENIED, Disposition.CONNECTION_FAILED
ASKED = Request("GET", "a.com", "/", (("x-a", "1"), ("x-b", "2")))


def hop(code: int | None = 200, flags: str | None = None, **passage: Any) -> Hop:
    verdict = Verdict(D, code, flags)
    return Hop(Pod("p"), "outbound", Passage(verdict, http=True, **passage), verdict, "10.0.0.1:80")


def way(disposition: Disposition = D, code: int | None = 200, *hops: Hop, **more: Any) -> Way:
    failure = more.pop("failure", None)
    return Way(Answer(disposition, code, failure, more.pop("reason", "why")), hops=hops, **more)


@pytest.mark.parametrize(("share", "text"), [
    (None, "? %"), (0.0, "0 %"), (0.0004, "<0.1 %"), (0.0005, "0.05 %"), (0.5, "50 %"), (1 / 3, "33.3 %"), (0.9999, "100 %"), (1.0, "100 %"),
])  # fmt: skip
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


CODES = [  # a way, the code that its client sees and the flags
    (way(D, 200, hop()), "200"), (way(D, 200), "200"), (way(D, None), ""), (way(DENIED, 403, hop(403, "UAEX")), "403 UAEX"),
    (way(D, 200, hop(200, "DI"), hop(200, "RL")), "200 DI"), (way(DENIED, 403, hop(503, "UF"), hop(403, "UAEX")), "403 UAEX"),
    (way(DENIED, 403, hop(503, "UF"), hop(403, "UAEX", logged=False)), "403 UF"), (way(DENIED, None, hop(0, "NR")), "NR"),
    (way(REFUSED, None, hop(503, "UF"), failure=Failure.REFUSED), "503 UF"), (way(REFUSED, 200, hop(0), failure=Failure.RESET), ""),
    (way(REFUSED, None, failure=Failure.REFUSED), ""),
]  # fmt: skip


@pytest.mark.parametrize(("one", "text"), CODES)
def test_codes(one: Way, text: str) -> None:
    assert code(one) == text


def test_the_proxy_that_tells_most() -> None:
    first, last, silent = hop(), hop(503), hop(logged=False)
    assert decider(way(D, 200, first, last)) is first
    assert decider(way(DENIED, 403, first, last)) is last
    assert decider(way(DENIED, 403, first, silent)) is first
    assert decider(way(D, 200, silent, last)) is last
    assert decider(way(D, 200, silent)) is silent
    assert decider(way()) is None


def test_subsets_and_delays_of_all_hops() -> None:
    hops = (
        hop(
            cluster="outbound|80||a.b.svc.cluster.local", notes=("delayed by 5 s (fault injection)", "other")
        ),
        hop(
            cluster="outbound|80|v1|a.b.svc.cluster.local",
            notes=("delayed by 5 s (fault injection)", "delayed by 1 s"),
        ),
        hop(cluster="outbound|80|v2|a.b.svc.cluster.local"),
        hop(cluster=None),
    )
    assert subset(way(D, 200, *hops)) == "v1"
    assert delays(way(D, 200, *hops)) == ["delayed by 5 s", "delayed by 1 s"]
    assert (subset(way(D, 200, hops[0])), delays(way(D, 200, hops[2]))) == ("", [])


def sent(**changed: Any) -> Hop:
    fields = {"method": "GET", "authority": "a.com", "path": "/", "headers": ASKED.headers, **changed}
    return hop(upstream=Upstream("c", (), Request(**fields)))


CHANGED = [  # what the last proxy sends on, what of it is told
    ({}, []), ({"method": "PUT"}, ["method PUT"]), ({"path": "/n"}, ["path /n"]), ({"authority": "b.com"}, ["Host b.com"]),
    ({"headers": (("x-a", "1"), ("x-b", "3"))}, ["header x-b: 3"]), ({"headers": (("X-A", "1"),)}, ["no header x-b"]),
    ({"headers": (*ASKED.headers, ("x-c", "3"), ("x-c", "4"))}, ["header x-c: 3, 4"]),
    ({"headers": (*ASKED.headers, ("x-c", PartlyKnown("3")))}, ["header x-c: 3 (in part)"]),
    *(({"headers": (*ASKED.headers, (name, "1"))}, []) for name in
      ("X-Forwarded-For", "x-request-id", "x-envoy-attempt-count", "x-b3-traceid", "traceparent", "tracestate", "via")),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "told"), CHANGED)
def test_what_arrives_otherwise(changed: dict[str, Any], told: list[str]) -> None:
    assert changes(way(D, 200, hop(), sent(**changed)), ASKED) == told
    assert changes(way(D, 200, sent(**changed), hop()), ASKED) == told  # the last that forwards
    assert changes(way(D, 200, sent(**changed)), None) == []
    assert changes(way(D, 200, hop()), ASKED) == []


PLACES = [  # a way, where it ends
    (way(target=Target("web", "10.0.0.1:80")), "web"), (way(target=Target("external", "1.1.1.1:80")), "1.1.1.1:80"), (way(), "why"),
    (way(REFUSED, None, target=Target("web", "10.0.0.1:80")), "why"),
    (way(Disposition.UNDETERMINED, None, target=Target("svc", "10.0.0.1:80", NOT_GIVEN)), "10.0.0.1:80 (a pod that was not given)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "place"), PLACES)
def test_places(one: Way, place: str) -> None:
    (ending,) = endings([one])
    assert ending.place == place


def test_ways_that_end_alike_are_one_ending_the_likeliest_first() -> None:
    here, there = Target("here", "10.0.0.1:80"), Target("there", "10.0.0.2:80")
    rare, often = way(probability=0.1, target=here), way(probability=0.3, target=here)
    found = endings([rare, way(probability=0.6, target=there), often])
    assert [(e.place, e.share, e.percent) for e in found] == [
        ("there", 0.6, "60 %"),
        ("here", pytest.approx(0.4), "40 %"),
    ]
    assert found[1].way is often
    assert found[1].disposition is D


def test_what_nothing_tells_how_often_stays_apart() -> None:
    target = Target("here", "10.0.0.1:80")
    ways = [
        way(probability=0.5, target=target),
        way(probability=0.25, target=target, decided=False),
        way(probability=0.25, target=target, decided=False),
    ]
    found = endings(ways)
    assert [(e.share, e.percent) for e in found] == [(0.5, "50 %"), (None, "? %")]


def test_the_words_of_an_ending() -> None:
    one = way(
        D,
        200,
        hop(cluster="outbound|80|v1|a.b.svc.cluster.local", notes=("delayed by 5 s",)),
        sent(path="/n"),
        target=Target("web", "x:1"),
    )
    (ending,) = endings([one], ASKED)
    assert ending.words == "web, subset v1, delayed by 5 s, path /n"
    assert (ending.code, ending.subset, ending.extras) == ("200", "v1", ("delayed by 5 s", "path /n"))
