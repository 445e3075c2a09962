"""A trace as plain values: the outcomes of docs/trace-json.md, the verdict over them, expectations.

Field names are those of the recordings; ``null`` stands where the access log has "-". Outcomes that differ only
in their endpoint are one outcome at one proxy. A probability is null where nothing tells how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from meshctl.errors import EXIT_FAILURE, EXIT_OK, EXIT_UNDETERMINED
from meshctl.proxy.model import Disposition, Passage
from meshctl.trace.capture import Captured
from meshctl.trace.ways import Hop, Way

Json = dict[str, Any]

SCHEMA = "meshctl.io/trace/v1"


def _round(value: float) -> float:
    return round(value, 6)


def passage_outcome(passage: Passage) -> Json:
    """One outcome at one proxy."""
    verdict = passage.verdict
    return {
        "probability": _round(passage.probability) if passage.decided else None,
        "verdict": verdict.disposition.value,
        "listener": passage.listener,
        "filter_chain": passage.filter_chain,
        "route_config": passage.route_config,
        "virtual_host": passage.virtual_host,
        "route_name": passage.route_name,
        "cluster": passage.cluster,
        "upstream_hosts": {address: _round(share) for address, share in passage.upstream_hosts},
        "code": verdict.code,
        "flags": verdict.flags,
        "details": verdict.details,
        "location": passage.location,
        "upstream_path": passage.upstream_path,
        "upstream_req_host": passage.upstream_req_host,
        "reason": verdict.reason,
    }


def overall(dispositions: Iterable[tuple[Disposition, float, bool]]) -> Disposition:
    """The verdict over all outcomes: undetermined where the split is not known, else the likeliest."""
    shares: dict[Disposition, float] = {}
    for disposition, probability, decided in dispositions:
        if not decided:
            return Disposition.UNDETERMINED
        shares[disposition] = shares.get(disposition, 0.0) + probability
    if not shares:
        return Disposition.UNDETERMINED
    return max(shares, key=lambda d: (round(shares[d], 9), d is not Disposition.UNDETERMINED))


def at_proxy(passages: Sequence[Passage]) -> Json:
    """The answer to one question at one proxy."""
    verdict = overall(
        (p.verdict.disposition, p.probability, p.decided or _same_end(passages)) for p in passages
    )
    unknown = list(dict.fromkeys(reason for p in passages for reason in p.undetermined))
    return {
        "verdict": verdict.value,
        "outcomes": _merged([passage_outcome(p) for p in passages]),
        "undetermined": unknown,
    }


def _same_end(passages: Sequence[Passage]) -> bool:
    """Whether all passages end alike, so that an unknown split does not matter to the verdict."""
    return len({p.verdict.disposition for p in passages}) == 1


def _merged(outcomes: list[Json]) -> list[Json]:
    """Equal outcomes as one, the likeliest first."""
    found: dict[str, Json] = {}
    for outcome in outcomes:
        key = repr([v for k, v in outcome.items() if k != "probability"])
        if key in found and outcome["probability"] is not None and found[key]["probability"] is not None:
            found[key]["probability"] = _round(found[key]["probability"] + outcome["probability"])
        else:
            found.setdefault(key, outcome)
    return sorted(found.values(), key=lambda o: -(o["probability"] or 0))


def captured(hooks: Sequence[Captured]) -> list[Json]:
    """The hooks of a packet."""
    return [
        {
            "hook": hook.hook,
            "dst": hook.dst,
            "in_if" if hook.hook == "prerouting" else "out_if": hook.interface,
            "verdict": hook.verdict,
            "redirect_port": hook.redirect_port,
            "rules": [[step.table, step.chain, step.rule_number] for step in hook.rules],
        }
        for hook in hooks
    ]


def hop_outcome(hop: Hop) -> Json:
    """One hop as its access log would show it."""
    passage = hop.passage
    endpoint = hop.endpoint.address if hop.endpoint is not None else None
    if endpoint is None and len(passage.upstream_hosts) == 1:
        endpoint = passage.upstream_hosts[0][0]
    return {
        "pod": hop.pod.name,
        "direction": hop.direction,
        "listener": passage.listener,
        "filter_chain": passage.filter_chain,
        "route_config": passage.route_config,
        "virtual_host": passage.virtual_host,
        "route_name": passage.route_name,
        "cluster": passage.cluster,
        "upstream_host": endpoint,
        "code": hop.verdict.code,
        "flags": hop.verdict.flags,
        "details": hop.verdict.details,
        "original_dst": hop.original_dst,
        "downstream_tls": passage.tls,
        "location": passage.location,
        "capture": captured(hop.capture),
        "upstream_capture": captured(hop.upstream_capture),
        "upstream_arrival": captured(hop.upstream_arrival),
    }


def way_outcome(way: Way, *, http: bool) -> Json:
    """One outcome of a whole trace."""
    failed = way.answer.failure is not None
    hops = way.logged_hops
    first = hops[0].verdict if hops else None
    return {
        "probability": _round(way.probability) if way.decided else None,
        "verdict": way.answer.disposition.value,
        "code": way.answer.code if http and not failed else None,
        "flags": first.flags if first is not None else None,
        "details": first.details if first is not None else None,
        "error": way.answer.failure.value if way.answer.failure is not None else None,
        "reason": way.answer.reason,
        "target": None if way.target is None else {"pod": way.target.pod, "address": way.target.address},
        "hops": [hop_outcome(hop) for hop in hops],
        "unlogged_hops": [hop_outcome(hop) for hop in way.hops if not hop.passage.logged],
        "client_capture": captured(way.sent),
        "arrival": captured(way.arrived) if not way.hops else [],
    }


def mesh(ways: Sequence[Way], *, http: bool) -> Json:
    """The answer to one question to a whole mesh."""
    unknown = list(dict.fromkeys(reason for way in ways for reason in way.undetermined))
    return {
        "verdict": mesh_verdict(ways).value,
        "outcomes": _merged([way_outcome(way, http=http) for way in ways]),
        "undetermined": unknown,
    }


def mesh_verdict(ways: Sequence[Way]) -> Disposition:
    """The verdict over all ways."""
    same = len({way.answer.disposition for way in ways}) == 1
    return overall((w.answer.disposition, w.probability, w.decided or same) for w in ways)


def exit_code(verdict: Disposition) -> int:
    """0 delivered, 3 undetermined, 1 anything else."""
    if verdict is Disposition.DELIVERED:
        return EXIT_OK
    return EXIT_UNDETERMINED if verdict is Disposition.UNDETERMINED else EXIT_FAILURE


# The names an `expect` object may use, and the field of an outcome (or of its hops) they stand for.
_EXPECT = {
    "route": "route_name",
    "endpoint": "upstream_host",
    "pod": "pod",
}


def check(expect: Json, answer: Json) -> list[str]:
    """What an answer lacks of what a line expects; each a readable sentence.

    ``verdict`` is compared with the overall verdict, every other name with the fields of the outcomes: each
    outcome must show the value (in itself or in one of its hops).
    """
    problems = []
    for name, wanted in expect.items():
        if name == "verdict":
            if answer["verdict"] != str(wanted).upper():
                problems.append(f"verdict is {answer['verdict']}, expected {wanted}")
            continue
        field = _EXPECT.get(name, name)
        allowed = wanted if isinstance(wanted, list) else [wanted]
        for outcome in answer["outcomes"]:
            seen = _values(outcome, field)
            if not any(value in allowed for value in seen):
                shown = ", ".join(dict.fromkeys(str(v) for v in seen)) or "absent"
                problems.append(f"{name} is {shown}, expected {wanted}")
                break
    return problems


def _values(outcome: Json, field: str) -> list[Any]:
    """All values of a field in an outcome: its own, its endpoints', its hops', its target's."""
    values = [outcome[field]] if field in outcome else []
    if field == "upstream_host":
        values += list(outcome.get("upstream_hosts") or ())
        values += [outcome["target"]["address"]] if outcome.get("target") else []
    if field == "pod" and outcome.get("target"):
        values.append(outcome["target"]["pod"])
    for hop in outcome.get("hops") or ():
        if field in hop:
            values.append(hop[field])
    return values
