"""The verdict over several outcomes, and how strictly an answer is read."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Disposition, Payload
from meshctl.trace.answers import Answer
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.report import Ending, Reading, exit_code, hop_outcome, likeliest, mesh, overall
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way
from meshctl.values import replace
from tests.unit.proxy import build
from tests.unit.proxy.filters.chains import passages

GOOD, BAD, OPEN = Disposition.DELIVERED, Disposition.FAULT, Disposition.UNDETERMINED


@pytest.mark.parametrize(
    ("endings", "all_of_them", "the_likeliest"),
    [
        ([Ending(GOOD, 1.0)], GOOD, GOOD),
        ([Ending(GOOD, 0.5), Ending(GOOD, 0.5)], GOOD, GOOD),
        ([Ending(GOOD, 0.51), Ending(BAD, 0.49)], Disposition.MIXED, GOOD),
        ([Ending(GOOD, 0.49), Ending(BAD, 0.51)], Disposition.MIXED, BAD),
        ([Ending(GOOD, 0.4), Ending(BAD, 0.3), Ending(BAD, 0.3)], Disposition.MIXED, BAD),
        ([Ending(GOOD, 0.999), Ending(OPEN, 0.001)], OPEN, GOOD),
        ([Ending(GOOD, 1.0), Ending(BAD, 0.0)], GOOD, GOOD),  # what never happens does not count
        ([Ending(GOOD, 0.5, decided=False), Ending(BAD, 0.5, decided=False)], OPEN, OPEN),
        (
            [Ending(GOOD, 0.5, decided=False), Ending(GOOD, 0.5, decided=False)],
            GOOD,
            GOOD,
        ),  # the split does not matter
        ([Ending(GOOD, 0.0, decided=False), Ending(BAD, 1.0)], OPEN, OPEN),
        ([], OPEN, OPEN),
    ],
)
def test_the_verdict_over_outcomes(
    endings: list[Ending], all_of_them: Disposition, the_likeliest: Disposition
):
    assert overall(endings) is all_of_them
    assert likeliest(endings) is the_likeliest


@pytest.mark.parametrize(
    ("verdict", "code"), [(GOOD, 0), (OPEN, 3), (BAD, 1), (Disposition.MIXED, 1), (Disposition.REDIRECTED, 1)]
)
def test_the_exit_code_says_the_verdict(verdict: Disposition, code: int):
    assert exit_code(verdict) == code


def way(
    probability: float = 1.0, *, assumed: tuple[str, ...] = (), undetermined: tuple[str, ...] = ()
) -> Way:
    return Way(Answer(GOOD, 200), probability, assumed=assumed, undetermined=undetermined)


def test_what_is_assumed_and_what_is_open_are_lists_of_the_document():
    answer = mesh([way(0.5, assumed=("a",)), way(0.5, assumed=("a", "b"), undetermined=("u",))], http=True)
    assert (answer["verdict"], answer["assumed"], answer["undetermined"]) == ("DELIVERED", ["a", "b"], ["u"])


def test_strict_reads_an_assumption_as_an_open_question():
    answer = mesh([way(assumed=("that it listens",))], http=True, reading=Reading(strict=True))
    assert (answer["verdict"], answer["undetermined"]) == ("UNDETERMINED", ["that it listens"])
    assert answer["outcomes"][0]["reason"] == "assumed: that it listens"
    assert mesh([way()], http=True, reading=Reading(strict=True))["verdict"] == "DELIVERED"


@pytest.mark.parametrize(("alt", "printed"), [(None, "outbound|80||a.b"), ("a.b:80", "a.b:80")])
def test_the_log_prints_the_other_name_of_a_cluster(alt: str | None, printed: str) -> None:
    name = "outbound|80||a.b"
    sends = build.http([build.virtual_host(build.route("r", {"prefix": "/"}, name))])
    more = {} if alt is None else {"alt_stat_name": alt}
    proxy = build.proxy([build.listener([{"filters": sends}])], (build.cluster(name, "10.0.0.9:80", **more),))
    pod = Pod("p", "ns", ("10.0.0.1",), proxy=proxy)
    stream = Stream(Payload.HTTP1, request=build.get(), src_ip="10.0.0.2")
    (way,) = Journey(Pods([pod])).arrive(pod, "10.0.0.1", 80, stream)
    outcome = hop_outcome(way.hops[0])
    assert (outcome["cluster"], outcome["upstream_cluster"]) == (name, printed)


def test_strict_reads_the_answers_of_one_proxy_so_too():
    (sure,) = passages(())
    guess = replace(sure, assumed=("that it listens",), undetermined=("what else",))
    read = Reading(strict=True).passages([sure, guess])
    assert read[0] is sure
    assert read[1].verdict.disposition is Disposition.UNDETERMINED
    assert read[1].verdict.reason == "assumed: that it listens"
    assert read[1].undetermined == ("what else", "that it listens")
    assert Reading().passages([sure, guess]) == [sure, guess]
