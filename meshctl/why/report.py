"""Everything ``why`` has to say about one line, for any output form: the account, the proxy's settings, today's trace, what next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshctl.plain import Json
from meshctl.proxy.model import Disposition, Stage
from meshctl.values import Struct
from meshctl.why.account import UPSTREAM, Account
from meshctl.why.entries import LogEntry
from meshctl.why.meanings import Origin

if TYPE_CHECKING:
    from meshctl.trace.pods import Pod
    from meshctl.why.replay import Replay
    from meshctl.why.settings import Fact

SCHEMA = "meshctl.io/why/v1"


class Next(Struct, frozen=True):
    """A command to type, and what it shows."""

    command: str
    shows: str


class Why(Struct, frozen=True):
    """The whole answer. entry: None where only words were asked about; pod: None where no proxy was given."""

    account: Account
    entry: LogEntry | None = None
    pod: Pod | None = None
    replay: Replay | None = None
    facts: tuple[Fact, ...] = ()
    missing: str = ""  # why there is no replay

    @property
    def direction(self) -> str:
        if self.replay is not None:
            return self.replay.direction
        return self.entry.direction if self.entry is not None else ""

    @property
    def next(self) -> tuple[Next, ...]:
        return tuple(dict.fromkeys(_next(self)))


def today(why: Why) -> list[str]:
    """What the trace of the line's request says today, in sentences."""
    from meshctl.trace import causes
    from meshctl.why import compare

    found, entry = why.replay, why.entry
    assert found is not None and entry is not None
    if found.agreeing:
        share = sum(way.probability for way in found.agreeing if way.decided)
        often = (
            f" ({100 * share:.3g} % of the time)"
            if all(w.decided for w in found.ways) and share < 0.9995
            else ""
        )
        if compare.at_runtime(entry):
            return [
                f"today's configuration takes the same way{often}, and lets it through here: what ended it is no configuration "
                "of this proxy (the peer, its process, the network, load, the client)"
            ]
        reason = causes.cause(found.agreeing[0])
        ended_well = found.agreeing[0].answer.disposition is Disposition.DELIVERED
        text = f"on the configuration that was given it ends as the log says{often}"
        return [text if ended_well or not reason else f"{text}: {reason}"]
    if found.unknown:
        lines = [f"not decidable: {reason}" for reason in found.unknown]
        if found.route is not None:
            lines.append(
                f"route {found.route.label}, which the log names, is there and leads to the same cluster"
            )
        return lines
    return [
        *found.differences,
        "the configuration has changed since the line was written, or was not given whole",
    ]


def _next(why: Why) -> Iterator[Next]:
    entry, account = why.entry, why.account
    if entry is None or not account.failed:
        return
    name, space = (why.pod.name, why.pod.namespace) if why.pod is not None else ("POD", "")
    where = f"-n {space} " if space else ""
    cluster = entry["upstream_cluster"]
    if account.answered_by == UPSTREAM and entry["upstream_host"] and why.direction != "inbound":
        yield Next(
            f"meshctl why --log PEER.log --grep {entry['request_id'] or 'REQUEST-ID'}",
            f"what the pod at {entry['upstream_host']} says of the same request",
        )
    if (
        account.stage in (Stage.ROUTE, Stage.CHAIN, Stage.HTTP_FILTER)
        and why.direction != "inbound"
        and _url(entry)
    ):
        yield Next(
            f"meshctl {where}trace {name} {_url(entry)} --explain", "which candidates were rejected, and why"
        )
    if account.stage is Stage.HTTP_FILTER and why.direction == "inbound":
        yield Next(f"meshctl {where}authz check {name}", "the policies that this proxy enforces")
    if account.stage in (Stage.CLUSTER, Stage.ENDPOINT, Stage.APPLICATION) and cluster:
        yield Next(
            f'meshctl {where}pc endpoint {name} --cluster "{cluster}" -o wide',
            "its endpoints and their health",
        )
        host = cluster.split("|")[-1]
        if host and "|" in cluster and why.direction != "inbound":
            yield Next(
                f"meshctl {where}pc cluster {name} --fqdn {host} -o yaml", "its limits, time-outs and TLS"
            )
    if account.stage is Stage.ENDPOINT and _url(entry) and why.direction == "outbound":
        yield Next(
            f"meshctl {where}trace {name} {_url(entry)}",
            "the way on to the peer, with the peer's rules and TLS",
        )
    if account.stage is Stage.CHAIN:
        port = (entry["downstream_local_address"].rpartition(":")[2]) or "PORT"
        side = "15006" if why.direction == "inbound" else port
        yield Next(f"meshctl {where}pc listener {name} --port {side} -o wide", "what its chains accept")


def _url(entry: LogEntry) -> str:
    if not entry["authority"] or entry["method"] == "CONNECT":
        return ""
    scheme = "https" if entry["downstream_tls_version"] and not entry.direction else "http"
    return f"'{scheme}://{entry['authority']}{entry['path'] or '/'}'"


def document(why: Why) -> Json:
    """The answer as plain values (docs/why.md)."""
    account, found = why.account, why.replay
    return {
        "schema": SCHEMA,
        "line": None if why.entry is None else {"format": why.entry.source, "fields": why.entry.fields},
        "pod": why.pod.full_name if why.pod is not None else None,
        "direction": why.direction or None,
        "headline": account.headline,
        "failed": account.failed,
        "answered_by": account.answered_by,
        "answered_by_evidence": account.by,
        "caused_by": _caused(account.origin),
        "stage": account.stage.value if account.stage is not None else None,
        "says": [{"word": word, "means": means} for word, means in account.sentences],
        "unknown_words": list(account.unknown),
        "causes": list(account.causes),
        "steps": [
            {"stage": p.stage.value, "name": p.name or None, "reached": p.reach.value} for p in account.places
        ],
        "settings": [{"what": f.what, "value": f.value, "where": f.where or None} for f in why.facts],
        "today": None if found is None else _today(why, found),
        "not_traced": why.missing or None,
        "next": [{"command": n.command, "shows": n.shows} for n in why.next],
    }


def _today(why: Why, found: Replay) -> Json:
    from meshctl.trace import report

    return {
        "agrees": found.agrees,
        "says": today(why),
        "differences": list(found.differences),
        "undetermined": list(found.unknown),
        "trace": report.mesh(found.ways, http=why.entry is not None and why.entry.http),
    }


def _caused(origin: Origin | None) -> str | None:
    return origin.value if origin is not None else None
