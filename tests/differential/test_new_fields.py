"""A dump of a newer Envoy: a field or a filter that nobody knows is named on every way that meets it.

The recorded meshes are traced with a new field in each message of one kind, or a new filter in each chain of one kind.
A request that meets such a message has an answer that names the field and is not sure of itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage
from meshctl.trace import requests
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pods
from meshctl.trace.ways import Way
from tests.corpus import corpus
from tests.differential.test_partial_knowledge import Files, _files, _pods
from tests.differential.trace_support import folders, lines

Json = dict[str, Any]
Met = Callable[[Passage], bool]
SCENARIOS = ("bookinfo", "security", "special")
NEW = "x_of_tomorrow"
_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def objects(value: Any) -> Iterator[Json]:
    """Every object in a dump."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from objects(item)


def typed(end: str) -> Callable[[Json], Iterator[Json]]:
    """The messages that stand there by their type."""
    return lambda dump: (o for o in objects(dump) if str(o.get("@type", "")).endswith(f".{end}"))


def under(key: str, *beside: str, also: str = "", itself: bool = False) -> Callable[[Json], Iterator[Json]]:
    """The objects under a key (and another), in objects that have these keys beside it; or those objects."""

    def found(dump: Json) -> Iterator[Json]:
        for one in objects(dump):
            if not one.keys() >= {key, *beside}:
                continue
            values = [one] if itself else [one[key], one.get(also)]
            for value in values:
                yield from (v for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict))

    return found


def with_field(find: Callable[[Json], Iterator[Json]]) -> Callable[[Json], None]:
    def change(dump: Json) -> None:
        for message in list(find(dump)):
            message[NEW] = {"on": True}

    return change


def with_http_filter(dump: Json) -> None:
    for manager in typed("HttpConnectionManager")(dump):
        manager["http_filters"].insert(0, {"name": "new", "typed_config": {"@type": f"t/acme.v1.{NEW}"}})


def with_network_filter(dump: Json) -> None:
    for chain in list(objects(dump)):
        if "filters" in chain and isinstance(chain["filters"], list):
            chain["filters"].insert(0, {"name": "new", "typed_config": {"@type": f"t/acme.v1.{NEW}"}})


def in_chain(passage: Passage) -> bool:
    """Whether the chain's filters have got the connection."""
    return passage.filter_chain is not None and passage.verdict.disposition not in (
        Disposition.CONNECTION_FAILED,
        Disposition.DROPPED,
    )


def in_routes(passage: Passage) -> bool:
    """Whether the connection manager has taken the request as far as its routes."""
    return passage.route_config is not None and passage.verdict.disposition is not Disposition.BAD_REQUEST


def routed(passage: Passage) -> bool:
    return passage.route_name is not None and passage.upstream is not None


KINDS: dict[str, tuple[Callable[[Json], None], Met]] = {
    "listener": (with_field(typed("Listener")), lambda p: p.listener is not None),
    "filter chain": (with_field(under("filter_chains", also="default_filter_chain")), lambda p: p.filter_chain is not None),
    "connection manager": (with_field(typed("HttpConnectionManager")), in_routes),
    "route configuration": (with_field(under("virtual_hosts", itself=True)), in_routes),
    "virtual host": (with_field(under("virtual_hosts")), routed),
    "route": (with_field(under("routes", "domains")), routed),
    "route match": (with_field(under("match", "route")), routed),
    "route action": (with_field(under("route", "match")), routed),
    "cluster": (with_field(typed("Cluster")), lambda p: p.upstream is not None),
    "http filter": (with_http_filter, in_routes),
    "network filter": (with_network_filter, in_chain),
    "RBAC": (with_field(typed("http.rbac.v3.RBAC")), lambda p: (p.verdict.details or "").startswith("rbac_access_denied")),
    "tcp proxy": (with_field(typed("TcpProxy")), lambda p: p.upstream is not None and not p.http),
}  # fmt: skip


def changed(files: dict[str, Files], change: Callable[[Json], None]) -> dict[str, Files]:
    found = {}
    for name, given in files.items():
        if "config_dump.json" in given:
            dump = json.loads(given["config_dump.json"])
            change(dump)
            given = {**given, "config_dump.json": json.dumps(dump).encode()}
        found[name] = given
    return found


def ways(source: Pods, record: Json) -> list[Way]:
    asked, pod = record["request"], source.by_name(record["from"])
    assert pod is not None
    stream = requests.stream(asked)
    return Journey(source, silent=True).start(pod, asked["to_ip"], asked["to_port"], stream, record["uid"])


def named(found: list[Way]) -> bool:
    """Whether each way that is told names what is new."""
    return all(any(NEW in text for text in (*way.undetermined, *way.notes)) for way in found)


@pytest.mark.corpus
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_new_is_named(scenario: str, kind: str) -> None:
    corpus("e2e")
    change, met = KINDS[kind]
    files = _files(scenario)
    whole, newer = _pods(files), _pods(changed(files, change))
    passed, asked = [], 0
    for record in list(lines(next(f for f in folders("e2e") if f.name == scenario) / "requests.jsonl"))[::4]:
        before = ways(whole, record)
        if not all(any(met(hop.passage) for hop in way.hops) for way in before):
            continue
        asked += 1
        if not named(ways(newer, record)):
            passed.append(record["id"])
    assert not passed, f"{len(passed)} of {asked}: {passed[:5]}"
