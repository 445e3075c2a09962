"""Expectations: what a line says must hold of its answer, and the result of a test.

A value that is not shown fails the test. It is *undetermined* where the answer itself is: then nothing is known to
be wrong, and nothing to be right. Without an outcome nothing is shown.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

from meshctl.errors import EXIT_FAILURE, EXIT_OK, EXIT_UNDETERMINED, InputError
from meshctl.plain import Json
from meshctl.proxy.model import Disposition
from meshctl.trace.lines import unknown_key
from meshctl.values import Struct

# The names an `expect` object may use, and the field of an outcome (or of its hops) they stand for.
_FIELDS = {
    "route": "route_name",
    "endpoint": "upstream_host",
    **{name: name for name in (
        "pod code flags details error reason location listener filter_chain route_config virtual_host route_name cluster"
        " upstream_host direction original_dst downstream_tls upstream_path upstream_req_host"
    ).split()},
}  # fmt: skip
NAMES = ("verdict", *_FIELDS)
_VERDICTS = frozenset(d.value for d in Disposition)


class Status(enum.Enum):
    """How a test ends; the value is the word of the summary."""

    PASSED = "passed"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    ERROR = "unreadable"
    ASKED = "without expectation"


class Problem(Struct, frozen=True):
    """What an answer lacks of what is expected; ``open``: it may yet hold."""

    text: str
    open: bool = False


class Result(Struct, frozen=True):
    """One test: its name, how it ended and why, and the answer that a line of JSON shows."""

    name: str
    status: Status
    problems: tuple[str, ...]
    answer: Json


def result(name: str, problems: list[Problem], answer: Json) -> Result:
    """The result of a test that could be asked."""
    status = Status.PASSED
    if problems:
        status = Status.UNDETERMINED if all(problem.open for problem in problems) else Status.FAILED
    return Result(name, status, tuple(problem.text for problem in problems), answer)


def summary(results: Iterable[Status]) -> str:
    """``17 passed, 2 failed, 1 undetermined``: the parts that are none are left out."""
    statuses = list(results)
    counted = [(statuses.count(status), status.value) for status in Status]
    return ", ".join(f"{count} {word}" for count, word in counted if count)


def exit_code(results: Iterable[Status]) -> int:
    """1 where an expectation is not met or a line cannot be read, else 3 where one is open, else 0."""
    found = set(results)
    if found & {Status.FAILED, Status.ERROR}:
        return EXIT_FAILURE
    return EXIT_UNDETERMINED if Status.UNDETERMINED in found else EXIT_OK


def validate(expect: Json) -> None:
    """Raises InputError for an expectation that can never hold, or always does."""
    if not expect:
        raise InputError("`expect` expects nothing")
    for name, wanted in expect.items():
        if name not in NAMES:
            raise InputError(unknown_key(name, NAMES, "`expect`"))
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values:
            raise InputError(f"`{name}` of `expect` allows no value")
        if name == "verdict":
            unknown = [str(v) for v in values if str(v).upper() not in _VERDICTS]
            if unknown:
                raise InputError(
                    f"there is no verdict `{unknown[0]}`", f"Known: {', '.join(sorted(_VERDICTS))}."
                )
        if name == "code" and any(isinstance(v, bool) or not isinstance(v, int | None) for v in values):
            raise InputError("`code` of `expect` must be a number")
        if any(isinstance(value, dict | list) for value in values):
            raise InputError(f"`{name}` of `expect` must be a plain value or a list of them")


def check(expect: Json, answer: Json) -> list[Problem]:
    """What an answer lacks of what a line expects; each a readable sentence.

    ``verdict`` is compared with the overall verdict, every other name with the fields of the outcomes: each
    outcome must show the value (in itself or in one of its hops).
    """
    problems = []
    for name, wanted in expect.items():
        allowed = wanted if isinstance(wanted, list) else [wanted]
        found = _verdict(answer, allowed) if name == "verdict" else _field(answer, name, allowed)
        if found is not None:
            problems.append(Problem(f"{name} is {found.text}, expected {_words(allowed)}", found.open))
    return problems


def _words(allowed: list[Any]) -> str:
    return " or ".join("absent" if value is None else str(value) for value in allowed)


def _verdict(answer: Json, allowed: list[Any]) -> Problem | None:
    if answer["verdict"] in {str(value).upper() for value in allowed}:
        return None
    open_ = answer["verdict"] == Disposition.UNDETERMINED.value
    why = f" ({'; '.join(answer['undetermined'][:2])})" if open_ and answer["undetermined"] else ""
    return Problem(f"{answer['verdict']}{why}", open_)


def _field(answer: Json, name: str, allowed: list[Any]) -> Problem | None:
    """The worst outcome that does not show an allowed value: one that is known to differ before one that is open."""
    if not answer["outcomes"]:
        return Problem("absent", answer["verdict"] == Disposition.UNDETERMINED.value)
    found = [_differs(outcome, _FIELDS[name], allowed) for outcome in answer["outcomes"]]
    problems = [problem for problem in found if problem is not None]
    return min(problems, key=lambda problem: problem.open, default=None)


def _differs(outcome: Json, field: str, allowed: list[Any]) -> Problem | None:
    seen = _values(outcome, field)
    if any(value in allowed for value in seen):
        return None
    shown = ", ".join(dict.fromkeys("absent" if v is None else str(v) for v in seen)) or "absent"
    return Problem(shown, outcome["verdict"] == Disposition.UNDETERMINED.value)


def _values(outcome: Json, field: str) -> list[Any]:
    """All values of a field in an outcome: its own, its endpoints', its hops', its target's."""
    values = [outcome[field]] if field in outcome else []
    if field == "upstream_host":
        values += list(outcome.get("upstream_hosts") or ())
        values += [outcome["target"]["address"]] if outcome.get("target") else []
    if field == "pod" and outcome.get("target"):
        values.append(outcome["target"]["pod"])
    for hop in outcome.get("hops") or ():
        if field in hop:
            values.append(hop[field])
    return values
