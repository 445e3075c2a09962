"""Faults: fixed ones, and those that headers ask for."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.filters.http_table import contract
from meshctl.proxy.listen.listeners import filter_of
from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, answer, passages, settings
from tests.unit.proxy.filters.test_jwt import CLAIMS, bearer, jwt, token

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


NEVER: dict[str, Any] = {"numerator": 0}
CALLER = ("x-envoy-downstream-service-cluster", "shop")
ABORT, DELAY = (
    {"abort": {"http_status": 500, "percentage": ALWAYS}},
    {"delay": {"fixed_delay": "1s", "percentage": ALWAYS}},
)
UNLIKELY = {"abort": {"http_status": 500, "percentage": NEVER}}
P, C, S, T = (
    "fault.http.abort.abort_percent",
    "fault.http.abort.http_status",
    "fault.http.shop.abort.abort_percent",
    "fault.http.shop.abort.http_status",
)
DP, DD, SP, SD = (
    "fault.http.delay.fixed_delay_percent",
    "fault.http.delay.fixed_duration_ms",
    "fault.http.shop.delay.fixed_delay_percent",
    "fault.http.shop.delay.fixed_duration_ms",
)
RUNTIME: list[tuple[dict[str, Any], dict[str, int], bool, tuple[int, str | None]]] = [
    # a fault, the runtime, whether the caller names its cluster, the code and flags of the answer
    (ABORT, {}, False, (500, "FI")), (ABORT, {P: 0}, False, (200, None)), (UNLIKELY, {P: 100}, False, (500, "FI")), (UNLIKELY, {}, False, (200, None)), (ABORT, {S: 0}, False, (500, "FI")),
    ({**UNLIKELY, "abort_percent_runtime": "mine"}, {"mine": 100, P: 0}, False, (500, "FI")), ({**ABORT, "abort_percent_runtime": "mine"}, {P: 0}, False, (500, "FI")),
    (ABORT, {C: 501}, False, (501, "FI")), ({**ABORT, "abort_http_status_runtime": "mine"}, {"mine": 502, C: 501}, False, (502, "FI")), (ABORT, {T: 503}, False, (500, "FI")),
    # of a caller that names itself only its own keys count
    (ABORT, {S: 0}, True, (200, None)), (UNLIKELY, {S: 100}, True, (500, "FI")), (ABORT, {P: 0}, True, (500, "FI")), (UNLIKELY, {P: 100}, True, (200, None)), ({**ABORT, "abort_percent_runtime": "mine"}, {"mine": 0}, True, (500, "FI")), (ABORT, {T: 503}, True, (503, "FI")), (ABORT, {C: 501}, True, (500, "FI")),
    (DELAY, {}, False, (200, "DI")), (DELAY, {DP: 0}, False, (200, None)), (DELAY, {SP: 0}, False, (200, "DI")), (DELAY, {SP: 0}, True, (200, None)), (DELAY, {DP: 0}, True, (200, "DI")), ({**DELAY, "delay_percent_runtime": "mine"}, {"mine": 0}, False, (200, None)),
    # but for how long: first the one, then the other
    (DELAY, {DD: 0}, False, (200, None)), (DELAY, {SD: 0}, False, (200, "DI")), (DELAY, {SD: 0}, True, (200, None)), (DELAY, {DD: 0}, True, (200, None)), (DELAY, {DD: 0, SD: 5}, True, (200, "DI")), ({**DELAY, "delay_duration_runtime": "mine"}, {"mine": 0}, False, (200, None)),
    ({**DELAY, **ABORT}, {}, False, (500, "DI,FI")),
    # none at once is none at all
    ({**ABORT, "max_active_faults": 0}, {}, False, (200, None)), ({**ABORT, "max_active_faults": 5}, {}, False, (500, "FI")), (ABORT, {"fault.http.max_active_faults": 0}, False, (200, None)), ({**ABORT, "max_active_faults_runtime": "mine"}, {"mine": 0}, False, (200, None)),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "runtime", "named", "expected"), RUNTIME)
def test_the_runtime_changes_a_fault(
    fields: dict[str, Any], runtime: dict[str, int], named: bool, expected: tuple[int, str | None]
) -> None:
    request = get("/", "a.com", CALLER) if named else get("/", "a.com")
    (way,) = passages((fault(**fields),), request, runtime=runtime)
    assert (way.verdict.code, way.verdict.flags) == expected


NODES = {**ABORT, "downstream_nodes": ["n1", "n2"]}
HEADED = {**ABORT, "headers": [{"name": "x", "string_match": {"exact": "1"}}]}


@pytest.mark.parametrize(
    ("fields", "headers", "code"),
    [
        (NODES, (), 200), (NODES, (("x-envoy-downstream-service-node", "n2"),), 500), (NODES, (("x-envoy-downstream-service-node", "n3"),), 200),
        (HEADED, (), 200), (HEADED, (("x", "1"),), 500), (HEADED, (("x", "2"),), 200), ({**ABORT, "upstream_cluster": "c"}, (), 500), ({**ABORT, "upstream_cluster": "d"}, (), 200),
    ],
)  # fmt: skip
def test_whose_requests_a_fault_is_for(fields: dict[str, Any], headers: tuple[Any, ...], code: int) -> None:
    assert passages((fault(**fields),), get("/", "a.com", *headers))[0].verdict.code == code


def test_a_route_chosen_again_has_a_fault_that_the_first_had_not() -> None:
    bob = {"prefix": "/", "headers": [{"name": "x-sub", "string_match": {"exact": "bob"}}]}
    own = settings(fault(abort={"http_status": 503, "percentage": ALWAYS}))
    routes = ({**route("bob", bob), "typed_per_filter_config": own}, route("rest", {"prefix": "/"}))
    filters = (jwt(clear_route_cache=True, **CLAIMS), fault())
    assert answer(filters, bearer(token(sub="bob")), routes=routes) == (503, FAULT)
    assert answer(filters, bearer(token(sub="eve")), routes=routes) == VIA


@pytest.mark.parametrize(("own", "idle"), [
    ({}, True), ({"max_active_faults": 3}, True), ({"upstream_cluster": "c"}, True),
    ({"abort": {"http_status": 500}}, False), ({"delay": {"fixed_delay": "1s"}}, False),
    # conditions may be open, whatever they lead to
    ({"headers": [{"name": "x"}]}, False), ({"downstream_nodes": ["n"]}, False),
])  # fmt: skip
def test_which_settings_let_every_request_pass(own: dict[str, Any], idle: bool) -> None:
    message = fault(**own)
    known = contract("envoy.extensions.filters.http.fault.v3.HTTPFault")
    assert known.idle is not None
    assert known.idle(None, filter_of(message), {}) is idle
