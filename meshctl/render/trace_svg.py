"""A trace as an SVG drawing: pods as frames side by side, their steps from top to bottom, the path through them.

Plain SVG 1.1 without scripts or outer files. Text is wrapped by an estimate of its width; full texts stand in the
tooltips.
"""

from __future__ import annotations

import itertools
import textwrap
from dataclasses import dataclass

from meshctl.render.markup import escape
from meshctl.render.trace_picture import Box, Frame, Picture

_WIDTH = 372  # of a frame
_GAP = 76  # between frames
_PAD = 16
_HEAD = 46  # title of a frame
_BOX_GAP = 22
_LINE = 15
_CHARS = 50  # that fit a box's line
_TOP = 84
_COLOURS = {
    "app": ("#dafbe1", "#1a7f37"),
    "end": ("#dafbe1", "#1a7f37"),
    "capture": ("#fff1e5", "#bc4c00"),
    "policy": ("#fff8c5", "#9a6700"),
    "filter": ("#fff8c5", "#9a6700"),
    "refusal": ("#ffebe9", "#cf222e"),
    "network": ("#f6f8fa", "#57606a"),
    "missing": ("#ffffff", "#9a6700"),
}
_DASHES = ' stroke-dasharray="5 4"'
_ENVOY = ("#ddf4ff", "#0969da")
_MOODS = {"good": "#1a7f37", "bad": "#cf222e", "open": "#9a6700"}
_FRAMES = {
    "pod": ("#ffffff", "#8c959f"),
    "network": ("#f6f8fa", "#d0d7de"),
    "outside": ("#f6f8fa", "#8c959f"),
    "missing": ("#ffffff", "#9a6700"),
}
_STYLE = (
    "svg text{font:12px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}"
    "svg .h{font-weight:600;font-size:10.5px;letter-spacing:.06em;text-transform:uppercase;fill:#57606a}"
    "svg .t{font-weight:600;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:11.5px}"
    "svg .d{font-size:11px;fill:#57606a}svg .n{font-weight:700;font-size:14px}svg .title{font-weight:700;font-size:16px}"
    "svg .v{font-weight:700;font-size:17px}"
)


@dataclass(frozen=True, slots=True)
class _Laid:
    """A box with its lines and its place."""

    box: Box
    text: list[str]
    detail: list[str]
    x: int
    y: int
    height: int


def _wrap(text: str, chars: int, most: int) -> list[str]:
    lines = textwrap.wrap(text, chars, break_long_words=True, break_on_hyphens=False) or []
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][: chars - 1] + "…"]
    return lines


def _lay(frame: Frame, x: int) -> tuple[list[_Laid], int]:
    """The boxes of a frame, and its height."""
    y = _TOP + _HEAD
    laid = []
    for box in frame.boxes:
        text, detail = _wrap(box.text, _CHARS - 6, 3), _wrap(box.detail, _CHARS + 4, 3)
        height = 22 + _LINE * (len(text) + len(detail)) + 9
        laid.append(_Laid(box, text, detail, x + _PAD, y, height))
        y += height + _BOX_GAP
    return laid, y - _BOX_GAP + _PAD - _TOP


