"""A way cut into what a reader follows: the application, each proxy, the network, the end.

Every output form (text, diagrams, JSON) is made from these segments; they hold the steps in the order a packet
meets them, the capture rules among them.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.coverage import Basis
from meshctl.plain import Json
from meshctl.proxy.model import Rejected, Stage, Step
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.ways import Hop, Way
from meshctl.values import Struct


class Segment(Struct, frozen=True):
    """A stretch of the way in one place: ``kind`` is app, proxy, network or end."""

    kind: str
    title: str
    pod: str
    steps: tuple[Step, ...]
    port: int = 0


def segments(way: Way, client: Pod, *, uid: int | None = None) -> list[Segment]:
    """The segments of a way that begins in a pod."""
    found = []
    if way.sent:
        who = (
            "Envoy's own user"
            if uid == client.proxy_uid
            else f"application (uid {client.app_uid if uid is None else uid})"
        )
        found.append(Segment("app", f"{client.name}, {who}", client.name, capture_steps(way.sent, client)))
    elif client.rules is None:
        step = Step(Stage.CAPTURE, "no capture rules", "the packet leaves as it is")
        found.append(Segment("app", f"{client.name}, application", client.name, (step,)))
    previous = client
    if not way.hops:
        return found + _crossing(way.network, way.arrived, previous, way)
    if way.network or way.arrived:
        found += _network(way.network)
    for hop in way.hops:
        came = (
            hop.capture
            if hop.pod is not previous or (hop.capture and hop.capture[0].hook == "prerouting")
            else ()
        )
        found.append(_proxy_segment(hop, came))
        found += _network(hop.network)
        previous = hop.pod
    last = way.hops[-1]
    if last.upstream_arrival and last.endpoint is not None:
        found += _arrival(last.upstream_arrival, way)
    return found


def _proxy_segment(hop: Hop, came: Sequence[Captured]) -> Segment:
    steps = [*capture_steps(came, hop.pod), *hop.passage.steps]
    if hop.upstream_capture:
        steps += capture_steps(hop.upstream_capture, hop.pod)
    return Segment("proxy", f"{hop.pod.name}, Envoy {hop.direction}", hop.pod.name, tuple(steps))


def _network(text: str) -> list[Segment]:
    if not text:
        return []
    return [
        Segment(
            "network", "network", "", (Step(Stage.NETWORK, text.removeprefix("kube-proxy: "), "kube-proxy"),)
        )
    ]


def _crossing(network: str, arrived: Sequence[Captured], pod: Pod, way: Way) -> list[Segment]:
    return _network(network) + _arrival(arrived, way)


def _arrival(arrived: Sequence[Captured], way: Way) -> list[Segment]:
    if not arrived:
        return []
    name = way.target.pod if way.target is not None else "destination pod"
    return [Segment("end", name, name, capture_steps(arrived))]


def capture_steps(hooks: Sequence[Captured], pod: Pod | None = None) -> tuple[Step, ...]:
    """The steps of a packet through a pod's rules; the loop over lo only where it changed something."""
    steps = []
    basis = pod.rules.origin if pod is not None and pod.rules is not None else Basis.OBSERVED
    for hook in hooks:
        if hook.interface == "lo" and hook.hook == "prerouting" and not hook.rules:
            continue
        rejected = tuple(Rejected(rule, f"does not match: {why}") for rule, why in hook.tried)
        steps.append(
            Step(
                Stage.CAPTURE,
                rule_path(hook),
                _effect(hook),
                f"packet to {hook.dst} on {hook.interface}",
                rejected=rejected,
                data={"hook": hook.hook},
                basis=basis,
            )
        )
    return tuple(steps)


def rule_path(hook: Captured) -> str:
    """The rules that matched, as ``nat OUTPUT > ISTIO_OUTPUT rule 9``; the first rule of a base chain is not told."""
    if not hook.rules:
        return f"{hook.hook.upper()}: no rule matches"
    parts = []
    table = ""
    for step in hook.rules:
        prefix = "" if step.table == table else f"{step.table} "
        table = step.table
        built_in = step.chain.upper() in ("OUTPUT", "PREROUTING")
        parts.append(f"{prefix}{step.chain}" + ("" if built_in else f" rule {step.rule_number}"))
    return " > ".join(parts)


_EFFECTS = {
    "RETURN": "RETURN: goes on as it is",
    "ACCEPT": "ACCEPT: goes on as it is",
    "NO_RULE_MATCHED": "goes on as it is",
}


def _effect(hook: Captured) -> str:
    if hook.redirect_port is not None and hook.verdict in ("REDIRECT", "TPROXY"):
        return f"{hook.verdict} to {hook.redirect_port}"
    if hook.verdict == "RETURN" and hook.hook == "output" and hook.interface == "eth0":
        return "RETURN: leaves the pod"
    return _EFFECTS.get(hook.verdict, hook.verdict)


def step_json(step: Step) -> Json:
    """A step as plain values."""
    return {
        "stage": step.stage.value,
        "chosen": step.chosen,
        "detail": step.detail,
        "where": step.where,
        "resource": step.resource,
        "basis": step.basis.value,
        "rejected": [{"name": r.name, "reason": r.reason} for r in step.rejected],
    }


def segments_json(way: Way, client: Pod, uid: int | None = None) -> list[Json]:
    """The segments as plain values."""
    return [
        {"kind": s.kind, "title": s.title, "pod": s.pod, "steps": [step_json(step) for step in s.steps]}
        for s in segments(way, client, uid=uid)
    ]
