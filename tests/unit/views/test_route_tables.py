"""``proxy-config route``: istioctl's words for matches and domains; destinations and policies in the wide table."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views.routes import VIEW, RouteFilter
from tests.unit.views.dumps import columns, routes, snapshot_of

Json = dict[str, Any]
EVERY = RouteFilter()


def table(name: str, *hosts: Json) -> Json:
    return {"name": name, "virtual_hosts": list(hosts)}


def host(*found: Json, domains: tuple[str, ...] = ("*",), name: str = "v") -> Json:
    return {"name": name, "domains": list(domains), "routes": list(found)}


def wide(column: str, **route: Any) -> str:
    (found,) = columns(
        VIEW.wide(routes(table("80", host({"match": {"prefix": "/"}, **route}))), EVERY), column
    )
    return found


def test_tables_by_number_then_by_name() -> None:
    found = routes(*(table(name, host()) for name in ("b", "90", "8080", "a", "inbound|80||")))
    assert VIEW.names(found, EVERY) == ["90", "8080", "a", "b", "inbound|80||"]
    assert VIEW.names(found, RouteFilter("90")) == ["90"]
    assert VIEW.names(found, RouteFilter("9")) == []
    assert columns(VIEW.wide(found, RouteFilter("a")), "NAME") == ["a"]
    assert VIEW.values(found, RouteFilter("a"), lambda _, value: value["name"]) == ["a"]


MATCHES = [
    ({"prefix": "/a"}, "/a*"), ({"path": "/b"}, "/b"), ({"safe_regex": {"regex": "/c.*"}}, "regex /c.*"), ({"path_separated_prefix": "/d"}, "PathPrefix:/d"),
    ({"prefix": "/", "headers": [{"name": "x"}]}, "/*"), ({}, ""), (None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("match", "words"), MATCHES)
def test_matches(match: Json | None, words: str) -> None:
    route = {"route": {"cluster": "c"}, **({} if match is None else {"match": match})}
    assert columns(VIEW.short(routes(table("80", host(route))), EVERY), "MATCH") == [words]


DOMAINS = [
    (("*",), "*"), (("a:80",), "a:80"), (("a", "a:80"), "a"), (("a", "b"), "a, b"), (("a", "b", "c"), "a, b + 1 more..."), (("a", "b", "c", "d"), "a, b + 2 more..."),
    (("a.n", "a.n.svc", "a.n.svc.cluster.local"), "a.n"), (("a.n.svc.cluster.local", "b"), "a.n.svc.cluster.local, b"), (("a.n.svc", "b"), "a.n.svc, b"),
    (("a", "[fd00:10::1]", "[fd00:10::1]:80"), "a, [fd00:10::1]"), (("a", "[fd00::1]"), "a"), (("a", "x:1:2]"), "a"), ((), ""),
]  # fmt: skip


@pytest.mark.parametrize(("domains", "words"), DOMAINS)
def test_domains(domains: tuple[str, ...], words: str) -> None:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "c"}}
    assert columns(VIEW.short(routes(table("80", host(route, domains=domains))), EVERY), "DOMAINS") == [words]


ISTIO = {
    "metadata": {
        "filter_metadata": {
            "istio": {"config": "/apis/networking.istio.io/v1/namespaces/shop/virtual-service/web"}
        }
    }
}


def test_rows() -> None:
    first = {"match": {"prefix": "/"}, "route": {"cluster": "c"}, **ISTIO}
    hidden = {"match": {"prefix": "/"}, "route": {"cluster": "PassthroughCluster"}}
    found = routes(table("80", host(first, hidden), host(name="empty")), table("81"))
    rows = [("80", "v", "*", "/*", "web.shop"), ("80", "empty", "*", "/*", "404")]
    assert VIEW.short(found, EVERY).rows == rows
    assert VIEW.labelled(found, EVERY).rows == [(f"route/{name}", *rest) for name, *rest in rows]
    assert VIEW.short(found, RouteFilter(verbose=False)).rows == [("80", "2"), ("81", "0")]
    assert VIEW.short(found, RouteFilter(verbose=False)).header == ("NAME", "VIRTUAL HOSTS")


def action(**fields: Any) -> Json:
    return {"route": fields}


WEIGHTED = {"clusters": [{"name": "a", "weight": 3}, {"cluster_header": "x-c", "weight": 1}]}
DESTINATIONS = [
    (action(cluster="c"), "c"), (action(weighted_clusters=WEIGHTED), "a 75 %, header x-c 25 %"), (action(weighted_clusters={"clusters": [{"name": "a"}]}), "a 0 %"),
    (action(weighted_clusters={}), "no cluster"), (action(cluster_header="x-c"), "the cluster named by header x-c"),
    (action(cluster_specifier_plugin="p"), "the cluster that plugin p chooses"), (action(), "the cluster that plugin ? chooses"),
    (action(inline_cluster_specifier_plugin={"extension": {"name": "q"}}), "the cluster that plugin q chooses"),
    ({"direct_response": {"status": 418, "body": {"inline_string": "x"}}}, "answers 418 with a body"), ({"direct_response": {}}, "answers ? without a body"),
    ({"non_forwarding_action": {}}, "non-forwarding"), ({"filter_action": {}}, "a filter decides"), ({}, "no action"),
    ({"redirect": {}}, "redirect same URL (MOVED_PERMANENTLY)"), ({"redirect": {"https_redirect": True}}, "redirect https:// (MOVED_PERMANENTLY)"),
    ({"redirect": {"scheme_redirect": "ftp", "host_redirect": "h", "port_redirect": 81, "path_redirect": "/p", "response_code": "FOUND"}},
     "redirect ftp://h:81/p (FOUND)"),
    ({"redirect": {"prefix_rewrite": "/q", "strip_query": True}}, "redirect /q (MOVED_PERMANENTLY), query stripped"),
    ({"redirect": {"regex_rewrite": {"pattern": {"regex": "a"}, "substitution": "b"}}}, "redirect  path s/a/b/ (MOVED_PERMANENTLY)"),
]  # fmt: skip


@pytest.mark.parametrize(("route", "words"), DESTINATIONS)
def test_destinations(route: Json, words: str) -> None:
    assert wide("DESTINATION", **route) == words


REGEX = {"pattern": {"regex": "a"}, "substitution": "b"}
POLICIES = [
    ({}, "-"), ({"prefix_rewrite": "/x"}, "path becomes /x"), ({"regex_rewrite": REGEX}, "path s/a/b/"), ({"path_rewrite_policy": {"name": "t"}}, "path by t"),
    ({"path_rewrite_policy": {"typed_config": {}}}, "path by policy"), ({"host_rewrite_literal": "h"}, "host becomes h"),
    ({"auto_host_rewrite": True}, "host becomes the endpoint's"), ({"auto_host_rewrite": False}, "-"), ({"host_rewrite_header": "x"}, "host from header x"),
    ({"host_rewrite_path_regex": REGEX}, "host s/a/b/"), ({"timeout": "0s"}, "no timeout"), ({"timeout": "5s"}, "timeout 5s"), ({"idle_timeout": "9s"}, "idle timeout 9s"),
    ({"retry_policy": {"retry_on": "5xx"}}, "retries 1 on 5xx"), ({"retry_policy": {"num_retries": 2, "per_try_timeout": "1s"}}, "retries 2 on -, 1s each"),
    ({"request_mirror_policies": [{"cluster": "m"}, {"cluster_header": "x", "runtime_fraction": {"default_value": {"numerator": 25}}}]}, "mirrors to m, x (25 %)"),
    ({"hash_policy": [{}, {}]}, "2 hash policies"), ({"upgrade_configs": [{"upgrade_type": "a"}, {"upgrade_type": "b"}]}, "upgrades a,b"),
    ({"timeout": "5s", "prefix_rewrite": "/x"}, "path becomes /x; timeout 5s"), ({"hash_policy": 7}, "hash_policy ?"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "words"), POLICIES)
def test_policies(fields: Json, words: str) -> None:
    assert wide("POLICY", **action(cluster="c", **fields)) == words


@pytest.mark.parametrize(("route", "column", "value"), [
    ({}, "ROUTE", "-"), ({"name": "r"}, "ROUTE", "r"), ({}, "VIRTUAL SERVICE", "-"), (ISTIO, "VIRTUAL SERVICE", "web.shop"),
    ({"metadata": {"filter_metadata": {"other": {}}}}, "VIRTUAL SERVICE", "-"), ({"match": {"prefix": "/", "headers": [{"name": "x"}]}}, "MATCH", "prefix /, header `x` present"),
])  # fmt: skip
def test_other_columns(route: Json, column: str, value: str) -> None:
    assert wide(column, **route) == value


def test_what_has_no_route() -> None:
    found = routes(table("80"), table("81", host()), table("82", host(domains=(), name="")))
    shown = VIEW.wide(found, EVERY)
    assert columns(shown, "VHOST NAME") == ["-", "v", "-"]
    assert columns(shown, "DOMAINS") == ["-", "*", "-"]
    assert columns(shown, "MATCH") == ["-", "any", "any"]
    assert columns(shown, "DESTINATION") == ["404: no virtual host", "404: no route", "404: no route"]


def test_a_matcher_of_routes_that_cannot_be_read_is_a_row() -> None:
    shown = VIEW.wide(routes(table("80", {**host(), "matcher": {"matcher_list": {"matchers": 5}}})), EVERY)
    assert columns(shown, "MATCH") == ["MatcherList.matchers is a number, where the API has a list"]
    assert columns(shown, "DESTINATION") == ["not known"]


def test_routes_that_a_matcher_tree_leads_to() -> None:
    leaf = {
        "@type": "type.googleapis.com/envoy.config.route.v3.Route",
        "name": "leaf",
        "match": {"prefix": "/"},
        "route": {"cluster": "c"},
    }
    path = {
        "name": "p",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            "header_name": ":path",
        },
    }
    matcher = {
        "matcher_tree": {
            "input": path,
            "prefix_match_map": {"map": {"/a": {"action": {"name": "route", "typed_config": leaf}}}},
        }
    }
    shown = VIEW.wide(routes(table("80", {"name": "v", "domains": ["*"], "matcher": matcher})), EVERY)
    assert columns(shown, "MATCH") == ["HttpRequestHeaderMatch(:path) /a* and prefix /"]
    assert (columns(shown, "ROUTE"), columns(shown, "DESTINATION")) == (["leaf"], ["c"])


def test_a_table_in_each_state() -> None:
    refused = {
        "error_state": {
            "failed_configuration": {"@type": "t/envoy.config.route.v3.RouteConfiguration", "name": "bad"},
            "details": "no\n good",
        }
    }
    active = {"version_info": "v", "last_updated": "t", "route_config": table("80")}
    found = snapshot_of(
        "RoutesConfigDump",
        static_route_configs=[{"route_config": table("81")}],
        dynamic_route_configs=[active, refused],
    )
    shown = VIEW.wide(found, EVERY)
    rows = set(
        zip(
            *(columns(shown, name) for name in ("STATE", "VERSION", "LAST UPDATED", "REJECTED BECAUSE")),
            strict=True,
        )
    )
    assert rows == {("active", "v", "t", "-"), ("static", "-", "-", "-"), ("error", "-", "-", "no good")}
    assert VIEW.names(found, EVERY) == ["80", "81"]
