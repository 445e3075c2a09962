"""``check``: findings for machines: a document, SARIF 2.1.0 and JUnit's XML.

SARIF takes files; a finding's place is its object, as a logical location, and its baseline identity a partial
fingerprint. In JUnit an error or a warning is a failure, what could not be decided is skipped, and so is info.
"""

from __future__ import annotations

import hashlib
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from meshctl import __version__
from meshctl.check import Finding, Open, Report, Severity
from meshctl.check.table import rows
from meshctl.render.json_out import render
from meshctl.render.trace_results import xml_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def document(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "pods": list(report.pods),
        "findings": [finding_document(finding) for finding in report.findings],
        "undecided": [_open(one) for one in report.open],
        "summary": {
            **{
                f"{level.value}s" if level is not Severity.INFO else "info": report.count(level)
                for level in Severity
            },
            "ignored": report.ignored,
            "baseline": report.known,
        },
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding as plain values."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "object": finding.object,
        "message": finding.message,
        "evidence": list(finding.evidence),
        "fix": finding.fix,
        "pods": list(finding.pods),
        "page": finding.page,
    }


def _open(one: Open) -> dict[str, Any]:
    return {"code": one.code, "needs": one.needs, "remedy": one.remedy, "pods": list(one.pods)}


def sarif(report: Report) -> bytes:
    """The report as a SARIF log."""
    used = {finding.code for finding in report.findings}
    rules = [
        {
            "id": row.code,
            "shortDescription": {"text": row.title},
            "fullDescription": {"text": row.why},
            "help": {"text": row.fix},
            "defaultConfiguration": {"level": _LEVELS[row.severity]},
        }
        for row in rows()
        if row.code in used
    ]
    driver = {"name": "meshctl", "version": __version__, "rules": rules}
    results = [_result(finding) for finding in report.findings]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return render(log, escape_html=False)


def _result(finding: Finding) -> dict[str, Any]:
    lines = [finding.message, *finding.evidence, *([f"To do: {finding.fix}"] if finding.fix else [])]
    print_ = hashlib.sha256("\n".join(finding.key).encode()).hexdigest()
    places = [{"fullyQualifiedName": finding.object, "kind": "resource"}]
    places += [{"fullyQualifiedName": pod, "kind": "module"} for pod in finding.pods]
    return {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(lines)},
        "locations": [{"logicalLocations": places}],
        "partialFingerprints": {"meshctl/v1": print_},
    }


def junit(report: Report) -> str:
    """The report as JUnit's XML: a test case for each finding; one that passes when there are none."""
    failing = [one for one in report.findings if one.severity is not Severity.INFO]
    notes = [one for one in report.findings if one.severity is Severity.INFO]
    cases = [_case(one.code, one.object, _failure(one)) for one in failing]
    cases += [_case(one.code, one.object, f"<skipped message={_quoted(one.message)}/>") for one in notes]
    cases += [
        _case(one.code, "not decidable", f"<skipped message={_quoted(one.needs)}/>") for one in report.open
    ]
    cases = cases or [_case("all", "nothing was found", "")]
    skipped = len(notes) + len(report.open)
    head = f'<testsuite name="meshctl check" tests="{len(cases)}" failures="{len(failing)}" errors="0" skipped="{skipped}">'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<testsuites>",
        head,
        *cases,
        "</testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(code: str, name: str, inside: str) -> str:
    return (
        f"  <testcase classname={_quoted(f'meshctl.check.{code}')} name={_quoted(name)}>{inside}</testcase>"
    )


def _failure(finding: Finding) -> str:
    lines = [finding.message, *finding.evidence, *([f"To do: {finding.fix}"] if finding.fix else [])]
    lines += [f"In {', '.join(finding.pods)}"] if finding.pods else []
    body = escape("\n".join(map(xml_line, lines)))
    return (
        f"<failure type={_quoted(finding.severity.value)} message={_quoted(finding.message)}>{body}</failure>"
    )


def _quoted(text: str) -> str:
    return quoteattr(xml_line(text))
