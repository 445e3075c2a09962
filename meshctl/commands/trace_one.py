"""One request of ``meshctl trace``: from its words to the text of the chosen form, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from meshctl.envoy.addresses import bracketed
from meshctl.errors import UsageError
from meshctl.plain import Json
from meshctl.render.interface import Content, Document, Offers
from meshctl.trace import front_door, report, target
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod
from meshctl.trace.report import Reading, TraceReport
from meshctl.trace.services import service_map
from meshctl.trace.streams import Stream
from meshctl.trace.target import Dialled, Wanted
from meshctl.trace.ways import Way, resting_on
from meshctl.values import Struct, replace

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs
    from meshctl.render.trace_picture import Picture


class Question(Struct, frozen=True):
    """One request as the command line asks for it: what is sent, where to and by whom, and how the answer is read."""

    wanted: Wanted
    to: str | None
    resolves: tuple[str, ...]
    sender: str
    why_not: str | None
    reading: Reading
    at_envoy: bool


def run(
    inputs: Inputs, question: Question, *, explain: bool, colour: bool, width: int | None
) -> tuple[Offers, int]:
    """What there is to print, and the exit code."""
    dialled = target.parse(question.wanted)
    journey = inputs.journey(silent=False)
    walk = walked(inputs, journey, inputs.first, dialled, question)
    pod, uid = walk.pod, walk.uid
    answer = TraceReport(
        _title(dialled, pod, walk.ip, walk.port),
        tuple(question.reading.ways(walk.ways)),
        pod,
        uid,
        walk.stream.request,
        question.reading,
    )
    code = report.exit_code(answer.verdict)
    if question.why_not is not None:
        from meshctl.trace.whynot import explain as why_not

        lines = [answer.title, *why_not(answer.ways, question.why_not, walk.stream.request)]
        said = {"title": answer.title, "why_not": question.why_not, "answer": lines[1:]}
        return {
            Content.TEXT: lambda: "".join(f"{line}\n" for line in lines),
            Content.DOCUMENT: lambda: Document(said, kind="why-not"),
        }, code
    return offers(answer, explain=explain, colour=colour, width=width), code


class Walk(Struct, frozen=True):
    """One request walked: where it began, what was dialled and sent, the ways it may go."""

    pod: Pod
    ip: str
    port: int
    uid: int | None
    stream: Stream
    ways: list[Way]


def walked(inputs: Inputs, journey: Journey, pod: Pod, dialled: Dialled, question: Question) -> Walk:
    """A request from a pod, from outside, at its proxy alone, or at a gateway's door."""
    if question.sender == "app" and not (question.to or question.resolves or question.at_envoy):
        door = front_door.door(pod, dialled.port, inputs.source.published(pod, dialled.port))
        if door is not None:
            stream = replace(dialled.stream, src_ip=front_door.CLIENT)
            ways = resting_on(door.assumed, journey.arrive(pod, door.ip, door.port, stream))
            return Walk(pod, door.ip, door.port, None, stream, ways)
    ip, port, assumed = target.resolve(dialled, lookup(inputs, pod), question.to, question.resolves, pod)
    if question.at_envoy:
        pod = replace(pod, rules=None, assumed=())
    uid, outside, stream = sender_of(pod, question.sender, dialled.stream)
    if question.at_envoy:
        ways = journey.at_proxy(pod, ip, port, stream)
    elif outside:
        ways = journey.arrive(pod, ip, port, stream)
    else:
        ways = journey.start(pod, ip, port, stream, uid)
    return Walk(pod, ip, port, uid, stream, resting_on(assumed, ways))


def offers(
    answer: TraceReport, *, explain: bool = False, colour: bool = False, width: int | None = None
) -> Offers:
    """The contents a trace can be printed from."""
    from meshctl.render import trace_text

    return {
        Content.TEXT: lambda: trace_text.render(answer, explain=explain, colour=colour, width=width),
        Content.SHORT: lambda: trace_text.short(answer),
        Content.DOCUMENT: lambda: Document(document(answer), kind="trace"),
        Content.DIAGRAM: lambda: _diagram(answer),
        Content.PICTURE: lambda: _picture(answer),
    }


def _picture(answer: TraceReport) -> Picture:
    from meshctl.render.trace_picture import picture

    return picture(answer)


def _diagram(answer: TraceReport) -> str:
    from meshctl.render.trace_mermaid import render

    return render(_picture(answer))


def lookup(inputs: Inputs, pod: Pod) -> Callable[[str], str]:
    """Names by what the pod's proxy knows, else by the cluster's services."""
    vips = service_map(pod.proxy).vips if pod.proxy is not None else {}
    domain = f"{pod.namespace}.svc.cluster.local"
    cluster = inputs.source.address_of
    return lambda name: vips.get(name) or vips.get(f"{name}.{domain}") or cluster(name, pod.namespace)


def sender_of(pod: Pod, sender: str, stream: Stream) -> tuple[int | None, bool, Stream]:
    """The uid that sends, and whether the packet comes from outside the pod (an address)."""
    if sender == "app":
        return None, False, stream
    if sender == "envoy":
        return pod.proxy_uid, False, stream
    if sender.isdigit():
        return int(sender), False, stream
    from meshctl.match.address_ranges import number

    if number(sender) is None:
        raise UsageError(f"--from {sender!r} is not known", "", "Use app, envoy, a uid or an IP address.")
    return None, True, replace(stream, src_ip=sender)


def _title(dialled: Dialled, pod: Pod, ip: str, port: int) -> str:
    address = pod.ips[0] if pod.ips else "address unknown"
    where = f"{pod.namespace}/{pod.name}" if pod.namespace else pod.name
    name = "" if dialled.host == ip else f"{dialled.host} "
    return f"{dialled.title}     {where} {address}  ->  {name}{bracketed(ip, port)}"


def document(answer: TraceReport) -> Json:
    """The trace as plain values (docs/trace-json.md)."""
    from meshctl.trace.segments import segments_json

    return {
        "schema": report.SCHEMA,
        "title": answer.title,
        "pod": answer.client.full_name,
        **report.mesh(answer.ways, http=answer.http, reading=replace(answer.reading, strict=False)),
        "steps": segments_json(answer.ordered[0], answer.client, answer.uid),
        "notes": answer.notes,
        "mirrors": answer.mirrors,
    }
