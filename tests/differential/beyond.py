"""The archive ``beyond``: what a real Envoy did where the other recordings are thin, compared with the trace.

One process answers all of it: ``python -m tests.differential.beyond [TOPIC ...]`` prints a line a topic and, for each
request that the trace answers otherwise, what was observed (O) and what was told (T). A comparison has one of five
ends (``Kind``). The requests of a recording are asked in the field names of docs/trace-json.md.
"""

from __future__ import annotations

import collections
import enum
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp, lgamma, log
from pathlib import Path
from typing import Any

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.errors import MeshctlError
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace import report, requests
from tests.corpus import corpus

Json = dict[str, Any]

# The tokens of the recordings were valid then.
RECORDED_AT = 1_795_734_610.0
_HTTP = (
    "listener", "route_name", "virtual_host", "flags", "details", "location", "upstream_path", "upstream_req_host",
    "code", "cluster", "filter_chain",
)  # fmt: skip
_TCP = ("listener", "filter_chain", "cluster", "flags", "details", "route_name")
_UNLIKELY = 1e-4


class Kind(enum.Enum):
    """How an answer compares; a hedged one names something that it does not know."""

    AGREE = "agree"
    HEDGED = "hedged"
    UNDETERMINED = "undetermined"
    WRONG_HEDGED = "wrong-hedged"
    WRONG = "wrong"


@dataclass(frozen=True)
class Comparison:
    """One recorded request and what the trace made of it."""

    record: Json
    answer: Json
    differences: list[str]

    @property
    def kind(self) -> Kind:
        open_points = self.answer.get("undetermined")
        if not self.differences:
            split = any(o.get("probability") is None for o in self.answer["outcomes"])
            return Kind.HEDGED if open_points or split else Kind.AGREE
        if self.answer.get("verdict") == "UNDETERMINED":
            return Kind.UNDETERMINED
        return Kind.WRONG_HEDGED if open_points else Kind.WRONG


def compare(topics: Iterable[str] = ()) -> Iterator[Comparison]:
    """Every recorded request (of these topics), dump by dump."""
    folder, wanted = corpus("beyond"), set(topics)
    groups: dict[tuple[str, str | None], list[Json]] = collections.defaultdict(list)
    with (folder / "requests.jsonl").open() as file:
        for line in file:
            record = json.loads(line)
            if not wanted or record["topic"] in wanted:
                groups[record["dump"], record.get("clusters")].append(record)
    for (dump, clusters), records in groups.items():
        proxy = _proxy([folder / name for name in (dump, clusters) if name])
        for record in records:
            answer = ask(proxy, record)
            yield Comparison(record, answer, list(differences(record, answer)))


def _proxy(paths: list[Path]) -> Proxy:
    notes = Notes()
    read = [found for path in paths for found in documents.read(path.read_bytes(), path.name, notes)]
    return Proxy(snapshot.load(read, paths[0].name, notes), paths[0].name, RECORDED_AT)


def ask(proxy: Proxy, record: Json) -> Json:
    """What the trace answers to a recorded request."""
    try:
        asked = requests.at_proxy(proxy, record)
        if asked.listener is None:
            return {"verdict": "NO_LISTENER", "outcomes": [], "undetermined": []}
        return report.at_proxy(visit(proxy, asked.listener, asked.connection, asked.request, silent=True))
    except (MeshctlError, TypeError, ValueError, AttributeError) as error:
        return {"outcomes": [], "error": f"{type(error).__name__}: {error}"}


def differences(record: Json, answer: Json) -> Iterator[str]:
    """In what an answer differs from what was observed."""
    if "error" in answer:
        yield answer["error"]
        return
    observed = record["observed"]
    outcomes: list[Json] = answer["outcomes"]
    if "connection" in record and observed.get("no_log"):
        delivered = any(o["verdict"] == "DELIVERED" for o in outcomes)
        if delivered and observed["client"] in ("closed", "reset"):
            yield f"not logged, client {observed['client']}"
        return
    if observed.get("no_access_log"):
        if observed["code"] not in {o.get("code") or None for o in outcomes}:
            yield "code"
        return
    same = [o for o in outcomes if not unequal(record, o)]
    if not same:
        yield from min((unequal(record, o) for o in outcomes), key=len, default=["no outcome"])
        return
    host = observed.get("upstream_host")
    if host and not any(host in (o.get("upstream_hosts") or ()) for o in same):
        yield "upstream_host"
        return
    if observed.get("repeats"):
        yield from _shares(observed["repeats"], outcomes, http="connection" not in record)


