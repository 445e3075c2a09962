"""A trace as plain values: the outcomes of docs/trace-json.md, the verdict over them.

Field names are those of the recordings; ``null`` stands where the access log has "-". Outcomes that differ only
in their endpoint are one outcome at one proxy. A probability is null where nothing tells how often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from meshctl.errors import EXIT_FAILURE, EXIT_OK, EXIT_UNDETERMINED
from meshctl.plain import Json
from meshctl.proxy.model import Disposition, Passage, Request, Verdict
from meshctl.proxy.routing.router import COPY
from meshctl.trace import causes, endings
from meshctl.trace.answers import Answer
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.ways import Hop, Way, logged_cluster
from meshctl.values import Struct, replace

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
        "received": _received(passage.upstream.request if passage.upstream is not None else None),
        "reason": verdict.reason,
    }


class Ending(Struct, frozen=True):
    """How one outcome ends, how often, and whether anything says how often (``decided``)."""

    disposition: Disposition
    probability: float
    decided: bool = True


def overall(endings: Iterable[Ending]) -> Disposition:
    """The verdict over all outcomes: that of each where they agree, else MIXED; UNDETERMINED where one is open.

    An unknown split between outcomes that end alike does not matter.
    """
    possible = [ending for ending in endings if ending.probability > 0.0 or not ending.decided]
    dispositions = {ending.disposition for ending in possible}
    if not possible or Disposition.UNDETERMINED in dispositions:
        return Disposition.UNDETERMINED
    if len(dispositions) == 1:
        return dispositions.pop()
    return Disposition.MIXED if all(ending.decided for ending in possible) else Disposition.UNDETERMINED


def likeliest(endings: Iterable[Ending]) -> Disposition:
    """The verdict of the likeliest ending; undetermined where nothing says which is."""
    endings = list(endings)
    if not all(ending.decided for ending in endings):
        return overall(endings)
    shares: dict[Disposition, float] = {}
    for ending in endings:
        shares[ending.disposition] = shares.get(ending.disposition, 0.0) + ending.probability
    return max(shares, key=lambda d: round(shares[d], 9), default=Disposition.UNDETERMINED)


# How the verdict over several outcomes is made (``--require``).
READINGS: dict[str, Callable[[Iterable[Ending]], Disposition]] = {"all": overall, "likeliest": likeliest}


class Reading(Struct, frozen=True):
    """How strictly an answer is read. require: a name of READINGS; strict: what is assumed counts as open."""

    require: str = "all"
    strict: bool = False

    def verdict(self, endings: Iterable[Ending]) -> Disposition:
        return READINGS[self.require](endings)

    def ways(self, ways: Sequence[Way]) -> list[Way]:
        """The ways as this reading takes them."""
        return [_strict_way(way) for way in ways] if self.strict else list(ways)

    def passages(self, passages: Sequence[Passage]) -> list[Passage]:
        """The same for the answers of one proxy."""
        return [_strict_passage(passage) for passage in passages] if self.strict else list(passages)


PLAIN = Reading()


def _strict_passage(passage: Passage) -> Passage:
    if not passage.assumed:
        return passage
    verdict = Verdict(Disposition.UNDETERMINED, reason=f"assumed: {passage.assumed[0]}")
    return replace(passage, verdict=verdict, undetermined=passage.undetermined + passage.assumed)


def _strict_way(way: Way) -> Way:
    if not way.assumed:
        return way
    answer = Answer(Disposition.UNDETERMINED, None, None, f"assumed: {way.assumed[0]}")
    return replace(way, answer=answer, undetermined=way.undetermined + way.assumed)


def at_proxy(passages: Sequence[Passage], reading: Reading = PLAIN) -> Json:
    """The answer to one question at one proxy: what is behind it is not asked, and its answer is assumed."""
    passages = reading.passages([_assuming_an_answer(passage) for passage in passages])
    endings = [Ending(p.verdict.disposition, p.probability, p.decided) for p in passages]
    return {
        "verdict": reading.verdict(endings).value,
        "outcomes": _merged([passage_outcome(p) for p in passages]),
        "undetermined": _all(p.undetermined for p in passages),
        "assumed": _all(p.assumed for p in passages),
    }


# What nothing of a proxy's configuration tells of what is behind it.
ANSWERED = "that what is behind the proxy takes the connection and answers in time, with 200 over HTTP"


def _assuming_an_answer(passage: Passage) -> Passage:
    if passage.verdict.disposition is not Disposition.DELIVERED:
        return passage
    return replace(passage, assumed=(*passage.assumed, ANSWERED))


def _all(texts: Iterable[tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(text for group in texts for text in group))


def _merged(outcomes: list[Json]) -> list[Json]:
    """Equal outcomes as one, the likeliest first."""
    if len(outcomes) == 1:
        return outcomes
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


def noted(hops: Iterable[Hop]) -> list[str]:
    """What proxies do besides, and which; what several do is said once."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for hop in hops:
        for note in hop.passage.notes:
            found.setdefault((hop.direction, note), {})[hop.pod.name] = None
    return [f"{', '.join(pods)} {direction}: {note}" for (direction, note), pods in found.items()]


