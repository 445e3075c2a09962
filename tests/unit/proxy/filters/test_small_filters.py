"""Filters with one rule each: bodies, health checks, tags, gRPC-Web, credentials, limits, composites."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import cluster, get, http, listener, proxy, route, routed, virtual_host
from tests.unit.proxy.filters.chains import VIA, a_filter, allow_only, answer, ends, passages, settings

D, U, N = Disposition.DELIVERED, Disposition.UNDETERMINED, Disposition.DENIED


def post(length: str, protocol: str = "HTTP/1.1", **more: Any) -> Any:
    headers = (("content-length", length),) if length else (("transfer-encoding", "chunked"),)
    return get("/", "a.com", *headers, method="POST", protocol=protocol, **more)


BUFFER = a_filter("buffer.v3.Buffer", max_request_bytes=10)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (get(), {D}),
        (post("10"), {D}),
        (post("11"), {N}),
        (post(""), {D, N}),
        (post("11", "HTTP/2", scheme="http"), {D, N}),
    ],
    ids=["no body", "fits", "too long", "chunked: open", "HTTP/2: how it is cut decides"],
)
def test_buffer(request_: Any, expected: set[Disposition]) -> None:
    assert ends((BUFFER,), request_) == expected


def test_buffer_can_be_turned_off_or_set_by_a_route() -> None:
    one = {
        **route("r", {"prefix": "/"}),
        "typed_per_filter_config": {BUFFER["name"]: {"@type": "t/x", "disabled": True}},
    }
    assert answer((BUFFER,), post("11"), routes=(one,)) == VIA


def test_health_checks_without_matchers_answer_everything() -> None:
    assert answer((a_filter("health_check.v3.HealthCheck"),)) == (200, "health_check_ok")
    passing = a_filter("health_check.v3.HealthCheck", pass_through_mode=True)
    assert answer((passing,)) == VIA


@pytest.mark.parametrize(("percent", "code"), [(100, 503), (50, 200)])
def test_health_checks_ask_for_healthy_hosts(percent: int, code: int) -> None:
    half = cluster("h", "10.0.0.3:1", "10.0.0.4:1")
    half["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["health_status"] = "UNHEALTHY"
    checks = a_filter(
        "health_check.v3.HealthCheck", cluster_min_healthy_percentages={"h": {"value": percent}}
    )
    details = "health_check_ok_cluster_healthy" if code == 200 else "health_check_failed_cluster_unhealthy"
    assert answer((checks,), clusters=(half,)) == (code, details)


def test_a_local_reply_mapper_tells_health_checks_apart() -> None:
    mapper = {"filter": {"not_health_check_filter": {}}, "status_code": 418}
    chain = http([virtual_host(route("r", {"prefix": "/"}))], filters=(a_filter("health_check.v3.HealthCheck"),),
                 local_reply_config={"mappers": [mapper]})  # fmt: skip
    built = proxy([listener([{"filters": chain}])])
    assert routed(built, get()).verdict.code == 200


def test_require_tls_takes_no_settings_of_its_virtual_host() -> None:
    denying = a_filter("rbac.v3.RBACPerRoute", "rbac", rbac={"rules": {"action": "DENY", "policies": {
        "p": {"permissions": [{"any": True}], "principals": [{"any": True}]}}}})  # fmt: skip
    host = {"require_tls": "ALL", "typed_per_filter_config": settings(denying)}
    assert answer((a_filter("rbac.v3.RBAC", "rbac"),), get("/x"), host=host)[0] == 301


def test_a_fault_of_the_virtual_host_counts_for_a_direct_response() -> None:
    def aborting(code: int) -> dict[str, Any]:
        return a_filter("fault.v3.HTTPFault", abort={"http_status": code, "percentage": {"numerator": 100}})

    answered = {"name": "dr", "match": {"prefix": "/"}, "direct_response": {"status": 204}}
    host = {"typed_per_filter_config": settings(aborting(418))}
    assert answer((aborting(503),), routes=(answered,), host=host)[0] == 418


def test_a_degraded_host_is_not_healthy_to_a_health_check() -> None:
    one = cluster("h", "10.0.0.3:1")
    one["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["health_status"] = "DEGRADED"
    checks = a_filter("health_check.v3.HealthCheck", cluster_min_healthy_percentages={"h": {"value": 50}})
    assert answer((checks,), clusters=(one,))[0] == 503


def header(name: str, value: str) -> dict[str, Any]:
    return {"header": {"name": name, "string_match": {"exact": value}}}


def test_ip_tags_are_written_and_the_route_chosen_again() -> None:
    tags = [{"ip_tag_name": "lan", "ip_list": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}]
    tagged = {"prefix": "/", "headers": [{"name": "x-envoy-ip-tags", "string_match": {"exact": "lan"}}]}
    routes = (route("tagged", tagged, "d"), route("rest", {"prefix": "/"}))
    (passage,) = passages((a_filter("ip_tagging.v3.IPTagging", ip_tags=tags),), routes=routes)
    assert passage.route_name == "tagged"


def test_grpc_web_goes_on_as_grpc() -> None:
    web = get("/", "a.com", ("content-type", "application/grpc-web"))
    filters = (a_filter("grpc_web.v3.GrpcWeb"), allow_only(header("content-type", "application/grpc")))
    assert answer(filters, web) == VIA


BASIC = {"users": {"inline_string": "bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="}}  # the password is "password"


@pytest.mark.parametrize(
    ("value", "details"),
    [
        (None, "no_credential_for_basic_auth"),
        ("Bearer x", "invalid_scheme_for_basic_auth"),
        ("Basic Ym9i", "invalid_format_for_basic_auth"),
        ("Basic Ym9iOnBhc3N3b3Jk", "via_upstream"),
        ("Basic Ym9iOng=", "invalid_credential_for_basic_auth"),
    ],
)
def test_basic_auth(value: str | None, details: str) -> None:
    headers = (("authorization", value),) if value is not None else ()
    assert answer((a_filter("basic_auth.v3.BasicAuth", **BASIC),), get("/", "a.com", *headers))[1] == details


@pytest.mark.parametrize("value", [None, "Bearer x", "basic Ym9iOng="])
def test_basic_auth_that_may_be_missing_lets_other_schemes_pass(value: str | None) -> None:
    headers = [] if value is None else [("authorization", value)]
    optional = a_filter("basic_auth.v3.BasicAuth", **BASIC, allow_missing=True)
    assert answer((optional,), get("/", "a.com", *headers)) == VIA


def test_whether_a_password_that_is_redacted_is_right_is_open() -> None:
    hidden = a_filter("basic_auth.v3.BasicAuth", users={"inline_string": "[redacted]"})
    assert ends((hidden,), get("/", "a.com", ("authorization", "Basic Ym9iOng="))) == {D, N}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), (401, "missing_api_key")),
        ((("x-key", "nope"),), (401, "unknown_api_key")),
        ((("x-key", "k1"),), VIA),
        ((("x-key", "Bearer k1"),), VIA),
    ],
)
def test_api_keys(headers: tuple[tuple[str, str], ...], expected: tuple[int, str]) -> None:
    keys = a_filter(
        "api_key_auth.v3.ApiKeyAuth",
        credentials=[{"key": "k1", "client": "one"}],
        key_sources=[{"header": "x-key"}],
        forwarding={"header": "x-client"},
    )
    assert answer((keys,), get("/", "a.com", *headers)) == expected
    if expected == VIA:
        assert answer((keys, allow_only(header("x-client", "one"))), get("/", "a.com", *headers)) == VIA


def test_a_key_is_open_where_those_that_are_known_are_redacted() -> None:
    """It may be none, or one of a client that may not; only the header that the client's name goes to is unknown then."""
    hidden = {"credentials": [{"key": "[redacted]", "client": "one"}], "key_sources": [{"header": "x-key"}]}
    keys = a_filter("api_key_auth.v3.ApiKeyAuth", **hidden, forwarding={"header": "x-client"})
    asked = get("/", "a.com", ("x-key", "k"), ("x-a", "1"))
    assert ends((keys,), asked) == {D, N}
    own = {
        "@type": "t/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute",
        "allowed_clients": ["one"],
    }
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": {keys["name"]: own}}
    codes = {p.verdict.code for p in passages((keys,), asked, routes=(one,))}
    assert codes == {200, 401, 403}
    assert ends((keys, allow_only(header("x-a", "1"))), asked) == {D, N}
    ways = passages((keys, allow_only(header("x-client", "one"))), asked)
    assert any("x-client" in reason for way in ways for reason in way.undetermined)


