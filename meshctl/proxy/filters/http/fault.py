"""Fault injection: delays and aborts, drawn apart by their percentages; a delay may be followed by an abort.

Theory of operation. Settings of a route replace the filter's own, if the route forwards. A percentage is the
configured one unless the runtime has another; with header_abort and header_delay the header says what to do, and
another one lowers the percentage: without a (valid) header nothing happens.
Follows source/extensions/filters/http/fault/fault_filter.cc and filters/common/fault/fault_config.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshctl.match import header_match
from meshctl.match.fraction import Fraction, fractional_percent
from meshctl.proxy.chance import split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

_NUMBER = re.compile(r"[0-9]+")
_SECONDS = re.compile(r"([0-9.]+)s")


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    levels = scene.levels(http_filter.name) if scene.action else []
    fields = levels[0] if levels else http_filter.fields
    if not _applies(scene, fields):
        yield Pass(entry, scene)
        return
    for branch, delayed in split(entry, _delay_chance(scene, fields)):
        if delayed:
            _tell_delay(branch, scene, fields)
        for inner, aborted in split(branch, _abort_chance(scene, fields)):
            if aborted:
                yield _aborted(inner, scene, fields["abort"], delayed)
            else:
                yield Pass(inner, scene)


def _applies(scene: Scene, fields: Json) -> bool:
    """The fault's own conditions: how many at once, the upstream cluster, the downstream node, headers."""
    most = fields.get("max_active_faults")
    key = str(fields.get("max_active_faults_runtime") or "fault.http.max_active_faults")
    if scene.proxy.runtime.integer(key, 1 if most is None else int(most)) == 0:
        return False
    wanted = fields.get("upstream_cluster")
    if wanted and scene.cluster_name != wanted:
        return False
    nodes = fields.get("downstream_nodes")
    if nodes and scene.view.first("x-envoy-downstream-service-node") not in nodes:
        return False
    return all(header_match.header(m).test(scene.view) for m in fields.get("headers") or ())


def _number(scene: Scene, name: str) -> int | None:
    """A header as a whole number, None when it is absent or something else."""
    text = scene.view.first(name).strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def _chance(scene: Scene, fault: Json, header: str | None, key: str) -> Fraction:
    """The percentage: lowered by a header, replaced by the runtime."""
    percent = fractional_percent(fault.get("percentage"))
    lowered = _number(scene, header) if header else None
    if lowered is not None:
        percent = Fraction(min(lowered, percent.numerator), percent.denominator)
    keys = [key]
    cluster = scene.view.first("x-envoy-downstream-service-cluster")
    if cluster:
        keys.append(f"fault.http.{cluster}.{key.removeprefix('fault.http.')}")
    chances = [scene.proxy.runtime.percent(name, percent) for name in keys]
    return max(chances, key=lambda fraction: fraction.chance)


def _delay_chance(scene: Scene, fields: Json) -> Fraction:
    delay = fields.get("delay")
    if not delay:
        return Fraction(0)
    by_header = "header_delay" in delay
    duration = _number(scene, "x-envoy-fault-delay-request") if by_header else _milliseconds(delay)
    key = str(fields.get("delay_duration_runtime") or "fault.http.delay.fixed_duration_ms")
    if duration is None or scene.proxy.runtime.integer(key, duration) <= 0:
        return Fraction(0)
    header = "x-envoy-fault-delay-request-percentage" if by_header else None
    return _chance(
        scene,
        delay,
        header,
        str(fields.get("delay_percent_runtime") or "fault.http.delay.fixed_delay_percent"),
    )


def _milliseconds(delay: Json) -> int:
    found = _SECONDS.fullmatch(str(delay.get("fixed_delay") or ""))
    return int(float(found[1]) * 1000) if found else 0


def _tell_delay(entry: Entry, scene: Scene, fields: Json) -> None:
    text = str(fields["delay"].get("fixed_delay") or "as a header says")
    entry.note(f"delayed by {text} (fault injection)")
    entry.step(lambda: Step(Stage.HTTP_FILTER, "fault: delay", text))
    entry.flags = "DI"


def _abort_chance(scene: Scene, fields: Json) -> Fraction:
    abort = fields.get("abort")
    if not abort or _abort_code(scene, abort) is None:
        return Fraction(0)
    header = "x-envoy-fault-abort-request-percentage" if "header_abort" in abort else None
    return _chance(
        scene, abort, header, str(fields.get("abort_percent_runtime") or "fault.http.abort.abort_percent")
    )


def _abort_code(scene: Scene, abort: Json) -> int | None:
    """The code of an abort, None for none; a gRPC status goes in a header, under 200."""
    if "http_status" in abort:
        return int(abort["http_status"])
    if "grpc_status" in abort:
        return 200
    code = _number(scene, "x-envoy-fault-abort-request")
    if code is not None and 200 <= code < 600:
        return code
    return 200 if _number(scene, "x-envoy-fault-abort-grpc-request") is not None else None


def _aborted(entry: Entry, scene: Scene, abort: Json, delayed: bool) -> Pass:
    code = _abort_code(scene, abort)
    entry.step(lambda: Step(Stage.HTTP_FILTER, f"fault: abort {code}", "injected"))
    flags = "DI,FI" if delayed else "FI"
    return Pass(
        entry,
        scene,
        Verdict(Disposition.FAULT, code, flags, "fault_filter_abort", f"fault injection: {code}"),
    )


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.fault.v3.HTTPFault": Contract(
        _evaluate, effects(Effect.ENDS, Effect.TIMING), "filters/http/fault/fault_filter.cc"
    ),
}
