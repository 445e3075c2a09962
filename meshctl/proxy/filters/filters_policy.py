"""HTTP filters that let a request in or not: RBAC, JWT, external authorization.

Each is a function (entry, scene, filter, per-route settings) -> the ways through. Follows
source/extensions/filters/http/{rbac,jwt_authn,ext_authz}/*.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match import metadata_match
from meshctl.match.filter_chains import Facts
from meshctl.match.matcher_tree import Inputs
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import jwt as tokens
from meshctl.proxy.filters import rbac as policies
from meshctl.proxy.filters.filter_scene import Json, Pass, Scene
from meshctl.proxy.listen.accept import chain_inputs
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict
from meshctl.proxy.routing.router import is_grpc, reply_code
from meshctl.proxy.routing.routes import tree_inputs

RBAC_METADATA = "envoy.filters.http.rbac"


def subject_of(scene: Scene) -> policies.Subject:
    """What RBAC looks at for a request."""
    connection, view = scene.connection, scene.view
    return policies.Subject(
        connection.dst_ip,
        connection.dst_port,
        scene.direct_ip or connection.src_ip,
        scene.remote_ip or connection.src_ip,
        view.sni,
        view.tls,
        view.peer or connection.carried,
        view,
    )


def _inputs(scene: Scene) -> Inputs:
    """Inputs of an RBAC matcher tree: the request's, then the connection's."""
    http = tree_inputs(scene.view)
    connection = scene.connection
    network = chain_inputs(
        Facts(
            connection.dst_ip, connection.dst_port, connection.src_ip, connection.src_port, sni=scene.view.sni
        )
    )

    def value(type_name: str, fields: Json) -> str | None:
        return network(type_name, fields) if ".network." in type_name else http(type_name, fields)

    return value


def rbac(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """RBAC: enforce the rules, leave the shadow rules' verdict in metadata."""
    fields = http_filter.fields
    if settings:
        fields = settings.get("rbac") or {}
    compiled = scene.proxy.compile_once(
        fields,
        "rbac",
        lambda: (
            policies.compile_rules(fields),
            policies.compile_rules(fields, "shadow_rules", "shadow_matcher"),
        ),
    )
    rules, shadow = compiled
    subject = subject_of(scene)
    metadata: Json = {}
    if shadow is not None:
        decision = policies.decide(shadow, subject, _inputs(scene))
        prefix = str(fields.get("shadow_rules_stat_prefix") or "")
        metadata = dict(scene.view.metadata.get(RBAC_METADATA) or {})
        if decision.policy:
            metadata[f"{prefix}shadow_effective_policy_id"] = decision.policy
        metadata[f"{prefix}shadow_engine_result"] = "allowed" if decision.allowed else "denied"
        scene = scene.changed(metadata={RBAC_METADATA: metadata})
    if rules is None:
        yield Pass(entry, scene)
        return
    decision = policies.decide(rules, subject, _inputs(scene), explain=not entry.log.silent)
    if decision.allowed:
        if rules.policies or rules.tree:
            entry.step(lambda: rbac_step(rules, decision, subject))
        yield Pass(entry, scene)
        return
    entry.step(lambda: rbac_step(rules, decision, subject))
    yield Pass(entry, scene, denied(decision, rules, reply_code(scene.view, 403)))


def rbac_details(decision: policies.Decision) -> str:
    """As the access log writes it: characters that break a log line become underscores."""
    return f"rbac_access_denied_matched_policy[{(decision.policy or 'none').replace(' ', '_')}]"


def denied(decision: policies.Decision, rules: policies.Rules, code: int | None) -> Verdict:
    """The verdict of a denial."""
    name = policies.istio_policy(decision.policy) or decision.policy
    if decision.policy:
        reason = f"denied by {name}"
    else:
        wanted = sorted(
            {(policies.istio_policy(p.name) or p.name).partition(" rule ")[0] for p in rules.policies}
        )
        reason = "no ALLOW policy matches" + (f": {', '.join(wanted[:4])}" if wanted else "")
    return Verdict(Disposition.DENIED, code, None, rbac_details(decision), reason)


def rbac_step(rules: policies.Rules, decision: policies.Decision, subject: policies.Subject) -> Step:
    """The step of a set of rules."""
    verb = "allowed" if decision.allowed else "denied"
    name = decision.policy or ("no policy matches" if rules.policies or rules.tree else "no policies")
    who = subject.principal or ("a client without a certificate" if subject.tls else "a plain text client")
    return Step(
        Stage.HTTP_FILTER,
        f"RBAC {rules.action}: {verb}",
        f"{name}; caller {who}",
        resource=policies.istio_policy(decision.policy),
        rejected=decision.rejected,
    )