def unequal(record: Json, outcome: Json) -> list[str]:
    """The fields of the access log that an outcome tells otherwise."""
    observed = record["observed"]
    found = [f for f in _fields(record) if (outcome.get(f) or None) != (observed.get(f) or None)]
    if "connection" in record and observed.get("code") and outcome.get("code") != observed["code"]:
        found.append("code")
    return found


def _fields(record: Json) -> list[str]:
    """The fields that the recording can show: an upstream tells a HEAD nothing, QUIC has no chain's name."""
    if "connection" in record:
        return list(_TCP)
    observed, request = record["observed"], record["request"]
    untold = request.get("method") in ("HEAD", "CONNECT") or observed.get("code") in (101, 204, 304)
    untold |= (
        observed.get("upstream_path") is None
        and bool(observed.get("upstream_host"))
        and observed["code"] != 200
    )
    return [
        field
        for field in _HTTP
        if not (field == "listener" and not observed.get("listener"))
        and not (field.startswith("upstream_") and untold)
        and not (field == "filter_chain" and request.get("protocol") == "HTTP/3")
    ]


def _shares(repeats: Json, outcomes: list[Json], *, http: bool) -> Iterator[str]:
    """What was seen of n equal requests is likely under the probabilities told."""
    if any(o["probability"] is None for o in outcomes):
        return
    told: collections.Counter[Any] = collections.Counter()
    seen: collections.Counter[Any] = collections.Counter()
    for outcome in outcomes:
        for host, share in (outcome.get("upstream_hosts") or {None: 1.0}).items():
            told[outcome.get("code") if http else 0, outcome.get("cluster"), host] += (
                outcome["probability"] * share
            )
    for code, cluster, host, _route, _flags, count in repeats["counts"]:
        seen[code if http else 0, cluster, host] += count
    for key in set(told) | set(seen):
        if (told[key] < 1e-9 and seen[key]) or _tail(repeats["n"], told[key], seen[key]) < _UNLIKELY:
            yield f"share {key}: seen {seen[key] / repeats['n']:.3f}, told {told[key]:.3f}"


def _tail(tries: int, chance: float, hits: int) -> float:
    """How likely so many hits or worse are, both sides (binomial)."""
    chance = min(max(chance, 1e-9), 1 - 1e-9)

    def mass(k: int) -> float:
        ways = lgamma(tries + 1) - lgamma(k + 1) - lgamma(tries - k + 1)
        return exp(ways + k * log(chance) + (tries - k) * log(1 - chance))

    return 2 * min(sum(map(mass, range(hits + 1))), sum(map(mass, range(hits, tries + 1))))


def main(topics: list[str]) -> None:
    """Print the comparison."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for found in compare(topics):
        counts[found.record["topic"]][found.kind.value] += 1
        if found.kind not in (Kind.AGREE, Kind.HEDGED):
            print(shown(found))
    total: collections.Counter[str] = collections.Counter()
    for topic, count in sorted(counts.items()):
        print(f"{topic:20} {sum(count.values()):5} {dict(count)}")
        total += count
    print(f"{'all':20} {sum(total.values()):5} {dict(total)}")


def shown(found: Comparison) -> str:
    """A difference, as a person reads it."""
    record, observed = found.record, found.record["observed"]
    asked = record.get("connection") or {
        k: v for k, v in record["request"].items() if v not in (None, [], "")
    }
    outcomes = found.answer["outcomes"]
    nearest = min(outcomes, key=lambda o: len(unequal(record, o)), default={})
    names = [name for name in (*_HTTP, "upstream_host") if observed.get(name) or nearest.get(name)]
    names = [name for name in names if (observed.get(name) or None) != (nearest.get(name) or None)]
    client = {
        k: observed[k] for k in ("client", "client_error", "no_access_log", "remote") if observed.get(k)
    }
    return (
        f"[{found.kind.value}] {record['topic']}/{record['case']} {json.dumps(asked)}\n"
        f"   O { {n: observed.get(n) for n in names} } {client}\n"
        f"   T { {n: nearest.get(n) for n in names} } {nearest.get('verdict')} {str(nearest.get('reason'))[:150]} "
        f"hosts={nearest.get('upstream_hosts')} outcomes={len(outcomes)} open={found.answer.get('undetermined')}\n"
        f"   {found.differences}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
