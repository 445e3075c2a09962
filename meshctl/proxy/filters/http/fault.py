"""Fault injection: delays and aborts, drawn apart by their percentages; a delay may be followed by an abort.

Theory of operation. Settings of a route replace the filter's own, if the route forwards. A percentage is the
configured one unless the runtime has another; with header_abort and header_delay the header says what to do, and
another one lowers the percentage: without a (valid) header nothing happens.
Follows source/extensions/filters/http/fault/fault_filter.cc and filters/common/fault/fault_config.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_fault_v3 import FaultAbort, HTTPFault
from meshctl.envoy.api.type_v3 import FractionalPercent
from meshctl.match import header_match
from meshctl.match.fraction import Fraction, fractional_percent
from meshctl.proxy.chance import split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

_NUMBER = re.compile(r"[0-9]+")


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    levels = scene.levels(http_filter.name)
    fault = HTTPFault(levels[0] if levels else http_filter.fields)
    if not _applies(scene, fault):
        yield Pass(entry, scene)
        return
    for branch, delayed in _delays(entry, _delay_chance(scene, fault), fault):
        if delayed:
            _tell_delay(branch, fault)
        for inner, aborted in split(branch, _abort_chance(scene, fault)):
            if aborted and fault.abort is not None:
                yield _aborted(inner, scene, fault.abort)
            else:
                yield Pass(inner, scene)


def _delays(entry: Entry, chance: Fraction, fault: HTTPFault) -> Iterator[tuple[Entry, bool]]:
    """The branches of a delay. Behind another delay it is none of its own: only the time is another, and thirty of them
    would be a billion ways to the same answer."""
    if entry.flags == "DI" and 0.0 < chance.chance < 1.0:
        entry.note(f"delayed by {_duration(fault)} more in {100 * chance.chance:g} % (fault injection)")
        yield entry, False
        return
    yield from split(entry, chance)


def _applies(scene: Scene, fault: HTTPFault) -> bool:
    """The fault's own conditions: how many at once, the upstream cluster, the downstream node, headers."""
    most = 1 if fault.max_active_faults is None else fault.max_active_faults
    key = fault.max_active_faults_runtime or "fault.http.max_active_faults"
    if scene.proxy.runtime.integer(key, most) == 0:
        return False
    if fault.upstream_cluster and scene.cluster_name != fault.upstream_cluster:
        return False
    nodes = fault.downstream_nodes
    if nodes and scene.view.first("x-envoy-downstream-service-node") not in nodes:
        return False
    return all(header_match.header(matcher.raw).test(scene.view) for matcher in fault.headers)


def _number(scene: Scene, name: str) -> int | None:
    """A header as a whole number, None when it is absent or something else."""
    text = scene.view.first(name).strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def _chance(scene: Scene, percent: Fraction, header: str | None, key: str) -> Fraction:
    """The percentage: lowered by a header, replaced by the runtime."""
    lowered = _number(scene, header) if header else None
    if lowered is not None:
        percent = Fraction(min(lowered, percent.numerator), percent.denominator)
    keys = [key]
    cluster = scene.view.first("x-envoy-downstream-service-cluster")
    if cluster:
        keys.append(f"fault.http.{cluster}.{key.removeprefix('fault.http.')}")
    chances = [scene.proxy.runtime.percent(name, percent) for name in keys]
    return max(chances, key=lambda fraction: fraction.chance)


def _percent(message: FractionalPercent | None) -> Fraction:
    return fractional_percent(message.raw if message is not None else None)


def _delay_chance(scene: Scene, fault: HTTPFault) -> Fraction:
    delay = fault.delay
    if delay is None:
        return Fraction(0)
    by_header = delay.header_delay is not None
    fixed = int((delay.fixed_delay or 0) * 1000)
    duration = _number(scene, "x-envoy-fault-delay-request") if by_header else fixed
    key = fault.delay_duration_runtime or "fault.http.delay.fixed_duration_ms"
    if duration is None or scene.proxy.runtime.integer(key, duration) <= 0:
        return Fraction(0)
    header = "x-envoy-fault-delay-request-percentage" if by_header else None
    chance = fault.delay_percent_runtime or "fault.http.delay.fixed_delay_percent"
    return _chance(scene, _percent(delay.percentage), header, chance)


def _duration(fault: HTTPFault) -> str:
    fixed = fault.delay.fixed_delay if fault.delay is not None else None
    return f"{fixed:g}s" if fixed else "as a header says"


def _tell_delay(entry: Entry, fault: HTTPFault) -> None:
    text = _duration(fault)
    entry.note(f"delayed by {text} (fault injection)")
    entry.step(lambda: Step(Stage.HTTP_FILTER, "fault: delay", text))
    entry.flags = "DI"


def _abort_chance(scene: Scene, fault: HTTPFault) -> Fraction:
    abort = fault.abort
    if abort is None or _abort_code(scene, abort) is None:
        return Fraction(0)
    header = "x-envoy-fault-abort-request-percentage" if abort.header_abort is not None else None
    chance = fault.abort_percent_runtime or "fault.http.abort.abort_percent"
    return _chance(scene, _percent(abort.percentage), header, chance)


def _abort_code(scene: Scene, abort: FaultAbort) -> int | None:
    """The code of an abort, None for none; a gRPC status goes in a header, under 200."""
    match abort.error_type:
        case "http_status":
            return abort.http_status
        case "grpc_status":
            return 200
    code = _number(scene, "x-envoy-fault-abort-request")
    if code is not None and 200 <= code < 600:
        return code
    return 200 if _number(scene, "x-envoy-fault-abort-grpc-request") is not None else None


def _aborted(entry: Entry, scene: Scene, abort: FaultAbort) -> Pass:
    code = _abort_code(scene, abort)
    entry.step(lambda: Step(Stage.HTTP_FILTER, f"fault: abort {code}", "injected"))
    return Pass(
        entry,
        scene,
        Verdict(Disposition.FAULT, code, "FI", "fault_filter_abort", f"fault injection: {code}"),
    )


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.fault.v3.HTTPFault": Contract(
        _evaluate, effects(Effect.ENDS, Effect.TIMING), "filters/http/fault/fault_filter.cc"
    ),
}
