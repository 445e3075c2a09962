"""A trace as an SVG drawing: a branch is a row of frames (pods), a frame a column of steps; below it what it forks into.

Theory of operation. A branch is laid out at a place and tells its width and height; so a tree is rows below rows, each
level further to the right, and a rail at the left leads from the fork to each. Plain SVG 1.1 without scripts or outer
files; colours are classes with a light and a dark value. Text is wrapped by an estimate of its width, never cut.
"""

from __future__ import annotations

import itertools

from meshctl.render.layout import wrap
from meshctl.render.markup import escape
from meshctl.render.trace_picture import Box, Branch, End, Frame, Picture
from meshctl.values import Struct, field

_WIDTH = 372  # of a frame
_GAP = 60  # between frames
_PAD = 16
_BOX_GAP = 22
_LINE = 15
_CHARS = 44  # of the monospaced text that fit a box's line
_WORDS = 52  # of the smaller proportional one
_TITLE = 36  # of a frame's title
_INDENT = 84  # of a branch behind its fork: room for the rail and the share
_MARGIN = 24
_SANS = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
# class: (property, light, dark)
_PALETTE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "bg": (("fill", "#ffffff", "#0d1117"),),
    "x": (("fill", "#1f2328", "#e6edf3"),),
    "d": (("fill", "#57606a", "#9198a1"),),
    "r": (("fill", "#8250df", "#d2a8ff"),),
    "envoy": (("fill", "#ddf4ff", "#0c2d4f"), ("stroke", "#0969da", "#4493f8")),
    "good": (("fill", "#dafbe1", "#0f3320"), ("stroke", "#1a7f37", "#3fb950")),
    "capture": (("fill", "#fff1e5", "#3d1e0b"), ("stroke", "#bc4c00", "#db6d28")),
    "open": (("fill", "#fff8c5", "#332a0b"), ("stroke", "#9a6700", "#d29922")),
    "bad": (("fill", "#ffebe9", "#3c1618"), ("stroke", "#cf222e", "#f85149")),
    "plain": (("fill", "#f6f8fa", "#161b22"), ("stroke", "#57606a", "#9198a1")),
    "frame": (("fill", "#ffffff", "#0d1117"), ("stroke", "#8c959f", "#6e7681")),
    "tgood": (("fill", "#1a7f37", "#3fb950"),),
    "tbad": (("fill", "#cf222e", "#f85149"),),
    "topen": (("fill", "#9a6700", "#d29922"),),
    "lgood": (("stroke", "#1a7f37", "#3fb950"),),
    "lbad": (("stroke", "#cf222e", "#f85149"),),
    "lopen": (("stroke", "#9a6700", "#d29922"),),
}
_BOXES = {
    "app": "good", "end": "good", "capture": "capture", "policy": "open", "filter": "open", "refusal": "bad",
    "network": "plain", "copy": "plain", "missing": "frame",
}  # fmt: skip
_FRAMES = {"pod": "frame", "network": "plain", "outside": "plain", "missing": "frame"}
_FONTS = (
    f"svg text{{font:12px {_SANS}}}svg .h{{font-weight:600;font-size:10.5px;letter-spacing:.06em;text-transform:uppercase}}"
    f"svg .t{{font-weight:600;font-family:{_MONO};font-size:11.5px}}svg .s{{font-size:11px}}svg .n{{font-weight:700;font-size:14px}}"
    "svg .title{font-weight:700;font-size:16px}svg .v{font-weight:700;font-size:16px}svg .dash{stroke-dasharray:5 4}"
    "svg .line{fill:none;stroke-width:2.5}"
)


def _rules(index: int) -> str:
    """The palette as style rules; index: 1 for light, 2 for dark."""
    return "".join(
        f"svg .{name}{{{';'.join(f'{entry[0]}:{entry[index]}' for entry in entries)}}}"
        for name, entries in _PALETTE.items()
    )


_STYLE = f"{_rules(1)}@media (prefers-color-scheme:dark){{{_rules(2)}}}{_FONTS}"


class _Laid(Struct, frozen=True):
    """A box with its lines (class and text) and its place."""

    box: Box
    lines: tuple[tuple[str, str], ...]
    x: int
    y: int

    @property
    def height(self) -> int:
        return 31 + _LINE * len(self.lines)

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


