"""``diff``: as text, as a document, as Markdown for a ticket, and as one self-contained page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from meshctl.diff.resources import Difference, Different, encoded, grouped
from meshctl.diff.values import Change, Kind
from meshctl.plain import visible, visible_lines
from meshctl.render.markup import escape

if TYPE_CHECKING:
    from meshctl.diff.replay import Outcome

_MARKS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~", Kind.MOVED: "↕"}
_NONE = "(no Istio resource)"


def text(found: Sequence[Difference]) -> str:
    """Grouped by Istio resource, a line a field."""
    return "".join(visible_lines(_lines(one)) for one in found)


def _lines(one: Difference) -> Iterator[str]:
    yield f"--- {one.before}"
    yield f"+++ {one.after}"
    for origin, members in grouped(one.resources).items():
        yield origin or _NONE
        for different, changes in members:
            yield f"  {_heading(different, changes)}"
            yield from (f"      {_change(change)}" for change in changes)
    if one.outcomes:
        yield f"requests that end differently ({len(one.outcomes)}):"
        for outcome in one.outcomes:
            yield from _outcome(outcome)
    yield from (f"not decidable: {reason}" for reason in one.open)
    yield summary(one)


def _heading(different: Different, changes: Sequence[Change]) -> str:
    note = f" ({different.note})" if different.note else ""
    return f"{_MARKS[different.kind]} {different.word} {different.name}{note}".rstrip() + (
        ":" if changes else ""
    )


def _change(change: Change) -> str:
    match change.kind:
        case Kind.ADDED:
            return f"+ {change.path}: {encoded(change.after)}"
        case Kind.REMOVED:
            return f"- {change.path}: {encoded(change.before)}"
        case Kind.MOVED:
            return f"↕ {change.path}: from place {change.before} to {change.after}"
        case Kind.CHANGED:
            return f"~ {change.path}: {encoded(change.before)} → {encoded(change.after)}"


def _outcome(outcome: Outcome) -> Iterator[str]:
    yield f"  {outcome.probe.title}{f'  [{outcome.probe.why}]' if outcome.probe.why else ''}"
    yield from (f"    - {way}" for way in outcome.before)
    yield from (f"    + {way}" for way in outcome.after)


def summary(one: Difference) -> str:
    """The counts in one line."""
    counts = {
        kind: sum(different.kind is kind for different in one.resources)
        for kind in (Kind.ADDED, Kind.REMOVED, Kind.CHANGED)
    }
    said = (
        ", ".join(f"{count} {kind.value}" for kind, count in counts.items() if count) or "no resource differs"
    )
    more = f"; {len(one.outcomes)} requests end differently" if one.outcomes else ""
    return f"{said}, {one.same} alike{more}"


def document(found: Sequence[Difference]) -> dict[str, Any]:
    """The differences as plain values."""
    return {"differs": any(one.differs for one in found), "pairs": pairs(found)}


def pairs(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """Each pair as plain values."""
    return [
        {
            "before": one.before,
            "after": one.after,
            "differs": one.differs,
            "resources": [_different(different) for different in one.resources],
            "requests": [
                {
                    "request": o.probe.title,
                    "witness_of": o.probe.why,
                    "before": list(o.before),
                    "after": list(o.after),
                }
                for o in one.outcomes
            ],
            "undecided": list(one.open),
            "alike": one.same,
        }
        for one in found
    ]


def _different(one: Different) -> dict[str, Any]:
    return {
        "change": one.kind.value,
        "type": one.word,
        "name": one.name,
        "resource": one.origin,
        "note": one.note,
        "fields": [
            {
                "change": c.kind.value,
                "path": c.path,
                "old": c.before,
                "new": c.after,
                "resource": c.origin or one.origin,
            }
            for c in one.changes
        ],
    }


def markdown(found: Sequence[Difference]) -> str:
    """For a ticket or a review."""
    return "".join(f"{line}\n" for one in found for line in _markdown(one))


def _markdown(one: Difference) -> Iterator[str]:
    yield f"## {_code(one.before)} → {_code(one.after)}"
    yield ""
    yield summary(one) + "."
    for origin, members in grouped(one.resources).items():
        yield ""
        yield f"### {visible(origin) or 'No Istio resource'}"
        yield ""
        for different, changes in members:
            yield f"- **{different.kind.value}** {different.word} {_code(different.name)}"
            yield from (f"  - {_code(_change(change))}" for change in changes)
    if one.outcomes:
        yield ""
        yield "### Requests that end differently"
        yield ""
        yield "| request | before | after |"
        yield "|---|---|---|"
        for o in one.outcomes:
            yield f"| {_code(o.probe.title)} | {'<br>'.join(map(_code, o.before))} | {'<br>'.join(map(_code, o.after))} |"
    if one.open:
        yield ""
        yield from (f"Not decidable: {visible(reason)}" for reason in one.open)
    yield ""


def _code(text_: str) -> str:
    """Text as code in Markdown, also inside a table."""
    shown = visible(text_).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`" if shown else ""


_STYLE = """
:root{color-scheme:light dark;--bg:#f6f8fa;--card:#fff;--ink:#1f2328;--dim:#57606a;--edge:#d0d7de;--add:#1a7f37;--del:#cf222e;
--chg:#9a6700}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--ink:#e6edf3;--dim:#9198a1;--edge:#30363d;--add:#3fb950;
--del:#f85149;--chg:#d29922}}
body{margin:0;font:15px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--ink);
background:var(--bg)}main{max-width:1100px;margin:0 auto;padding:20px}
section{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:8px 14px;margin:12px 0;overflow-wrap:anywhere}
h2{font-size:16px;margin:4px 0}ul{list-style:none;padding-left:14px;margin:4px 0}
li,td{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}.added{color:var(--add)}.removed{color:var(--del)}
.changed,.moved{color:var(--chg)}td{vertical-align:top;padding:4px 12px 4px 0}p{color:var(--dim)}
"""


def html(found: Sequence[Difference]) -> str:
    """One self-contained page."""
    body = "".join(part for one in found for part in _page(one))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>meshctl diff</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _page(one: Difference) -> Iterator[str]:
    yield f"<h1>{escape(one.before)} → {escape(one.after)}</h1><p>{escape(summary(one))}</p>"
    for origin, members in grouped(one.resources).items():
        items = "".join(
            f'<li class="{different.kind.value}">{escape(_heading(different, changes))}'
            + "".join(
                f'<ul><li class="{change.kind.value}">{escape(_change(change))}</li></ul>'
                for change in changes
            )
            + "</li>"
            for different, changes in members
        )
        yield f"<section><h2>{escape(origin or _NONE)}</h2><ul>{items}</ul></section>"
    if one.outcomes:
        rows = "".join(
            f"<tr><td>{escape(o.probe.title)}</td><td class='removed'>{'<br>'.join(map(escape, o.before))}</td>"
            f"<td class='added'>{'<br>'.join(map(escape, o.after))}</td></tr>"
            for o in one.outcomes
        )
        yield f"<section><h2>Requests that end differently</h2><table>{rows}</table></section>"
    yield from (f"<p>not decidable: {escape(reason)}</p>" for reason in one.open)
