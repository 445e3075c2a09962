"""Fault injection: delays and aborts, drawn apart by their percentages; a delay may be followed by an abort.

Theory of operation. Settings of a route replace the filter's own, if the route forwards. A percentage is the
configured one unless the runtime has another; with header_abort and header_delay the header says what to do, and
another one lowers the percentage: without a (valid) header nothing happens.
Follows source/extensions/filters/http/fault/fault_filter.cc and filters/common/fault/fault_config.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_fault_v3 import FaultAbort, HTTPFault
from meshctl.envoy.api.type_v3 import FractionalPercent
from meshctl.envoy.message import Undecidable
from meshctl.match import header_match
from meshctl.match.fraction import Fraction, fractional_percent
from meshctl.patterns import expression
from meshctl.proxy.chance import split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

# Runtime keys that are no fault's, whatever it calls its own.
_OTHERS = ("envoy.", "overload.", "re2.")
_NUMBER = expression(r"[0-9]+")


def _fault(http_filter: Filter, settings: Json) -> HTTPFault:
    return HTTPFault(settings) if settings else http_filter.read(HTTPFault)


def _is_idle(scene: Scene, http_filter: Filter, settings: Json) -> bool:
    """Neither a delay nor an abort, and no condition that could be open."""
    fault = _fault(http_filter, settings)
    return fault.delay is None and fault.abort is None and not fault.headers and not fault.downstream_nodes


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fault = _fault(http_filter, settings)
    if not _applies(scene, fault):
        yield Pass(entry, scene)
        return
    for branch, delayed in _delays(entry, _delay_chance(scene, fault), fault):
        if delayed:
            _tell_delay(branch, fault)
        for inner, aborted in split(branch, _abort_chance(scene, fault)):
            if aborted and fault.abort is not None:
                yield _aborted(inner, scene, fault, fault.abort)
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
    return all(header_match.header(matcher.raw).holds(scene.view) for matcher in fault.headers)


def _number(scene: Scene, name: str) -> int | None:
    """A header as a whole number, None when it is absent or something else."""
    text = scene.view.first(name).strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def _of_caller(scene: Scene, what: str) -> str:
    """The runtime's key for requests of a cluster that names itself in a header; "" without one."""
    try:
        named = scene.view.values("x-envoy-downstream-service-cluster")
    except Undecidable:
        if any(not key.startswith(_OTHERS) for key in scene.proxy.runtime.values):
            raise
        return ""  # whoever calls, the runtime has nothing to say
    return f"fault.http.{named[0]}.{what}" if named else ""


def _chance(scene: Scene, percent: Fraction, header: str | None, key: str, what: str) -> Fraction:
    """The percentage: lowered by a header, replaced by the runtime; for a caller that names itself by its own key alone."""
    lowered = _number(scene, header) if header else None
    if lowered is not None:
        percent = Fraction(min(lowered, percent.numerator), percent.denominator)
    return scene.proxy.runtime.percent(_of_caller(scene, what) or key or f"fault.http.{what}", percent)


def _percent(message: FractionalPercent | None) -> Fraction:
    return fractional_percent(message.raw if message is not None else None)


def _delay_chance(scene: Scene, fault: HTTPFault) -> Fraction:
    delay = fault.delay
    if delay is None:
        return Fraction(0)
    by_header = delay.header_delay is not None
    fixed = int((delay.fixed_delay or 0) * 1000)
    duration = _number(scene, "x-envoy-fault-delay-request") if by_header else fixed
    if duration is None:
        return Fraction(0)
    what = "delay.fixed_duration_ms"
    duration = scene.proxy.runtime.integer(fault.delay_duration_runtime or f"fault.http.{what}", duration)
    if own := _of_caller(scene, what):
        duration = scene.proxy.runtime.integer(own, duration)
    if duration <= 0:
        return Fraction(0)
    header = "x-envoy-fault-delay-request-percentage" if by_header else None
    return _chance(
        scene,
        _percent(delay.percentage),
        header,
        fault.delay_percent_runtime,
        "delay.fixed_delay_percent",
    )


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
    if abort is None or _abort_code(scene, fault, abort) is None:
        return Fraction(0)
    header = "x-envoy-fault-abort-request-percentage" if abort.header_abort is not None else None
    return _chance(
        scene, _percent(abort.percentage), header, fault.abort_percent_runtime, "abort.abort_percent"
    )


def _abort_code(scene: Scene, fault: HTTPFault, abort: FaultAbort) -> int | None:
    """The code of an abort, None for none; the runtime may have another. A gRPC status goes in a header, under 200."""
    if abort.error_type == "grpc_status":
        return 200
    code = abort.http_status
    if abort.error_type != "http_status":
        asked = _number(scene, "x-envoy-fault-abort-request")
        if asked is None or not 200 <= asked < 600:
            return 200 if _number(scene, "x-envoy-fault-abort-grpc-request") is not None else None
        code = asked
    what = "abort.http_status"
    key = _of_caller(scene, what) or fault.abort_http_status_runtime or f"fault.http.{what}"
    return scene.proxy.runtime.integer(key, code)


def _aborted(entry: Entry, scene: Scene, fault: HTTPFault, abort: FaultAbort) -> Pass:
    code = _abort_code(scene, fault, abort)
    entry.step(lambda: Step(Stage.HTTP_FILTER, f"fault: abort {code}", "injected"))
    return Pass(
        entry,
        scene,
        Verdict(Disposition.FAULT, code, "FI", "fault_filter_abort", f"fault injection: {code}"),
    )


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.fault.v3.HTTPFault": Contract(
        _evaluate, effects(Effect.ENDS, Effect.TIMING), "filters/http/fault/fault_filter.cc", _is_idle
    ),
}
