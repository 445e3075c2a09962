"""CSRF: a request that changes something must come from the host it goes to, or from an allowed origin.

Theory of operation. POST, PUT, DELETE and PATCH only. The source is the host and port of Origin, else of Referer
(a value that is no URL counts as it stands), the target is :authority. Ports are compared as written.
Follows source/extensions/filters/http/csrf/csrf_filter.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_csrf_v3 import CsrfPolicy
from meshctl.match import string_match
from meshctl.patterns import expression
from meshctl.proxy.chance import split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

_CHANGING = frozenset({"POST", "PUT", "DELETE", "PATCH"})
_URL = expression(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?(?:[/?#].*)?"
)


def _host_and_port(value: str) -> str:
    """Host and port of a URL; what is no URL as it stands."""
    found = _URL.fullmatch(value)
    if found is None:
        return value
    port = found[2] or ""
    return found[1].lower() + ("" if port == ":" else port)


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    policy = CsrfPolicy(settings or http_filter.fields)
    view = scene.view
    if view.first(":method") not in _CHANGING:
        yield Pass(entry, scene)
        return
    source = _host_and_port(view.first("origin")) or _host_and_port(view.first("referer"))
    target = _host_and_port(view.first(":authority"))
    others = [string_match.parse(matcher.raw) for matcher in policy.additional_origins]
    valid = bool(source) and (source == target or any(matcher.test(source) for matcher in others))
    if valid:
        yield Pass(entry, scene)
        return
    for branch, enabled in split(entry, scene.proxy.runtime.enabled(policy.filter_enabled, 0)):
        if not enabled:
            yield Pass(branch, scene)
            continue
        reason = f"CSRF: the request comes from {source or 'nowhere'}, not from {target}"
        branch.step(lambda reason=reason: Step(Stage.HTTP_FILTER, "CSRF: refused", reason))  # type: ignore[misc]
        yield Pass(
            branch,
            scene,
            Verdict(Disposition.DENIED, 403, None, "csrf_origin_mismatch", reason),
        )


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.csrf.v3.CsrfPolicy": Contract(
        _evaluate, effects(Effect.ENDS), "filters/http/csrf/csrf_filter.cc"
    ),
}
