"""A trace as one self-contained HTML page: the drawing, every step with what was rejected, all outcomes.

No script, no outer file; it can be attached to a ticket and opened anywhere.
"""

from __future__ import annotations

from meshctl.render.markup import escape
from meshctl.render.trace_picture import Box, Frame, Picture
from meshctl.render.trace_svg import draw

_STYLE = """
:root{color-scheme:light}
body{margin:0;font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:#1f2328;
background:#f6f8fa}
main{max-width:1240px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:20px;margin:0 0 14px;overflow-wrap:anywhere}
h2{font-size:16px;margin:30px 0 10px}
.verdict{display:flex;gap:14px;align-items:baseline;flex-wrap:wrap;padding:12px 16px;border-radius:10px;
border:1.5px solid;background:#fff}
.verdict b{font-size:17px}
.good{border-color:#1a7f37}.good b{color:#1a7f37}
.bad{border-color:#cf222e}.bad b{color:#cf222e}
.open{border-color:#9a6700}.open b{color:#9a6700}
.drawing{background:#fff;border:1px solid #d0d7de;border-radius:12px;overflow:auto;margin-top:18px}
.drawing svg{display:block;max-width:100%;height:auto}
section{background:#fff;border:1px solid #d0d7de;border-radius:12px;padding:4px 18px 14px;margin-top:14px}
table{border-collapse:collapse;width:100%}
td{padding:7px 10px 7px 0;vertical-align:top;border-top:1px solid #eaeef2}
tr:first-child td{border-top:0}
td.k{white-space:nowrap;color:#57606a;width:110px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.d{color:#57606a}
details{margin-top:2px}summary{cursor:pointer;color:#0969da;font-size:13px}
ul{margin:4px 0 4px 18px;padding:0;font-size:13.5px}
"""


def render(drawn: Picture) -> str:
    """The page."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(drawn.title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(drawn.title)}</h1>",
        _verdict(drawn),
        f'<div class="drawing">{draw(drawn, heading=False)}</div>',
        "<h2>Every step</h2>",
        *(_frame(frame) for frame in drawn.frames),
        _list("All outcomes", [f"{share} {text}" for share, text in drawn.outcomes]),
        _list("Not known", list(drawn.unknown)),
        _list("Notes", list(drawn.notes)),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _verdict(drawn: Picture) -> str:
    log = f'<span class="d">access log <code>{escape(drawn.log)}</code></span>' if drawn.log else ""
    return (
        f'<div class="verdict {drawn.mood}"><b>{escape(drawn.verdict)}</b>'
        f"<span>{escape(drawn.reason)}</span>{log}</div>"
    )


def _frame(frame: Frame) -> str:
    rows = "".join(_row(box) for box in frame.boxes)
    return f"<section><h2>{escape(frame.title)}</h2><table>{rows}</table></section>"


def _row(box: Box) -> str:
    detail = f' <span class="d">{escape(box.detail)}</span>' if box.detail else ""
    source = f'<div class="d">from {escape(box.source)}</div>' if box.source else ""
    rejected = ""
    if box.rejected:
        items = "".join(f"<li>{escape(r.name)}: {escape(r.reason)}</li>" for r in box.rejected)
        rejected = f"<details><summary>{len(box.rejected)} rejected</summary><ul>{items}</ul></details>"
    return f'<tr><td class="k">{escape(box.head)}</td><td><code>{escape(box.text)}</code>{detail}{source}{rejected}</td></tr>'


def _list(title: str, items: list[str]) -> str:
    if not items:
        return ""
    rows = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<section><h2>{title}</h2><ul>{rows}</ul></section>"
