"""Clusters drawn at random, asked many times: which host, how often.

Each case is a cluster (health, priorities, localities, weights, subsets, drops, of every policy), a route with what it
wants of a host, and a request that is sent ``TURNS`` times, one after another. Of hundreds of right shares one is far
from what was seen by chance alone; so a case that is told otherwise is asked ``AGAIN`` times as often, of the same Envoy,
and only what is told otherwise then too counts. ``python -m tests.differential.generated.balance`` prints that;
``--only NUMBER`` draws one case again.
"""

from __future__ import annotations

import asyncio
import collections
import json
import pathlib
import time
from collections.abc import Iterable
from typing import Any

from tests import envoy
from tests.differential.beyond import Comparison
from tests.differential.generated.draw import Draw, Json
from tests.differential.generated.laboratory import Upstreams, _head, access_log, address, dump, free_ports
from tests.differential.generated.report import Report, command, compared
from tests.differential.generated.sketch import MANAGER, ROUTER

CASES, TURNS, AGAIN = 70, 240, 4
_POLICY = "type.googleapis.com/envoy.extensions.load_balancing_policies"
_AGGREGATE = "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig"
_HEALTH = ("HEALTHY",) * 5 + (
    "UNKNOWN",
    "UNKNOWN",
    "UNHEALTHY",
    "UNHEALTHY",
    "DRAINING",
    "TIMEOUT",
    "DEGRADED",
    "DEGRADED",
)
_HERE = {"region": "r", "zone": "z1"}
_PLACES = (
    _HERE,
    {"region": "r", "zone": "z2"},
    {"region": "r", "zone": "z3"},
    {"region": "r2", "zone": "z1"},
)
_WANTED: tuple[Json, ...] = (
    {"version": "v1"}, {"version": "v2"}, {"version": "v1", "n": 1}, {"n": 1}, {"n": True}, {"version": "v9"}, {"tags": "a"}, {},
    {"fallback_list": [{"version": "v9"}, {"n": 1}]}, {"version": "v1", "fallback_list": [{"n": 7}, {"tags": "b"}]}, {"version": "v2", "x": "y"},
)  # fmt: skip


# ---- clusters ----


def cluster(draw: Draw, name: str, ports: list[int]) -> Json:
    """A static cluster of any policy that needs no second one."""
    found: Json = {"name": name, "type": "STATIC", "connect_timeout": "1s"}
    found |= draw.one((_by_name, _by_name, _by_extension))(draw)
    found |= draw.optional(
        0.04,
        circuit_breakers={
            "thresholds": [
                draw.one(({"max_requests": 0}, {"max_connections": 0}, {"max_pending_requests": 0}))
            ]
        },
    )
    return {**found, "load_assignment": {"cluster_name": name, **_assignment(draw, ports)}}


def _assignment(draw: Draw, ports: list[int]) -> Json:
    hosts = [_host(draw, port) for port in draw.some(ports, 1, len(ports))]
    count = draw.one((1, 1, 2, 2, 3))
    highest = draw.one((0, 0, 1, 2))
    weighted = draw.maybe(0.5)
    places: list[Json] = []
    for number in range(count):
        place: Json = {
            "locality": draw.one(_PLACES),
            "priority": draw.randint(0, highest),
            "lb_endpoints": hosts[number::count],
        }
        if weighted:
            place |= draw.optional(0.9, load_balancing_weight=draw.randint(1, 4))
        if not any(p["locality"] == place["locality"] and p["priority"] == place["priority"] for p in places):
            places.append(place)
    policy = draw.optional(
        0.2,
        overprovisioning_factor=draw.one((100, 120, 200)),
        weighted_priority_health=True,
        drop_overloads=[{"category": "c", "drop_percentage": {"numerator": draw.one((0, 30, 100))}}],
    )
    return {"endpoints": places, **({"policy": policy} if policy else {})}