FULL = {"default_value": {"numerator": 100}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"token_bucket": {"max_tokens": 1}}, {D}),
        ({"token_bucket": {"max_tokens": 1}, "filter_enabled": FULL}, {D}),
        ({"token_bucket": {"max_tokens": 1}, "filter_enabled": FULL, "filter_enforced": FULL}, {D, N}),
        ({"token_bucket": {}, "filter_enabled": FULL, "filter_enforced": FULL}, {N}),
    ],
    ids=["not enabled", "not enforced", "how full the bucket is, is open", "no tokens at all"],
)
def test_local_rate_limits(fields: dict[str, Any], expected: set[Disposition]) -> None:
    assert ends((a_filter("local_ratelimit.v3.LocalRateLimit", **fields),)) == expected


def limited(**fields: Any) -> dict[str, Any]:
    service = {"grpc_service": {"envoy_grpc": {"cluster_name": "limits"}}}
    return a_filter("ratelimit.v3.RateLimit", domain="x", rate_limit_service=service, **fields)


ACTIONS = (route("r", {"prefix": "/"}, rate_limits=[{"actions": [{"remote_address": {}}]}]),)


def test_a_global_limit_is_asked_only_with_actions_and_passes_when_its_service_is_not_there() -> None:
    assert ends((limited(),)) == {D}
    assert ends((limited(),), routes=ACTIONS) == {D}
    assert answer((limited(failure_mode_deny=True),), routes=ACTIONS) == (500, "rate_limiter_error")
    there = (cluster("limits", "10.0.0.9:1"),)
    assert ends((limited(),), routes=ACTIONS, clusters=there) == {D, N}


