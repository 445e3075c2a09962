"""A drawer for each HTTP filter: its settings, and those of a route.

``FILTERS`` maps the full name of a type to a function that draws (settings, settings of a route or None). A filter
that is evaluated and has no drawer here is in the recordings, or has a reason in ``test_generated``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from tests.differential.generated import expressions, tokens
from tests.differential.generated.draw import FULL, HTTP, KEYS, NAMES, NAMESPACES, ORIGINS, VALUES, Draw, Json

Drawn = tuple[Json, Json | None]
_FILTERS = "envoy.extensions.filters.http."
USERS = (("ann", "1"), ("bob", "ab"))
CONDITIONED = 0.2  # of the policies
API_KEYS = ("one", "two")


def _kind(name: str, **fields: object) -> Json:
    return {"@type": f"{HTTP}.{name}", **fields}


def rbac(draw: Draw) -> Drawn:
    """Nested conditions on paths, headers, methods, addresses, ports and metadata."""
    settings = _kind("rbac.v3.RBAC", rules=_rules(draw))
    if draw.maybe(0.3):
        settings |= {"shadow_rules": _rules(draw), "shadow_rules_stat_prefix": "s_"}
    own = {"rbac": {"rules": _rules(draw)}} if draw.maybe(0.7) else {}
    return settings, _kind("rbac.v3.RBACPerRoute", **own)


def _rules(draw: Draw) -> Json:
    policies = {
        f"p{number}": {
            "permissions": draw.several(lambda: permission(draw, 2), 1, 2),
            "principals": draw.several(lambda: principal(draw, 2), 1, 2),
            **({"condition": expressions.condition(draw)} if draw.maybe(CONDITIONED) else {}),
        }
        for number in range(draw.randint(0 if draw.maybe(0.1) else 1, 2))
    }
    return {"action": draw.one(("ALLOW", "DENY", "DENY", "LOG")), "policies": policies}


def permission(draw: Draw, depth: int) -> Json:
    kind = draw.one(("and", "or", "not") if depth and draw.maybe(0.4) else ("leaf",))
    inner = lambda: permission(draw, depth - 1)  # noqa: E731
    if kind == "not":
        return {"not_rule": inner()}
    if kind != "leaf":
        return {f"{kind}_rules": {"rules": draw.several(inner, 1, 3)}}
    return draw.one(
        (
            {"any": True},
            {"header": draw.header()},
            {"header": draw.header()},
            {"url_path": _url_path(draw)},
            {"metadata": draw.metadata()},
            {
                "sourced_metadata": {
                    "metadata_matcher": draw.metadata(),
                    "metadata_source": draw.one(("DYNAMIC", "ROUTE")),
                }
            },
            {"destination_ip": _range(draw)},
            {"destination_port_range": {"start": 1, "end": draw.one((1024, 65536))}},
            {"destination_port": 80},
            {"requested_server_name": draw.one(({"exact": "a"}, {"exact": ""}))},
            {"uri_template": _template(draw)},
        )
    )


def principal(draw: Draw, depth: int) -> Json:
    kind = draw.one(("and", "or", "not") if depth and draw.maybe(0.4) else ("leaf",))
    inner = lambda: principal(draw, depth - 1)  # noqa: E731
    if kind == "not":
        return {"not_id": inner()}
    if kind != "leaf":
        return {f"{kind}_ids": {"ids": draw.several(inner, 1, 3)}}
    return draw.one(
        (
            {"any": True},
            {"any": True},
            {"header": draw.header()},
            {"url_path": _url_path(draw)},
            {"metadata": draw.metadata()},
            {
                "sourced_metadata": {
                    "metadata_matcher": draw.metadata(),
                    "metadata_source": draw.one(("DYNAMIC", "ROUTE")),
                }
            },
            {"source_ip": _range(draw)},
            {"remote_ip": _range(draw)},
            {"direct_remote_ip": _range(draw)},
            {"authenticated": draw.one(({}, {"principal_name": {"exact": "x"}}))},
            {"filter_state": {"key": "fs.one", "string_match": draw.string()}},
        )
    )


def _url_path(draw: Draw) -> Json:
    return {"path": draw.string(("/a", "/a/b", "/v1/a"))}


def _range(draw: Draw) -> Json:
    prefix, length = draw.one((("127.0.0.0", 8), ("203.0.113.0", 24), ("10.0.0.0", 8), ("127.0.0.2", 32)))
    return {"address_prefix": prefix, "prefix_len": length}


def _template(draw: Draw) -> Json:
    kind = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig"
    template = draw.one(("/a/{x}", "/a/**", "/{x=*}/b", "/*/{y}/**", "/{z=**}"))
    return {"name": "t", "typed_config": {"@type": kind, "path_template": template}}


def cors(draw: Draw) -> Drawn:
    policy = _kind(
        "cors.v3.CorsPolicy",
        allow_origin_string_match=draw.several(lambda: draw.string(ORIGINS), 0, 2),
        allow_methods="GET",
        **draw.optional(0.5, filter_enabled=draw.fraction()),
        **draw.optional(0.4, forward_not_matching_preflights=draw.maybe()),
    )
    return _kind("cors.v3.Cors"), policy


def csrf(draw: Draw) -> Drawn:
    def policy() -> Json:
        origins = draw.several(lambda: draw.string(("a.com", "b.com", "c.com")), 0, 2)
        return _kind("csrf.v3.CsrfPolicy", filter_enabled=draw.fraction(), additional_origins=origins)

    return policy(), policy()


def fault(draw: Draw) -> Drawn:
    def settings() -> Json:
        percent = {"numerator": draw.one((0, 100, 100)), "denominator": draw.one(("HUNDRED",))}
        code = draw.one(
            (
                {"http_status": draw.one((418, 503, 429))},
                {"grpc_status": draw.one((7, 14, 16))},
                {"header_abort": {}},
            )
        )
        found: Json = draw.optional(0.7, abort={**code, "percentage": percent})
        found |= draw.optional(
            0.3, delay={**draw.one(({"fixed_delay": "0.02s"}, {"header_delay": {}})), "percentage": percent}
        )
        found |= draw.optional(0.4, headers=draw.several(draw.header, 1, 2))
        found |= draw.optional(0.2, upstream_cluster=draw.one(("c0", "c1")))
        found |= draw.optional(0.1, downstream_nodes=["other"])
        found |= draw.optional(0.1, max_active_faults=draw.one((0, 100)))
        return _kind("fault.v3.HTTPFault", **found)

    return settings(), settings()


def header_mutation(draw: Draw) -> Drawn:
    def mutations() -> Json:
        found: Json = {"request_mutations": draw.several(draw.header_mutation, 1, 3)}
        if draw.maybe(0.3):
            found["query_parameter_mutations"] = draw.several(lambda: _query_mutation(draw), 1, 2)
        return {"mutations": found}

    settings = _kind("header_mutation.v3.HeaderMutation", **mutations())
    settings |= draw.optional(0.3, most_specific_header_mutations_wins=True)
    return settings, _kind("header_mutation.v3.HeaderMutationPerRoute", **mutations())


def _query_mutation(draw: Draw) -> Json:
    if draw.maybe(0.3):
        return {"remove": draw.one(("x", "y"))}
    action = draw.one(
        ("APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS")
    )
    record = {"key": draw.one(("x", "y")), "value": draw.one(("1", "ab", "n"))}
    return {"append": {"record": record, "action": action}}


def set_metadata(draw: Draw) -> Drawn:
    if draw.maybe(0.3):
        old = {"metadata_namespace": draw.one(NAMESPACES), "value": draw.struct()}
        return _kind("set_metadata.v3.Config", **old), None
    written = [
        {
            "metadata_namespace": draw.one(NAMESPACES),
            "value": draw.struct(),
            **draw.optional(0.4, allow_overwrite=True),
        }
        for _ in range(draw.randint(1, 3))
    ]
    return _kind("set_metadata.v3.Config", metadata=written), None


def header_to_metadata(draw: Draw) -> Drawn:
    def rule() -> Json:
        source = draw.one(({"header": draw.one(NAMES)}, {"cookie": draw.one(("c", "d"))}))
        present = {
            "metadata_namespace": draw.one(NAMESPACES),
            "key": draw.one(KEYS),
            **draw.optional(0.2, encode="BASE64"),
        }
        present |= draw.optional(0.3, type=draw.one(("STRING", "NUMBER", "PROTOBUF_VALUE")))
        choice = draw.one(("value", "rewrite", "plain"))
        if choice == "value":
            present["value"] = draw.one((*VALUES, "GgJhYg==", "EQAAAAAAAPg/", "IAE=", "x1"))
        if choice == "rewrite":
            present["regex_value_rewrite"] = {"pattern": {"regex": "(.)(.*)"}, "substitution": "\\2\\1"}
        found: Json = {**source, "on_header_present": present}
        if draw.maybe(0.4):
            missing = {
                "metadata_namespace": draw.one(NAMESPACES),
                "key": draw.one(KEYS),
                "value": draw.one(VALUES),
            }
            found["on_header_missing"] = missing
        if "header" in source:
            found |= draw.optional(0.3, remove=True)
        return found

    def settings() -> Json:
        return _kind("header_to_metadata.v3.Config", request_rules=draw.several(rule, 1, 3))

    return settings(), settings()


def json_to_metadata(draw: Draw) -> Drawn:
    def target(value: bool) -> Json:
        found: Json = {"metadata_namespace": draw.one(NAMESPACES), "key": draw.one(KEYS)}
        found |= draw.optional(0.3, type=draw.one(("STRING", "NUMBER", "PROTOBUF_VALUE")))
        found |= draw.optional(0.3, preserve_existing_metadata_value=True)
        return {**found, **({"value": draw.one(("1", "ab"))} if value else {})}

    def rule() -> Json:
        selectors = [{"key": key} for key in draw.several(lambda: draw.one(KEYS), 1, 2)]
        found: Json = {"selectors": selectors, "on_present": target(draw.maybe(0.2))}
        return found | draw.optional(0.4, on_missing=target(True)) | draw.optional(0.3, on_error=target(True))

    rules: Json = {"rules": draw.several(rule, 1, 2)}
    rules |= draw.optional(0.2, allow_empty_content_type=True)
    rules |= draw.optional(0.2, allow_content_types=["text/json"])
    return _kind("json_to_metadata.v3.JsonToMetadata", request_rules=rules), None


def buffer(draw: Draw) -> Drawn:
    own: Json = draw.one(({"disabled": True}, {"buffer": {"max_request_bytes": 5}}))
    return _kind("buffer.v3.Buffer", max_request_bytes=draw.one((1, 10, 1000))), _kind(
        "buffer.v3.BufferPerRoute", **own
    )


def _users(draw: Draw) -> Json:
    lines = []
    for name, word in draw.some(USERS, 1, 2):
        digest = base64.b64encode(hashlib.sha1(word.encode()).digest()).decode()
        lines.append(f"{name}:{{SHA}}{digest}")
    return {"users": {"inline_string": "\n".join(lines)}}


def basic_auth(draw: Draw) -> Drawn:
    settings = _kind("basic_auth.v3.BasicAuth", **_users(draw))
    settings |= draw.optional(0.4, forward_username_header=draw.one(NAMES), allow_missing=True)
    settings |= draw.optional(0.2, authentication_header="x-c")
    return settings, _kind("basic_auth.v3.BasicAuthPerRoute", **_users(draw))


def api_key_auth(draw: Draw) -> Drawn:
    def parts() -> Json:
        source = draw.one(({"header": "x-b"}, {"query": "x"}, {"cookie": "c"}))
        keys = [{"key": draw.one(VALUES), "client": API_KEYS[0]}]
        return {"credentials": keys, "key_sources": [source]}

    settings = _kind("api_key_auth.v3.ApiKeyAuth", **parts())
    settings |= draw.optional(0.4, forwarding={"header": "x-a", "hide_credentials": draw.maybe()})
    own = draw.optional(0.5, allowed_clients=draw.some(API_KEYS, 1, 2)) | draw.optional(0.5, **parts())
    return settings, _kind("api_key_auth.v3.ApiKeyAuthPerRoute", **own)


def ip_tagging(draw: Draw) -> Drawn:
    settings = _kind(
        "ip_tagging.v3.IPTagging",
        request_type=draw.one(("BOTH", "INTERNAL", "EXTERNAL")),
        ip_tags=[{"ip_tag_name": name, "ip_list": [_range(draw)]} for name in draw.some(VALUES, 1, 2)],
    )
    if draw.maybe():
        settings["ip_tag_header"] = {
            "header": "x-a",
            "action": draw.one(("SANITIZE", "APPEND_IF_EXISTS_OR_ADD")),
        }
    return settings, None


def grpc_web(draw: Draw) -> Drawn:
    return _kind("grpc_web.v3.GrpcWeb"), None


def health_check(draw: Draw) -> Drawn:
    headers = [
        {"name": ":path", "string_match": draw.string(("/a", "/a/b"))},
        *draw.several(draw.header, 0, 1),
    ]
    settings = _kind("health_check.v3.HealthCheck", pass_through_mode=False, headers=headers)
    if draw.maybe():
        settings["cluster_min_healthy_percentages"] = {"c3": {"value": draw.one((30, 50, 90))}}
    return settings, None


def set_filter_state(draw: Draw) -> Drawn:
    value: Json = {
        "object_key": "fs.one",
        "factory_key": "envoy.string",
        "format_string": {
            "text_format_source": {"inline_string": draw.written()},
            **draw.optional(0.3, omit_empty_values=True),
        },
        **draw.optional(0.3, skip_if_empty=True),
    }
    settings = _kind("set_filter_state.v3.Config", on_request_headers=[value])
    return settings | draw.optional(0.3, clear_route_cache=True), None


def local_ratelimit(draw: Draw) -> Drawn:
    def settings() -> Json:
        status = draw.optional(0.3, status={"code": draw.one(("ServiceUnavailable", "Forbidden"))})
        bucket = {"max_tokens": 100000, "fill_interval": "1s"}
        enabled = {"filter_enabled": draw.fraction(), "filter_enforced": draw.fraction()}
        return _kind(
            "local_ratelimit.v3.LocalRateLimit", stat_prefix="l", token_bucket=bucket, **status, **enabled
        )

    return settings(), settings()


def stateful_session(draw: Draw) -> Drawn:
    kind = "type.googleapis.com/envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState"
    state = {
        "name": "envoy.http.stateful_session.header",
        "typed_config": {"@type": kind, "name": "x-session"},
    }
    settings = _kind(
        "stateful_session.v3.StatefulSession", session_state=state, **draw.optional(0.4, strict=True)
    )
    return settings, _kind("stateful_session.v3.StatefulSessionPerRoute", disabled=True)


_MATCHING = "type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher"
_COMPOSITE = "composite.v3.Composite"


def matched(draw: Draw) -> Drawn:
    """A filter with a matcher round it: a composite, whose action names filters, or one that may be skipped."""
    composite = draw.maybe(0.7)
    inner = _kind(_COMPOSITE) if composite else _named(draw)["typed_config"]

    def tree() -> Json:
        return _tree(draw, lambda: _execute(draw, []) if composite else _skip())

    extension = {"name": "inner", "typed_config": inner}
    settings = {"@type": _MATCHING, "extension_config": extension, "xds_matcher": tree()}
    return settings, {"@type": f"{_MATCHING}PerRoute", "xds_matcher": tree()}


def composite(draw: Draw) -> Drawn:
    """A composite with a matcher of its own, and chains that its actions may name."""
    chains = {name: _chain(draw) for name in ("one", "two")}
    tree = _tree(draw, lambda: _execute(draw, ["one", "two"]))
    settings = _kind(_COMPOSITE, named_filter_chains=chains, matcher=tree)
    own = _tree(draw, lambda: _execute(draw, ["one", "two"]))
    return settings, _kind("composite.v3.CompositePerRoute", matcher=own)


def _tree(draw: Draw, action: Callable[[], Json]) -> Json:
    kind = "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput"
    seen = {"name": "h", "typed_config": {"@type": kind, "header_name": draw.one(NAMES)}}
    cases = {value: {"action": {"name": "a", "typed_config": action()}} for value in draw.some(VALUES, 1, 3)}
    return {"matcher_tree": {"input": seen, "exact_match_map": {"map": cases}}}


def _skip() -> Json:
    return {"@type": "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter"}


def _named(draw: Draw) -> Json:
    """A filter that may stand in another's place."""
    settings, _ = draw.one((fault, rbac, header_mutation, set_metadata))(draw)
    return {"name": "executed", "typed_config": settings}


