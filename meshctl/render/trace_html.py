"""A trace as one self-contained HTML page: every branch from the fork to its verdict, every step with what was rejected.

No script, no outer file; it can be attached to a ticket, opened on a phone and printed. The drawing is made of boxes that
flow: beside each other where there is room, below each other where there is not. Printed, the page is the drawing of
``trace_svg``, which fits any sheet.
"""

from __future__ import annotations

import re

from meshctl.render.markup import escape
from meshctl.render.trace_picture import Box, Branch, End, Frame, Picture
from meshctl.render.trace_svg import draw

_LIGHT = (
    "--bg:#f6f8fa;--card:#fff;--ink:#1f2328;--dim:#57606a;--edge:#d0d7de;--link:#0969da;--res:#8250df;"
    "--good:#1a7f37;--goodbg:#dafbe1;--bad:#cf222e;--badbg:#ffebe9;--open:#9a6700;--openbg:#fff8c5;"
    "--envoy:#0969da;--envoybg:#ddf4ff;--capture:#bc4c00;--capturebg:#fff1e5;--plain:#57606a;--plainbg:#f6f8fa"
)
_DARK = (
    "--bg:#0d1117;--card:#161b22;--ink:#e6edf3;--dim:#9198a1;--edge:#30363d;--link:#4493f8;--res:#d2a8ff;"
    "--good:#3fb950;--goodbg:#0f3320;--bad:#f85149;--badbg:#3c1618;--open:#d29922;--openbg:#332a0b;"
    "--envoy:#4493f8;--envoybg:#0c2d4f;--capture:#db6d28;--capturebg:#3d1e0b;--plain:#9198a1;--plainbg:#0d1117"
)
_STYLE = """
:root{color-scheme:light dark;LIGHT}
@media (prefers-color-scheme:dark){:root{DARK}}
*{box-sizing:border-box}
body{margin:0;font:15px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--ink);
background:var(--bg)}
main{max-width:1600px;margin:0 auto;padding:20px clamp(10px,2.5vw,28px) 50px}
h1{font-size:19px;margin:0 0 12px}
h2{font-size:16px;margin:26px 0 8px}h3{font-size:13.5px;margin:0 0 8px;font-weight:700}
h3 small{display:block;font-size:10.5px;letter-spacing:.06em;text-transform:uppercase;color:var(--dim)}
.verdict{padding:8px 12px;border-radius:10px;border:1.5px solid;background:var(--card)}
.verdict b{font-size:16px}.verdict span{display:block;font-size:13.5px;color:var(--ink)}
.good{border-color:var(--good);background:var(--goodbg)}.good b{color:var(--good)}
.bad{border-color:var(--bad);background:var(--badbg)}.bad b{color:var(--bad)}
.open{border-color:var(--open);background:var(--openbg)}.open b{color:var(--open)}
.row{display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start;margin:14px 0 0}
.frame{border:1.5px solid var(--edge);border-radius:12px;padding:10px;background:var(--card);flex:1 1 300px;max-width:430px;
min-width:0}
.frame.missing,.box.dashed{border-style:dashed}.frame.missing{border-color:var(--open)}
.box{border-width:1px;border-style:solid;border-radius:7px;padding:5px 9px;position:relative;color:var(--ink)}
.box+.box{margin-top:16px}
.box+.box::before{content:"";position:absolute;left:50%;top:-16px;height:15px;border-left:2px solid var(--dim)}
.box small{display:block;font-size:10.5px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--dim)}
.box p{margin:0;font-size:12.5px;color:var(--dim)}.box p.from{color:var(--res)}
.envoy{border-color:var(--envoy);background:var(--envoybg)}.capture{border-color:var(--capture);background:var(--capturebg)}
.plain{border-color:var(--plain);background:var(--plainbg)}.none{border-color:var(--open);background:var(--card)}
code{font:600 12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code,p,span,h1,h3,li{overflow-wrap:break-word;min-width:0}
.end{margin-top:12px}
.fork{margin:14px 0 0;padding:0 0 0 clamp(10px,2vw,26px);border-left:3px solid var(--dim)}
.branch{padding-top:6px;position:relative}
.branch+.branch{margin-top:14px;border-top:1px dashed var(--edge)}
.share{font-weight:700;font-size:16px}
.twigs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:14px}
.twigs .branch+.branch{margin-top:0;border-top:0}
section{background:var(--card);border:1px solid var(--edge);border-radius:12px;padding:2px 16px 12px;margin-top:12px}
.step{padding:7px 0;border-top:1px solid var(--edge);display:grid;grid-template-columns:110px minmax(0,1fr);gap:8px}
.d{color:var(--dim)}
details{margin-top:2px}summary{cursor:pointer;color:var(--link);font-size:13px}
ul{margin:4px 0 4px 18px;padding:0;font-size:13.5px}
@media (max-width:520px){.step{grid-template-columns:1fr;gap:0}.frame{max-width:none}}
.print{display:none}
@page{size:A4;margin:8mm}
@media print{html,body{margin:0;background:#fff;height:auto}main{display:none}
.print{display:block}.print svg{display:block;width:100%;height:auto;max-height:96vh}}
""".replace("LIGHT", _LIGHT).replace("DARK", _DARK)
_KINDS = {
    "app": "good", "end": "good", "capture": "capture", "policy": "open", "filter": "open", "refusal": "bad",
    "network": "plain", "copy": "plain", "missing": "none",
}  # fmt: skip
_MANY = 4  # branches, from which on they stand beside each other, each in one column


