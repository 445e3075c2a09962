"""Every field of every message that a request meets is accounted for, and nothing is passed over at run time."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from meshctl.envoy.message import Many, MapOf, Message, One, message_class
from meshctl.proxy.accounting import accounts, open_fields
from meshctl.proxy.contract import EVERYTHING, Effect
from meshctl.proxy.filters.http_table import HTTP_FILTERS
from meshctl.proxy.filters.network_table import NETWORK_FILTERS

ROOTS = (
    "envoy.config.listener.v3.Listener",
    "envoy.config.listener.v3.FilterChain",
    "envoy.config.listener.v3.ListenerFilter",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "envoy.config.route.v3.RouteConfiguration",
    "envoy.config.route.v3.VirtualHost",
    "envoy.config.route.v3.Route",
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
)


def reached() -> list[str]:
    """The messages that are evaluated: from the roots through evaluated fields."""
    found: list[str] = []
    waiting = [*ROOTS, *accounts()]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        cls = message_class(name)
        assert cls is not None, f"{name} is not in the schema"
        account = accounts().get(name)
        for field_name, kind in cls.fields().items():
            item = kind.item if isinstance(kind, Many | MapOf) else kind
            if (
                isinstance(item, One)
                and account is not None
                and field_name in account.evaluated | account.sourced
            ):
                waiting.append(item.cls.TYPE)
    return found


@pytest.mark.parametrize("name", sorted(reached()))
def test_every_field_is_in_exactly_one_place(name: str):
    assert name in accounts(), f"{name} is evaluated and has no account in fields.txt"
    cls = message_class(name)
    assert cls is not None
    counted = Counter(accounts()[name].names)
    assert [n for n, times in counted.items() if times > 1] == []
    assert set(cls.fields()) - set(counted) == set(), "fields of the schema that are not accounted for"
    assert set(counted) - set(cls.fields()) == set(), "names that the schema does not have"


def settings_of(filter_type: str) -> list[str]:
    """A filter's message, and those beside it that a route may have for it."""
    cls = message_class(filter_type)
    assert cls is not None, f"{filter_type} is not in the schema"
    beside = vars(importlib.import_module(cls.__module__)).values()
    messages = [m.TYPE for m in beside if isinstance(m, type) and issubclass(m, Message) and m.TYPE]
    return [m for m in messages if m == filter_type or "PerRoute" in m or m.endswith("Override")]


FILTERS = {**HTTP_FILTERS, **NETWORK_FILTERS}


@pytest.mark.parametrize("name", sorted(n for n, c in FILTERS.items() if c.evaluate is not None))
def test_every_filter_that_is_evaluated_has_an_account_and_so_have_its_settings_at_a_route(name: str):
    found = settings_of(name)
    assert name in found
    assert set(found) - set(accounts()) == set()


def test_what_is_without_effect_has_its_reason():
    assert [
        (name, field)
        for name, account in accounts().items()
        for field, why in account.harmless.items()
        if not why
    ] == []


ROUTE = "envoy.config.route.v3.Route"


def test_a_set_field_that_nobody_evaluates_is_named_with_what_it_may_do():
    (found,) = open_fields({"route": {"cluster": "c", "retry_policy_typed_config": {"name": "x"}}}, ROUTE)
    assert found.path == "Route.route.retry_policy_typed_config"
    assert found.may == {Effect.SHARE}
    assert (
        found.reason
        == "Route.route.retry_policy_typed_config is not evaluated: it may change how hosts share the load"
    )


def test_a_field_that_the_schema_does_not_have_may_do_anything():
    (found,) = open_fields({"match": {"prefix": "/"}, "redirect": {"moon_phase": "full"}}, ROUTE)
    assert (found.path, found.may) == ("Route.redirect.moon_phase", EVERYTHING)


def test_lists_and_maps_are_looked_into():
    raw = {"route": {"weighted_clusters": {"clusters": [{"name": "a"}, {"name": "b", "tilt": 3}]}}}
    assert [found.path for found in open_fields(raw, ROUTE)] == [
        "Route.route.weighted_clusters.clusters.tilt"
    ]


def test_a_message_without_an_account_may_do_anything():
    (found,) = open_fields({"a": 1}, "example.v1.Filter")
    assert found.may == EVERYTHING and "example.v1.Filter" in found.path


@pytest.mark.parametrize("unset", [False, 0, "", [], None])
def test_a_field_set_to_its_default_is_as_good_as_not_set(unset: object):
    assert open_fields({"retry_policy_typed_config": unset}, "envoy.config.route.v3.RouteAction") == ()


def test_what_is_evaluated_elsewhere_or_without_effect_is_not_told():
    assert open_fields({"name": "r", "typed_per_filter_config": {"x": {}}, "stat_prefix": "s"}, ROUTE) == ()