def vh_limits(**fields: Any) -> dict[str, Any]:
    own = {"@type": "t/envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute", **fields}
    return {limited()["name"]: own}


LIMITS = [{"actions": [{"remote_address": {}}]}]


@pytest.mark.parametrize(
    ("filter_fields", "one", "host", "expected"),
    [
        ({}, {}, LIMITS, {D, N}),  # a route without any takes those of its virtual host
        ({"stage": 1}, {}, LIMITS, {D}),
        ({"stage": 1}, {}, [{**LIMITS[0], "stage": 1}], {D, N}),
        ({"request_type": "internal"}, {}, LIMITS, {D}),
        ({"request_type": "external"}, {}, LIMITS, {D, N}),
        ({}, {"typed_per_filter_config": vh_limits(vh_rate_limits="IGNORE")}, LIMITS, {D}),
        ({}, {"typed_per_filter_config": vh_limits(override_option="IGNORE_POLICY")}, LIMITS, {D}),
        ({}, {"typed_per_filter_config": vh_limits(rate_limits=LIMITS)}, [], {D, N}),
        ({}, {"route": {"cluster": "none"}}, LIMITS, {Disposition.NO_CLUSTER}),
    ],
)
def test_a_global_limit_is_asked_by_stage_type_and_what_the_route_says(
    filter_fields: dict[str, Any], one: dict[str, Any], host: list[Any], expected: set[Disposition]
) -> None:
    found = ends(
        (limited(**filter_fields),),
        routes=({**route("r", {"prefix": "/"}), **one},),
        clusters=(cluster("limits", "10.0.0.9:1"),),
        host={"rate_limits": host},
    )
    assert found == expected


def test_a_route_that_answers_itself_asks_no_global_limit() -> None:
    direct = {"match": {"prefix": "/"}, "direct_response": {"status": 204}}
    there = (cluster("limits", "10.0.0.9:1"),)
    assert answer((limited(),), routes=(direct,), clusters=there, host={"rate_limits": LIMITS})[0] == 204


def processor(**fields: Any) -> dict[str, Any]:
    service = {"envoy_grpc": {"cluster_name": "proc"}}
    return a_filter("ext_proc.v3.ExternalProcessor", grpc_service=service, **fields)


