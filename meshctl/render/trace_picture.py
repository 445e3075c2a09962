"""What all drawings of a trace show, before any drawing: frames (pods, the network), boxes (steps), the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshctl.coverage import Basis
from meshctl.proxy.model import Disposition, Rejected, Stage, Step
from meshctl.render.trace_text import access_log
from meshctl.trace.pods import Pod
from meshctl.trace.report import TraceReport
from meshctl.trace.segments import segments
from meshctl.trace.ways import NOT_GIVEN, Way

_HEADS = {
    Stage.CAPTURE: "iptables",
    Stage.NETWORK: "kube-proxy",
    Stage.LISTENER: "listener",
    Stage.CHAIN: "filter chain",
    Stage.NETWORK_FILTER: "network filter",
    Stage.HTTP: "HTTP",
    Stage.ROUTE: "route",
    Stage.HTTP_FILTER: "policy",
    Stage.CLUSTER: "cluster",
    Stage.ENDPOINT: "endpoint",
    Stage.APPLICATION: "application",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One step: its kind, heading, text, detail, where it comes from and what was rejected."""

    kind: str
    head: str
    text: str
    detail: str = ""
    source: str = ""
    rejected: tuple[Rejected, ...] = ()
    dashed: bool = False  # assumed or missing, not seen


@dataclass(frozen=True, slots=True)
class Frame:
    """A pod, or the network between pods; ``kind`` is pod, network, outside, or missing (a pod nobody gave)."""

    kind: str
    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole drawing; ``mood`` is good, bad or open (undetermined)."""

    title: str
    frames: tuple[Frame, ...]
    verdict: str
    reason: str
    log: str
    mood: str
    outcomes: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=())


def picture(answer: TraceReport) -> Picture:
    """The likeliest way as frames of boxes; the others as a list."""
    ordered = answer.ordered
    first = ordered[0]
    outcomes = tuple((_share(way), f"{way.answer.disposition.value}: {_place(way)}") for way in ordered)
    return Picture(
        " ".join(answer.title.split()),
        tuple(_frames(first, answer.client, answer.uid)),
        answer.verdict.value,
        first.answer.reason,
        access_log(first),
        _mood(answer.verdict),
        outcomes if len(ordered) > 1 else (),
        (*answer.notes, *(f"assumed: {text}" for text in answer.assumed)),
        tuple(answer.undetermined),
    )


def _share(way: Way) -> str:
    return f"{100 * way.probability:.1f} %" if way.decided else "?"


def _place(way: Way) -> str:
    hosts = " → ".join(hop.endpoint.address for hop in way.hops if hop.endpoint is not None)
    return hosts or way.answer.reason


def _mood(verdict: Disposition) -> str:
    if verdict is Disposition.DELIVERED:
        return "good"
    return "open" if verdict in (Disposition.UNDETERMINED, Disposition.MIXED) else "bad"


def _frames(way: Way, client: Pod, uid: int | None) -> list[Frame]:
    """The segments as frames: neighbouring segments of one pod share a frame."""
    frames: list[Frame] = []
    for segment in segments(way, client, uid=uid):
        boxes = [_box(step) for step in segment.steps]
        if segment.kind == "app":
            who = segment.title.rpartition(", ")[2].removeprefix("application (").removesuffix(")")
            boxes.insert(0, Box("app", "application", who))
        kind = "network" if segment.kind == "network" else "pod"
        title = segment.pod or "network"
        if frames and frames[-1].title == title and frames[-1].kind == kind:
            boxes = [*frames.pop().boxes, *boxes]
        frames.append(Frame(kind, title, tuple(boxes)))
    _add_target(frames, way)
    return frames


def _add_target(frames: list[Frame], way: Way) -> None:
    """The application that is reached, in its pod's frame or in one outside."""
    if way.target is None:
        return
    missing = way.target.assumed == NOT_GIVEN
    head = "a pod that was not given" if missing else "application"
    kind = "missing" if missing else "end"
    box = Box(kind, head, way.target.address, way.target.assumed, dashed=bool(way.target.assumed))
    if frames and frames[-1].title == way.target.pod and frames[-1].kind == "pod":
        last = frames.pop()
        frames.append(Frame(last.kind, last.title, (*last.boxes, box)))
        return
    outside = way.target.pod == "external"
    title = "outside the mesh" if outside else way.target.pod or "not known"
    frames.append(Frame("missing" if missing else "outside" if outside else "pod", title, (box,)))


def _box(step: Step) -> Box:
    source = step.resource or step.where
    kind = step.stage.value
    if any(word in step.chosen for word in ("denied", "refused", "may deny", "abort", "fails")):
        kind = "refusal"
    dashed = step.basis is not Basis.OBSERVED
    detail = f"{step.detail} ({step.basis.value})" if dashed else step.detail
    return Box(kind, _HEADS[step.stage], step.chosen, detail, source, step.rejected, dashed)
