"""What an expectation compares, what it allows, and how a run of tests ends."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.errors import InputError
from meshctl.trace.expectations import Problem, Status, check, exit_code, result, summary, validate

Json = dict[str, Any]
HOPS = [{"pod": "a", "code": 503, "cluster": "out"}, {"pod": "b", "code": 200, "cluster": None}]
GOOD = {"verdict": "DELIVERED", "code": 200, "flags": None, "route_name": "r", "upstream_hosts": {"10.0.0.1:80": 1.0},
        "target": {"pod": "c", "address": "10.0.0.2:80"}, "hops": HOPS}  # fmt: skip
OPEN = {"verdict": "UNDETERMINED", "code": None}


def answer(*outcomes: Json, verdict: str = "DELIVERED", undetermined: tuple[str, ...] = ()) -> Json:
    return {"verdict": verdict, "outcomes": list(outcomes), "undetermined": list(undetermined)}


UNDECIDED = answer(OPEN, verdict="UNDETERMINED", undetermined=("x", "y", "z"))
CHECKED = [  # an expectation, the answer, what is lacking (with ? where it is open)
    ({"verdict": "DELIVERED"}, answer(GOOD), None),
    ({"verdict": "delivered"}, answer(GOOD), None),
    ({"verdict": ["DENIED", "DELIVERED"]}, answer(GOOD), None),
    ({"verdict": "DENIED"}, answer(GOOD), "verdict is DELIVERED, expected DENIED"),
    ({"verdict": "DENIED"}, UNDECIDED, "?verdict is UNDETERMINED (x; y), expected DENIED"),
    ({"verdict": "DENIED"}, answer(verdict="UNDETERMINED"), "?verdict is UNDETERMINED, expected DENIED"),
    ({"verdict": "UNDETERMINED"}, UNDECIDED, None),
    ({"code": 200}, answer(GOOD), None),
    ({"code": 503}, answer(GOOD), None),
    ({"code": 404}, answer(GOOD), "code is 200, 503, expected 404"),
    ({"code": [404, 200]}, answer(GOOD), None),
    ({"flags": None}, answer(GOOD), None),
    ({"flags": ["UF", None]}, answer({"flags": "UC", "verdict": "DENIED"}), "flags is UC, expected UF or absent"),
    ({"flags": "UF"}, answer(GOOD), "flags is absent, expected UF"),
    ({"route": "r"}, answer(GOOD), None),
    ({"route_name": "r"}, answer(GOOD), None),
    ({"route": "s"}, answer(GOOD), "route is r, expected s"),
    ({"endpoint": "10.0.0.1:80"}, answer(GOOD), None),
    ({"endpoint": "10.0.0.2:80"}, answer(GOOD), None),
    ({"upstream_host": "10.0.0.3:80"}, answer(GOOD), "upstream_host is 10.0.0.1:80, 10.0.0.2:80, expected 10.0.0.3:80"),
    ({"pod": "c"}, answer(GOOD), None),
    ({"pod": "b"}, answer(GOOD), None),
    ({"pod": "d"}, answer(GOOD), "pod is c, a, b, expected d"),
    ({"cluster": "out"}, answer(GOOD), None),
    ({"listener": "l"}, answer(GOOD), "listener is absent, expected l"),
    ({"code": 200}, answer(), "code is absent, expected 200"),
    ({"code": 200}, answer(verdict="UNDETERMINED"), "?code is absent, expected 200"),
    ({"code": 200}, answer(GOOD, OPEN, verdict="UNDETERMINED"), "?code is absent, expected 200"),
    ({"code": 404}, answer(OPEN, GOOD, verdict="UNDETERMINED"), "code is 200, 503, expected 404"),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "given", "lacking"), CHECKED)
def test_what_an_answer_lacks(expect: Json, given: Json, lacking: str | None) -> None:
    expected = [] if lacking is None else [Problem(lacking.removeprefix("?"), lacking.startswith("?"))]
    assert check(expect, given) == expected


REFUSED = [
    ({}, "`expect` expects nothing"), ({"cod": 1}, "`expect` has an unknown key `cod` (is `code` meant?)"),
    ({"pod": []}, "`pod` of `expect` allows no value"), ({"verdict": "FINE"}, "there is no verdict `FINE`"),
    ({"code": "200"}, "`code` of `expect` must be a number"), ({"code": True}, "`code` of `expect` must be a number"),
    ({"code": [200, "x"]}, "`code` of `expect` must be a number"), ({"pod": {"a": 1}}, "`pod` of `expect` must be a plain value"),
    ({"pod": [["a"]]}, "`pod` of `expect` must be a plain value"),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "said"), REFUSED)
def test_an_expectation_that_can_never_hold_is_refused(expect: Json, said: str) -> None:
    with pytest.raises(InputError) as raised:
        validate(expect)
    assert said in raised.value.what


@pytest.mark.parametrize(
    "expect",
    [{"verdict": ["denied", "NO_ROUTE"]}, {"code": None}, {"code": [200, None]}, {"downstream_tls": True}],
)
def test_an_expectation_that_may_hold(expect: Json) -> None:
    validate(expect)


P, F, U, E, A = Status.PASSED, Status.FAILED, Status.UNDETERMINED, Status.ERROR, Status.ASKED
RUNS = [  # the tests, the exit code, the summary
    ([], 0, ""), ([P, A], 0, "1 passed, 1 without expectation"), ([P, P, U], 3, "2 passed, 1 undetermined"),
    ([U, F], 1, "1 failed, 1 undetermined"), ([P, E], 1, "1 passed, 1 unreadable"), ([A], 0, "1 without expectation"),
]  # fmt: skip


@pytest.mark.parametrize(("statuses", "code", "words"), RUNS)
def test_how_a_run_ends(statuses: list[Status], code: int, words: str) -> None:
    assert (exit_code(statuses), summary(statuses)) == (code, words)


@pytest.mark.parametrize(("problems", "status"), [
    ([], P), ([Problem("a", True)], U), ([Problem("a", True), Problem("b")], F), ([Problem("b")], F),
])  # fmt: skip
def test_the_status_of_a_test(problems: list[Problem], status: Status) -> None:
    found = result("name", problems, {"a": 1})
    assert (found.name, found.status, found.problems, found.answer) == (
        "name",
        status,
        tuple(p.text for p in problems),
        {"a": 1},
    )