def _chain(draw: Draw) -> Json:
    return {"typed_config": draw.several(lambda: _named(draw), 1, 3)}


def _execute(draw: Draw, chains: list[str]) -> Json:
    forms: list[Json] = [{"typed_config": _named(draw)}, {"filter_chain": _chain(draw)}]
    if chains:
        forms += [{"filter_chain_name": draw.one(chains)}] * 2
    return _kind(
        "composite.v3.ExecuteFilterAction",
        **draw.one(forms),
        **draw.optional(0.3, sample_percent=draw.fraction()),
    )


FILTERS: dict[str, Callable[[Draw], Drawn]] = {
    f"{_FILTERS}rbac.v3.RBAC": rbac,
    f"{_FILTERS}cors.v3.Cors": cors,
    f"{_FILTERS}csrf.v3.CsrfPolicy": csrf,
    f"{_FILTERS}fault.v3.HTTPFault": fault,
    f"{_FILTERS}header_mutation.v3.HeaderMutation": header_mutation,
    f"{_FILTERS}set_metadata.v3.Config": set_metadata,
    f"{_FILTERS}header_to_metadata.v3.Config": header_to_metadata,
    f"{_FILTERS}json_to_metadata.v3.JsonToMetadata": json_to_metadata,
    f"{_FILTERS}buffer.v3.Buffer": buffer,
    f"{_FILTERS}basic_auth.v3.BasicAuth": basic_auth,
    f"{_FILTERS}api_key_auth.v3.ApiKeyAuth": api_key_auth,
    f"{_FILTERS}ip_tagging.v3.IPTagging": ip_tagging,
    f"{_FILTERS}grpc_web.v3.GrpcWeb": grpc_web,
    f"{_FILTERS}health_check.v3.HealthCheck": health_check,
    f"{_FILTERS}set_filter_state.v3.Config": set_filter_state,
    f"{_FILTERS}local_ratelimit.v3.LocalRateLimit": local_ratelimit,
    f"{_FILTERS}stateful_session.v3.StatefulSession": stateful_session,
    f"{_FILTERS}jwt_authn.v3.JwtAuthentication": tokens.jwt,
    "envoy.extensions.common.matching.v3.ExtensionWithMatcher": matched,
    f"{_FILTERS}composite.v3.Composite": composite,
}
# Drawn more often: what decides most.
OFTEN = (rbac, rbac, rbac, tokens.jwt, set_metadata, header_to_metadata, header_mutation)


def chain(draw: Draw) -> list[tuple[str, Json, Json | None]]:
    """The HTTP filters of a connection manager before its router: name, settings, a route's settings."""
    count = draw.one((0, 1, 1, 2, 2, 3, 4))
    drawers = [draw.one((*FILTERS.values(), *OFTEN)) for _ in range(count)]
    return [(f"f{number}", *drawer(draw)) for number, drawer in enumerate(drawers)]


def disabled(draw: Draw) -> Json:
    """A route's word that a filter is off (or on)."""
    return {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}


__all__ = ["FILTERS", "FULL", "chain", "disabled"]