def jwt(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """jwt_authn: check what the matching rule requires."""
    if settings.get("disabled"):
        yield Pass(entry, scene)
        return
    compiled: tokens.Filter = scene.proxy.compile_once(
        http_filter.fields, "jwt", lambda: tokens.compile_filter(http_filter.fields, scene.proxy.runtime)
    )
    if http_filter.fields.get("bypass_cors_preflight") and is_preflight(scene):
        yield Pass(entry, scene)
        return
    if settings.get("requirement_name"):
        requirement = (http_filter.fields.get("requirement_map") or {}).get(settings["requirement_name"])
    else:
        requirement = compiled.requirement(scene.view)
    if not requirement:
        yield Pass(entry, scene)
        return
    result = compiled.verify(requirement, scene.view, scene.proxy.now)
    if result.problem:
        entry.step(lambda: Step(Stage.HTTP_FILTER, "JWT: refused", result.problem))
        details = f"jwt_authn_access_denied{{{result.problem.replace(' ', '_')}}}"
        code = reply_code(scene.view, result.code)
        yield Pass(entry, scene, Verdict(Disposition.DENIED, code, None, details, result.problem))
        return
    if result.trusted:
        entry.unknown(f"JWT: taken on trust: {result.trusted}")
    if not result.payload:
        yield Pass(entry, scene)
        return
    entry.step(lambda: Step(Stage.HTTP_FILTER, "JWT: accepted", f"provider {result.provider}"))
    yield Pass(entry, _with_claims(scene, http_filter.fields, result))


def _with_claims(scene: Scene, fields: Json, result: tokens.Verified) -> Scene:
    provider = (fields.get("providers") or {}).get(result.provider) or {}
    headers = {name: list(values) for name, values in scene.view.headers.items()}
    for name, text in tokens.headers_of(provider, result.payload).items():
        headers[name] = [text]
    if not provider.get("forward"):
        headers.pop("authorization", None)
    written = tokens.metadata_of(provider, result.payload)
    before = dict(scene.view.metadata.get("envoy.filters.http.jwt_authn") or {})
    return scene.changed(headers, {"envoy.filters.http.jwt_authn": {**before, **written}})


def is_preflight(scene: Scene) -> bool:
    """A CORS preflight request."""
    view = scene.view
    return (
        view.first(":method") == "OPTIONS"
        and bool(view.first("origin"))
        and bool(view.first("access-control-request-method"))
    )


def ext_authz(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """External authorization: the authorizer decides; both answers are followed."""
    fields = http_filter.fields
    enabled = fields.get("filter_enabled_metadata")
    if enabled is not None:
        criterion = scene.proxy.compile_once(enabled, "metadata", lambda: metadata_match.metadata(enabled))
        if not criterion.test(scene.view):
            yield Pass(entry, scene)
            return
    if settings.get("disabled"):
        yield Pass(entry, scene)
        return
    server = authorizer(fields)
    reason = f"the authorizer at {server} decides (CUSTOM policy): it may deny with 403 UAEX"
    status = {"Forbidden": 403, "ServiceUnavailable": 503, "Unauthorized": 401}
    deny, allow = entry.branch(0.5), entry.branch(0.5)
    for branch in (allow, deny):
        branch.decided = False
        branch.unknown(reason)
    allow.step(lambda: Step(Stage.HTTP_FILTER, "ext_authz: may allow", f"asks {server}"))
    deny.step(lambda: Step(Stage.HTTP_FILTER, "ext_authz: may deny", f"asks {server}"))
    yield Pass(allow, scene)
    code = status.get(str((fields.get("status_on_error") or {}).get("code", "")), 403)
    code = 200 if is_grpc(scene.view) else code
    yield Pass(
        deny,
        scene,
        Verdict(Disposition.DENIED, code, "UAEX", "ext_authz_denied", f"the authorizer at {server} denies"),
    )


def authorizer(fields: Json) -> str:
    """The cluster of the authorizer."""
    http = (fields.get("http_service") or {}).get("server_uri") or {}
    grpc = (fields.get("grpc_service") or {}).get("envoy_grpc") or {}
    return str(http.get("cluster") or grpc.get("cluster_name") or "an external service")
