"""istiod's dump against Envoy's: what means the same is the same."""

from __future__ import annotations

import json

import pytest

from meshctl.commands.proxy_config.run import converter
from meshctl.envoy.documents import read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import Snapshot, load
from meshctl.render import sync_diff
from meshctl.views.sync.compare import Comparison, compare

ADMIN = "type.googleapis.com/envoy.admin.v3."
ROUTE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
ASSIGNMENT = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
EXTENSION = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"


def _dump(**sections: list[dict]) -> Snapshot:
    arrays = {
        "ClustersConfigDump": "dynamic_active_clusters",
        "ListenersConfigDump": "dynamic_listeners",
        "RoutesConfigDump": "dynamic_route_configs",
        "EndpointsConfigDump": "dynamic_endpoint_configs",
        "SecretsConfigDump": "dynamic_active_secrets",
        "EcdsConfigDump": "ecds_filters",
    }
    given = {"ClustersConfigDump": [], "ListenersConfigDump": [], "RoutesConfigDump": [], **sections}
    configs = [{"@type": ADMIN + name, arrays[name]: entries} for name, entries in given.items()]
    notes = Notes()
    return load(read(json.dumps({"configs": configs}).encode(), "dump", notes), "dump", notes)


def _routes(
    *matchers: dict, hosts: tuple[str, ...] = ("a",), domains: tuple[str, ...] = ("x", "y")
) -> Snapshot:
    match = {"prefix": "/", "query_parameters": list(matchers)}
    virtual_hosts = [
        {"name": name, "domains": list(domains), "routes": [{"match": match, "route": {"cluster": "c"}}]}
        for name in hosts
    ]
    entry = {"route_config": {"@type": ROUTE, "name": "80", "virtual_hosts": virtual_hosts}}
    return _dump(RoutesConfigDump=[entry])


def _cluster(**fields: object) -> Snapshot:
    entry = {"cluster": {"@type": CLUSTER, "name": "c", **fields}, "version_info": str(fields)}
    return _dump(ClustersConfigDump=[entry])


def _of(title: str, istiod: Snapshot, envoy: Snapshot) -> Comparison:
    found = compare(istiod, envoy, converter(envoy, mark_structs=True))
    return next(one for one in found if one.title == title)


A, B = {"name": "a", "present_match": True}, {"name": "b", "present_match": True}


@pytest.mark.parametrize(
    ("istiod", "envoy", "differs"),
    [
        (_routes(A, B), _routes(B, A), False),
        (_routes(A, B), _routes(A), True),
        (_routes(A), _routes(B), True),
        (_routes(A, domains=("x", "y")), _routes(A, domains=("y", "x")), False),
        (_routes(A, domains=("x", "y")), _routes(A, domains=("x", "z")), True),
        (_routes(A, hosts=("a", "b")), _routes(A, hosts=("b", "a")), False),
    ],
    ids=["order of matchers", "one less", "another", "order of domains", "another domain", "order of hosts"],
)
def test_routes_compare_by_meaning(istiod: Snapshot, envoy: Snapshot, differs: bool) -> None:
    assert _of("Routes", istiod, envoy).differs is differs


@pytest.mark.parametrize(
    ("a", "b", "differs"),
    [
        ({"connect_timeout": "1s"}, {"connect_timeout": "1.000s"}, False),
        ({"type": "STATIC"}, {}, False),  # the default
        ({"connect_timeout": "1s"}, {"connect_timeout": "2s"}, True),
        (
            {"metadata": {"filter_metadata": {"x": {"a": 1, "b": 2}}}},
            {"metadata": {"filter_metadata": {"x": {"b": 2, "a": 1}}}},
            False,
        ),
        (
            {"health_checks": [{"timeout": "1s"}, {"timeout": "2s"}]},
            {"health_checks": [{"timeout": "2s"}, {"timeout": "1s"}]},
            True,
        ),
    ],
    ids=["notation", "default", "value", "order of a map", "a list has an order"],
)
def test_clusters_compare_by_meaning(a: dict, b: dict, differs: bool) -> None:
    assert _of("Clusters", _cluster(**a), _cluster(**b)).differs is differs


