"""What a log line, or a flag or detail alone, says: who answered, at which stage, why, what to look at next.

Theory of operation. Flags and details are looked up (``flags``, ``details``); the most telling one decides the stage: what
stands deepest in the details, else the transport's failure, else the flags (URX only says that all tries failed, so another flag
goes before it). Who answered follows from the details alone (``via_upstream``), or from the upstream's service time; without
either it is not known. Stages before that one were passed, those behind it were not reached: the fields of the line are put
to the stages they belong to.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

from meshctl.proxy.model import Stage
from meshctl.values import Struct
from meshctl.why import details as words
from meshctl.why import flags as flag_table
from meshctl.why.details import Detail
from meshctl.why.entries import LogEntry
from meshctl.why.flags import Flag
from meshctl.why.meanings import Meaning, Origin, Setting

UPSTREAM, PROXY, UNKNOWN = "the upstream", "this proxy", "not known"
_NEVER_FIRST = ("URX", "DI")  # they say that something happened besides, not what ended the request


class Reach(enum.Enum):
    """What became of a stage."""

    PASSED = "passed"
    HERE = "here"
    BEYOND = "not reached"
    UNKNOWN = "not known"


class Place(Struct, frozen=True):
    """A stage of the way, what the line says of it, and how far the request came."""

    stage: Stage
    name: str
    reach: Reach


class Account(Struct, frozen=True):
    """The answer to ``why``.

    headline: one sentence; answered_by and by: who made the answer, and how that is known; stage: where it arises, None where
    nothing tells; sentences: what each flag and detail says, the most telling last; causes: what leads to it, the commonest
    first; unknown: words that no table has.
    """

    headline: str
    answered_by: str
    by: str
    stage: Stage | None
    sentences: tuple[tuple[str, str], ...]
    causes: tuple[str, ...]
    settings: tuple[Setting, ...]
    places: tuple[Place, ...]
    unknown: tuple[str, ...]
    failed: bool
    origin: Origin | None = None


def of_entry(entry: LogEntry) -> Account:
    """The account of a line."""
    found = [one for name in _DETAIL_FIELDS if (one := words.read(entry[name])) is not None]
    failure = entry["upstream_transport_failure_reason"] or entry["downstream_transport_failure_reason"]
    return _account(entry, flag_table.split(entry["response_flags"]), found, words.resets(failure))


_DETAIL_FIELDS = ("response_code_details", "connection_termination_details")


def of_words(code: str, flags: Iterable[str], detail: str) -> Account:
    """The account of flags and details without a line."""
    fields = {"response_code": code, "response_flags": ",".join(flags), "response_code_details": detail}
    entry = LogEntry({name: text for name, text in fields.items() if text}, "words")
    return of_entry(entry)


def _account(
    entry: LogEntry, names: tuple[str, ...], found: list[Detail], failure: list[tuple[str, Meaning]]
) -> Account:
    known = [(name, flag_table.find(name)) for name in names]
    flags = [flag for _, flag in known if flag is not None]
    said = [(flag.short, flag.meaning) for flag in sorted(flags, key=lambda f: f.short not in _NEVER_FIRST)]
    said += [one for detail in found for one in detail.meanings]
    said += [one for one in failure if one[0] not in dict(said)]
    deciding = _deciding(flags, found, failure)
    failed = _failed(entry, names, found)
    answered, by = _answered(entry, names, found)
    stage = deciding.stage if deciding is not None else None
    if stage is None and answered == UPSTREAM:
        stage = Stage.APPLICATION
    shown = [deciding, *(meaning for _, meaning in reversed(said))] if deciding is not None else []
    causes = next((meaning.causes for meaning in shown if meaning.causes), ()) if failed else ()
    settings = [setting for meaning in shown for setting in meaning.settings] if failed else []
    unknown = [name for name, flag in known if flag is None] + words.unread(found)
    return Account(
        _headline(entry, names, deciding, answered, failed=failed),
        answered,
        by,
        stage if failed or answered == UPSTREAM else None,
        tuple((name, meaning.words) for name, meaning in dict(said).items()),
        causes,
        tuple(dict.fromkeys(settings)),
        tuple(places(entry, stage, failed=failed)),
        tuple(unknown),
        failed,
        deciding.origin if deciding is not None and failed else None,
    )


def _deciding(flags: list[Flag], found: list[Detail], failure: list[tuple[str, Meaning]]) -> Meaning | None:
    """The most telling of all."""
    inner = [meaning for detail in found for _, meaning in detail.meanings]
    if failure and (not inner or inner[-1].stage is Stage.ENDPOINT or len(inner) == 1):
        return failure[-1][1]
    if inner:
        return inner[-1]
    first = [flag for flag in flags if flag.short not in _NEVER_FIRST] or flags
    return first[0].meaning if first else None


def _failed(entry: LogEntry, names: tuple[str, ...], found: list[Detail]) -> bool:
    """Whether it ended badly: by its code, its flags, or a termination."""
    code = entry.code
    if names and set(names) - {"DI", "RFCF"}:
        return True
    if code is None:
        return bool(found) and found[0].word != "via_upstream"
    if code == 0:
        return bool(found)
    return code >= 400


def _answered(entry: LogEntry, names: tuple[str, ...], found: list[Detail]) -> tuple[str, str]:
    """Who made the answer, and how that is known."""
    if any(detail.word == "via_upstream" for detail in found):
        return UPSTREAM, "the details say via_upstream"
    if entry["response_code_details"]:
        return PROXY, "the details are the proxy's own"
    if not entry.http and entry["response_code"]:
        return (PROXY, "the flags are the proxy's own") if names else (UNKNOWN, "a connection has no answer")
    if entry["upstream_service_time"]:
        return UPSTREAM, "the line has the upstream's service time"
    if set(names) - {"DI"}:
        return PROXY, "the flags are the proxy's own"
    return UNKNOWN, "the line has neither flags nor details"


def _headline(
    entry: LogEntry, names: tuple[str, ...], deciding: Meaning | None, answered: str, *, failed: bool
) -> str:
    told = " ".join(part for part in (entry["response_code"], ",".join(names)) if part)
    before = f"{told}: " if told else ""
    if not failed:
        if entry.code == 0 or (not entry.http and entry["response_code"]):
            return f"{before}a connection that ended without a fault that this proxy saw."
        if answered == UPSTREAM:
            return f"{before}the upstream answered; nothing failed here."
        return before + (
            deciding.words if deciding is not None else "nothing in the line says that it failed."
        )
    if deciding is not None:
        return before + deciding.words
    if answered == UPSTREAM:
        return f"{before}the upstream answered with this code."
    return (
        f"{before}nothing in the line says why: an answer without flags and details is mostly the upstream's own, or that of "
        "a filter that sets no flag (RBAC 403, JWT 401, redirects, direct responses)."
    )


# Which field of the line tells of which stage.
_FIELDS: tuple[tuple[Stage, tuple[str, ...]], ...] = (
    (Stage.LISTENER, ("downstream_local_address",)),
    (Stage.CHAIN, ("filter_chain_name", "requested_server_name")),
    (Stage.HTTP, ("authority",)),
    (Stage.ROUTE, ("route_name",)),
    (Stage.HTTP_FILTER, ()),
    (Stage.CLUSTER, ("upstream_cluster",)),
    (Stage.ENDPOINT, ("upstream_host",)),
    (Stage.APPLICATION, ()),
)
_OVER_TCP = {Stage.HTTP, Stage.ROUTE, Stage.HTTP_FILTER}
_SELECTED = (Stage.CLUSTER, Stage.ENDPOINT)


def places(entry: LogEntry, stage: Stage | None, *, failed: bool) -> Iterator[Place]:
    """The stages of the way, and how far the request came."""
    order = [one for one, _ in _FIELDS]
    if stage is Stage.NETWORK_FILTER:
        stage = Stage.CHAIN
    shown = {one: next((entry[name] for name in names if entry[name]), "") for one, names in _FIELDS}
    farthest = max((order.index(one) for one in _SELECTED if shown[one]), default=-1)
    for index, one in enumerate(order):
        if one in _OVER_TCP and not entry.http and one is not stage and entry.source != "words":
            continue
        if stage is None:
            reach = Reach.UNKNOWN if failed else Reach.PASSED
        elif one is stage and failed:
            reach = Reach.HERE
        elif index < order.index(stage) or index <= farthest or not failed:
            reach = Reach.PASSED
        else:
            reach = Reach.UNKNOWN if stage is Stage.LISTENER else Reach.BEYOND
        yield Place(one, shown[one], reach)
