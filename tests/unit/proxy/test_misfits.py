"""A value of another JSON type than the API's, wherever it stands: the answer is undetermined, by its place, and nothing else breaks."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy import build

ODD: tuple[Any, ...] = ("x", 7, ["x"], {"a": "b"}, True, None, [None], 1.5)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += _places(item, (*path, key))
    return found


def _replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    made = copy.deepcopy(value)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return made


RULE = {
    "principals": [{"any": True}],
    "permissions": [{"header": {"name": ":method", "string_match": {"exact": "GET"}}}],
}
FILTER = {
    "name": "rbac",
    "typed_config": {"@type": build.RBAC, "rules": {"action": "ALLOW", "policies": {"p": RULE}}},
}
WEIGHTED = {"weighted_clusters": {"clusters": [{"name": "c", "weight": 60}, {"name": "d", "weight": 40}]}}
HOST = build.virtual_host(
    {
        "name": "r",
        "match": {
            "prefix": "/",
            "headers": [{"name": "a", "present_match": False}],
        },
        "route": {**WEIGHTED, "timeout": "3s", "retry_policy": {"retry_on": "5xx", "num_retries": 2}},
        "typed_per_filter_config": {"rbac": {"@type": f"{build.RBAC}PerRoute", "rbac": {}}},
    },
    request_headers_to_add=[{"header": {"key": "x", "value": "y"}}],
)
LISTENER = build.listener([{"filters": build.http([HOST], filters=(FILTER,))}])
CLUSTERS = (build.cluster("c", "10.0.0.1:80"), build.cluster("d", "10.0.0.2:80"))


@pytest.mark.parametrize("place", _places(LISTENER), ids=lambda path: ".".join(map(str, path)))
def test_an_odd_value_in_a_listener_is_never_a_fault(place: tuple[Any, ...]):
    for odd in ODD:
        changed = _replaced(LISTENER, place, odd)
        if not isinstance(changed.get("name"), str):
            continue
        proxy = build.proxy([changed], CLUSTERS)
        if not proxy.listeners.all:
            continue
        passages = build.ask(proxy, build.get())
        assert passages
        assert sum(p.probability for p in passages) == pytest.approx(1.0)


def test_the_place_is_named():
    changed = _replaced(
        LISTENER,
        (
            "filter_chains",
            0,
            "filters",
            0,
            "typed_config",
            "route_config",
            "virtual_hosts",
            0,
            "routes",
            0,
            "route",
        ),
        "x",
    )
    (passage,) = build.ask(build.proxy([changed], CLUSTERS), build.get())
    assert passage.verdict.disposition is Disposition.UNDETERMINED
    assert "Route.route is text" in passage.verdict.reason or "route" in passage.verdict.reason
