"""What the tables say of a resource: one rule, one case."""

from __future__ import annotations

import json

import pytest

from meshctl.fleet import traffic_rows, upstream_rows
from meshctl.fleet.contents import Contents, without
from meshctl.fleet.schema import BY_NAME, TABLES
from tests import cli

MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
TCP = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
RBAC = "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC"
CLUSTER = "outbound|80|v1|reviews.shop.svc.cluster.local"


def named(found, table: str) -> list[dict]:
    """Rows of a table as objects by column, without the hash."""
    columns = [column.name for column in BY_NAME[table].own]
    return [dict(zip(columns, row, strict=False)) for name, row in found if name == table]


def config(*routes: dict, domains=("reviews",)) -> dict:
    return {"name": "80", "virtual_hosts": [{"name": "v", "domains": list(domains), "routes": list(routes)}]}


def test_a_weighted_route_is_a_row_for_each_cluster_with_its_share():
    clusters = [
        {"name": CLUSTER, "weight": 1},
        {"name": "outbound|80|v2|reviews.shop.svc.cluster.local", "weight": 3},
    ]
    route = {"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": clusters}}}
    found = named(traffic_rows.route_config(config(route)), "routes")
    assert [(r["host"], r["port"], r["subset"], r["share"]) for r in found] == [
        ("reviews.shop.svc.cluster.local", 80, "v1", 25.0),
        ("reviews.shop.svc.cluster.local", 80, "v2", 75.0),
    ]


def test_a_mirror_is_a_row_of_its_own():
    route = {
        "match": {"prefix": "/"},
        "route": {"cluster": CLUSTER, "request_mirror_policies": [{"cluster": "copy"}]},
    }
    found = named(traffic_rows.route_config(config(route)), "routes")
    assert [(r["cluster"], r["mirror"], r["share"]) for r in found] == [
        (CLUSTER, False, 100.0),
        ("copy", True, None),
    ]


@pytest.mark.parametrize(
    ("route", "action", "destination"),
    [
        ({"redirect": {"https_redirect": True}}, "redirect", "redirect https:// (MOVED_PERMANENTLY)"),
        ({"direct_response": {"status": 404}}, "answer", "answers 404 without a body"),
        ({"filter_action": {}}, "other", "a filter decides"),
    ],
)
def test_a_route_without_a_cluster_is_one_row(route, action, destination):
    (found,) = named(traffic_rows.route_config(config({"match": {"prefix": "/"}, **route})), "routes")
    assert (found["action"], found["destination"], found["cluster"]) == (action, destination, None)


def test_a_route_that_leaves_the_cluster_to_the_request_uses_any():
    route = {"match": {"prefix": "/"}, "route": {"cluster_header": "x-cluster"}}
    assert named(traffic_rows.route_config(config(route)), "cluster_uses") == [
        {"cluster": "*", "kind": "route", "name": "80"}
    ]


def listener(filters: list[dict], **more) -> dict:
    address = {"socket_address": {"address": "0.0.0.0", "port_value": 5005}}
    return {"name": "l", "address": address, "filter_chains": [{"name": "c", "filters": filters}], **more}


def test_a_listener_that_is_not_bound_says_so():
    assert named(traffic_rows.listener(listener([])), "listeners")[0]["bound"] is True
    assert named(traffic_rows.listener(listener([], bind_to_port=False)), "listeners")[0]["bound"] is False


def test_the_default_chain_is_number_nought():
    value = listener([{"name": "tcp", "typed_config": {"@type": TCP, "cluster": "a"}}])
    value["default_filter_chain"] = {
        "filters": [{"name": "tcp", "typed_config": {"@type": TCP, "cluster": "b"}}]
    }
    found = named(traffic_rows.listener(value), "filter_chains")
    assert [(r["nth"], r["kind"], r["cluster"]) for r in found] == [(1, "tcp", "a"), (0, "tcp", "b")]


def test_routes_in_a_listener_stand_once_with_its_name():
    manager = {
        "name": "hcm",
        "typed_config": {"@type": MANAGER, "route_config": config({"match": {"prefix": "/"}})},
    }
    value = listener([manager])
    value["filter_chains"] *= 2
    found = named(traffic_rows.listener(value), "routes")
    assert [(r["listener"], r["route_config"]) for r in found] == [("l", "80")]