def test_the_diff_shows_the_difference_alone() -> None:
    more = {"name": "z", "present_match": True}
    both = sync_diff.unified(_of("Routes", _routes(A, B, more), _routes(B, A)))
    changed = [line for line in both.splitlines()[2:] if line[:1] in "+-"]
    assert any('"z"' in line for line in changed)
    one = _of("Routes", _routes(A, B, hosts=("h", "i")), _routes(B, A, hosts=("h", "i"), domains=("x",)))
    assert "presentMatch" not in "".join(
        line for line in sync_diff.unified(one).splitlines() if line[:1] in "+-"
    )


def _hosts(*hosts: dict) -> list[dict]:
    return [
        {
            "endpoint_config": {
                "@type": ASSIGNMENT,
                "cluster_name": "c",
                "endpoints": [{"lb_endpoints": list(hosts)}],
            }
        }
    ]


def _host(address: str, **fields: object) -> dict:
    socket = {"socket_address": {"address": address, "port_value": 80}}
    return {"endpoint": {"address": socket}, **fields}


@pytest.mark.parametrize(
    ("hosts", "differs"),
    [
        ((_host("10.0.0.2"), _host("10.0.0.1")), False),
        ((_host("10.0.0.1", health_status="HEALTHY", load_balancing_weight=1), _host("10.0.0.2")), False),
        ((_host("10.0.0.1"),), True),
        ((_host("10.0.0.1"), _host("10.0.0.2", health_status="DRAINING")), True),
        ((_host("10.0.0.1"), _host("10.0.0.2", load_balancing_weight=3)), True),
    ],
)
def test_endpoints_compare_host_by_host(hosts: tuple[dict, ...], differs: bool) -> None:
    istiod = _dump(EndpointsConfigDump=_hosts(_host("10.0.0.1"), _host("10.0.0.2")))
    found = _of("Endpoints", istiod, _dump(EndpointsConfigDump=_hosts(*hosts)))
    assert found.differs is differs
    assert ("Endpoints Don't Match" in sync_diff.text([found])) is differs


def test_what_one_side_does_not_have_is_not_compared() -> None:
    found = _of("Endpoints", _dump(EndpointsConfigDump=_hosts(_host("10.0.0.1"))), _dump())
    assert found.differs is None
    assert "endpoints not compared" in sync_diff.summary([found])
    assert _of("Secrets", _dump(), _dump()).differs is None


def _secret(chain: str, key: str) -> list[dict]:
    certificate = {"certificate_chain": {"inline_bytes": chain}, "private_key": {"inline_bytes": key}}
    return [{"name": "s", "secret": {"@type": SECRET, "name": "s", "tls_certificate": certificate}}]


def test_secrets_compare_by_certificate_and_never_show_a_key() -> None:
    istiod = _dump(SecretsConfigDump=_secret("Zmlyc3Q=", "W3JlZGFjdGVkXQ=="))
    assert _of("Secrets", istiod, _dump(SecretsConfigDump=_secret("Zmlyc3Q=", "a2V5"))).differs is False
    found = _of("Secrets", istiod, _dump(SecretsConfigDump=_secret("b3RoZXI=", "a2V5")))
    assert found.differs is True
    assert "a2V5" not in sync_diff.unified(found)


def test_extension_configurations() -> None:
    def entry(timeout: str) -> list[dict]:
        fault = {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            "upstream_cluster": timeout,
        }
        return [{"ecds_filter": {"@type": EXTENSION, "name": "f", "typed_config": fault}}]

    title = "Extension Configurations"
    assert _of(title, _dump(EcdsConfigDump=entry("a")), _dump(EcdsConfigDump=entry("a"))).differs is False
    assert _of(title, _dump(EcdsConfigDump=entry("a")), _dump(EcdsConfigDump=entry("b"))).differs is True
