"""A message without what Envoy requires of it was cut (``?mask=``, a paste): nothing is concluded from its gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import ask, cluster, get, http, listener, proxy, route, virtual_host

Json = dict[str, Any]


def _manager(message: Json) -> Json:
    found: Json = message["filter_chains"][0]["filters"][0]["typed_config"]
    return found


def _host(message: Json) -> Json:
    found: Json = _manager(message)["route_config"]["virtual_hosts"][0]
    return found


CUTS: list[tuple[str, Callable[[Json], object], str]] = [
    ("filter chains", lambda m: m.pop("filter_chains"), "filter chains are not in the dump"),
    ("HTTP filters", lambda m: _manager(m).pop("http_filters"), "end in no router"),
    ("route configuration", lambda m: _manager(m).pop("route_config"), "no route configuration"),
    ("a route's action", lambda m: _host(m)["routes"][0].pop("route"), "action is not in the dump"),
]


@pytest.mark.parametrize(("cut", "why"), [c[1:] for c in CUTS], ids=[c[0] for c in CUTS])
def test_what_was_cut_off_is_missing_and_not_empty(cut: Callable[[Json], object], why: str) -> None:
    message = listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}))])}])
    cut(message)
    passages = ask(proxy([message], (cluster("c", "10.0.0.1:8080"),)), get())
    assert {p.verdict.disposition for p in passages} == {Disposition.UNDETERMINED}
    assert all(why in p.verdict.reason for p in passages)


EITHER: list[tuple[Callable[[Json], object], str]] = [
    (lambda m: _host(m).pop("domains"), "domains of"),
    (lambda m: _host(m)["routes"][0].pop("match"), "match is not in the dump"),
]


@pytest.mark.parametrize(("cut", "why"), EITHER, ids=["domains", "a route's match"])
def test_what_may_take_a_request_where_its_condition_was_cut_off(
    cut: Callable[[Json], object], why: str
) -> None:
    message = listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}))])}])
    cut(message)
    passages = ask(proxy([message], (cluster("c", "10.0.0.1:8080"),)), get())
    assert {p.verdict.disposition for p in passages} == {Disposition.DELIVERED, Disposition.NO_ROUTE}
    assert all(why in p.undetermined[0] and not p.decided for p in passages)


def test_a_listener_without_its_address_may_have_any() -> None:
    whole, cut = listener([]), listener([])
    del cut["address"]
    gap = proxy([cut]).unseen_listeners
    assert gap is not None and "address" in gap.what
    assert "address" not in str(proxy([whole]).unseen_listeners or "")