def test_a_policy_says_who_may_call_what():
    rules = {
        "policies": {
            "ns[shop]-policy[only-web]-rule[0]": {
                "permissions": [{"destination_port": 9080}],
                "principals": [
                    {"authenticated": {"principal_name": {"exact": "spiffe://cluster.local/ns/shop/sa/web"}}}
                ],
            }
        }
    }
    value = listener([{"name": "rbac", "typed_config": {"@type": RBAC, "rules": rules}}])
    (found,) = named(upstream_rows.policies(value), "policies")
    assert (found["action"], found["policy"], found["rule"], found["dry_run"]) == (
        "ALLOW",
        "only-web.shop",
        "0",
        False,
    )
    assert "spiffe://cluster.local/ns/shop/sa/web" in found["callers"]
    assert "9080" in found["requests"]


def test_a_policy_for_everything_says_anything_not_anyone():
    rules = {"policies": {"p": {"permissions": [{"any": True}], "principals": [{"any": True}]}}}
    value = listener([{"name": "rbac", "typed_config": {"@type": RBAC, "rules": rules}}])
    (found,) = named(upstream_rows.policies(value), "policies")
    assert (found["callers"], found["requests"]) == ("anyone", "anything")


def test_a_cluster_speaks_tls_by_its_endpoint_where_that_decides():
    tls = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "sni": "x",
    }
    matches = [{"match": {"tlsMode": "istio"}, "transport_socket": {"typed_config": tls}}, {"match": {}}]
    (found,) = named(
        upstream_rows.cluster({"name": CLUSTER, "transport_socket_matches": matches}), "clusters"
    )
    assert (found["tls"], found["subset"], found["direction"]) == ("by endpoint", "v1", "outbound")


def test_secrets_never_reach_a_row_or_a_resource():
    header = {
        "header": {
            "key": "authorization",
            "value": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        }
    }
    route = {"match": {"prefix": "/"}, "route": {"cluster": CLUSTER}, "request_headers_to_add": [header]}
    content = Contents().of(json.dumps(config(route)).encode(), "route", "80", True)
    assert b"eyJhbGciOiJIUzI1NiJ9" not in content.json
    assert "eyJhbGciOiJIUzI1NiJ9" not in repr(content.rows)


def test_equal_resources_have_one_hash_however_they_are_printed():
    value = config({"match": {"prefix": "/"}, "route": {"cluster": CLUSTER}})
    contents = Contents()
    printed = contents.of(json.dumps(value, indent=1).encode(), "route", "80", True)
    turned = contents.of(json.dumps(dict(reversed(value.items()))).encode(), "route", "80", True)
    assert printed.hash == turned.hash


def test_a_pods_own_address_is_no_difference_between_replicas():
    def content(address: str):
        value = {
            "name": f"{address}_80",
            "address": {"socket_address": {"address": address, "port_value": 80}},
        }
        return Contents().of(json.dumps(value).encode(), "listener", "l", True)

    one, other, third = content("10.0.0.1"), content("10.0.0.2"), content("10.0.0.3")
    assert one.hash != other.hash
    assert without(one, frozenset({b"10.0.0.1"})) == without(other, frozenset({b"10.0.0.2"}))
    assert without(third, frozenset({b"10.0.0.30"})) == third.hash


def test_a_resource_of_no_known_shape_costs_one_row_of_errors_alone():
    content = Contents().of(
        b'{"virtual_hosts": [{"domains": [1, {"a": 2}], "routes": [{"match": []}]}]}', "route", "r", True
    )
    assert content.fault == "" or "not of the shape" in content.fault


def test_the_columns_of_a_table_have_names_of_their_own_and_types_that_are_known():
    for table in TABLES:
        names = [column.name for column in table.stored]
        assert len(names) == len(set(names)), table.name
        assert {column.type for column in table.stored} <= {"text", "whole", "number", "yesno", "time"}


def test_one_name_means_one_type_in_every_table():
    types: dict[str, set[str]] = {}
    for table in TABLES:
        for column in table.columns:
            types.setdefault(column.name, set()).add(column.type)
    assert [name for name, found in types.items() if len(found) > 1] == []


def test_a_recorded_dump_fills_every_table_but_errors(tmp_path):
    pytest.importorskip("pyarrow")
    from meshctl.fleet.batch import Batch
    from meshctl.fleet.decode import Decoder, Place
    from meshctl.sources.file import open_given

    batch = Batch("unit")
    given = open_given((cli.dump_path("bookinfo-productpage.config_dump"),))
    Decoder().decode(given, Place("mesh", "2026-01-01", "dump", None), batch)
    made = batch.tables()
    assert set(BY_NAME) - set(made) <= {"errors", "findings", "mesh_facts", "units", "policies"}
    assert made["proxies"].column("proxy").to_pylist() == ["productpage-v1-675fc69cf-ab12c.bookinfo"]
