"""How many requests a second the trace answers, after loading: on a 1 MB dump and on a 50 MB dump.

The dumps are made from the bundled one: its services are copied until the size is reached. There is no peer that
traces; the ratio is to the time that the goal allows.
"""

from __future__ import annotations

import gc
import json
import pathlib
import random
import resource
import time
from typing import Any

from bench.measure import Row
from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace import report, requests

Json = dict[str, Any]
DUMP = pathlib.Path(__file__).resolve().parents[1] / "examples/story/test-pod/config_dump.json"
REQUESTS = 4000
GOAL = {1: 2000, 50: 200}  # requests a second, by megabytes of dump


def _section(dump: Json, name: str) -> Json:
    return next(s for s in dump["configs"] if s["@type"].endswith(f".{name}"))


def grown(data: bytes, megabytes: int) -> bytes:
    """The dump with its services copied under other names until it is so large."""
    dump = json.loads(data)
    clusters = _section(dump, "ClustersConfigDump")["dynamic_active_clusters"]
    endpoints = _section(dump, "EndpointsConfigDump")["dynamic_endpoint_configs"]
    tables = _section(dump, "RoutesConfigDump")["dynamic_route_configs"]
    table = max(tables, key=lambda t: len(t["route_config"].get("virtual_hosts") or ()))["route_config"]
    services = [c for c in clusters if c["cluster"]["name"].startswith("outbound|")]
    hosts = [h for h in table["virtual_hosts"] if not h["name"].startswith("allow_any")]
    by_name = {e["endpoint_config"]["cluster_name"]: e for e in endpoints}
    number, size = 0, len(data)
    while size < megabytes * 1_000_000:
        number += 1
        for one in services:
            copied = json.dumps(one).replace(".svc.cluster.local", f"-{number}.svc.cluster.local")
            clusters.append(json.loads(copied))
            size += len(copied)
            assigned = by_name.get(one["cluster"]["name"])
            if assigned is not None:
                text = json.dumps(assigned).replace(".svc.cluster.local", f"-{number}.svc.cluster.local")
                endpoints.append(json.loads(text))
                size += len(text)
        for host in hosts:
            text = json.dumps(host).replace(".svc.cluster.local", f"-{number}.svc.cluster.local")
            copy = json.loads(text)
            copy["domains"] = [f"{d.split(':')[0]}-{number}.test" for d in host["domains"][:4]]
            table["virtual_hosts"].append(copy)
            size += len(text)
    return json.dumps(dump).encode()


def questions(proxy: Proxy, count: int) -> list[Json]:
    """Requests to random hosts of the proxy's route configurations, at the port of each."""
    rng = random.Random(1)
    asked = []
    tables = [t for t in map(proxy.route_table, proxy.route_names) if t is not None and t.name.isdigit()]
    for _ in range(count):
        table = rng.choice(tables)
        host = rng.choice(table.hosts)
        domain = str(rng.choice(host.message["domains"])).replace("*", "x")
        path = rng.choice(("/", "/reviews?debug=true", "/api/v1/things/42", "/static/a.css"))
        headers = [["x-request-kind", rng.choice("abc")], ["cookie", "user=tester"]]
        asked.append(
            {
                "request": {
                    "method": "GET",
                    "authority": domain,
                    "path": path,
                    "headers": headers,
                    "port": int(table.name),
                }
            }
        )
    return asked


def measure(data: bytes, count: int) -> tuple[float, float]:
    """(seconds to load, requests a second)."""
    began = time.perf_counter()
    notes = Notes()
    proxy = Proxy(snapshot.load(documents.read(data, "bench", notes), "bench", notes), "bench", time.time())
    loaded = time.perf_counter() - began
    asked = questions(proxy, count)
    began = time.perf_counter()
    for line in asked:
        one = requests.at_proxy(proxy, line)
        assert one.listener is not None
        report.at_proxy(visit(proxy, one.listener, one.connection, one.request, silent=True))
    return loaded, count / (time.perf_counter() - began)


def rows() -> list[Row]:
    """The figures of one run."""
    collecting = gc.isenabled()
    gc.disable()  # as the program does
    try:
        return [row for megabytes, goal in GOAL.items() for row in _measured(megabytes, goal)]
    finally:
        if collecting:
            gc.enable()


def _measured(megabytes: int, goal: int) -> list[Row]:
    dump = grown(DUMP.read_bytes(), megabytes)
    loaded, rate = measure(dump, REQUESTS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = f"{len(dump) / 1e6:.0f} MB"
    return [
        Row(f"the goal for {size}: {goal:,} requests/s", REQUESTS / goal, 0, 1.0),
        Row(f"loaded once, then {rate:,.0f} requests/s", REQUESTS / rate, memory, goal / rate),
        Row("loading, before", loaded, memory, loaded * goal / REQUESTS),
    ]
