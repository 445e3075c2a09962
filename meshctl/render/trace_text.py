"""A trace as text, as traceroute or ``curl -v`` would tell it: one line a step, the verdict last.

``explain`` adds below each step what was rejected and why. Colour only where the caller says so.
"""

from __future__ import annotations

from meshctl.proxy.model import Disposition, Rejected, Step
from meshctl.trace.report import TraceReport
from meshctl.trace.segments import Segment, segments
from meshctl.trace.ways import Way

_STAGE_WIDTH = 9
_CHOSEN_WIDTH = 60  # a longer one pushes its detail to the right
_COLOURS = {"bold": "1", "dim": "2", "green": "32", "red": "31", "yellow": "33"}


class Paint:
    """Wraps text in colour codes, or leaves it alone."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._on else text


def colour_of(disposition: Disposition) -> str:
    if disposition is Disposition.DELIVERED:
        return "green"
    return "yellow" if disposition is Disposition.UNDETERMINED or disposition is Disposition.MIXED else "red"


def render(answer: TraceReport, *, explain: bool, colour: bool) -> str:
    """The whole trace: the likeliest way in full, the others as a list."""
    paint = Paint(colour)
    first = answer.ordered[0]
    lines = [paint(answer.title, "bold"), ""]
    number = 0
    parts = segments(first, answer.client, uid=answer.uid)
    lengths = [len(step.chosen) for segment in parts for step in segment.steps]
    width = min(max(lengths, default=0), _CHOSEN_WIDTH)
    for segment in parts:
        lines.append(paint(segment.title, "bold"))
        for step in segment.steps:
            number += 1
            lines += _step(number, step, width, explain, paint)
    lines += _end(answer, paint)
    return "\n".join(lines) + "\n"


def _step(number: int, step: Step, width: int, explain: bool, paint: Paint) -> list[str]:
    line = f"{number:3} {step.stage.value:<{_STAGE_WIDTH}} {step.chosen:<{width}}  {step.detail}".rstrip()
    lines = [line]
    if step.resource:
        lines.append(paint(f"{'':14}from {step.resource}", "dim"))
    if explain:
        if step.where:
            lines.append(paint(f"{'':14}at {step.where}", "dim"))
        lines += [paint(f"{'':14}not {_rejected(r)}", "dim") for r in step.rejected]
    return lines


def _rejected(candidate: Rejected) -> str:
    return f"{candidate.name}: {candidate.reason}"


def _end(answer: TraceReport, paint: Paint) -> list[str]:
    ordered = answer.ordered
    lines = [verdict_line(ordered[0], paint)]
    if len(ordered) > 1:
        lines = [f"{paint(answer.verdict.value, colour_of(answer.verdict))}  {len(ordered)} outcomes"]
        lines += [f"  {_share(way)}  {_outcome(way)}" for way in ordered]
    lines += [paint(f"note: {text}", "dim") for text in answer.notes]
    lines += [paint(f"assumed: {text}", "dim") for text in answer.assumed]
    lines += [paint(f"not known: {text}", "yellow") for text in answer.undetermined]
    return lines


def _share(way: Way) -> str:
    return f"{100 * way.probability:5.1f} %" if way.decided else "    ? %"


def _outcome(way: Way) -> str:
    hosts = " -> ".join(hop.endpoint.address for hop in way.hops if hop.endpoint is not None)
    code = "" if way.answer.code is None else f" {way.answer.code}"
    return f"{way.answer.disposition.value}{code}  {hosts or way.answer.reason}".rstrip()


def access_log(way: Way) -> str:
    """Code, flags and details as the access log shows them; of the proxy that decided when it was not delivered."""
    hops = way.logged_hops or way.hops
    if not hops or hops[0].verdict.code is None:
        return ""
    hop = hops[0] if way.answer.disposition is Disposition.DELIVERED else hops[-1]
    shown = f"{hop.verdict.code} {hop.verdict.flags or '-'} {hop.verdict.details or '-'}"
    return shown if len(hops) == 1 or hop is hops[0] else f"{hop.pod.name}: {shown}"


def verdict_line(way: Way, paint: Paint) -> str:
    """The last line: what became of the request, and what the log would show."""
    answer = way.answer
    word = paint(answer.disposition.value, colour_of(answer.disposition))
    text = f"{word}  {answer.reason}" if answer.reason else word
    if answer.disposition is Disposition.DELIVERED and answer.reason.startswith("delivered to "):
        text = f"{word} to {answer.reason.removeprefix('delivered to ')}"
    shown = access_log(way)
    return f"{text}   [{shown}]" if shown else text


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
    flags = first.logged_hops[0].verdict.flags if first.logged_hops else None
    chance = f" ({100 * first.probability:.3g} % of {len(ordered)} outcomes)" if len(ordered) > 1 else ""
    way = " -> ".join(places)
    return f"{answer.verdict.value} {code} {flags or '-'} {way}: {first.answer.reason}{chance}\n"


__all__ = ["Segment", "render", "short"]