def draw(drawn: Picture, *, heading: bool = True) -> str:
    """The SVG of a picture; without its heading where the page around it has one."""
    top = 0 if heading else _TOP - 24
    frames: list[tuple[Frame, list[_Laid], int, int]] = []
    x = 24
    for frame in drawn.frames:
        laid, height = _lay(frame, x)
        frames.append((frame, laid, x, height))
        x += _WIDTH + _GAP
    width = max(x - _GAP + 24, 760)
    bottom = max((height for _, _, _, height in frames), default=60)
    total = _TOP + bottom + 96
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {width} {total - top}" width="{width}" height="{total - top}" '
        f'role="img" aria-label="{escape(drawn.title)}">',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{_MOODS[drawn.mood]}"/></marker></defs>',
        f'<rect width="{width}" height="{total}" fill="#ffffff"/>',
        f'<text x="24" y="40" class="title">{escape(drawn.title)}</text>' if heading else "",
    ]
    for frame, _, left, height in frames:
        parts.append(_frame(frame, left, height))
    boxes = [box for _, laid, _, _ in frames for box in laid]
    parts += [_arrow(a, b, _MOODS[drawn.mood]) for a, b in itertools.pairwise(boxes)]
    parts += [_box(box) for box in boxes]
    parts.append(_verdict(drawn, 24, _TOP + bottom + 26, width - 48))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frame(frame: Frame, x: int, height: int) -> str:
    fill, stroke = _FRAMES[frame.kind]
    labels = {"pod": "pod", "network": "between the pods", "outside": "outside", "missing": "not given"}
    label = labels[frame.kind]
    dashes = _DASHES if frame.kind == "missing" else ""
    title = frame.title if len(frame.title) <= 38 else frame.title[:37] + "…"
    return (
        f'<rect x="{x}" y="{_TOP}" width="{_WIDTH}" height="{height}" rx="12" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="1.5"{dashes}/><text x="{x + _PAD}" y="{_TOP + 19}" class="h">{label}</text>'
        f'<text x="{x + _PAD}" y="{_TOP + 36}" class="n">{escape(title)}</text>'
    )


def _box(laid: _Laid) -> str:
    fill, stroke = _COLOURS.get(laid.box.kind, _ENVOY)
    x, y, width = laid.x, laid.y, _WIDTH - 2 * _PAD
    tip = "\n".join(part for part in (laid.box.text, laid.box.detail, laid.box.source) if part)
    out = [
        f'<g><title>{escape(tip)}</title><rect x="{x}" y="{y}" width="{width}" height="{laid.height}" rx="7" '
        f'fill="{fill}" stroke="{stroke}"{_DASHES if laid.box.dashed else ""}/>'
        f'<text x="{x + 11}" y="{y + 17}" class="h">{escape(laid.box.head)}</text>'
    ]
    line = y + 33
    for css, lines in (("t", laid.text), ("d", laid.detail)):
        for text in lines:
            out.append(f'<text x="{x + 11}" y="{line}" class="{css}">{escape(text)}</text>')
            line += _LINE
    return "".join([*out, "</g>"])


def _arrow(a: _Laid, b: _Laid, colour: str) -> str:
    """Down within a frame; to the next frame out at the side and in at the side."""
    width = _WIDTH - 2 * _PAD
    if a.x == b.x:
        middle = a.x + width // 2
        path = f"M{middle} {a.y + a.height}L{middle} {b.y - 1}"
    else:
        x1, y1, x2, y2 = a.x + width, a.y + a.height // 2, b.x, b.y + b.height // 2
        turn = x2 - _PAD - _GAP // 2
        path = f"M{x1} {y1}L{turn - 8} {y1}Q{turn} {y1} {turn} {y1 + (8 if y2 > y1 else -8)}"
        path += f"L{turn} {y2 - (8 if y2 > y1 else -8)}Q{turn} {y2} {turn + 8} {y2}L{x2 - 1} {y2}"
        if abs(y2 - y1) < 18:
            path = f"M{x1} {y1}L{x2 - 1} {y2}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5" marker-end="url(#a)"/>'


def _verdict(drawn: Picture, x: int, y: int, width: int) -> str:
    colour = _MOODS[drawn.mood]
    log = f"access log: {drawn.log}" if drawn.log else ""
    room = max(width // 7 - len(log), 24)
    text = drawn.reason if len(drawn.reason) < room else drawn.reason[: room - 1] + "…"
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="50" rx="10" fill="{colour}" fill-opacity=".08" '
        f'stroke="{colour}" stroke-width="1.5"/>'
        f'<text x="{x + 16}" y="{y + 22}" class="v" style="fill:{colour}">{drawn.verdict}</text>'
        f'<text x="{x + 16}" y="{y + 40}" class="d">{escape(" · ".join(p for p in (text, log) if p))}</text>'
    )


def render(drawn: Picture) -> str:
    """The likeliest way as a drawing."""
    return draw(drawn)
