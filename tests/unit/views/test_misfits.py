"""One odd value costs that value: it is told, and everything else of the dump stands."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from meshctl.envoy.schema.misfits import take_out
from tests.cli import Outcome, run

ADMIN = "type.googleapis.com/envoy.admin.v3."
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"


def _pc(folder: pathlib.Path, view: str, section: str, array: str, entries: list[Any]) -> Outcome:
    file = folder / "config_dump.json"
    file.write_text(json.dumps({"configs": [{"@type": f"{ADMIN}{section}", array: entries}]}))
    return run("pc", view, "-f", str(file), "-o", "wide")


def _routes(*virtual_hosts: Any) -> dict[str, Any]:
    return {"route_config": {"name": "80", "virtual_hosts": [*virtual_hosts]}}


GOOD = {
    "name": "good",
    "domains": ["good.test"],
    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "kept"}}],
}
ODD_ROUTES: list[Any] = [
    {"name": "v", "routes": 9223372036854775808},
    {"name": "v", "routes": [{"metadata": True}]},
    {"name": "v", "routes": [{"route": {"weighted_clusters": {"clusters": 3}}}]},
    {"name": "v", "routes": [{"route": {"weighted_clusters": {"clusters": [{"weight": "auditor"}]}}}]},
    {"name": "v", "routes": [{"redirect": {"path_redirect": {"a": 1}, "host_redirect": [1]}}]},
    {
        "name": "v",
        "matcher": {"matcher_list": {"matchers": [{"on_match": {"matcher": {"matcher_list": "x"}}}]}},
    },
    {"name": "v", "domains": True, "routes": [7, None, "x"]},
]


@pytest.mark.parametrize("odd", ODD_ROUTES, ids=range(len(ODD_ROUTES)))
def test_an_odd_value_of_a_route_table_leaves_the_others(tmp_path: pathlib.Path, odd: Any) -> None:
    done = _pc(tmp_path, "route", "RoutesConfigDump", "dynamic_route_configs", [_routes(odd), _routes(GOOD)])
    assert done.rc == 0
    assert "kept" in done.out and "good.test" in done.out
    assert "fault of meshctl" not in done.err


def test_the_value_that_is_left_out_is_named(tmp_path: pathlib.Path) -> None:
    odd = {"name": "v", "routes": [{"metadata": True, "route": {"cluster": "here"}}]}
    done = _pc(tmp_path, "route", "RoutesConfigDump", "dynamic_route_configs", [_routes(odd)])
    assert "here" in done.out
    assert "virtual_hosts[].routes[].metadata is not of the type that Envoy has there" in done.err


def _chain(cluster: str, **match: Any) -> dict[str, Any]:
    proxy = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
    filters = [
        {"name": "envoy.filters.network.tcp_proxy", "typed_config": {"@type": proxy, "cluster": cluster}}
    ]
    return {"filters": filters, **({"filter_chain_match": match} if match else {})}


@pytest.mark.parametrize(
    "match", [{"destination_port": "x"}, {"server_names": 5}, {"server_names": [{"a": 1}]}], ids=str
)
def test_an_odd_criterion_does_not_empty_the_destinations_of_a_listener(
    tmp_path: pathlib.Path, match: Any
) -> None:
    address = {"socket_address": {"address": "10.0.0.1", "port_value": 80}}
    listener = {"name": "l", "address": address, "filter_chains": [_chain("bad", **match), _chain("good")]}
    file = tmp_path / "config_dump.json"
    entry = {"name": "l", "active_state": {"listener": listener}}
    section = {"@type": f"{ADMIN}ListenersConfigDump", "dynamic_listeners": [entry]}
    file.write_text(json.dumps({"configs": [section]}))
    done = run("pc", "listener", "-f", str(file))
    assert "Cluster: good" in done.out and "Cluster: bad" in done.out
    assert "warning: unexpected value" in done.err


def test_a_hundred_odd_names_do_not_empty_a_listener(tmp_path: pathlib.Path) -> None:
    odd = [{**_chain("good"), "name": {"a": i}} for i in range(150)]
    address = {"socket_address": {"address": "10.0.0.1", "port_value": 80}}
    entry = {
        "name": "l",
        "active_state": {"listener": {"name": "l", "address": address, "filter_chains": odd}},
    }
    section = {"@type": f"{ADMIN}ListenersConfigDump", "dynamic_listeners": [entry]}
    file = tmp_path / "config_dump.json"
    file.write_text(json.dumps({"configs": [section]}))
    assert "Cluster: good" in run("pc", "listener", "-f", str(file)).out


def test_what_fits_in_either_form_stays() -> None:
    fine = {
        "name": "c", "type": 3, "connect_timeout": "10s", "lb_policy": "ROUND_ROBIN", "x_unknown": [1],
        "circuit_breakers": {"thresholds": [{"max_connections": "5", "max_requests": 7}]},
        "metadata": {"filter_metadata": {"istio": {"a": [1, "b", None]}}},
        "per_connection_buffer_limit_bytes": 32768, "alt_stat_name": None,
    }  # fmt: skip
    before, told = json.dumps(fine), []
    take_out(fine, "envoy.config.cluster.v3.Cluster", told.append)
    assert (json.dumps(fine), told) == (before, [])


def test_numbers_beyond_their_range_and_texts_for_numbers_are_taken_out() -> None:
    odd: dict[str, Any] = {
        "per_connection_buffer_limit_bytes": 2**40,
        "connect_timeout": "soon",
        "name": 5,
        "lb_policy": True,
    }
    told: list[str] = []
    take_out(odd, "envoy.config.cluster.v3.Cluster", told.append)
    assert odd == {} and len(told) == 4
