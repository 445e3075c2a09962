"""Filters are found by the full name of their type, and each says what it may do."""

from __future__ import annotations

import pytest

from meshctl.proxy.contract import EVERYTHING
from meshctl.proxy.filters.http_table import HTTP_FILTERS
from meshctl.proxy.filters.http_table import contract as http_contract
from meshctl.proxy.filters.network_table import NETWORK_FILTERS
from meshctl.proxy.filters.well_known import http_type, network_type
from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import ask, listener, proxy, route
from tests.unit.proxy.filters.chains import HTTP, a_filter, allow_only, passages

TABLES = {**HTTP_FILTERS, **NETWORK_FILTERS}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_contract_has_its_source_or_reason(name: str) -> None:
    assert TABLES[name].source


@pytest.mark.parametrize("kind", ["acme.Config", "acme.FilterConfig", "acme.v3.RBAC", "acme.PluginConfig"])
def test_a_type_that_nobody_knows_may_do_everything_whatever_its_last_word(kind: str) -> None:
    assert http_contract(kind).evaluate is None
    assert http_contract(kind).may == EVERYTHING
    found = passages(({"name": "acme", "typed_config": {"@type": f"type.googleapis.com/{kind}"}},))
    assert {p.verdict.disposition for p in found} == {Disposition.DELIVERED, Disposition.UNDETERMINED}
    assert all("acme" in p.undetermined[0] for p in found)


@pytest.mark.parametrize(
    ("name", "type_name", "expected"),
    [
        ("envoy.filters.http.rbac", "", "envoy.extensions.filters.http.rbac.v3.RBAC"),
        ("envoy.fault", "", "envoy.extensions.filters.http.fault.v3.HTTPFault"),
        ("x", "envoy.config.filter.http.rbac.v2.RBAC", "envoy.extensions.filters.http.rbac.v3.RBAC"),
        ("envoy.filters.http.rbac", "acme.Own", "acme.Own"),
        ("acme", "", ""),
    ],
)
def test_names_and_older_types(name: str, type_name: str, expected: str) -> None:
    assert http_type(name, type_name) == expected


def test_an_older_network_type() -> None:
    old = "envoy.config.filter.network.tcp_proxy.v2.TcpProxy"
    assert network_type("x", old) == "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"


def test_an_observer_changes_nothing() -> None:
    compressor = {"name": "gzip", "typed_config": {"@type": f"{HTTP}compressor.v3.Compressor"}}
    (passage,) = passages((compressor,))
    assert passage.undetermined == ()


NETWORK = "type.googleapis.com/envoy.extensions.filters.network."


@pytest.mark.parametrize(
    "kind", [f"{NETWORK}redis_proxy.v3.RedisProxy", f"{NETWORK}thrift_proxy.v3.ThriftProxy", "t/acme.Proxy"]
)
def test_a_network_filter_that_ends_the_chain_and_is_not_evaluated_is_undetermined_by_name(kind: str) -> None:
    chain = {"filters": [{"name": "x", "typed_config": {"@type": kind}}]}
    (passage,) = ask(proxy([listener([chain])]))
    assert passage.verdict.disposition is Disposition.UNDETERMINED
    assert kind.rpartition(".")[2] in passage.undetermined[0]


def test_a_setting_of_a_known_filter_that_nobody_evaluates_is_named() -> None:
    newer = a_filter("csrf.v3.CsrfPolicy", deny_all={"value": True})
    found = passages((newer,))
    assert {p.verdict.disposition for p in found} == {Disposition.DELIVERED, Disposition.UNDETERMINED}
    assert all("CsrfPolicy.deny_all" in p.undetermined[0] for p in found)


def test_a_setting_that_may_only_write_metadata_leaves_the_answer_sure() -> None:
    open_ = a_filter("basic_auth.v3.BasicAuth", allow_missing=True, emit_dynamic_metadata=True)
    (passage,) = passages((open_,))
    assert passage.verdict.disposition is Disposition.DELIVERED
    assert passage.undetermined == ()
    assert "emit_dynamic_metadata" in passage.notes[0]


def test_a_condition_on_what_such_a_setting_writes_is_open_and_names_it() -> None:
    open_ = a_filter("basic_auth.v3.BasicAuth", allow_missing=True, emit_dynamic_metadata=True)
    asks = allow_only({"metadata": {"filter": "m", "path": [{"key": "k"}], "value": {"present_match": True}}})
    found = passages((open_, asks))
    assert {p.verdict.disposition for p in found} == {Disposition.DELIVERED, Disposition.DENIED}
    assert all("basic_auth" in reason for p in found for reason in p.undetermined if "metadata" in reason)
    assert all(p.undetermined for p in found)


def test_headers_that_a_filter_may_change_are_open_at_the_next_proxy_too() -> None:
    """What the client's proxy may have written is unknown to a condition of the server's."""
    (first,) = passages((a_filter("geoip.v3.Geoip"),))
    assert first.undetermined == () and first.upstream is not None and first.upstream.request is not None
    onward = first.upstream.request
    asks = allow_only({"header": {"name": "x-city", "present_match": True}})
    for filters, expected in (((), 1), ((asks,), 2)):
        found = passages(filters, onward)
        assert len(found) == expected
        assert all(bool(p.undetermined) is (expected == 2) for p in found)
    (plain,) = passages(
        (),
        onward,
        routes=(route("r", {"prefix": "/", "headers": [{"name": ":method", "exact_match": "GET"}]}),),
    )
    assert plain.undetermined == ()


@pytest.mark.parametrize(
    "rules", ["x", 5, [], {"policies": []}, {"policies": {"p": {"permissions": {"any": True}}}}]
)
def test_a_setting_of_a_wrong_type_makes_only_its_filter_unknown(rules: object) -> None:
    found = passages((a_filter("rbac.v3.RBAC", rules=rules),))
    assert {p.verdict.disposition for p in found} == {Disposition.DELIVERED, Disposition.UNDETERMINED}
    assert all("RBAC" in p.undetermined[0] and "where the API has" in p.undetermined[0] for p in found)


def test_an_answer_of_a_filter_with_a_setting_that_nobody_knows_may_be_another() -> None:
    denies = {
        "action": "DENY",
        "policies": {"p": {"permissions": [{"any": True}], "principals": [{"any": True}]}},
    }
    found = passages((a_filter("rbac.v3.RBAC", rules=denies, moon_phase="full"),))
    assert {p.verdict.disposition for p in found} == {Disposition.DENIED, Disposition.UNDETERMINED}
    assert all("moon_phase" in p.undetermined[0] for p in found)