def test_an_external_processor() -> None:
    assert answer((processor(),))[0] == 500
    assert answer((processor(failure_mode_allow=True),)) == VIA
    assert answer((processor(status_on_error={"code": "BadGateway"}),))[0] == 502
    assert ends((processor(),), clusters=PROCESSOR) == {D, U}


PROCESSOR = (cluster("proc", "10.0.0.9:1"),)
SKIP = {"request_header_mode": "SKIP", "response_header_mode": "SKIP"}


@pytest.mark.parametrize(
    ("mode", "body", "expected"),
    [
        (SKIP, "", {D}),
        (SKIP, "x", {D}),
        ({**SKIP, "request_body_mode": "BUFFERED"}, "", {D}),
        ({**SKIP, "request_body_mode": "BUFFERED"}, "x", {D, U}),
        ({**SKIP, "response_header_mode": "DEFAULT"}, "", {D, U}),
        ({"request_header_mode": "SKIP"}, "", {D, U}),
    ],
)
def test_an_external_processor_may_act_on_what_it_sees(
    mode: dict[str, str], body: str, expected: set[Disposition]
) -> None:
    asked = get("/", "a.com", method="POST", body=body)
    assert ends((processor(processing_mode=mode),), asked, clusters=PROCESSOR) == expected


def test_an_external_processor_that_observes_is_not_waited_for() -> None:
    (passage,) = passages((processor(observability_mode=True),), clusters=PROCESSOR)
    assert passage.undetermined == () and "waits for no answer" in passage.notes[0]


def test_an_external_processor_by_http_has_its_cluster_too() -> None:
    uri = {"http_service": {"http_uri": {"uri": "http://proc/", "cluster": "proc", "timeout": "1s"}}}
    by_http = a_filter("ext_proc.v3.ExternalProcessor", http_service=uri)
    assert answer((by_http,))[0] == 500


def test_settings_of_a_route_say_how_oauth2_is_passed() -> None:
    passing = {"pass_through_matcher": [{"name": "x", "present_match": True}]}
    http_filter = a_filter("oauth2.v3.OAuth2", config=passing)
    own = {
        "@type": "t/envoy.extensions.filters.http.oauth2.v3.OAuth2PerRoute",
        "config": {"stat_prefix": "p"},
    }
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": {http_filter["name"]: own}}
    assert ends((http_filter,), ONE) == {D}
    assert ends((http_filter,), ONE, routes=(one,)) == {D, U}


