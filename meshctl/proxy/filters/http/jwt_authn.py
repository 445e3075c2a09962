"""jwt_authn: the requirement of the first rule that takes the request, checked; see ``jwt_verify``.

Theory of operation. The headers that providers write are taken out of every request. A route may name its requirement
(one that the filter does not have is 403) or turn the filter off. Metadata is written also when the request is refused. With clear_route_cache the route is chosen again behind a good token. Whether keys that are
fetched verify a signature is open. Follows source/extensions/filters/http/jwt_authn/filter.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_jwt_authn_v3 import (
    JwtAuthentication,
    JwtProvider,
    JwtRequirement,
    PerRouteConfig,
    RequirementRule,
)
from meshctl.envoy.message import Undecidable
from meshctl.match import route_match
from meshctl.match.request_view import Part, RequestView, Unseen
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http import jwt_token as words
from meshctl.proxy.filters.http.cors import is_preflight
from meshctl.proxy.filters.http.jwt_request import Context, written_by
from meshctl.proxy.filters.http.jwt_verify import Requirements
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.services import reachable
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

JWT_METADATA = "envoy.filters.http.jwt_authn"

Rules = tuple[tuple[route_match.RouteMatch, RequirementRule], ...]


def _rules(scene: Scene, config: JwtAuthentication) -> Rules:
    def build() -> Rules:
        parsed = [(rule.match.raw if rule.match is not None else {}, rule) for rule in config.rules]
        return tuple((route_match.parse(match, scene.proxy.runtime), rule) for match, rule in parsed)

    found: Rules = scene.proxy.compile_once(config.raw, "jwt", build)
    return found


def _by_rule(rules: Rules, config: JwtAuthentication, view: RequestView) -> JwtRequirement | None:
    """The requirement of the first rule that takes the request; a rule without one lets it pass."""
    for match, rule in rules:
        if match.matches(view):
            named = rule.requirement_type == "requirement_name"
            return config.requirement_map.get(rule.requirement_name) if named else rule.requires
    return _by_state(config, view)


def _by_state(config: JwtAuthentication, view: RequestView) -> JwtRequirement | None:
    """filter_state_rules: a filter state object names the requirement."""
    rules = config.filter_state_rules
    if rules is None or not rules.requires:
        return None
    named = view.state(rules.name)
    return rules.requires.get(named) if named is not None else None


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config, own = http_filter.read(JwtAuthentication), PerRouteConfig(settings)
    scene = _sanitized(scene, config)
    if own.disabled or (config.bypass_cors_preflight and is_preflight(scene)):
        yield Pass(entry, scene)
        return
    named, known = own.requirement_name, config.requirement_map
    if named and named not in known:
        known_names = ",".join(sorted(known))
        yield _refused(
            entry, scene, f"Wrong requirement name: {named}. It should be one of [{known_names}]", 403
        )
        return
    requirement = known[named] if named else _by_rule(_rules(scene, config), config, scene.view)
    if requirement is None or requirement.requires_type is None:
        yield Pass(entry, scene)
        return
    context = Context(scene.headers(), scene.view, scene.proxy.now, lambda p: _fetched(scene, p))
    try:
        problem = Requirements(config.providers).check(requirement, context)
    except Undecidable as unknown:
        if not isinstance(scene.view.opaque.get(Part.HEADERS), Unseen):
            raise
        yield from _unseen(entry, scene, unknown.reason)
        return
    yield from _told(entry, _written(scene, context), context, problem)


def _sanitized(scene: Scene, config: JwtAuthentication) -> Scene:
    """Headers that any provider writes are never taken from the client, whatever is asked of this request, and if nothing is."""
    names: frozenset[str] = scene.proxy.compile_once(
        config.raw, "written headers", lambda: written_by(config.providers.values())
    )
    if names.isdisjoint(scene.view.headers):
        return scene
    return scene.changed({name: values for name, values in scene.view.headers.items() if name not in names})


def _unseen(entry: Entry, scene: Scene, reason: str) -> Iterator[Pass]:
    """A request whose headers are not known: it may have a token, a good or a bad one; what the token says is open."""
    passing, refused = open_ways(entry, 2, reason)
    yield Pass(passing, scene.changed(opaque={Part.METADATA: Unseen(reason)}))
    yield _refused(refused, scene, words.VERIFICATION, 401)


def _fetched(scene: Scene, provider: JwtProvider) -> bool:
    uri = provider.remote_jwks.http_uri if provider.remote_jwks is not None else None
    return reachable(scene.proxy, uri.cluster if uri is not None else "")


def _written(scene: Scene, context: Context) -> Scene:
    before = dict(scene.view.metadata.get(JWT_METADATA) or {})
    metadata = {JWT_METADATA: {**before, **context.metadata}} if context.metadata else None
    return scene.changed(context.headers, metadata, opaque=context.opaque)


def _told(entry: Entry, scene: Scene, context: Context, problem: str) -> Iterator[Pass]:
    if problem:
        yield _refused(entry, scene, problem, 403 if problem == words.AUDIENCE else 401)
        return
    if not context.trusted:
        if context.accepted:
            names = ", ".join(context.accepted)
            entry.step(lambda: Step(Stage.HTTP_FILTER, "JWT: accepted", f"provider {names}"))
        yield Pass(entry, scene, reroute=context.reroute)
        return
    reason = f"JWT: {context.trusted[0]}"
    passing, failing, unfetched = open_ways(entry, 3, reason)
    passing.step(lambda: Step(Stage.HTTP_FILTER, "JWT: may be accepted", context.trusted[0]))
    yield Pass(passing, scene, reroute=context.reroute)
    yield _refused(failing, scene, words.VERIFICATION, 401)
    yield _refused(unfetched, scene, words.FETCH, 401)


def _refused(entry: Entry, scene: Scene, problem: str, code: int) -> Pass:
    entry.step(lambda: Step(Stage.HTTP_FILTER, "JWT: refused", problem))
    details = f"jwt_authn_access_denied{{{problem.replace(' ', '_')}}}"
    return Pass(entry, scene, Verdict(Disposition.DENIED, code, None, details, problem))


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication": Contract(
        _evaluate,
        effects(Effect.ENDS, Effect.HEADERS, Effect.PATH, Effect.METADATA, Effect.ROUTE),
        "filters/http/jwt_authn/filter.cc",
    ),
}