def mirrored(hop: Hop) -> list[str]:
    """The copies that a proxy sends, in the words of its notes."""
    notes = [note for note in hop.passage.notes if note.startswith(COPY)]
    return [note.removeprefix(COPY).removeprefix("of ") for note in notes]


def _received(request: Request | None) -> Json | None:
    """The request as it is sent on."""
    if request is None:
        return None
    return {
        "method": str(request.method),
        "path": None if request.path is None else str(request.path),
        "host": None if request.authority is None else str(request.authority),
        "headers": [[str(name), str(value)] for name, value in request.headers],
    }


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
        "upstream_cluster": logged_cluster(hop),
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
    first = (
        (hops or way.hops)[0].verdict if way.hops else None
    )  # what a log would show does not hang on there being one
    return {
        "probability": _round(way.probability) if way.decided else None,
        "verdict": way.answer.disposition.value,
        "code": way.answer.code if http and not failed else None,
        "flags": first.flags if first is not None else None,
        "details": first.details if first is not None else None,
        "error": way.answer.failure.value if way.answer.failure is not None else None,
        "reason": way.answer.reason,
        "cause": causes.cause(way),
        "subset": endings.subset(way) or None,
        "delays": endings.delays(way),
        "received": _received(endings.received(way)),
        "target": None if way.target is None else {"pod": way.target.pod, "address": way.target.address},
        "hops": [hop_outcome(hop) for hop in hops],
        "unlogged_hops": [hop_outcome(hop) for hop in way.hops if not hop.passage.logged],
        "client_capture": captured(way.sent),
        "arrival": captured(way.arrived) if not way.hops else [],
    }


def mesh(ways: Sequence[Way], *, http: bool, reading: Reading = PLAIN) -> Json:
    """The answer to one question to a whole mesh."""
    ways = reading.ways(ways)
    return {
        "verdict": mesh_verdict(ways, reading).value,
        "outcomes": _merged([way_outcome(way, http=http) for way in ways]),
        "undetermined": _all(way.undetermined for way in ways),
        "assumed": _all(way.assumed for way in ways),
    }


def mesh_verdict(ways: Sequence[Way], reading: Reading = PLAIN) -> Disposition:
    """The verdict over all ways, as the reading took them."""
    return reading.verdict(Ending(w.answer.disposition, w.probability, w.decided) for w in ways)


def exit_code(verdict: Disposition) -> int:
    """0 delivered, 3 undetermined, 1 anything else."""
    if verdict is Disposition.DELIVERED:
        return EXIT_OK
    return EXIT_UNDETERMINED if verdict is Disposition.UNDETERMINED else EXIT_FAILURE


class TraceReport(Struct, frozen=True):
    """A whole answer, ready for any output form: the request in one line, the ways as they were read, the client.

    uid: the sender, None for the application's own. request: what was asked over HTTP.
    """

    title: str
    ways: tuple[Way, ...]
    client: Pod
    uid: int | None = None
    request: Request | None = None
    reading: Reading = PLAIN

    @property
    def http(self) -> bool:
        return self.request is not None

    @property
    def endings(self) -> list[endings.Ending]:
        """The distinct endings, the likeliest first."""
        return endings.endings(self.ways, self.request)

    @property
    def mirrors(self) -> list[str]:
        """What is copied where, in the words of the notes."""
        return _all(tuple(mirrored(hop)) for way in self.ordered for hop in way.hops)

    @property
    def ordered(self) -> list[Way]:
        """The likeliest way first."""
        return sorted(self.ways, key=lambda way: -way.probability)

    @property
    def verdict(self) -> Disposition:
        return mesh_verdict(self.ways, self.reading)

    @property
    def notes(self) -> list[str]:
        return noted(hop for way in self.ordered for hop in way.hops)

    @property
    def assumed(self) -> list[str]:
        return _all(way.assumed for way in self.ordered)

    @property
    def undetermined(self) -> list[str]:
        return _all(way.undetermined for way in self.ordered)
