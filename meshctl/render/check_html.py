"""``check``: the report as one self-contained page, to attach to a ticket; no script, no outer file."""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.check import Finding, Open, Report
from meshctl.render.check_text import summary
from meshctl.render.markup import escape

_STYLE = """
:root{color-scheme:light dark;--bg:#f6f8fa;--card:#fff;--ink:#1f2328;--dim:#57606a;--edge:#d0d7de;--error:#cf222e;
--warning:#9a6700;--info:#0969da}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--ink:#e6edf3;--dim:#9198a1;--edge:#30363d;--error:#f85149;
--warning:#d29922;--info:#4493f8}}
body{margin:0;font:15px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--ink);
background:var(--bg)}
main{max-width:1000px;margin:0 auto;padding:20px clamp(10px,2.5vw,28px) 50px}
h1{font-size:20px}h2{font-size:16px;margin-top:28px}
article{background:var(--card);border:1px solid var(--edge);border-left:5px solid var(--dim);border-radius:8px;
padding:10px 14px;margin:12px 0;overflow-wrap:anywhere}
article.error{border-left-color:var(--error)}article.warning{border-left-color:var(--warning)}
article.info{border-left-color:var(--info)}
article h3{font-size:14px;margin:0 0 4px}article p{margin:4px 0}
.level{font-weight:700}.error .level{color:var(--error)}.warning .level{color:var(--warning)}.info .level{color:var(--info)}
ul{margin:4px 0;padding-left:20px;color:var(--dim);font-size:13.5px}.pods{color:var(--dim);font-size:13px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
"""


def render(report: Report) -> str:
    """The page."""
    found = "".join(map(_finding, report.findings)) or "<p>Nothing was found.</p>"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>meshctl check</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>meshctl check</h1><p>{escape(summary(report))}</p>{found}{_undecided(report.open)}</main></body></html>\n"
    )


def _finding(finding: Finding) -> str:
    level = finding.severity.value
    evidence = "".join(f"<li>{escape(line)}</li>" for line in finding.evidence)
    fix = f"<p><b>To do:</b> {escape(finding.fix)}</p>" if finding.fix else ""
    pods = f'<p class="pods">In {escape(", ".join(finding.pods))}</p>' if finding.pods else ""
    return (
        f'<article class="{level}"><h3><span class="level">{level}</span> <code>{escape(finding.code)}</code> '
        f"{escape(finding.object)}</h3><p>{escape(finding.message)}</p>"
        f"{f'<ul>{evidence}</ul>' if evidence else ''}{fix}{pods}</article>"
    )


def _undecided(found: Sequence[Open]) -> str:
    if not found:
        return ""
    rows = "".join(
        f"<li><code>{escape(one.code)}</code>: {escape(one.needs)}"
        f"{f' (to see it: <code>{escape(one.remedy)}</code>)' if one.remedy else ''}</li>"
        for one in found
    )
    return f"<h2>Not decidable from what was given</h2><ul>{rows}</ul>"
