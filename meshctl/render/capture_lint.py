"""``capture lint``: findings as text or data."""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.netfilter.lint import Finding, Place
from meshctl.plain import visible_lines


def text(findings: Sequence[Finding], name: str, *, wide: bool) -> str:
    """Three lines a finding: what, why, what to do. Wide adds the code and the line of the source."""
    if not findings:
        return f"{name}: nothing found\n"
    lines = []
    for finding in findings:
        code = f" [{finding.code}]" if wide else ""
        lines.append(f"{finding.severity.value}{code}: {finding.what}")
        if wide and finding.place is not None and finding.place.line:
            lines.append(f"  at line {finding.place.line}: {finding.place.text}")
        elif finding.place is not None and finding.place.text not in finding.what:
            lines.append(f"  {finding.place}: {finding.place.text}")
        lines += [f"  {words}" for words in (finding.why, finding.advice) if words]
    counts = [
        f"{sum(f.severity.value == level for f in findings)} {level}"
        for level in ("error", "warning", "info")
    ]
    lines.append(f"{name}: {', '.join(counts)}")
    return visible_lines(lines)


def document(findings: Sequence[Finding], name: str) -> dict[str, object]:
    """Findings as data."""
    return {
        "source": name,
        "findings": [
            {
                "severity": finding.severity.value,
                "code": finding.code,
                "what": finding.what,
                "why": finding.why,
                "advice": finding.advice,
                "rule": _place(finding.place),
                "by": [_place(place) for place in finding.by],
            }
            for finding in findings
        ],
    }


def _place(place: Place | None) -> dict[str, object] | None:
    if place is None:
        return None
    return {
        "family": place.family,
        "table": place.table,
        "chain": place.chain,
        "rule_number": place.number,
        "text": place.text,
        "line": place.line or None,
    }
