"""``check``: findings for people, as text and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.check import Finding, Open, Report, Severity
from meshctl.plain import listed, visible_lines
from meshctl.views.table import Table

_FEW = 3


def text(report: Report) -> str:
    """Three to five lines a finding, the worst first; then what was not decidable; then the counts."""
    lines: list[str] = []
    for finding in report.findings:
        lines += [*_finding(finding, many=len(report.pods) > 1), ""]
    if report.open:
        lines += ["not decidable from what was given:", *_open(report.open), ""]
    lines.append(summary(report))
    return visible_lines(lines)


def _finding(finding: Finding, *, many: bool) -> list[str]:
    lines = [f"{finding.severity.value} [{finding.code}] {finding.object}", f"  {finding.message}"]
    lines += [f"    {line}" for line in finding.evidence]
    if finding.fix:
        lines.append(f"  To do: {finding.fix}")
    if many and finding.pods:
        lines.append(f"  In {listed(finding.pods, _FEW)}")
    return lines


def _open(found: Sequence[Open]) -> list[str]:
    """A line for each thing that is missing, with the checks that wait for it."""
    waiting: dict[tuple[str, str], list[Open]] = {}
    for one in found:
        waiting.setdefault((one.needs, one.remedy), []).append(one)
    lines = []
    for (needs, remedy), checks in waiting.items():
        codes = list(dict.fromkeys(check.code for check in checks))
        how = f" (to see it: {remedy})" if remedy else ""
        lines.append(f"  {needs}{how}: {listed(codes, _FEW)}")
    return lines


def summary(report: Report) -> str:
    """The counts, in one line."""
    counts = ", ".join(_counted(report.count(level), level.value) for level in Severity)
    pods = len(report.pods)
    left = [f"{report.ignored} ignored"] if report.ignored else []
    left += [f"{report.known} in the baseline"] if report.known else []
    open_ = len({one.code for one in report.open})
    left += [f"{open_} checks not decidable"] if open_ else []
    return f"{pods} pod{'' if pods == 1 else 's'}: {'; '.join([counts, *left])}"


def _counted(count: int, level: str) -> str:
    return f"{count} {level}" if level == "info" or count == 1 else f"{count} {level}s"


def short(report: Report) -> Table:
    """A row a finding."""
    rows = [(f.severity.value, f.code, f.object, f.message, listed(f.pods, _FEW)) for f in report.findings]
    return Table(("SEVERITY", "CODE", "OBJECT", "MESSAGE", "PODS"), rows)
