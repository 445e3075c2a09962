"""Where the log and a hop of today disagree.

Compared is what the configuration decides: cluster, route, flags, details, and the code where this proxy made the answer. How
the other side behaved (a refused or closed connection, a time-out, a client that left) is no configuration: such a line agrees
with a hop that takes the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.proxy.model import Disposition
from meshctl.trace.ways import Hop, Way, logged_cluster
from meshctl.why import details, flags
from meshctl.why.entries import LogEntry
from meshctl.why.meanings import Origin

# Ends that no configuration decides: the network, the peer's process, load, the client.
_RUNTIME = frozenset("DC DR UF UC UR UT URX UO UPE LR SI DT UMSDR OM DF DPE IH".split())


def agrees(entry: LogEntry, hop: Hop) -> bool:
    """Whether a hop of today ends as the line says. What the line does not have is not compared."""
    return not list(_hop_differences(entry, hop))


def differences(entry: LogEntry, way: Way, hop: Hop | None) -> list[str]:
    if hop is None:
        if way.answer.disposition is Disposition.UNDETERMINED:
            return []
        return [f"today the request does not come to this proxy: {way.answer.reason}"]
    return list(_hop_differences(entry, hop))


def _hop_differences(entry: LogEntry, hop: Hop) -> Iterator[str]:
    """What of a hop today is not as the line says. How the other side behaved is no configuration: it is not compared."""
    passage, verdict = hop.passage, hop.verdict
    if verdict.disposition is Disposition.UNDETERMINED:
        yield f"today it is not decidable: {verdict.reason}"
        return
    for name, said, today in (
        ("cluster", entry["upstream_cluster"], {passage.cluster, (logged_cluster(hop) or "").rstrip(";")}),
        ("route", entry["route_name"], {passage.route_name}),
    ):
        if said and said not in today:
            now = passage.cluster if name == "cluster" else passage.route_name
            yield f"the log has {name} {said}; today it is {now or 'none'}"
    detail, own_detail = _read(entry["response_code_details"]), _read(verdict.details or "")
    if at_runtime(entry):
        if (verdict.flags and not _runtime(verdict.flags)) or own_detail in _DECIDED:
            yield f"the log has {_said(entry)}; today it is {_ended(hop)}"
        return
    said_flags, own_flags = set(flags.split(entry["response_flags"])), set(flags.split(verdict.flags or ""))
    if said_flags != own_flags - _RUNTIME and _shows_flags(entry):
        yield f"the log has {_or_none('flags', said_flags)}; today it is {_or_none('flags', own_flags)}"
    if detail and own_detail and detail != own_detail:
        yield f"the log has {entry['response_code_details']}; today it is {verdict.details}"
    if entry.code is not None and detail != "via_upstream" and verdict.code not in (None, entry.code):
        yield f"the log has code {entry.code}; today it is {verdict.code}"


def at_runtime(entry: LogEntry) -> bool:
    """Whether it ended by what no configuration decides."""
    found = details.read(entry["response_code_details"])
    if found is not None and found.meanings and found.word != "via_upstream":
        return all(meaning.origin is not Origin.PROXY for _, meaning in found.meanings) or _runtime(
            entry["response_flags"]
        )
    return _runtime(entry["response_flags"])


def _runtime(text: str) -> bool:
    found = set(flags.split(text)) - {"DI"}
    return bool(found) and found <= _RUNTIME


# Details that the configuration alone decides.
_DECIDED = frozenset(
    "route_not_found cluster_not_found direct_response rbac_access_denied_matched_policy filter_chain_not_found "
    "fault_filter_abort no_healthy_upstream".split()
)


def _read(text: str) -> str:
    found = details.read(text)
    return found.word if found is not None else ""


def _said(entry: LogEntry) -> str:
    return " ".join(
        entry[name] for name in ("response_code", "response_flags", "response_code_details") if entry[name]
    )


def _ended(hop: Hop) -> str:
    verdict = hop.verdict
    return " ".join(str(part) for part in (verdict.code, verdict.flags, verdict.details) if part is not None)


def _shows_flags(entry: LogEntry) -> bool:
    """Whether no flags in the line are none: its format has them."""
    return "response_flags" in entry.fields or entry.source != "JSON"


def _or_none(what: str, found: set[str]) -> str:
    return f"{what} {','.join(sorted(found))}" if found else f"no {what}"