def _name(text: str) -> str:
    """Text that may break behind the joints of a name."""
    return "".join(
        escape(piece) + ("<wbr>" if piece[-1] in ".|-" else "")
        for piece in re.findall("[^.|-]*[.|-]|[^.|-]+", text)
    )


def render(drawn: Picture) -> str:
    """The page."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(drawn.title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{_name(drawn.title)}</h1>",
        _summary(drawn),
        _branch(drawn.root),
        '<div class="steps"><h2>Every step</h2>',
        *_steps(drawn.root, ""),
        "</div>",
        _list("Not known", list(drawn.unknown)),
        _list("Notes", list(drawn.notes)),
        f'</main><div class="print">{draw(drawn)}</div></body></html>',
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _summary(drawn: Picture) -> str:
    """The verdict over all, where there are several ends; one end stands at its branch."""
    if not drawn.outcomes:
        return ""
    rows = "".join(f"<li>{escape(share)} {_name(text)}</li>" for share, text in drawn.outcomes)
    return f'<div class="verdict {drawn.mood}"><b>{escape(drawn.verdict)}</b><ul>{rows}</ul></div>'


def _branch(branch: Branch, *, narrow: bool = False) -> str:
    row = "".join(map(_frame, branch.frames))
    end = _end(branch.end) if branch.end is not None else ""
    many = narrow or len(branch.branches) >= _MANY
    inner = "".join(
        f'<div class="branch{" copy" if b.copy else ""}"><div class="share">{escape(b.share)}</div>'
        f"{_branch(b, narrow=many)}</div>"
        for b in branch.branches
    )
    fork = f'<div class="fork{" twigs" if many and not narrow else ""}">{inner}</div>' if inner else ""
    return f'<div class="row">{row}</div>{end}{fork}' if row else f"{end}{fork}"


def _frame(frame: Frame) -> str:
    word = {"missing": "not given"}.get(frame.kind, frame.kind)
    boxes = "".join(map(_box, frame.boxes))
    return f'<div class="frame {frame.kind}"><h3><small>{escape(word)}</small>{_name(frame.title)}</h3>{boxes}</div>'


def _box(box: Box) -> str:
    css = _KINDS.get(box.kind, "envoy") + (" dashed" if box.dashed else "")
    detail = f"<p>{_name(box.detail)}</p>" if box.detail else ""
    resource = f'<p class="from">from {_name(box.resource)}</p>' if box.resource else ""
    return f'<div class="box {css}"><small>{escape(box.head)}</small><code>{_name(box.text)}</code>{detail}{resource}</div>'


def _end(end: End) -> str:
    code = f" {end.code}" if end.code else ""
    log = f'<span class="d">access log <code>{_name(end.log)}</code></span>' if end.log else ""
    return f'<div class="verdict end {end.mood}"><b>{escape(end.verdict + code)}</b><span>{_name(end.reason)}</span>{log}</div>'


def _steps(branch: Branch, share: str) -> list[str]:
    """The steps of a branch with what was rejected, then those of what it forks into."""
    label = f" ({share})" if share else ""
    found = [
        f"<section><h3>{_name(frame.title)}{escape(label)}</h3>{''.join(map(_step, frame.boxes))}</section>"
        for frame in branch.frames
    ]
    return found + [step for inner in branch.branches for step in _steps(inner, inner.share)]


def _step(box: Box) -> str:
    detail = f' <span class="d">{_name(box.detail)}</span>' if box.detail else ""
    source = "; ".join(
        part for part in (box.resource and f"from {box.resource}", box.where and f"at {box.where}") if part
    )
    below = f'<span class="d">{_name(source)}</span>' if source else ""
    if box.rejected:
        items = "".join(f"<li>{_name(r.name)}: {_name(r.reason)}</li>" for r in box.rejected)
        below += f"<details><summary>{len(box.rejected)} rejected</summary><ul>{items}</ul></details>"
    return f'<div class="step"><span class="d">{escape(box.head)}</span><div><code>{_name(box.text)}</code>{detail}<div>{below}</div></div></div>'


def _list(title: str, items: list[str]) -> str:
    if not items:
        return ""
    rows = "".join(f"<li>{_name(item)}</li>" for item in items)
    return f"<section><h2>{title}</h2><ul>{rows}</ul></section>"
