"""``fleet report``: a fleet on one self-contained page, drawn in SVG that stands in it; no script, no outer file.

What is drawn are amounts: bars from one base line, each with its number beside it, so that no axis has to be read and no
colour alone says anything. Colour marks what wants attention (``mood``). Every drawing is followed by its numbers as a table.
Light and dark go by the reader's setting.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.render.markup import escape
from meshctl.values import Struct

_STYLE = """
:root{color-scheme:light dark;--bg:#f6f8fa;--card:#fff;--ink:#1f2328;--dim:#57606a;--edge:#d0d7de;--bar:#0969da;--bad:#cf222e;
--warn:#9a6700;--good:#1a7f37;--grid:#eaeef2}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--ink:#e6edf3;--dim:#9198a1;--edge:#30363d;--bar:#4493f8;
--bad:#f85149;--warn:#d29922;--good:#3fb950;--grid:#21262d}}
*{box-sizing:border-box}
body{margin:0;font:15px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--ink);
background:var(--bg)}
main{max-width:1280px;margin:0 auto;padding:20px clamp(10px,2.5vw,28px) 50px}
h1{font-size:22px;margin:0}h2{font-size:15.5px;margin:0 0 2px}p{margin:0 0 10px;color:var(--dim);font-size:13.5px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(136px,1fr));gap:12px;margin:16px 0}
.tile,section{background:var(--card);border:1px solid var(--edge);border-radius:12px}
.tile{padding:10px 14px}.tile b{display:block;font-size:27px;line-height:1.15;font-variant-numeric:tabular-nums}
.tile span{color:var(--dim);font-size:13px}.tile.bad{border-color:var(--bad)}.tile.bad b{color:var(--bad)}
.tile.warn{border-color:var(--warn)}.tile.warn b{color:var(--warn)}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:14px;align-items:start}
section{padding:14px 16px;min-width:0}section.wide{grid-column:1/-1}
svg{display:block;width:100%;height:auto}
svg text{font:13px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--ink)}
svg text.d{fill:var(--dim);font-size:12px}svg line{stroke:var(--edge)}
.plain{fill:var(--bar)}.bad{fill:var(--bad)}.warn{fill:var(--warn)}.good{fill:var(--good)}
.over{overflow-x:auto}.over table{min-width:640px}table{border-collapse:collapse;font-size:13px;width:100%}
th{text-align:left;color:var(--dim);font-weight:600}th,td{padding:4px 10px 4px 0;border-top:1px solid var(--edge);
vertical-align:top;overflow-wrap:anywhere}td.n,th.n{text-align:right;padding-right:22px;font-variant-numeric:tabular-nums;white-space:nowrap}
details{margin-top:8px}summary{cursor:pointer;color:var(--dim);font-size:13px}
code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}
"""
_WIDTH, _ROW, _LABEL = 560, 26, 190  # of a drawing: its width, a bar's row, the room for a label
_LETTERS = 28  # of a label
_TALL = 190  # a drawing with upright bars


class Tile(Struct, frozen=True):
    """A number at the head of the page. mood: ``bad``, ``warn`` or "" ."""

    value: int
    words: str
    mood: str = ""


class Bar(Struct, frozen=True):
    """An amount with its label. mood: ``bad``, ``warn``, ``good``, or ``plain``."""

    label: str
    value: float
    mood: str = "plain"


class Chart(Struct, frozen=True):
    """Bars: lying below each other, or upright beside each other where their order is that of time or size."""

    title: str
    words: str
    bars: tuple[Bar, ...]
    unit: str = "proxies"
    upright: bool = False


class Listing(Struct, frozen=True):
    """A table: what wants attention by name."""

    title: str
    words: str
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    more: int = 0  # rows that are not shown


class FleetPage(Struct, frozen=True):
    """Everything on the page."""

    title: str
    words: str
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    listings: tuple[Listing, ...]


def render(page: FleetPage) -> str:
    """The page."""
    tiles = "".join(
        f'<div class="tile {one.mood}"><b>{one.value:,}</b><span>{escape(one.words)}</span></div>'
        for one in page.tiles
    )
    charts = "".join(map(_chart, page.charts))
    listings = "".join(map(_listing, page.listings))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(page.title)}</h1><p>{escape(page.words)}</p><div class="tiles">{tiles}</div>'
        f'<div class="grid">{charts}{listings}</div></main></body></html>\n'
    )


def _chart(chart: Chart) -> str:
    if not chart.bars:
        drawn = "<p>Nothing.</p>"
    else:
        drawn = (_upright if chart.upright else _lying)(chart)
        rows = "".join(
            f'<tr><td>{escape(b.label)}</td><td class="n">{_number(b.value)}</td></tr>' for b in chart.bars
        )
        drawn += f'<details><summary>As a table</summary><table><tr><th></th><th class="n">{escape(chart.unit)}</th></tr>{rows}</table></details>'
    return f"<section><h2>{escape(chart.title)}</h2><p>{escape(chart.words)}</p>{drawn}</section>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _lying(chart: Chart) -> str:
    """Bars from the left, their labels before and their numbers behind them."""
    most = max(bar.value for bar in chart.bars) or 1
    room = _WIDTH - _LABEL - 70
    parts = []
    for row, bar in enumerate(chart.bars):
        y = row * _ROW
        width = max(2.0, room * bar.value / most) if bar.value else 0.0
        parts.append(
            f"<g><title>{escape(bar.label)}: {_number(bar.value)} {escape(chart.unit)}</title>"
            f'<text x="{_LABEL - 10}" y="{y + 17}" text-anchor="end">{escape(_short(bar.label))}</text>'
            f'<rect class="{bar.mood}" x="{_LABEL}" y="{y + 5}" width="{width:.1f}" height="16" rx="3"/>'
            f'<text class="d" x="{_LABEL + width + 7:.1f}" y="{y + 17}">{_number(bar.value)}</text></g>'
        )
    height = len(chart.bars) * _ROW + 4
    base = f'<line x1="{_LABEL}" y1="2" x2="{_LABEL}" y2="{height - 2}"/>'
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(chart.title)}">{"".join(parts)}{base}</svg>'


def _upright(chart: Chart) -> str:
    """Bars from the ground, their numbers above and their labels below them."""
    most = max(bar.value for bar in chart.bars) or 1
    step = _WIDTH / len(chart.bars)
    wide = min(step - 2, 54.0)
    ground, room = _TALL - 34, _TALL - 34 - 22
    every = max(1, round(len(chart.bars) / 12))  # so many labels have room
    parts = []
    for place, bar in enumerate(chart.bars):
        middle = step * (place + 0.5)
        height = max(2.0, room * bar.value / most) if bar.value else 0.0
        number = f'<text class="d" x="{middle:.1f}" y="{ground - height - 6:.1f}" text-anchor="middle">{_number(bar.value)}</text>'
        label = f'<text class="d" x="{middle:.1f}" y="{ground + 18}" text-anchor="middle">{escape(bar.label)}</text>'
        parts.append(
            f"<g><title>{escape(bar.label)}: {_number(bar.value)} {escape(chart.unit)}</title>"
            f'<rect class="{bar.mood}" x="{middle - wide / 2:.1f}" y="{ground - height:.1f}" width="{wide:.1f}" '
            f'height="{height:.1f}" rx="3"/>{number if bar.value and step > 24 else ""}{label if place % every == 0 else ""}</g>'
        )
    base = f'<line x1="0" y1="{ground}" x2="{_WIDTH}" y2="{ground}"/>'
    return f'<svg viewBox="0 0 {_WIDTH} {_TALL}" role="img" aria-label="{escape(chart.title)}">{"".join(parts)}{base}</svg>'


def _listing(listing: Listing) -> str:
    if not listing.rows:
        return f'<section class="wide"><h2>{escape(listing.title)}</h2><p>Nothing.</p></section>'
    numbers = _numeric(listing.rows)
    head = "".join(f"<th{_css(n in numbers)}>{escape(word)}</th>" for n, word in enumerate(listing.header))
    rows = "".join(
        "<tr>"
        + "".join(f"<td{_css(n in numbers)}>{_cell(cell)}</td>" for n, cell in enumerate(row))
        + "</tr>"
        for row in listing.rows
    )
    more = f"<p>… and {listing.more:,} more</p>" if listing.more else ""
    return (
        f'<section class="wide"><h2>{escape(listing.title)}</h2><p>{escape(listing.words)}</p>'
        f'<div class="over"><table><tr>{head}</tr>{rows}</table></div>{more}</section>'
    )


def _css(number: bool) -> str:
    return ' class="n"' if number else ""


def _numeric(rows: Sequence[Sequence[object]]) -> set[int]:
    """The columns that hold nothing but numbers."""
    return {n for n in range(len(rows[0])) if all(isinstance(row[n], int | float) for row in rows)}


def _cell(value: object) -> str:
    if isinstance(value, float):
        return _number(value)
    return escape("-" if value is None else str(value))  # a port has no separators
