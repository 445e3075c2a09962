"""HTTP filters that bend or answer a request without judging the caller: fault, CORS, limits, code.

Each is a function (entry, scene, filter, per-route settings) -> the ways through. Follows
source/extensions/filters/http/{fault,cors,health_check,local_ratelimit,ratelimit}/*.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match import header_match, string_match
from meshctl.match.fraction import Fraction, fractional_percent
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.filter_scene import Json, Pass, Scene
from meshctl.proxy.filters.filters_policy import is_preflight
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict
from meshctl.proxy.routing.rewrites import apply_options
from meshctl.proxy.routing.router import reply_code


def fault(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """Injected delays and aborts, by their percentages; delay and abort are drawn apart."""
    fields = settings if "abort" in settings or "delay" in settings else http_filter.fields
    if settings and "filter_disabled" not in settings:
        fields = settings
    if not _fault_applies(scene, fields):
        yield Pass(entry, scene)
        return
    delay, abort = fields.get("delay"), fields.get("abort")
    for branch, delayed in _split(entry, _percentage(scene, fields, delay, "delay")):
        if delayed:
            text = f"{(delay or {}).get('fixed_delay', '')}".strip() or "as a header says"
            branch.note(f"delayed by {text} (fault injection)")
            branch.step(lambda text=text: Step(Stage.HTTP_FILTER, "fault: delay", text))  # type: ignore[misc]
            branch.flags = "DI"
        for inner, aborted in _split(branch, _percentage(scene, fields, abort, "abort")):
            if not aborted:
                yield Pass(inner, scene)
                continue
            code = _abort_code(scene, abort or {})
            flags = "DI,FI" if delayed else "FI"
            inner.step(lambda code=code: Step(Stage.HTTP_FILTER, f"fault: abort {code}", "injected"))  # type: ignore[misc]
            yield Pass(
                inner,
                scene,
                Verdict(Disposition.FAULT, code, flags, "fault_filter_abort", f"fault injection: {code}"),
            )


def _fault_applies(scene: Scene, fields: Json) -> bool:
    """The fault's own header conditions and upstream cluster."""
    wanted = fields.get("upstream_cluster")
    if wanted:
        action = (scene.route.message.get("route") or {}) if scene.route else {}
        if action.get("cluster") != wanted:
            return False
    return all(header_match.header(m).test(scene.view) for m in fields.get("headers") or ())


def _percentage(scene: Scene, fields: Json, fault_message: Json | None, kind: str) -> Fraction:
    if not fault_message or "percentage" not in fault_message:
        return Fraction(0)
    percent = fractional_percent(fault_message["percentage"])
    key = str(
        fields.get(f"{kind}_percent_runtime")
        or f"fault.http.{kind}.{'fixed_delay_percent' if kind == 'delay' else 'abort_percent'}"
    )
    value = scene.proxy.runtime.values.get(key)
    return Fraction(int(value)) if isinstance(value, int | float) else percent


def _split(entry: Entry, fraction: Fraction) -> Iterator[tuple[Entry, bool]]:
    """The branches of a chance."""
    if fraction.chance >= 1.0:
        yield entry, True
    elif fraction.chance <= 0.0:
        yield entry, False
    else:
        yield entry.branch(1.0 - fraction.chance), False
        yield entry.branch(fraction.chance), True


def _abort_code(scene: Scene, abort: Json) -> int:
    """The code of an abort; a grpc_status goes in a header, under 200."""
    if "http_status" in abort:
        return reply_code(scene.view, int(abort["http_status"]))
    if "grpc_status" in abort:
        return 200
    header = scene.view.first("x-envoy-fault-abort-request")
    return int(header) if header.isdigit() else 503


