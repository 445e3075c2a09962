"""Faults: fixed ones, and those that headers ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, answer, passages, settings

ALWAYS = {"numerator": 100}
FAULT = "fault_filter_abort"


def fault(**fields: Any) -> dict[str, Any]:
    return a_filter("fault.v3.HTTPFault", **fields)


def test_an_abort_that_a_header_asks_for() -> None:
    aborts = fault(abort={"header_abort": {}, "percentage": ALWAYS})
    name = "x-envoy-fault-abort-request"
    assert answer((aborts,)) == VIA
    assert answer((aborts,), get("/", "a.com", (name, "418"))) == (418, FAULT)
    assert answer((aborts,), get("/", "a.com", (name, "99"))) == VIA
    assert answer((aborts,), get("/", "a.com", (name, "x"))) == VIA
    grpc = get("/", "a.com", ("x-envoy-fault-abort-grpc-request", "5"))
    assert answer((aborts,), grpc) == (200, FAULT)


def test_a_header_lowers_the_percentage() -> None:
    aborts = fault(abort={"header_abort": {}, "percentage": ALWAYS})
    asked = ("x-envoy-fault-abort-request", "503"), ("x-envoy-fault-abort-request-percentage", "0")
    assert answer((aborts,), get("/", "a.com", *asked)) == VIA


@pytest.mark.parametrize(("value", "flags"), [(None, None), ("x", None), ("0", None), ("30", "DI")])
def test_a_delay_that_a_header_asks_for(value: str | None, flags: str | None) -> None:
    delays = fault(delay={"header_delay": {}, "percentage": ALWAYS})
    headers = (("x-envoy-fault-delay-request", value),) if value is not None else ()
    (passage,) = passages((delays,), get("/", "a.com", *headers))
    assert passage.verdict.flags == flags


def test_the_upstream_cluster_is_the_one_that_was_drawn() -> None:
    aborts = fault(abort={"http_status": 500, "percentage": ALWAYS}, upstream_cluster="d")
    weighted = {
        "match": {"prefix": "/"},
        "route": {
            "weighted_clusters": {"clusters": [{"name": "c", "weight": 1}, {"name": "d", "weight": 3}]}
        },
    }
    found = {p.cluster: (p.verdict.code, p.probability) for p in passages((aborts,), routes=(weighted,))}
    assert found == {"c": (200, 0.25), "d": (500, 0.75)}


def test_settings_of_the_weighted_cluster_go_before_the_routes() -> None:
    def abort(code: int) -> dict[str, Any]:
        return settings(fault(abort={"http_status": code, "percentage": ALWAYS}))

    own = {"name": "c", "weight": 1, "typed_per_filter_config": abort(501)}
    weighted = {
        "match": {"prefix": "/"},
        "route": {"weighted_clusters": {"clusters": [own]}},
        "typed_per_filter_config": abort(502),
    }
    assert answer((fault(),), routes=(weighted,)) == (501, FAULT)


def test_without_a_route_the_filters_own_settings_count() -> None:
    own = fault(abort={"http_status": 500, "percentage": ALWAYS})
    host = {"typed_per_filter_config": settings(fault(abort={"http_status": 502, "percentage": ALWAYS}))}
    assert answer((own,), routes=(route("r", {"path": "/x"}),), host=host) == (500, FAULT)


def test_a_delay_is_flagged_whatever_becomes_of_the_request() -> None:
    delays = fault(delay={"fixed_delay": "1s", "percentage": ALWAYS})
    nowhere = {"match": {"path": "/x"}, "route": {"cluster": "c"}}
    missing = {"match": {"prefix": "/"}, "route": {"cluster": "none"}}
    assert [way.verdict.flags for way in passages((delays,), routes=(missing,))] == ["DI,NC"]
    assert [way.verdict.flags for way in passages((delays,), routes=(nowhere,))] == ["DI,NR"]
    assert [way.verdict.flags for way in passages((delays,))] == ["DI"]
