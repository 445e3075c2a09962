"""What all drawings of a trace show, before any drawing: a tree of branches, each with frames (pods, the network) of
boxes (steps), and at its end a verdict.

Endings that begin alike share a branch; it forks at the first step that differs.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from meshctl.coverage import Basis
from meshctl.proxy.model import Disposition, Rejected, Stage, Step
from meshctl.render.trace_text import access_log
from meshctl.trace.causes import cause
from meshctl.trace.endings import Ending, percent
from meshctl.trace.pods import Pod
from meshctl.trace.report import TraceReport
from meshctl.trace.segments import segments
from meshctl.trace.ways import NOT_GIVEN, Way
from meshctl.values import Struct

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
    """One step: its kind, heading, text, detail, the Istio resource, where it stands, what was rejected."""

    kind: str
    head: str
    text: str
    detail: str = ""
    resource: str = ""
    where: str = field(default="", compare=False)
    rejected: tuple[Rejected, ...] = field(default=(), compare=False)
    dashed: bool = False  # assumed or missing, not seen


class Frame(Struct, frozen=True):
    """A pod, or the network between pods; ``kind`` is pod, network, outside, or missing (a pod nobody gave)."""

    kind: str
    title: str
    boxes: tuple[Box, ...]


class End(Struct, frozen=True):
    """How a branch ends: its verdict, the code and flags, why, and whether that is good, bad or open."""

    verdict: str
    code: str
    reason: str
    log: str
    mood: str


class Branch(Struct, frozen=True):
    """A stretch of the way: its share of the requests, its frames, then its end or the branches it forks into."""

    share: str
    frames: tuple[Frame, ...]
    branches: tuple[Branch, ...] = ()
    end: End | None = None
    copy: bool = False  # a mirror: what comes back is thrown away

    @property
    def ends(self) -> list[Branch]:
        """The branches that end, in their order."""
        return ([self] if self.end else []) + [end for branch in self.branches for end in branch.ends]


class Picture(Struct, frozen=True):
    """A whole drawing; ``mood`` is good, bad or open (undetermined)."""

    title: str
    root: Branch
    verdict: str
    mood: str
    outcomes: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


_Token = tuple[str, str, Box]  # a box with the kind and the title of its frame


def picture(answer: TraceReport) -> Picture:
    """Every distinct ending as a branch of one tree."""
    found = answer.endings
    ways = [(ending, _tokens(_frames(ending.way, answer.client, answer.uid))) for ending in found]
    root = _branch(ways)
    copies = tuple(_copy(text) for text in answer.mirrors)
    outcomes = tuple(
        (
            ending.percent,
            " ".join(part for part in (ending.disposition.value, ending.code, ending.words) if part),
        )
        for ending in found
    )
    return Picture(
        " ".join(answer.title.split()),
        Branch("", root.frames, (*root.branches, *copies), root.end),
        answer.verdict.value,
        _mood(answer.verdict),
        outcomes if len(found) > 1 else (),
        (*answer.notes, *(f"assumed: {text}" for text in answer.assumed)),
        tuple(answer.undetermined),
    )


def _tokens(frames: list[Frame]) -> list[_Token]:
    return [(frame.kind, frame.title, box) for frame in frames for box in frame.boxes]


def _branch(ways: list[tuple[Ending, list[_Token]]]) -> Branch:
    """The common beginning of some ways, and a branch for each way to go on."""
    share = percent(None if any(e.share is None for e, _ in ways) else sum(e.share or 0 for e, _ in ways))
    if len(ways) == 1:
        ending, tokens = ways[0]
        return Branch(share, _framed(tokens), end=_end(ending))
    steps = zip(*(tokens for _, tokens in ways), strict=False)
    common = sum(1 for _ in itertools.takewhile(lambda step: len(set(step)) == 1, steps))
    groups: dict[_Token | int, list[tuple[Ending, list[_Token]]]] = {}
    for number, (ending, tokens) in enumerate(ways):
        rest = tokens[common:]
        groups.setdefault(rest[0] if rest else number, []).append((ending, rest))
    return Branch(share, _framed(ways[0][1][:common]), tuple(map(_branch, groups.values())))


def _framed(tokens: list[_Token]) -> tuple[Frame, ...]:
    return tuple(
        Frame(kind, title, tuple(box for _, _, box in boxes))
        for (kind, title), boxes in itertools.groupby(tokens, key=lambda token: token[:2])
    )


def _end(ending: Ending) -> End:
    way = ending.way
    reason = ", ".join(part for part in (cause(way), *ending.extras) if part)
    return End(
        way.answer.disposition.value, ending.code, reason, access_log(way), _mood(way.answer.disposition)
    )


def _copy(text: str) -> Branch:
    """What a mirror sends away."""
    share, _, cluster = text.rpartition("goes to cluster ")
    box = Box("copy", "a copy", cluster, "its answer is thrown away", dashed=True)
    return Branch(f"{share.strip() or '100 %'} copied", (Frame("outside", "mirror", (box,)),), copy=True)


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
    kind = step.stage.value
    if any(word in step.chosen for word in ("denied", "refused", "may deny", "abort", "fails")):
        kind = "refusal"
    dashed = step.basis is not Basis.OBSERVED
    detail = f"{step.detail} ({step.basis.value})" if dashed else step.detail
    return Box(
        kind, _HEADS[step.stage], step.chosen, detail, step.resource, step.where, step.rejected, dashed
    )
