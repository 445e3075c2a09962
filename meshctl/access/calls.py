"""Whether a caller may call a port: the pod's own proxy is asked, with everything unknown that the question does not tell.

Theory of operation. A call is a connection to the proxy's inbound listener, in mutual TLS with the caller's identity or in plain
text, and over HTTP a request of which only that is known which the question tells. The proxy (``meshctl.proxy``) answers with
all the ways it may go. All delivered: allowed; none: denied, by the last reason; both: it depends on what is not told, or an
authorizer decides. What cannot be decided from what was given is told as such, never as denied.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from meshctl.match.request_view import Peer
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Disposition, Passage, Payload, Request, Stage, Step, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace.pods import Pod
from meshctl.trace.requests import virtual_listener

QUESTION = "the question"
_HTTP_ALPN = ("istio-http/1.1", "istio", "http/1.1")
_TCP_ALPN = ("istio-peer-exchange", "istio")


class Answer(enum.Enum):
    """What became of a call."""

    ALLOWED = "allowed"
    DENIED = "denied"
    AUTHORIZER = "asks an authorizer"
    DEPENDS = "depends"
    UNDECIDED = "not decidable"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. identity: of its certificate, "" for plain text; ip: "" where it is not known; name: as people say it."""

    name: str
    identity: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the request; None: not told. headers: beside these none is known, unless ``whole``."""

    method: str | None = None
    path: str | None = None
    host: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """The answer to a call. by: the rule or reason that decides; on: what it depends on, or what would decide it; beside: filters
    that are no policies, whose effect is not known: they may answer the request themselves."""

    answer: Answer
    by: str = ""
    on: tuple[str, ...] = ()
    over: str = "HTTP"
    steps: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    beside: tuple[str, ...] = ()


def caller_of(pod: Pod) -> Caller:
    """A pod as a caller: in mutual TLS where it has a sidecar."""
    ip = pod.ips[0] if pod.ips else ""
    return Caller(pod.full_name, pod.identity if pod.proxy is not None else "", ip)


def inbound(proxy: Proxy) -> Listener | None:
    """The listener that takes what comes to the pod."""
    return virtual_listener(proxy, outbound=False)


def call(proxy: Proxy, listener: Listener, caller: Caller, ip: str, port: int, asked: Asked) -> Call:
    """Whether the caller may call the port: over HTTP where the port speaks it, else over TCP."""
    found = _passages(proxy, listener, caller, ip, port, asked, http=True)
    if any(passage.http for passage in found):
        return _told(found, "HTTP")
    return _told(_passages(proxy, listener, caller, ip, port, asked, http=False), "TCP")


def _passages(
    proxy: Proxy, listener: Listener, caller: Caller, ip: str, port: int, asked: Asked, *, http: bool
) -> list[Passage]:
    layers: tuple[Tls, ...] = ()
    if caller.identity:
        layers = (Tls("", _HTTP_ALPN if http else _TCP_ALPN, Peer((caller.identity,)), mesh=True),)
    connection = Connection(
        caller.ip,
        ip,
        port,
        payload=Payload.HTTP1 if http else Payload.RAW,
        layers=layers,
        socket=(ip, listener.addresses[0][1]) if listener.addresses else None,
    )
    return visit(proxy, listener, connection, _request(asked) if http else None)


def _request(asked: Asked) -> Request:
    hidden = "" if asked.whole else QUESTION
    unsaid = QUESTION if asked.path is None or asked.method is None else ""
    return Request(
        asked.method or "GET",
        "unsaid" if asked.host is None else asked.host,
        "/" if asked.path is None else asked.path,
        asked.headers,
        hidden=hidden or unsaid,
        unsaid=unsaid,
    )


_AUTHORIZER = re.compile(r"the authorizer at \S+ decides")


def _told(passages: Sequence[Passage], over: str) -> Call:
    """What all the ways come to. A filter of unknown effect is no policy: what it may do is told beside the answer."""
    others = [p for p in passages if _ends_in_a_filter(p)]
    own = [p for p in passages if p not in others] or list(passages)
    beside = tuple(dict.fromkeys(p.verdict.reason for p in others)) if len(own) < len(passages) else ()
    answer = _answer(own, over)
    return replace(answer, beside=beside)


def _ends_in_a_filter(passage: Passage) -> bool:
    verdict = passage.verdict
    return verdict.disposition is Disposition.UNDETERMINED and verdict.reason.startswith("filter ")


def _answer(passages: Sequence[Passage], over: str) -> Call:
    ends = {
        passage.verdict.disposition for passage in passages if passage.probability > 0 or not passage.decided
    }
    reasons = list(dict.fromkeys(r for p in passages for r in p.undetermined if not r.startswith("filter ")))
    steps = tuple((s.chosen, s.resource or s.detail) for s in _deciding(passages))
    refusals = [p.verdict.reason for p in passages if p.verdict.disposition is not Disposition.DELIVERED]
    refusal = next((r for r in refusals if "olicy" in r), next(iter(refusals), ""))
    if ends == {Disposition.DELIVERED}:
        by = next((resource for _, resource in reversed(steps) if resource.startswith("Authorization")), "")
        return Call(Answer.ALLOWED, by, (), over, steps)
    if Disposition.UNDETERMINED in ends:
        return Call(Answer.UNDECIDED, "", tuple(_short(reasons)), over, steps)
    if Disposition.DELIVERED not in ends:
        return Call(Answer.DENIED, refusal, (), over, steps)
    asked = next((reason for reason in reasons if _AUTHORIZER.match(reason)), "")
    if asked:
        open_ = tuple(_short(reason for reason in reasons if not _AUTHORIZER.match(reason)))
        return Call(Answer.AUTHORIZER, asked.partition(" decides")[0], open_, over, steps)
    return Call(Answer.DEPENDS, refusal, tuple(_short(reasons)), over, steps)


def _short(reasons: Iterable[str]) -> list[str]:
    """What is missing, without the words around it."""
    found = (reason.removesuffix(f" is not in {QUESTION}") for reason in reasons)
    return list(
        dict.fromkeys(
            "the token" if text.startswith(("the token", "header `authorization`")) else text
            for text in found
        )
    )


def _deciding(passages: Sequence[Passage]) -> list[Step]:
    """The steps of policies, of the passage that came farthest."""
    longest = max(passages, key=lambda passage: len(passage.steps), default=None)
    return [step for step in longest.steps if step.stage is Stage.HTTP_FILTER] if longest is not None else []
