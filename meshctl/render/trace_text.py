"""A trace as text, as traceroute or ``curl -v`` would tell it: a step a line, the verdict last.

In less than 140 columns a step is two lines: what was chosen, and below it why. ``explain`` adds what was rejected and
why. The step that ends the request is marked, and so is a step that is assumed. Colour and width are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.coverage import Basis
from meshctl.plain import visible
from meshctl.proxy.model import Disposition, Rejected, Step
from meshctl.proxy.routing.router import COPY
from meshctl.render.layout import Paint, hanging, wrap
from meshctl.trace import endings
from meshctl.trace.causes import cause
from meshctl.trace.endings import Ending
from meshctl.trace.report import TraceReport
from meshctl.trace.segments import segments
from meshctl.trace.ways import Way
from meshctl.values import Struct

_STAGE_WIDTH = 9
_CHOSEN_WIDTH = 60  # a longer one pushes its detail to the right
_INDENT = 14
_ONE_LINE = 140  # columns from which on a step is one line
_ENDS, _ASSUMED = "\N{BALLOT X}", "\N{BOX DRAWINGS LIGHT QUADRUPLE DASH HORIZONTAL}"


class Look(Struct, frozen=True):
    """How it is to look: colours, the width (None: no end), whether what was rejected is listed."""

    paint: Paint
    width: int | None = None
    explain: bool = False

    @property
    def narrow(self) -> bool:
        return self.width is not None and self.width < _ONE_LINE


def colour_of(disposition: Disposition) -> str:
    if disposition is Disposition.DELIVERED:
        return "green"
    return "yellow" if disposition is Disposition.UNDETERMINED or disposition is Disposition.MIXED else "red"


def render(answer: TraceReport, *, explain: bool, colour: bool, width: int | None = None) -> str:
    """The whole trace: the likeliest way in full, the others as a list."""
    look = Look(Paint(colour), width, explain)
    first = answer.ordered[0]
    parts = segments(first, answer.client, uid=answer.uid)
    steps = [step for segment in parts for step in segment.steps]
    column = min(max((len(step.chosen) for step in steps), default=0), _CHOSEN_WIDTH)
    ending = len(steps) if first.answer.disposition is not Disposition.DELIVERED else 0
    lines = [look.paint(line, "bold") for line in _title(answer.title, width)]
    lines.append("")
    number = 0
    for segment in parts:
        lines += [look.paint(line, "bold") for line in wrap(segment.title, width)]
        for step in segment.steps:
            number += 1
            ends = colour_of(first.answer.disposition) if number == ending else ""
            lines += _step(number, step, column, ends, look)
    lines += _end(answer, look)
    return "\n".join(lines) + "\n"


def _title(title: str, width: int | None) -> list[str]:
    if width is None or len(title) <= width:
        return [visible(title)]
    request, _, where = title.partition("     ")
    return [*wrap(request, width), *hanging(where.strip(), width, "  ", 4)]


def _step(number: int, step: Step, column: int, ends: str, look: Look) -> list[str]:
    assumed = step.basis is not Basis.OBSERVED
    mark = _ENDS if ends and ends != "yellow" else "?" if ends else _ASSUMED if assumed else " "
    detail = f"{step.detail} ({step.basis.value})" if assumed else step.detail
    first = f"{mark}{number:2} {step.stage.value:<{_STAGE_WIDTH}} "
    lines = _body(first, step.chosen, detail, column, look)
    colour = ends or ("dim" if assumed else "")
    found = [look.paint(line, colour) if colour else line for line in lines]
    found += _below(f"from {step.resource}" if step.resource else "", "cyan", look)
    if look.explain:
        found += _below(f"at {step.where}" if step.where else "", "dim", look)
        for rejected in step.rejected:
            found += _below(f"not {_rejected(rejected)}", "dim", look)
    return found


def _body(first: str, chosen: str, detail: str, column: int, look: Look) -> list[str]:
    """What was chosen and why: beside each other, or below in a narrow terminal."""
    if look.width is None:
        return [visible(f"{first}{chosen:<{column}}  {detail}").rstrip()]
    if look.narrow or len(chosen) > column:
        lines = hanging(chosen, look.width, first, _INDENT + 2)
        return lines + (hanging(detail, look.width, " " * _INDENT, _INDENT) if detail else [])
    return hanging(detail, look.width, f"{first}{chosen:<{column}}  ", len(first) + column + 2)


def _below(text: str, colour: str, look: Look) -> list[str]:
    if not text:
        return []
    return [look.paint(line, colour) for line in hanging(text, look.width, " " * _INDENT, _INDENT + 2)]


def _rejected(candidate: Rejected) -> str:
    return f"{candidate.name}: {candidate.reason}"


def _end(answer: TraceReport, look: Look) -> list[str]:
    ordered, found = answer.ordered, answer.endings
    if len(found) > 1:
        lines = [
            f"{look.paint(answer.verdict.value, colour_of(answer.verdict))}  {len(found)} outcomes",
            *_outcomes(found, look),
        ]
    else:
        lines = [*_verdict(answer, ordered[0], look), *_received(answer, ordered[0], look)]
    for mirror in answer.mirrors:
        lines += hanging(mirror, look.width, "  mirror ", 9)
    for word, texts, colour in (
        ("note", [note for note in answer.notes if f": {COPY}" not in note], "dim"),
        ("assumed", answer.assumed, "dim"),
        ("not known", answer.undetermined, "yellow"),
    ):
        for text in texts:
            lines += [look.paint(line, colour) for line in hanging(text, look.width, f"{word}: ", 2)]
    return lines


def _outcomes(found: list[Ending], look: Look) -> Iterator[str]:
    """A line each: share, verdict, code, and what differs."""
    shares = max(len(ending.percent) for ending in found)
    heads = [" ".join((ending.disposition.value, ending.code)).strip() for ending in found]
    column = max(map(len, heads))
    for ending, head in zip(found, heads, strict=True):
        first = f"  {ending.percent:>{shares}}  {head:<{column}}  "
        lines = [visible(f"{first}{ending.words}").rstrip()]
        if look.width is not None and len(lines[0]) > look.width:
            lines = [first.rstrip(), *hanging(ending.words, look.width, " " * 8, 10)]
        yield lines[0].replace(head, look.paint(head, colour_of(ending.disposition)), 1)
        yield from lines[1:]


def _received(answer: TraceReport, way: Way, look: Look) -> Iterator[str]:
    """What the application gets, where it is not what was asked."""
    found = endings.changes(way, answer.request)
    who = "the application receives"
    if way.answer.disposition is not Disposition.DELIVERED:
        who = "sent on with"
    if found:
        yield from hanging("; ".join(found), look.width, f"{who}: ", 2)


def access_log(way: Way) -> str:
    """Code, flags and details as an access log shows them; of the proxy that decided when it was not delivered."""
    hops = way.logged_hops or way.hops
    hop = endings.decider(way)
    if hop is None or hops[0].verdict.code is None:
        return ""
    shown = f"{hop.verdict.code} {hop.verdict.flags or '-'} {hop.verdict.details or '-'}"
    return shown if len(hops) == 1 or hop is hops[0] else f"{hop.pod.name}: {shown}"


def _verdict(answer: TraceReport, way: Way, look: Look) -> list[str]:
    """What became of the request, and what the log would show."""
    disposition, reason = way.answer.disposition, cause(way)
    text = reason
    if disposition is Disposition.DELIVERED and reason.startswith("delivered to "):
        text = f"to {reason.removeprefix('delivered to ')}"
    gap = " " if text is not reason else "  "
    shown = access_log(way)
    whole = f"{disposition.value}{gap}{text}".rstrip() + (f"   [{shown}]" if shown else "")
    if look.width is not None and len(whole) > look.width:
        lines = hanging(text, look.width, f"{disposition.value}{gap}", 2)
        lines += hanging(f"[{shown}]", look.width, "  ", 4) if shown else []
    else:
        lines = [visible(whole)]
    painted = look.paint(disposition.value, colour_of(disposition))
    return [lines[0].replace(disposition.value, painted, 1), *lines[1:]]


def short(answer: TraceReport) -> str:
    """One line: verdict, code, the way by pod and endpoint."""
    ordered = answer.ordered
    first = ordered[0]
    places = [answer.client.name]
    for hop in first.hops:
        if hop.pod.name != places[-1]:
            places.append(hop.pod.name)
    if first.target is not None and first.target.pod != places[-1]:
        places.append(first.target.pod)
    code = "-" if first.answer.code is None else str(first.answer.code)
    decider = endings.decider(first)
    flags = decider.verdict.flags if decider is not None else None
    found = answer.endings
    chance = f" ({found[0].percent} of {len(found)} outcomes)" if len(found) > 1 else ""
    way = " -> ".join(places)
    return (
        visible(f"{answer.verdict.value} {code} {flags or '-'} {way}: {first.answer.reason}{chance}") + "\n"
    )