def cors(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A preflight of an allowed origin is answered; others go on (or end) by the policy."""
    policy = settings if settings.get("allow_origin_string_match") is not None or settings else {}
    origin = scene.view.first("origin")
    if not policy or not origin or not is_preflight(scene):
        yield Pass(entry, scene)
        return
    enabled = policy.get("filter_enabled")
    if enabled is not None and scene.proxy.runtime.fraction(enabled).chance <= 0.0:
        yield Pass(entry, scene)
        return
    matchers = [string_match.parse(m) for m in policy.get("allow_origin_string_match") or ()]
    allowed = any(matcher.test(origin) for matcher in matchers)
    if not allowed and policy.get("forward_not_matching_preflights", True):
        yield Pass(entry, scene)
        return
    words = f"origin {origin} is {'allowed' if allowed else 'not allowed'}"
    entry.step(lambda: Step(Stage.HTTP_FILTER, "CORS: preflight answered", words))
    yield Pass(
        entry,
        scene,
        Verdict(Disposition.DIRECT_RESPONSE, 200, None, "cors_response", f"CORS preflight: {words}"),
    )


def health_check(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A health check request is answered by the proxy itself."""
    fields = http_filter.fields
    matchers = [header_match.header(m) for m in fields.get("headers") or ()]
    if fields.get("pass_through_mode") or not matchers or not all(m.test(scene.view) for m in matchers):
        yield Pass(entry, scene)
        return
    yield Pass(
        entry,
        scene,
        Verdict(Disposition.DIRECT_RESPONSE, 200, None, "health_check_ok", "the health check filter"),
    )


def local_rate_limit(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A local rate limit lets the first requests through; how full the bucket is cannot be known."""
    fields = settings or http_filter.fields
    bucket = fields.get("token_bucket")
    enforced = fields.get("filter_enforced")
    if not bucket or enforced is None or scene.proxy.runtime.fraction(enforced).chance <= 0.0:
        yield Pass(entry, scene)
        return
    size, interval = bucket.get("max_tokens", 0), bucket.get("fill_interval", "")
    if int(size) == 0:
        yield Pass(
            entry,
            scene,
            Verdict(Disposition.DENIED, reply_code(scene.view, 429), "RL", "local_rate_limited", "no tokens"),
        )
        return
    entry.unknown(f"local rate limit {size} per {interval}: assumed not used up (else 429 RL)")
    yield Pass(entry, scene)


def rate_limit(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A global rate limit asks its service, when the route has rate limit actions."""
    if _has_rate_limits(scene):
        domain = http_filter.fields.get("domain", "")
        entry.unknown(f"global rate limit (domain {domain}): assumed not used up (else 429 RL)")
    yield Pass(entry, scene)


def _has_rate_limits(scene: Scene) -> bool:
    action = (scene.route.message.get("route") or {}) if scene.route else {}
    return bool(action.get("rate_limits")) or bool(scene.host and scene.host.message.get("rate_limits"))


def unknown_effect(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """Code that runs in the proxy (Lua, Wasm, an external processor): it may do anything; passed over."""
    if settings.get("disabled"):
        yield Pass(entry, scene)
        return
    name = http_filter.name
    entry.unknown(
        f"filter {name} ({http_filter.short}): its effect is not known, assumed to let the request pass"
    )
    entry.step(lambda: Step(Stage.HTTP_FILTER, f"{http_filter.short}: not known", f"{name} is passed over"))
    yield Pass(entry, scene.changed(opaque=name))


def unknown_decision(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A filter that answers or lets pass by what only it knows (OAuth2 sessions)."""
    reason = f"filter {http_filter.name} ({http_filter.short}) decides by what is not in the dump"
    entry.unknown(reason)
    yield Pass(entry, scene, Verdict(Disposition.UNDETERMINED, reason=reason))


def header_mutation(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """Header mutations of a filter: a later filter's matcher sees them."""
    fields = settings or http_filter.fields
    mutations = (fields.get("mutations") or {}).get("request_mutations") or ()
    if not mutations:
        yield Pass(entry, scene)
        return
    headers = {name: list(values) for name, values in scene.view.headers.items()}
    for mutation in mutations:
        if "remove" in mutation:
            headers.pop(str(mutation["remove"]).lower(), None)
        elif "append" in mutation:
            apply_options(headers, (mutation["append"],))
    yield Pass(entry, scene.changed(headers))
