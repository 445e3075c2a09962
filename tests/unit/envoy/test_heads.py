"""The heads of a section, read in one pass, say what its resources say: whatever a dump is made of, the tables are the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.envoy import heads
from meshctl.envoy.documents import read
from meshctl.envoy.notes import Notes
from meshctl.envoy.sections import Section
from meshctl.envoy.snapshot import SectionKind, Snapshot, load
from meshctl.errors import MeshctlError
from meshctl.views import clusters, eds, listeners, routes
from meshctl.views.careful import carefully
from meshctl.views.clusters import ClusterFilter
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.listeners import ListenerFilter
from meshctl.views.routes import RouteFilter
from meshctl.views.view import View

Json = dict[str, Any]
ADMIN = "type.googleapis.com/envoy.admin.v3."
ANY = "type.googleapis.com/envoy.extensions.filters.network."
VIEWS: list[tuple[View[Any], list[Any]]] = [
    (clusters.VIEW, [ClusterFilter(), ClusterFilter(fqdn="one", port=80)]),
    (listeners.VIEW, [ListenerFilter(), ListenerFilter(port=80), ListenerFilter(verbose=False)]),
    (routes.VIEW, [RouteFilter(), RouteFilter("80"), RouteFilter(verbose=False)]),
    (eds.VIEW, [EndpointFilter(), EndpointFilter(port=80)]),
]


def _cluster(name: str, **more: Any) -> Json:
    istio = {"config": "/apis/networking.istio.io/v1/namespaces/default/destination-rule/x"}
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": name,
        "type": "EDS",
        "connect_timeout": "10s",
        "metadata": {"filter_metadata": {"istio": istio}},
        **more,
    }


def _listener(name: str, *filters: Json) -> Json:
    return {
        "name": name,
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
        "filter_chains": [
            {"filter_chain_match": {"destination_port": 80, "server_names": ["a"]}, "filters": [*filters]}
        ],
    }


def _table(name: str) -> Json:
    route = {"match": {"prefix": "/a"}, "route": {"cluster": "one"}, "metadata": {"filter_metadata": {}}}
    return {"name": name, "virtual_hosts": [{"name": "v", "domains": ["a", "a:80"], "routes": [route, {}]}]}


TCP = {
    "name": "envoy.filters.network.tcp_proxy",
    "typed_config": {"@type": f"{ANY}tcp_proxy.v3.TcpProxy", "stat_prefix": "x", "cluster": "one"},
}
HTTP = {
    "name": "envoy.filters.network.http_connection_manager",
    "typed_config": {
        "@type": f"{ANY}http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "x",
        "route_config": _table("inline"),
    },
}
RDS = {**HTTP, "typed_config": {"@type": HTTP["typed_config"]["@type"], "rds": {"route_config_name": "80"}}}


def _endpoints(name: str) -> Json:
    address = {"socket_address": {"address": "10.0.0.1", "port_value": 80}}
    endpoint = {"endpoint": {"address": address}, "health_status": "HEALTHY"}
    return {
        "cluster_name": name,
        "endpoints": [{"locality": {"region": "r"}, "lb_endpoints": [endpoint] * 2}],
    }


def _entries(key: str, bodies: list[Json]) -> list[Json]:
    return [
        {"version_info": str(i), key: body, "last_updated": "2024-01-01T00:00:00Z"}
        for i, body in enumerate(bodies)
    ]


def _dump() -> Json:
    """A dump as Envoy prints it, with more entries in an array than the bodies that are looked at."""
    names = [f"outbound|{port}||{host}.default.svc" for host in ("two", "one") for port in (80, 90, 70)]
    found = [
        {"name": f"l{i}", "active_state": {"version_info": "1", "listener": _listener(f"l{i}", one)}}
        for i, one in enumerate([TCP, HTTP, RDS, TCP])
    ]
    return {
        "configs": [
            {
                "@type": f"{ADMIN}ClustersConfigDump",
                "version_info": "1",
                "static_clusters": _entries("cluster", [_cluster("xds"), _cluster("agent", type=3)]),
                "dynamic_active_clusters": _entries("cluster", [_cluster(name) for name in names]),
            },
            {
                "@type": f"{ADMIN}EndpointsConfigDump",
                "dynamic_endpoint_configs": _entries("endpoint_config", [_endpoints(name) for name in names]),
            },
            {
                "@type": f"{ADMIN}ListenersConfigDump",
                "static_listeners": _entries("listener", [_listener("s", RDS)]),
                "dynamic_listeners": found,
            },
            {
                "@type": f"{ADMIN}RoutesConfigDump",
                "dynamic_route_configs": _entries("route_config", [_table(n) for n in ("80", "x", "9", "7")]),
            },
        ]
    }


def _snapshot(data: bytes) -> Snapshot:
    notes = Notes()
    return load(read(data, "file", notes), "file", notes)


def _told(data: bytes) -> list[Any]:
    """All that the tables say of a dump, each of a snapshot of its own, and what is noted."""
    found: list[Any] = []
    for view, filters in VIEWS:
        for wanted in filters:
            for make in (view.short, view.labelled):
                try:
                    snapshot = _snapshot(data)
                    view.check(snapshot)
                    table = carefully(snapshot, lambda: make(snapshot, wanted))  # noqa: B023
                    found.append((table, view.unseen(snapshot), snapshot.notes.lines()))
                except (MeshctlError, ValueError, TypeError, AttributeError) as error:
                    found.append((type(error), str(error)))
    return found


def _nothing(section: Section) -> None:
    return None


def _agree(data: bytes) -> None:
    quick = _told(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "read", _nothing)
        assert quick == _told(data)


@pytest.mark.parametrize("kind", list(heads.TYPES))
def test_what_envoy_prints_is_read_in_one_pass(kind: SectionKind) -> None:
    section = _snapshot(json.dumps(_dump()).encode()).section(kind)
    assert section is not None and section.heads is not None
    assert len(section.heads.in_force) == len(section.resources)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a tree with every key or index in it."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _in_camel_case(holder: Any, key: Any) -> None:
    if isinstance(key, str):
        head, *rest = key.split("_")
        holder[head + "".join(part.title() for part in rest)] = holder.pop(key)


def _behind_the_others(holder: Any, key: Any) -> None:
    if isinstance(key, str):
        holder[key] = holder.pop(key)


def _set(value: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        holder[key] = copy.deepcopy(value)

    return change


def _beside(name: str, value: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        if isinstance(holder, dict):
            holder[name] = copy.deepcopy(value)

    return change


_REFUSED = {"details": "no", "failed_configuration": _cluster("bad")}
CHANGES = [
    _in_camel_case,
    _behind_the_others,
    lambda holder, key: holder.pop(key),
    *map(_set, [None, 5, "5", "null", "", True, {}, [], [None], {"a": 1}, 1 << 70, -1.5, "é\n"]),
    _beside("error_state", _REFUSED),
    _beside("error_state", None),
    _beside("warming_state", {"listener": _listener("warming", TCP)}),
    _beside("draining_state", {"version_info": "1"}),
    _beside("active_state", None),
    _beside("dynamic_warming_clusters", _entries("cluster", [_cluster("warming")])),
    _beside("unknownField", 1),
    _beside("unknown_field", 1),
    _beside("cluster_name", "x"),
    _beside("cluster", _cluster("stray", oddField=1)),
    _beside("static_clusters", [{"cluster": _cluster("x")}]),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(CHANGES)), max_size=3))
def test_the_tables_are_the_same_whatever_a_dump_is_made_of(changes: list[tuple[int, Any]]) -> None:
    dump = _dump()
    for at, change in changes:
        places = list(_places(dump))
        if places:
            change(*places[at % len(places)])
    _agree(json.dumps(dump).encode())


def _at(*path: Any) -> tuple[Json, Any, Any]:
    """A dump, and a place in it."""
    dump = _dump()
    holder: Any = dump["configs"]
    for step in path[:-1]:
        holder = holder[step]
    return dump, holder, path[-1]


ENVELOPE = (0, "dynamic_active_clusters", 5, "version_info")
BODY = (0, "dynamic_active_clusters", 2, "cluster", "connect_timeout")
LISTENER = (2, "dynamic_listeners", 1, "active_state", "listener", "filter_chains")
ODD: list[tuple[str, tuple[Any, ...], Callable[[Any, Any], Any]]] = [
    ("an envelope in camelCase", ENVELOPE, _in_camel_case),
    ("a body in camelCase", BODY, _in_camel_case),
    ("a listener in camelCase", LISTENER, _in_camel_case),
    ("a state in camelCase", (2, "dynamic_listeners", 3, "active_state", "version_info"), _in_camel_case),
    ("an array in camelCase", (0, "dynamic_active_clusters"), _in_camel_case),
    ("no body", BODY[:-1], lambda holder, key: holder.pop(key)),
    ("a body that is null", BODY[:-1], _set(None)),
    ("a state that is null", LISTENER[:-2], _set(None)),
    ("a state that is the text null", LISTENER[:-2], _set("null")),
    ("a version that is a number", ENVELOPE, _set(5)),
    ("a name that is a number", (*BODY[:-1], "name"), _set(5)),
    ("no name", (*BODY[:-1], "name"), _set("")),
    ("a refused update", ENVELOPE, _beside("error_state", _REFUSED)),
    ("a body of another section", ENVELOPE, _beside("route_config", {"oddName": 1})),
    ("an entry that is null", ENVELOPE[:-1], _set(None)),
]


@pytest.mark.parametrize(("path", "change"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_what_is_odd_is_left_to_the_thorough_way(
    path: tuple[Any, ...], change: Callable[[Any, Any], Any]
) -> None:
    dump, holder, key = _at(*path)
    change(holder, key)
    data = json.dumps(dump).encode()
    kind = SectionKind(dump["configs"][path[0]]["@type"].removeprefix(ADMIN))
    section = _snapshot(data).section(kind)
    assert section is not None and section.heads is None
    _agree(data)


@pytest.mark.parametrize(
    ("twice", "odd"),
    [
        (
            '"dynamic_active_clusters": [{"version_info": "a", "cluster": {"name": "b", "connectTimeout": "1s"}}]',
            True,
        ),
        ('"static_clusters": []', False),
    ],
)
def test_of_an_array_that_stands_twice_the_last_is_read(twice: str, odd: bool) -> None:
    text = json.dumps(_dump())
    at = text.index('"static_clusters"')
    before, after = (
        text[:at] + twice + ", " + text[at:],
        text.replace('"static_clusters"', twice + ', "static_clusters"', 1),
    )
    for data in (before, after):
        section = _snapshot(data.encode()).section(SectionKind.CLUSTERS)
        assert section is not None and (section.heads is None) == odd
        _agree(data.encode())


def test_what_is_warming_is_told_as_ever() -> None:
    dump, holder, _ = _at(0, "static_clusters")
    holder["dynamic_warming_clusters"] = _entries("cluster", [_cluster("warming")])
    data = json.dumps(dump).encode()
    snapshot = _snapshot(data)
    assert clusters.VIEW.unseen(snapshot) == ["not shown: 1 warming cluster (warming); see them with -o wide"]
    section = snapshot.section(SectionKind.CLUSTERS)
    assert section is not None and section.heads is not None and section.heads.others
    _agree(data)
