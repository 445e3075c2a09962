"""Every recorded HTTP request at one Envoy: the trace agrees in every field the access log has.

What the recording cannot show is left out: the path and host at the upstream of a HEAD or CONNECT (the upstream
told them in its body), and everything but the code of requests whose log entry was not found.
"""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.visit import visit
from meshctl.trace import report, requests
from tests.differential.likely import Surprise
from tests.differential.trace_support import cached_proxy, dump_path, folders, lines, null

FIELDS = (
    "code", "flags", "details", "route_name", "virtual_host", "cluster", "filter_chain", "location",
    "upstream_path", "upstream_req_host",
)  # fmt: skip


def _difference(outcome: dict[str, Any], observed: dict[str, Any], method: str) -> list[str]:
    found = []
    for field in FIELDS:
        if field not in observed or (observed.get("no_access_log") and field != "code"):
            continue
        if field.startswith("upstream_") and method in ("HEAD", "CONNECT") and observed[field] is None:
            continue
        if outcome[field] != null(observed[field]):
            found.append(f"{field}: {outcome[field]!r}, observed {observed[field]!r}")
    host = null(observed.get("upstream_host"))
    if host is not None and host not in outcome["upstream_hosts"]:
        found.append(f"upstream_host {host} is not among {outcome['upstream_hosts']}")
    return found


def _repeats(outcomes: list[dict[str, Any]], repeats: dict[str, Any]) -> list[str]:
    """The set seen in n tries lies within the outcomes, and no likely outcome is missing from it."""
    found = []
    clusters = {o["cluster"] or "" for o in outcomes}
    if not {c or "" for c in repeats["clusters"]} <= clusters:
        found.append(f"clusters {repeats['clusters']} are not all among {clusters}")
    shares: dict[str, float] = {}
    for outcome in outcomes:
        for host, share in (outcome["upstream_hosts"] or {"": 1.0}).items():
            shares[host] = shares.get(host, 0.0) + share * outcome["probability"]
    if not set(repeats["upstream_hosts"]) <= set(shares):
        found.append(f"hosts {repeats['upstream_hosts']} are not all among {shares}")
    missed = [
        h for h, p in shares.items() if h not in repeats["upstream_hosts"] and (1 - p) ** repeats["n"] < 1e-6
    ]
    if missed:
        found.append(f"hosts {missed} should have been seen")
    return found


def _check(record: dict[str, Any], folder: Any, surprise: Surprise) -> list[str]:
    proxy = cached_proxy(dump_path(folder, record["dump"]))
    asked = requests.at_proxy(proxy, record)
    assert asked.listener is not None
    answer = report.at_proxy(visit(proxy, asked.listener, asked.connection, asked.request, silent=True))
    observed, method = record["observed"], record["request"]["method"]
    differences = min((_difference(o, observed, method) for o in answer["outcomes"]), key=len)
    host = null(observed.get("upstream_host"))
    surprise.see(answer["outcomes"], lambda o: _difference(o, observed, method), host)
    if not differences and "repeats" in observed:
        differences = _repeats(answer["outcomes"], observed["repeats"])
    return differences


@pytest.mark.corpus
@pytest.mark.parametrize("file", ["requests.jsonl", "directed.jsonl"])
def test_http_requests_agree(file: str) -> None:
    count, wrong, surprise = 0, [], Surprise()
    for folder in folders("trace/http"):
        for record in lines(folder / file):
            count += 1
            differences = _check(record, folder, surprise)
            if differences:
                wrong.append((record["dump"], record["request"], differences))
    assert count >= 1000
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:3]}"
    assert not surprise.too_large, surprise
