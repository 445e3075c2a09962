"""Results of many tests: a line each for people, JUnit's XML and TAP for pipelines.

An undetermined test is a failure in both: a pipeline must not turn green on what is not known. A request without an
expectation is skipped there, because nothing was tested.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from meshctl.plain import visible
from meshctl.trace.expectations import Result, Status

_WORDS = {
    Status.PASSED: "ok",
    Status.FAILED: "FAILED",
    Status.UNDETERMINED: "UNDETERMINED",
    Status.ERROR: "ERROR",
    Status.ASKED: "asked",
}
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = "nothing is expected"


def xml_line(text: str) -> str:
    """Text as one line that XML can hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", visible(" ".join(text.split())))


def text(results: Sequence[Result], statuses: Sequence[Status] | None) -> str:
    """A line a test; then how many pass, where the statuses of all are given."""
    lines = [f"{_WORDS[result.status]:<7}{xml_line(result.name)}" for result in results]
    if statuses is not None:
        lines.append(f"{statuses.count(Status.PASSED)} of {len(statuses)} tests pass")
    return "".join(f"{line}\n" for line in lines)


def junit(value: tuple[str, Sequence[Result]]) -> str:
    """JUnit's XML, as GitLab, Jenkins and GitHub's reporters read it."""
    path, results = value
    counts = {status: sum(result.status is status for result in results) for status in Status}
    failures = counts[Status.FAILED] + counts[Status.UNDETERMINED]
    head = (
        f'<testsuite name={quoteattr(xml_line(path))} tests="{len(results)}" failures="{failures}" '
        f'errors="{counts[Status.ERROR]}" skipped="{counts[Status.ASKED]}">'
    )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", head]
    for result in results:
        name = f'<testcase classname="meshctl.trace" name={quoteattr(xml_line(result.name))}'
        inside = _junit_inside(result)
        lines.append(f"  {name}>{inside}</testcase>" if inside else f"  {name}/>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _junit_inside(result: Result) -> str:
    if result.status is Status.PASSED:
        return ""
    if result.status is Status.ASKED:
        return f'<skipped message="{_SKIPPED}"/>'
    tag = "error" if result.status is Status.ERROR else "failure"
    message = xml_line(result.problems[0]) if result.problems else result.status.value
    body = escape("\n".join(map(xml_line, result.problems)))
    return f"<{tag} type={quoteattr(result.status.value)} message={quoteattr(message)}>{body}</{tag}>"


def tap(value: tuple[str, Sequence[Result]]) -> str:
    """The Test Anything Protocol, version 13."""
    _, results = value
    lines = ["TAP version 13", f"1..{len(results)}"]
    for number, result in enumerate(results, 1):
        good = result.status in (Status.PASSED, Status.ASKED)
        name = xml_line(result.name).replace("#", "\\#")
        skipped = f" # SKIP {_SKIPPED}" if result.status is Status.ASKED else ""
        lines.append(f"{'ok' if good else 'not ok'} {number} - {name}{skipped}")
        if not good:
            lines += [f"# {result.status.value}: {xml_line(problem)}" for problem in result.problems]
    return "".join(f"{line}\n" for line in lines)