def composite(*, action: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    tree = {
        "matcher_tree": {
            "input": {
                "name": "h",
                "typed_config": {
                    "@type": "t/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
                    "header_name": "x",
                },
            },
            "exact_match_map": {"map": {"1": {"action": {"name": "a", "typed_config": action}}}},
        }
    }
    kind = "type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher"
    return {"name": "comp", "typed_config": {"@type": kind, "extension_config": inner, "xds_matcher": tree}}


ABORT = a_filter("fault.v3.HTTPFault", abort={"http_status": 500, "percentage": {"numerator": 100}})
ONE = get("/", "a.com", ("x", "1"))


def test_a_composite_runs_the_filter_that_its_matcher_names() -> None:
    action = {
        "@type": "t/envoy.extensions.filters.http.composite.v3.ExecuteFilterAction",
        "typed_config": ABORT,
    }
    filters = (composite(action=action, inner=a_filter("composite.v3.Composite")),)
    assert answer(filters) == VIA
    assert answer(filters, ONE) == (500, "fault_filter_abort")


def test_a_filter_with_a_matcher_of_the_older_kind_is_open() -> None:
    """ExtensionWithMatcher.matcher is not Envoy's matcher tree of today."""
    newer = composite(action={"@type": "t/mine.Action"}, inner=ABORT)
    config = {key: value for key, value in newer["typed_config"].items() if key != "xds_matcher"}
    assert ends(({**newer, "typed_config": {**config, "matcher": {}}},), ONE) == {D, U}
    assert answer(({**newer, "typed_config": config},), ONE) == (500, "fault_filter_abort")


EXECUTE = "t/envoy.extensions.filters.http.composite.v3.ExecuteFilterAction"
WRITES = a_filter("set_metadata.v3.Config", metadata=[{"metadata_namespace": "m", "value": {"k": "v"}}])
READS = allow_only({"metadata": {"filter": "m", "path": [{"key": "k"}], "value": {"present_match": True}}})


def test_an_action_may_run_a_chain_of_filters_in_order() -> None:
    """As a real Envoy 1.40 ran them (the generator draws such)."""
    for chain, expected in (
        ([WRITES, READS], VIA),
        ([READS, WRITES], (403, "rbac_access_denied_matched_policy[none]")),
    ):
        action = {"@type": EXECUTE, "filter_chain": {"typed_config": chain}}
        filters = (composite(action=action, inner=a_filter("composite.v3.Composite")),)
        assert answer(filters, ONE) == expected


def test_a_composite_may_have_the_matcher_and_the_chains_itself() -> None:
    action = {"@type": EXECUTE, "filter_chain_name": "one"}
    matcher = composite(action=action, inner={})["typed_config"]["xds_matcher"]
    chains = {"one": {"typed_config": [ABORT]}}
    own = a_filter("composite.v3.Composite", matcher=matcher, named_filter_chains=chains)
    assert answer((own,)) == VIA
    assert answer((own,), ONE) == (500, "fault_filter_abort")
    assert answer((a_filter("composite.v3.Composite"),), ONE) == VIA
    unknown = a_filter("composite.v3.Composite", matcher=matcher)
    assert ends((unknown,), ONE) == {D, U}


def test_a_field_of_an_action_that_nobody_knows_is_open() -> None:
    action = {"@type": EXECUTE, "typed_config": ABORT, "moon": 1}
    assert ends((composite(action=action, inner=a_filter("composite.v3.Composite")),), ONE) == {D, U}


def test_a_wrapped_filter_may_be_skipped() -> None:
    action = {"@type": "t/envoy.extensions.filters.common.matcher.action.v3.SkipFilter"}
    filters = (composite(action=action, inner=ABORT),)
    assert answer(filters) == (500, "fault_filter_abort")
    assert answer(filters, ONE) == VIA


def test_a_filter_that_comes_by_discovery_runs_by_its_default_until_it_came() -> None:
    discovered = {"name": "f", "config_discovery": {"default_config": ABORT["typed_config"]}}
    assert answer((discovered,)) == (500, "fault_filter_abort")
    assert ends(({"name": "f", "config_discovery": {}},)) == {D, U}


def test_a_disabled_filter_is_enabled_by_settings_of_a_route() -> None:
    disabled = {**ABORT, "disabled": True}
    assert answer((disabled,)) == VIA
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(ABORT)}
    assert answer((disabled,), routes=(one,)) == (500, "fault_filter_abort")


def test_behind_a_filter_that_read_the_whole_body_nothing_is_counted() -> None:
    reads = a_filter(
        "json_to_metadata.v3.JsonToMetadata",
        request_rules={"rules": [{"selectors": [{"key": "k"}], "on_present": {"key": "k"}}]},
    )
    long = get("/", "a.com", ("content-type", "application/json"), method="POST", body='{"k": "longer"}')
    assert ends((BUFFER,), long) == {N}
    assert ends((reads, BUFFER), long) == {D}
    roomy = a_filter("buffer.v3.Buffer", "roomy", max_request_bytes=100)
    assert ends((roomy, BUFFER), long) == {N}  # each buffer counts against its own limit


def test_an_upgrade_is_not_answered_while_a_filter_waits_for_its_end() -> None:
    waits = a_filter(
        "json_to_metadata.v3.JsonToMetadata",
        request_rules={"rules": [{"selectors": [{"key": "k"}]}], "allow_empty_content_type": True},
    )
    upgrade = get("/", "a.com", ("connection", "upgrade"), ("upgrade", "websocket"))
    allowed = {
        "match": {"prefix": "/"},
        "route": {"cluster": "c", "upgrade_configs": [{"upgrade_type": "websocket"}]},
    }
    (passage,) = passages((waits,), upgrade, routes=(allowed,))
    assert any("only its client ends an upgrade" in reason for reason in passage.undetermined)