def _host(draw: Draw, port: int) -> Json:
    keys: Json = draw.optional(0.8, version=draw.one(("v1", "v2")), n=draw.one((1, 1, True, "1")))
    keys |= draw.optional(0.3, tags=draw.one((["a", "b"], ["b"], "a")))
    found: Json = {"endpoint": {"address": address(port)}, "health_status": draw.one(_HEALTH)}
    if keys:
        found["metadata"] = {"filter_metadata": {"envoy.lb": keys}}
    return found | draw.optional(0.3, load_balancing_weight=draw.randint(1, 5))


def _by_name(draw: Draw) -> Json:
    """``lb_policy`` and what belongs to it."""
    policy = draw.one(("ROUND_ROBIN", "ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "RING_HASH", "MAGLEV"))
    found: Json = {"lb_policy": policy}
    common = draw.optional(0.4, healthy_panic_threshold={"value": draw.one((0, 20, 50, 100))})
    common |= draw.one(
        ({}, {}, {"locality_weighted_lb_config": {}}, {"zone_aware_lb_config": _zone_aware(draw)})
    )
    if common:
        found["common_lb_config"] = common
    if policy == "RING_HASH":
        found |= draw.optional(
            0.6,
            ring_hash_lb_config={
                "hash_function": draw.one(("XX_HASH", "MURMUR_HASH_2")),
                "minimum_ring_size": draw.one((8, 1024)),
            },
        )
    if policy == "MAGLEV":
        found |= draw.optional(0.6, maglev_lb_config={"table_size": draw.one((101, 65537))})
    if policy == "LEAST_REQUEST":
        found |= draw.optional(0.4, least_request_lb_config={"choice_count": draw.one((2, 3, 5))})
    return found | draw.optional(
        0.35, lb_subset_config=_subsets(draw, weighted="locality_weighted_lb_config" in common)
    )


def _zone_aware(draw: Draw) -> Json:
    found = draw.optional(
        0.5, routing_enabled={"value": draw.one((0, 50, 100))}, min_cluster_size=draw.one((1, 6))
    )
    return found | draw.optional(0.2, fail_traffic_on_panic=True)


def _subsets(draw: Draw, *, weighted: bool) -> Json:
    fallback = ("NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET")
    selectors = []
    for keys in draw.some((["version"], ["n"], ["version", "n"], ["tags"]), 1, 3):
        selector: Json = {"keys": keys}
        selector |= draw.optional(0.4, fallback_policy=draw.one(fallback))
        if len(keys) == 2 and draw.maybe(0.2):
            selector |= {"fallback_policy": "KEYS_SUBSET", "fallback_keys_subset": keys[:1]}
        selectors.append(selector)
    if len(selectors) == 1 == len(selectors[0]["keys"]):
        selectors[0] |= draw.optional(0.3, single_host_per_subset=True)
    found: Json = {"subset_selectors": selectors, "fallback_policy": draw.one(fallback)}
    found |= draw.optional(0.6, default_subset=draw.one(_WANTED[:4]))
    found |= draw.optional(
        0.15, list_as_any=True, panic_mode_any=True, metadata_fallback_policy="FALLBACK_LIST"
    )
    if weighted and draw.maybe():
        found |= {"locality_weight_aware": True, **draw.optional(0.4, scale_locality_weight=True)}
    return found


def _by_extension(draw: Draw) -> Json:
    """``load_balancing_policy``."""

    def typed(kind: str, **settings: Any) -> Json:
        return {
            "policies": [
                {
                    "typed_extension_config": {
                        "name": kind,
                        "typed_config": {"@type": f"{_POLICY}.{kind}", **settings},
                    }
                }
            ]
        }

    def local() -> Json:
        settings: Json = draw.one(
            ({}, {"locality_weighted_lb_config": {}}, {"zone_aware_lb_config": _zone_aware(draw)})
        )
        return {"locality_lb_config": settings} if settings else {}

    picks = [
        typed("round_robin.v3.RoundRobin", **local()),
        typed(
            "least_request.v3.LeastRequest",
            **local(),
            **draw.optional(0.3, choice_count=3, selection_method="FULL_SCAN"),
        ),
        typed("random.v3.Random", **local()),
    ]
    ring = typed("ring_hash.v3.RingHash", **draw.optional(0.5, minimum_ring_size=16, hash_function=draw.one(("XX_HASH", "MURMUR_HASH_2"))),
                 **draw.optional(0.3, locality_weighted_lb_config={}))  # fmt: skip
    maglev = typed(
        "maglev.v3.Maglev",
        **draw.optional(0.5, table_size=101),
        **draw.optional(0.3, locality_weighted_lb_config={}),
    )
    localities = typed(
        "wrr_locality.v3.WrrLocality",
        endpoint_picking_policy=typed("client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin"),
    )
    inner = draw.one([*picks, ring])
    weighted = "locality_weighted_lb_config" in json.dumps(inner)
    subset = {
        **_subsets(draw, weighted=weighted),
        **draw.optional(0.2, allow_redundant_keys=True),
        "subset_lb_policy": inner,
    }
    found: Json = {
        "load_balancing_policy": draw.one(
            [*picks, ring, maglev, localities, typed("subset.v3.Subset", **subset)]
        )
    }
    return found | draw.optional(
        0.3, common_lb_config={"healthy_panic_threshold": {"value": draw.one((0, 20, 100))}}
    )


def aggregate(draw: Draw, name: str, members: list[str]) -> Json:
    """A cluster of clusters."""
    chosen = draw.some(members, 1, 3)
    return {
        "name": name, "connect_timeout": "1s", "lb_policy": "CLUSTER_PROVIDED",
        "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": {"@type": _AGGREGATE, "clusters": chosen}},
    }  # fmt: skip


# ---- cases ----


def case(draw: Draw, number: int, ports: list[int]) -> tuple[list[Json], Json, list[list[str]]]:
    """A case's clusters, its route and its request's headers."""
    name = f"k{number}"
    if draw.maybe(0.15):
        members = [cluster(draw, f"{name}-{part}", ports) for part in range(draw.randint(1, 3))]
        made = [*members, aggregate(draw, name, [m["name"] for m in members])]
    else:
        made = [cluster(draw, name, ports)]
    action: Json = {"cluster": name}
    action |= draw.optional(0.4, metadata_match={"filter_metadata": {"envoy.lb": draw.one(_WANTED)}})
    action |= draw.optional(0.6, hash_policy=[{"header": {"header_name": "x-h"}}])
    headers = [["x-h", draw.one(("a", "b", "c1"))]] if draw.maybe(0.8) else []
    return made, {"name": f"r{number}", "match": {"path": f"/{number}"}, "route": action}, headers


def run(seed: int, folder: pathlib.Path, numbers: list[int] | None = None, turns: int = TURNS) -> Report:
    """Draw the cases of these numbers, ask each many times, compare; what is told otherwise is asked once more."""
    numbers = list(range(CASES)) if numbers is None else numbers
    log = folder / "access.log"
    (port,) = free_ports(1)
    with Upstreams() as upstreams:
        drawn = {n: case(Draw(f"lb:{seed}:{n}"), n, upstreams.ports) for n in numbers}
        routes = [route for _, route, _ in drawn.values()]
        clusters = [c for made, _, _ in drawn.values() for c in made]
        with envoy.running(_bootstrap(seed, port, log, routes, clusters, upstreams.ports), folder) as admin:
            shot = dump(admin)
            (folder / "dump.json").write_bytes(shot)

            def ask(cases: Iterable[int], turns: int) -> dict[str, Comparison]:
                headers = {n: drawn[n][2] for n in cases}
                log.write_bytes(b"")  # Envoy appends to it
                asyncio.run(_ask_all(port, headers, turns))
                entries = _logged(log, len(headers) * turns)
                records = [_record(seed, port, n, headers[n], entries[str(n)], turns) for n in headers]
                return {c.record["case"]: c for c in compared(seed, shot, records).compared}

            found = ask(numbers, turns)
            doubtful = [int(name) for name, comparison in found.items() if comparison.differences]
            if doubtful:
                found |= ask(doubtful, AGAIN * turns)
    return Report(seed, list(found.values()))


def _bootstrap(
    seed: int, port: int, log: pathlib.Path, routes: list[Json], clusters: list[Json], ports: list[int]
) -> Json:
    draw = Draw(f"lb:{seed}")
    local = {"name": "here", "type": "STATIC", "connect_timeout": "1s", "load_assignment": {
        "cluster_name": "here",
        "endpoints": [{"locality": place, "lb_endpoints": [{"endpoint": {"address": address(p)}} for p in draw.some(ports, 1, 3)]} for place in _PLACES[:3]],
    }}  # fmt: skip
    http = {
        "@type": MANAGER, "stat_prefix": "L", "access_log": [access_log(log)], "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
        "route_config": {"name": "routes", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": routes}]},
    }  # fmt: skip
    listener = {
        "name": "L",
        "address": address(port),
        "filter_chains": [{"name": "chain", "filters": [{"name": "http", "typed_config": http}]}],
    }
    return {
        "node": {"id": "generated", "cluster": "generated", "locality": _HERE},
        "cluster_manager": {"local_cluster_name": "here"},
        "static_resources": {"listeners": [listener], "clusters": [local, *clusters]},
    }  # fmt: skip


async def _ask_all(port: int, cases: dict[int, list[list[str]]], turns: int) -> None:
    gate = asyncio.Semaphore(8)

    async def one(number: int, headers: list[list[str]]) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            lines = [
                f"GET /{number} HTTP/1.1",
                "Host: a.com",
                f"x-rid: {number}",
                *(f"{n}: {v}" for n, v in headers),
            ]
            for _ in range(turns):
                writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                _, fields = await _head(reader)
                await reader.readexactly(int(dict(fields).get("content-length", 0)))
            writer.close()

    await asyncio.gather(*(one(number, headers) for number, headers in cases.items()))


def _logged(path: pathlib.Path, count: int, seconds: float = 20) -> dict[str, list[Json]]:
    """All lines of the access log by the request's number."""
    deadline, lines = time.monotonic() + seconds, []
    while len(lines) < count and time.monotonic() < deadline:
        lines = (
            [line for line in path.read_text().splitlines() if line.endswith("}")] if path.exists() else []
        )
        time.sleep(0.1)
    found = collections.defaultdict(list)
    for line in lines:
        entry = {k: None if v == "-" else v for k, v in json.loads(line).items()}
        found[str(entry["rid"])].append(entry)
    return found


def _record(
    seed: int, port: int, number: int, headers: list[list[str]], entries: list[Json], turns: int
) -> Json:
    """A case in the form of the recordings: the most frequent answer, and how often each came."""
    assert len(entries) == turns, f"case {number}: {len(entries)} of {turns} requests are in the log"
    counts = collections.Counter(
        (e["code"], e["cluster"], e["upstream_host"], e["route_name"], e["flags"]) for e in entries
    )
    first = max(
        entries,
        key=lambda e: counts[e["code"], e["cluster"], e["upstream_host"], e["route_name"], e["flags"]],
    )
    observed = {
        **first,
        "listener": "L",
        "repeats": {"n": turns, "counts": [[*key, count] for key, count in counts.items()]},
    }
    if first["code"] == 200:
        observed |= {"upstream_path": f"/{number}", "upstream_req_host": "a.com"}
    request = {"method": "GET", "path": f"/{number}", "authority": "a.com", "port": port, "protocol": "HTTP/1.1",
               "headers": [["x-rid", str(number)], *headers]}  # fmt: skip
    return {"topic": f"balance {seed}", "case": str(number), "request": request, "observed": observed}


def main() -> None:
    command(run, "balance", __doc__ or "")


if __name__ == "__main__":
    main()
