"""``proxy-config cluster``: istioctl's filters and columns; balancing, TLS, breakers and ejection in the wide table."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views.clusters import VIEW, ClusterFilter
from tests.unit.views.dumps import clusters, columns, snapshot_of

Json = dict[str, Any]
EVERY = ClusterFilter()
_EXT = "type.googleapis.com/envoy.extensions.transport_sockets."


def wide(column: str, **message: Any) -> str:
    (found,) = columns(VIEW.wide(clusters({"name": "c", **message}), EVERY), column)
    return found


NAMES = ["outbound|80||a.svc", "outbound|80|v1|b.svc", "outbound|443||a.svc", "inbound|80||", "xds-grpc"]
FILTERS = [
    ({}, ["inbound|80||", "outbound|80||a.svc", "outbound|443||a.svc", "outbound|80|v1|b.svc", "xds-grpc"]), ({"fqdn": "b."}, ["outbound|80|v1|b.svc"]),
    ({"direction": "inbound"}, ["inbound|80||"]), ({"subset": "v1"}, ["outbound|80|v1|b.svc"]), ({"port": 443}, ["outbound|443||a.svc"]), ({"port": 8}, []),
    ({"port": 80, "fqdn": "a.svc"}, ["outbound|80||a.svc"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "names"), FILTERS)
def test_filters_and_order(wanted: Json, names: list[str]) -> None:
    found, asked = clusters(*({"name": name} for name in NAMES)), ClusterFilter(**wanted)
    assert VIEW.names(found, asked) == names
    assert [value["name"] for value in VIEW.values(found, asked, lambda _, value: value)] == names
    assert columns(VIEW.wide(found, asked), "NAME") == names


ISTIO = {
    "metadata": {
        "filter_metadata": {
            "istio": {"config": "/apis/networking.istio.io/v1/namespaces/shop/destination-rule/web"}
        }
    }
}
ROWS = [  # a cluster, its columns
    ({"name": "outbound|80|v1|a.svc", "type": "EDS", **ISTIO}, ("a.svc", "80", "v1", "outbound", "EDS", "web.shop")),
    ({"name": "outbound|80||a.svc"}, ("a.svc", "80", "-", "outbound", "STATIC", "")),
    ({"name": "xds-grpc", "type": "STRICT_DNS"}, ("xds-grpc", "-", "-", "-", "STRICT_DNS", "")), ({"name": "a|b|c", "type": 4}, ("a|b|c", "-", "-", "-", "ORIGINAL_DST", "")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "row"), ROWS)
def test_columns(message: Json, row: tuple[str, ...]) -> None:
    found = clusters(message)
    assert VIEW.short(found, EVERY).rows == [row]
    name = f"cluster/{message['name']}"
    first = row[0] if message["name"].count("|") >= 3 else name
    assert VIEW.labelled(found, EVERY).rows == [(name, first, *row[1:])]


def test_an_enum_value_that_no_table_knows_is_shown_and_told() -> None:
    found = clusters({"name": "c", "type": "FUTURE"})
    assert columns(VIEW.short(found, EVERY), "TYPE") == ["FUTURE"]
    assert any("FUTURE" in str(line) for line in found.notes.counts)


KINDS = [
    ({}, "STATIC"),
    ({"type": "EDS"}, "EDS"),
    ({"cluster_type": {"name": "x.y"}}, "x.y"),
    ({"cluster_type": {}}, "custom"),
]


@pytest.mark.parametrize(("message", "kind"), KINDS)
def test_type(message: Json, kind: str) -> None:
    assert wide("TYPE", **message) == kind


def extended(*policies: Json) -> Json:
    return {"load_balancing_policy": {"policies": list(policies)}}


POLICIES = [
    ({}, "ROUND_ROBIN"), ({"lb_policy": "LEAST_REQUEST"}, "LEAST_REQUEST"), (extended(), "ROUND_ROBIN"), (extended({}), "custom"),
    (extended({"typed_extension_config": {"name": "a.b.maglev"}}, {"typed_extension_config": {"name": "other"}}), "maglev"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "policy"), POLICIES)
def test_load_balancing(message: Json, policy: str) -> None:
    assert wide("LOAD BALANCING", **message) == policy


def socket(kind: str = "tls.v3.UpstreamTlsContext", **fields: Any) -> Json:
    return {"typed_config": {"@type": f"{_EXT}{kind}", **fields}}


OWN = {"common_tls_context": {"tls_certificate_sds_secret_configs": []}}
INLINE = {"common_tls_context": {"tls_certificates": []}}


def matched(**match: Json) -> Json:
    conditions = {"istio": {"tlsMode": "istio"}, "any": {}, "two": {"a": "1", "b": "2"}}
    return {
        "transport_socket_matches": [
            {"match": conditions[name], "transport_socket": one} for name, one in match.items()
        ]
    }


SOCKETS = [  # transport sockets, what is spoken, SNI
    ({}, "no", "-"), ({"transport_socket": socket()}, "TLS", "-"), ({"transport_socket": socket(sni="s")}, "TLS", "s"),
    ({"transport_socket": socket(**OWN)}, "mutual TLS", "-"), ({"transport_socket": socket(**INLINE)}, "mutual TLS", "-"),
    ({"transport_socket": socket("raw_buffer.v3.RawBuffer")}, "no", "-"), ({"transport_socket": {}}, "no", "-"),
    ({"transport_socket": socket("quic.v3.QuicUpstreamTransport")}, "QuicUpstreamTransport", "-"),
    ({"transport_socket": socket("internal_upstream.v3.InternalUpstreamTransport", transport_socket=socket(sni="s"))}, "TLS", "s"),
    (matched(istio=socket(**OWN, sni="s"), any=socket("raw_buffer.v3.RawBuffer")), "mutual TLS (tlsMode=istio); no (any host)", "s"),
    (matched(two=socket(sni="s"), istio=socket(sni="s"), any=socket(sni="t")), "TLS (a=1,b=2); TLS (tlsMode=istio); TLS (any host)", "s,t"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "tls", "sni"), SOCKETS)
def test_upstream_tls(message: Json, tls: str, sni: str) -> None:
    assert (wide("UPSTREAM TLS", **message), wide("SNI", **message)) == (tls, sni)


MANY = 4294967295
BREAKERS = [
    (None, "Envoy's defaults"), ({}, "Envoy's defaults"), ({"thresholds": [{}]}, "unlimited"), ({"thresholds": [{"max_connections": MANY}]}, "unlimited"),
    ({"thresholds": [{"max_connections": 1, "max_pending_requests": 2, "max_requests": 3, "max_retries": 4, "max_connection_pools": 5}]},
     "connections 1, pending 2, requests 3, retries 4, pools 5"),
    ({"thresholds": [{"max_connections": 0}]}, "connections 0"),
    ({"thresholds": [{"priority": "HIGH", "max_requests": 3}, {"max_retries": MANY}, {"max_retries": 4}]}, "HIGH: requests 3; retries 4"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), BREAKERS)
def test_circuit_breakers(message: Json | None, words: str) -> None:
    assert wide("CIRCUIT BREAKERS", **({} if message is None else {"circuit_breakers": message})) == words


OUTLIERS = [
    (None, "off"), ({}, "Envoy's defaults"), ({"consecutive_5xx": 5}, "5 5xx"),
    ({"consecutive_5xx": 5, "consecutive_gateway_failure": 3, "consecutive_local_origin_failure": 2}, "5 5xx or 3 gateway errors or 2 local errors"),
    ({"consecutive_5xx": 5, "enforcing_consecutive_5xx": 0}, "Envoy's defaults"), ({"consecutive_5xx": 5, "enforcing_consecutive_5xx": 1}, "5 5xx"),
    ({"interval": "10s", "base_ejection_time": "30s", "max_ejection_percent": 50}, "Envoy's defaults, every 10s, ejects for 30s, at most 50 %"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), OUTLIERS)
def test_outlier_detection(message: Json | None, words: str) -> None:
    assert wide("OUTLIER DETECTION", **({} if message is None else {"outlier_detection": message})) == words


@pytest.mark.parametrize(("message", "column", "value"), [
    ({}, "CONNECT TIMEOUT", "5s (default)"), ({"connect_timeout": "1s"}, "CONNECT TIMEOUT", "1s"), ({}, "DESTINATION RULE", "-"),
    (ISTIO, "DESTINATION RULE", "web.shop"), ({}, "VERSION", "-"), ({}, "LAST UPDATED", "-"), ({}, "REJECTED BECAUSE", "-"), ({"name": ""}, "NAME", "-"),
])  # fmt: skip
def test_other_columns(message: Json, column: str, value: str) -> None:
    assert wide(column, **message) == value


def test_a_cluster_in_each_state() -> None:
    def entry(name: str) -> Json:
        return {"version_info": f"v-{name}", "last_updated": f"t-{name}", "cluster": {"name": name}}

    refused = {
        "error_state": {
            "failed_configuration": {"@type": "t/envoy.config.cluster.v3.Cluster", "name": "bad"},
            "details": "no\n good",
        }
    }
    found = snapshot_of(
        "ClustersConfigDump",
        static_clusters=[entry("s")], dynamic_active_clusters=[entry("a"), refused], dynamic_warming_clusters=[entry("w")],
    )  # fmt: skip
    table = VIEW.wide(found, EVERY)
    rows = list(
        zip(
            *(
                columns(table, name)
                for name in ("NAME", "STATE", "VERSION", "LAST UPDATED", "REJECTED BECAUSE")
            ),
            strict=True,
        )
    )
    assert [row for row in rows if row[0] != "bad"] == [
        ("a", "active", "v-a", "t-a", "-"), ("s", "static", "v-s", "t-s", "-"), ("w", "warming", "v-w", "t-w", "-"),
    ]  # fmt: skip
    assert [row[4] for row in rows if row[1] == "error"] == ["no good"]
    assert VIEW.names(found, EVERY) == ["a", "s"]
    assert "1 warming" in VIEW.unseen(found)[0]
