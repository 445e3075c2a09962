"""One request of ``meshctl trace``: from its words to the text of the chosen form, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from meshctl.errors import UsageError
from meshctl.trace import report, target
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod
from meshctl.trace.services import service_map
from meshctl.trace.streams import Stream
from meshctl.trace.target import Dialled, Wanted
from meshctl.trace.ways import Way

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs

Json = dict[str, Any]

# Forms that draw; each takes (title, ways, client, uid).
_DRAWINGS = {
    "mermaid": "meshctl.render.trace_mermaid",
    "svg": "meshctl.render.trace_svg",
    "html": "meshctl.render.trace_html",
}


def run(
    inputs: Inputs,
    wanted: object,
    to: str | None,
    resolves: tuple[str, ...],
    sender: str,
    output: str,
    explain: bool,
    why_not: str | None,
    *,
    at_envoy: bool,
    colour: bool,
) -> tuple[str, int]:
    """The text to print and the exit code."""
    if output not in ("text", "short", "json", "yaml", *_DRAWINGS):
        raise UsageError(
            f"unknown form -o {output}", "", "Use text, short, json, yaml, mermaid, svg or html."
        )
    dialled = target.parse(cast(Wanted, wanted))
    pod = inputs.first
    ip, port = target.resolve(dialled, _lookup(inputs, pod), to, resolves)
    if at_envoy:
        pod = replace(pod, rules=None)
    uid, start, stream = _sender(pod, sender, dialled.stream, at_envoy)
    journey = Journey(inputs.source, silent=False)
    ways = _ways(journey, pod, ip, port, stream, uid, start, at_envoy=at_envoy)
    code = report.exit_code(report.mesh_verdict(ways))
    title = _title(dialled, pod, ip, port)
    if why_not is not None:
        from meshctl.trace.whynot import explain as answer

        return "\n".join([title, *answer(ways, why_not, stream.request)]) + "\n", code
    return _render(output, title, ways, pod, uid, explain, colour, dialled), code


def _lookup(inputs: Inputs, pod: Pod) -> Callable[[str], str]:
    """Names by what the pod's proxy knows, else by the cluster's services."""
    vips = service_map(pod.proxy).vips if pod.proxy is not None else {}
    domain = f"{pod.namespace}.svc.cluster.local"
    cluster: Callable[[str, str], str] = getattr(inputs.source, "address_of", lambda name, namespace: "")
    return lambda name: vips.get(name) or vips.get(f"{name}.{domain}") or cluster(name, pod.namespace)


def _sender(pod: Pod, sender: str, stream: Stream, at_envoy: bool) -> tuple[int | None, bool, Stream]:
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


def _ways(
    journey: Journey,
    pod: Pod,
    ip: str,
    port: int,
    stream: Stream,
    uid: int | None,
    outside: bool,
    *,
    at_envoy: bool,
) -> list[Way]:
    if outside:
        return journey.arrive(pod, ip, port, stream)
    if at_envoy:
        return journey.at_proxy(pod, ip, port, stream)
    return journey.start(pod, ip, port, stream, uid)


def _title(dialled: Dialled, pod: Pod, ip: str, port: int) -> str:
    address = pod.ips[0] if pod.ips else "address unknown"
    where = f"{pod.namespace}/{pod.name}" if pod.namespace else pod.name
    name = "" if dialled.host == ip else f"{dialled.host} "
    shown = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    return f"{dialled.title}     {where} {address}  ->  {name}{shown}"


def _render(
    output: str,
    title: str,
    ways: list[Way],
    pod: Pod,
    uid: int | None,
    explain: bool,
    colour: bool,
    dialled: Dialled,
) -> str:
    from meshctl.render import trace_text

    if output == "text":
        text = trace_text.render(title, ways, pod, uid=uid, explain=explain, colour=colour)
        assumed = [f"assumed: {note}\n" for note in pod.assumed]
        return text + "".join(assumed)
    if output == "short":
        return trace_text.short(ways, pod, title)
    if output in _DRAWINGS:
        import importlib

        drawing: Any = importlib.import_module(_DRAWINGS[output])
        return str(drawing.render(title, ways, pod, uid=uid))
    return structured(output, title, ways, pod, uid, http=dialled.stream.request is not None)


def structured(output: str, title: str, ways: list[Way], pod: Pod, uid: int | None, *, http: bool) -> str:
    """The trace as JSON or YAML (docs/trace-json.md)."""
    from meshctl.trace.segments import segments_json

    answer = report.mesh(ways, http=http)
    ordered = sorted(ways, key=lambda way: -way.probability)
    document: Json = {
        "schema": report.SCHEMA,
        "title": title,
        "pod": pod.full_name,
        **answer,
        "steps": segments_json(ordered[0], pod, uid),
        "notes": list(dict.fromkeys(note for way in ways for note in way.notes)),
        "assumed": list(pod.assumed),
    }
    if output == "yaml":
        import yaml

        return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110))
    import json

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