def _lay(box: Box, x: int, y: int) -> _Laid:
    parts = [("t x", line) for line in wrap(box.text, _CHARS)]
    parts += [("s d", line) for line in wrap(box.detail, _WORDS) if line]
    if box.resource:
        parts += [("s r", line) for line in wrap(f"from {box.resource}", _WORDS)]
    return _Laid(box, tuple(parts), x, y)


class _Canvas(Struct):
    """What is drawn so far, and how far it reaches. Frames lie below lines, and those below boxes."""

    frames: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    width: int = 0

    def branch(self, branch: Branch, x: int, y: int) -> tuple[int, _Laid | None, int]:
        """A branch at a place: where it ends below, its first box, where a way into it arrives (y)."""
        rows, bottom = self._row(branch.frames, x, y)
        boxes = [box for boxes in rows for box in boxes]
        mood = _mood(branch)
        self.lines += [_arrow(a, b, mood) for a, b in itertools.pairwise(boxes)]
        entry = boxes[0].middle if boxes else y + 25
        if branch.end is not None:
            top = bottom + (26 if boxes else 0)
            width = max(len(branch.frames) * (_WIDTH + _GAP) - _GAP, _WIDTH)
            if boxes:
                last = boxes[-1]
                middle = last.x + (_WIDTH - 2 * _PAD) // 2
                self.lines.append(_line(f"M{middle} {last.y + last.height}L{middle} {top - 1}", mood))
            bottom = self._end(branch.end, x, top, width)
        if branch.branches:
            start = rows[0][-1] if rows and branch.end is not None else boxes[-1] if boxes else None
            bottom = self._fork(branch, start, x, bottom)
        self.width = max(self.width, x + len(branch.frames) * (_WIDTH + _GAP) - _GAP)
        return bottom, boxes[0] if boxes else None, entry

    def _fork(self, branch: Branch, last: _Laid | None, x: int, bottom: int) -> int:
        """The branches below each other, and the rail that leads to them."""
        rail = x + 10
        top = bottom + 18
        if (
            last is not None and branch.end is not None
        ):  # copies leave at the side of the proxy that sends them
            rail, top = x - 12, last.middle
            self.lines.append(_line(f"M{last.x} {top}L{rail} {top}", "plain", head=False))
        elif last is not None:
            middle = last.x + (_WIDTH - 2 * _PAD) // 2
            self.lines.append(
                _line(f"M{middle} {last.y + last.height}L{middle} {top}L{rail} {top}", "plain", head=False)
            )
        y = bottom + 36
        for inner in branch.branches:
            bottom, first, entry = self.branch(inner, x + _INDENT, y)
            end = first.x if first is not None else x + _INDENT
            self.lines.append(_line(f"M{rail} {top}L{rail} {entry}", "plain", head=False))
            self.lines.append(_line(f"M{rail} {entry}L{end - 1} {entry}", _mood(inner), dash=inner.copy))
            for number, word in enumerate(inner.share.rsplit(" ", 1) if inner.copy else [inner.share]):
                label = (
                    f'<text x="{rail + 8}" y="{entry - 8 + 22 * number}" class="n x">{escape(word)}</text>'
                )
                self.parts.append(label)
            y = bottom + 26
        return bottom

    def _row(self, frames: tuple[Frame, ...], x: int, y: int) -> tuple[list[list[_Laid]], int]:
        """Frames beside each other, and where the lowest ends."""
        rows, bottom = [], y
        for frame in frames:
            title = wrap(frame.title, _TITLE)
            top = y + 30 + 17 * len(title)
            laid: list[_Laid] = []
            for box in frame.boxes:
                laid.append(_lay(box, x + _PAD, top))
                top += laid[-1].height + _BOX_GAP
            height = top - _BOX_GAP + _PAD - y
            self.frames.append(_frame(frame, title, x, y, height))
            self.parts += [_box(box) for box in laid]
            rows.append(laid)
            bottom = max(bottom, y + height)
            x += _WIDTH + _GAP
        return rows, bottom

    def _end(self, end: End, x: int, y: int, width: int) -> int:
        """A verdict; where it ends below."""
        words = [line for line in wrap(end.reason, width // 7 - 4) if line]
        words += [line for line in wrap(f"access log: {end.log}", width // 7 - 4) if end.log]
        height = 32 + 17 * len(words)
        code = f" {end.code}" if end.code else ""
        self.parts.append(
            f'<g class="verdict"><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" class="{end.mood}" '
            f'stroke-width="1.5"/><text x="{x + 16}" y="{y + 22}" class="v t{end.mood}">{escape(end.verdict + code)}</text>'
            + _texts([("s x", word) for word in words], x + 16, y + 40, 17)
            + "</g>"
        )
        self.width = max(self.width, x + width)
        return y + height


def _mood(branch: Branch) -> str:
    """The mood of all its ends; open where they differ."""
    if branch.copy:
        return "plain"
    moods = {end.end.mood for end in branch.ends if end.end is not None}
    return moods.pop() if len(moods) == 1 else "open"


def _texts(lines: list[tuple[str, str]], x: int, y: int, step: int) -> str:
    return "".join(
        f'<text x="{x}" y="{y + step * number}" class="{css}">{escape(text)}</text>'
        for number, (css, text) in enumerate(lines)
    )


def draw(drawn: Picture) -> str:
    """The SVG of a picture."""
    measure = _Canvas()
    measure.branch(
        drawn.root, _MARGIN, 0
    )  # how wide it is decides how the title wraps, and so where it begins
    title_lines = wrap(drawn.title, max(measure.width, 400) // 10)
    canvas = _Canvas()
    top = 34 + 20 * len(title_lines)
    bottom, _, _ = canvas.branch(drawn.root, _MARGIN, top)
    width = max(canvas.width + _MARGIN, 420)
    notes = [*(f"not known: {text}" for text in drawn.unknown), *drawn.notes]
    lines = [("s d", line) for note in notes for line in wrap(note, width // 6 - 8)]
    canvas.parts.append(_texts(lines, _MARGIN, bottom + 34, 17))
    height = bottom + 34 + 17 * len(lines) + 10
    title = _texts([("title x", line) for line in title_lines], _MARGIN, 36, 20)
    label = escape(f"{drawn.title}: {drawn.verdict}")
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{label}">',
        f"<style>{_STYLE}</style>",
        "<defs>" + "".join(map(_head, ("good", "bad", "open", "plain"))) + "</defs>",
        f'<rect width="{width}" height="{height}" class="bg"/>',
        title,
            *canvas.frames,
            *canvas.lines,
        *canvas.parts,
        "</svg>",
    ]) + "\n"  # fmt: skip


def _head(mood: str) -> str:
    css = "d" if mood == "plain" else f"t{mood}"
    return (
        f'<marker id="a-{mood}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" class="{css}"/></marker>'
    )


def _line(path: str, mood: str, *, head: bool = True, dash: bool = False) -> str:
    css = "plain" if mood == "plain" else f"l{mood}"
    marker = f' marker-end="url(#a-{mood})"' if head else ""
    dashed = " dash" if dash else ""
    return f'<path d="{path}" class="{css} line{dashed}"{marker}/>'


def _arrow(a: _Laid, b: _Laid, mood: str) -> str:
    """Down within a frame; to the next frame out at the side and in at the side."""
    width = _WIDTH - 2 * _PAD
    if a.x == b.x:
        middle = a.x + width // 2
        return _line(f"M{middle} {a.y + a.height}L{middle} {b.y - 1}", mood)
    turn = b.x - _PAD - _GAP // 2
    return _line(f"M{a.x + width} {a.middle}L{turn} {a.middle}L{turn} {b.middle}L{b.x - 1} {b.middle}", mood)


def _frame(frame: Frame, title: list[str], x: int, y: int, height: int) -> str:
    dash = " dash" if frame.kind == "missing" else ""
    word = {"missing": "not given"}.get(frame.kind, frame.kind)
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{height}" rx="12" class="{_FRAMES[frame.kind]}{dash}" '
        f'stroke-width="1.5"/><text x="{x + _PAD}" y="{y + 19}" class="h d">{escape(word)}</text>'
        + _texts([("n x", line) for line in title], x + _PAD, y + 36, 17)
    )


def _box(laid: _Laid) -> str:
    css = _BOXES.get(laid.box.kind, "envoy") + (" dash" if laid.box.dashed else "")
    box = laid.box
    tip = "\n".join(part for part in (box.text, box.detail, box.resource, box.where) if part)
    return (
        f'<g><title>{escape(tip)}</title><rect x="{laid.x}" y="{laid.y}" width="{_WIDTH - 2 * _PAD}" '
        f'height="{laid.height}" rx="7" class="{css}"/>'
        f'<text x="{laid.x + 11}" y="{laid.y + 17}" class="h d">{escape(box.head)}</text>'
        + _texts(list(laid.lines), laid.x + 11, laid.y + 33, _LINE)
        + "</g>"
    )


def render(drawn: Picture) -> str:
    """All branches as a drawing."""
    return draw(drawn)
